#include "tgstats/app/plugins_table.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

namespace tgstats {
namespace {

namespace json = boost::json;

std::string text(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    if (value == nullptr || value->is_null()) return "";
    if (value->is_string()) return std::string(value->get_string());
    if (value->is_bool()) return value->get_bool() ? "yes" : "no";
    if (value->is_double()) return fmt::format("{:.1f}", value->get_double());
    return fmt::format("{}", value->to_number<std::int64_t>());
}

// "/shout", "service shout", "schedule tick", …
std::string offer_text(const json::object& offer) {
    const auto kind = text(offer, "kind");
    return (kind == "command" ? "/" : kind + " ") + text(offer, "name");
}

// What it answers, and what it would answer if another plugin did not.
std::string offers_of(const json::object& plugin) {
    std::string all;
    for (const auto& offer : plugin.at("offers").as_array())
        all += (all.empty() ? "" : ", ") + offer_text(offer.as_object());
    for (const auto& item : plugin.at("conflicts").as_array()) {
        const auto& lost = item.as_object();
        all += fmt::format("{}({} is served by {})", all.empty() ? "" : ", ", offer_text(lost),
                           text(lost, "served_by"));
    }
    return all;
}

std::string stage_of(const json::object& plugin) {
    const auto stage = text(plugin, "stage");
    const bool serving = text(plugin, "serving") == "yes";
    if (!serving && text(plugin, "enabled") == "no") return "disabled";
    if (serving && text(plugin, "restored") == "yes") return stage + " (an earlier generation)";
    const bool broken_edit = serving && !plugin.at("error").is_null();
    return broken_edit ? stage + " (last edit failed)" : stage;
}

std::string error_of(const json::object& plugin) {
    const auto& error = plugin.at("error");
    if (error.is_null()) return "";
    const auto& object = error.as_object();
    std::string all =
        fmt::format("error      in stage {}: {}\n", text(object, "stage"), text(object, "reason"));
    const auto output = text(object, "output");
    for (const auto& diagnostic : object.at("diagnostics").as_array()) {
        const auto line = text(diagnostic.as_object(), "text");
        if (output.find(line) == std::string::npos) all += "           " + line + '\n';
    }
    return output.empty() ? all : all + "\n" + output + (output.ends_with('\n') ? "" : "\n");
}

// A crash or a failed call, under a head that says which.
std::string mishap_of(const json::object& plugin, std::string_view key, std::string_view head) {
    const auto& mishap = plugin.at(key);
    if (mishap.is_null()) return "";
    const auto& object = mishap.as_object();
    const auto offer = text(object, "offer");
    auto all = fmt::format("{}{} of generation {} at {}: {}\n", head,
                           offer.empty() ? "" : " ('" + offer + "')", text(object, "generation"),
                           text(object, "time").substr(0, 19), text(object, "reason"));
    const auto output = text(object, "output");
    return output.empty() ? all : all + output + (output.ends_with('\n') ? "" : "\n");
}

using Row = std::vector<std::string>;

// Columns as wide as their widest cell; the first row is the heads.
std::string table(const std::vector<Row>& rows) {
    std::vector<std::size_t> widths(rows.front().size());
    for (const auto& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    std::string all;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i)
            line += fmt::format("{:<{}}  ", row[i], widths[i]);
        all += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
    }
    return all;
}

}  // namespace

std::string plugins_table(const json::array& plugins) {
    std::vector<Row> rows{{"NAME", "LANGUAGE", "STAGE", "GEN", "PID", "OFFERS"}};
    for (const auto& item : plugins) {
        const auto& plugin = item.as_object();
        rows.push_back({text(plugin, "name"), text(plugin, "language"), stage_of(plugin),
                        text(plugin, "generation"), text(plugin, "pid"), offers_of(plugin)});
    }
    return table(rows);
}

std::string reload_table(const json::object& answer) {
    const auto& plugins = answer.at("plugins").as_array();
    const auto* tail = answer.at("complete").as_bool()
                           ? ""
                           : "some plugins are still on their way; see 'tgstats plugins list'\n";
    std::string problems;
    for (const auto& problem : answer.at("problems").as_array())
        problems += std::string(problem.as_string()) + "; what was set before stays in force\n";
    if (plugins.empty() && !problems.empty()) return problems + tail;
    if (plugins.empty()) return std::string("all that was saved is live already\n") + tail;
    std::vector<Row> rows{{"NAME", "OUTCOME", "GEN", "LIVE AFTER", "REASON"}};
    for (const auto& item : plugins) {
        const auto& plugin = item.as_object();
        const auto live = text(plugin, "live_ms");
        rows.push_back({text(plugin, "name"), text(plugin, "outcome"), text(plugin, "generation"),
                        live.empty() ? "" : live + " ms", text(plugin, "reason")});
    }
    return problems + table(rows) + tail;
}

std::string history_table(const json::object& history) {
    const auto& generations = history.at("generations").as_array();
    const auto serving = text(history, "serving");
    if (generations.empty() && !serving.empty())
        return fmt::format("generation {} serves; its record is being written\n", serving);
    if (generations.empty()) return text(history, "plugin") + " has never served\n";
    std::vector<Row> rows{
        {"GEN", "PUBLISHED", "CONTENT", "VERSION", "STATE", "MADE BECAUSE", "END"}};
    for (const auto& item : generations) {
        const auto& one = item.as_object();
        const auto end = text(one, "end");
        rows.push_back({text(one, "generation"), text(one, "published").substr(0, 19),
                        text(one, "fingerprint"), text(one, "version"), text(one, "state_version"),
                        text(one, "reason"), end.empty() ? "serves" : end});
    }
    return table(rows);
}

std::string plugin_card(const json::object& plugin) {
    std::string card = fmt::format("{} {}  {}\n", text(plugin, "name"), text(plugin, "version"),
                                   text(plugin, "description"));
    const std::array<std::pair<const char*, std::string>, 8> lines{
        {{"stage", stage_of(plugin)},
         {"generation", text(plugin, "generation")},
         {"pid", text(plugin, "pid")},
         {"language", text(plugin, "language")},
         {"content", text(plugin, "fingerprint")},
         {"offers", offers_of(plugin)},
         {"sandbox", text(plugin, "sandbox")},
         {"reason", text(plugin, "reason")}}};
    for (const auto& [name, value] : lines)
        if (!value.empty()) card += fmt::format("{:<11}{}\n", name, value);
    const auto& times = plugin.at("last_reload");
    if (times.is_object()) {
        const auto& object = times.as_object();
        card += fmt::format(
            "last reload live after {} ms (built {}, started {}, loaded {}, probed {})\n",
            text(object, "live_ms"), text(object, "built_ms"), text(object, "started_ms"),
            text(object, "loaded_ms"), text(object, "probed_ms"));
    }
    for (const auto& problem : plugin.at("problems").as_array())
        card += fmt::format("{:<11}{}\n", "problem", problem.as_string().c_str());
    card += error_of(plugin);
    card += mishap_of(plugin, "last_failed_call", "last failed call");
    card += mishap_of(plugin, "last_crash", "last crash");
    const auto tail = text(plugin, "stderr_tail");
    if (!tail.empty())
        card += "\nlast words on stderr:\n" + tail + (tail.ends_with('\n') ? "" : "\n");
    return card;
}

}  // namespace tgstats
