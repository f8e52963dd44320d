#include "tgstats/control/reload_view.h"

#include <map>

#include <boost/json/array.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tgstats {
namespace {

namespace json = boost::json;
using hotreload::Event;
using hotreload::EventType;

template <class T>
T field(const Event& event, std::string_view name) {
    const auto* value = event.find(name);
    const auto* typed = value == nullptr ? nullptr : std::get_if<T>(value);
    return typed == nullptr ? T{} : *typed;
}

using Rows = std::map<std::string, json::object>;

void put_live(Rows& rows, const Event& event) {
    for (const auto& plugin : field<std::vector<std::string>>(event, "plugins"))
        rows[plugin] = {{"outcome", "live"},
                        {"generation", field<std::int64_t>(event, "generation")},
                        {"live_ms", field<double>(event, "live_ms")},
                        {"reason", field<std::string>(event, "reason")}};
}

void put_other(Rows& rows, const Event& event, const char* outcome) {
    auto reason = field<std::string>(event, "reason");
    if (reason.empty())
        reason = fmt::format(
            "wants {}",
            fmt::join(field<std::vector<std::string>>(event, "missing_permissions"), ", "));
    rows[field<std::string>(event, "plugin")] = {{"outcome", outcome}, {"reason", reason}};
}

void put(Rows& rows, const Event& event) {
    switch (event.type) {
        case EventType::plugins_reloaded:
        case EventType::plugin_restarted:
            return put_live(rows, event);
        case EventType::plugin_build_failed:
        case EventType::plugin_load_failed:
        case EventType::plugin_failed:
            return put_other(rows, event, "failed");
        case EventType::plugin_held:
            return put_other(rows, event, "held");
        case EventType::plugin_unloaded:
            return put_other(rows, event, "unloaded");
        default:
            return;
    }
}

}  // namespace

json::object reload_view(const ReloadOutcome& outcome) {
    Rows rows;
    for (const auto& event : outcome.events) put(rows, event);
    for (const auto& status : outcome.plugins) {
        if (!status.enabled || !status.error) continue;
        auto& row = rows[status.name];
        if (row.empty()) row = {{"outcome", "failed"}, {"reason", status.error->reason}};
    }
    json::array list;
    bool failed = !outcome.complete || !outcome.problems.empty();
    for (auto& [name, row] : rows) {
        const auto& how = row.at("outcome").as_string();
        failed = failed || how == "failed" || how == "held";
        row["name"] = name;
        list.push_back(std::move(row));
    }
    return {{"complete", outcome.complete},
            {"failed", failed},
            {"problems", json::array(outcome.problems.begin(), outcome.problems.end())},
            {"plugins", std::move(list)}};
}

}  // namespace tgstats
