#include "tgstats/control/views.h"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace tgstats {
namespace {

using namespace hotreload;

double milliseconds(Micros time) { return static_cast<double>(time.count()) / 1000.0; }

json::value view(const std::optional<StageTimes>& times) {
    if (!times) return nullptr;
    return {{"noticed_ms", milliseconds(times->noticed)},
            {"fingerprinted_ms", milliseconds(times->fingerprinted)},
            {"built_ms", milliseconds(times->built)},
            {"started_ms", milliseconds(times->started)},
            {"loaded_ms", milliseconds(times->loaded)},
            {"probed_ms", milliseconds(times->probed)},
            {"published_ms", milliseconds(times->published)},
            {"drained_ms", milliseconds(times->drained)},
            {"live_ms", milliseconds(times->until_live())}};
}

json::value view(const std::optional<Failure>& failure) {
    if (!failure) return nullptr;
    json::array diagnostics;
    for (const auto& diagnostic : failure->diagnostics)
        diagnostics.push_back({{"file", diagnostic.file},
                               {"line", diagnostic.line},
                               {"column", diagnostic.column},
                               {"message", diagnostic.message},
                               {"text", diagnostic.text()}});
    return {{"stage", to_string(failure->stage)},
            {"reason", failure->reason},
            {"diagnostics", std::move(diagnostics)},
            {"output", failure->output}};
}

json::array view(const std::vector<LostOffer>& lost) {
    json::array conflicts;
    for (const auto& [offer, served_by] : lost)
        conflicts.push_back({{"kind", offer.kind}, {"name", offer.name}, {"served_by", served_by}});
    return conflicts;
}

json::value view(const std::optional<LastCrash>& crash) {
    if (!crash) return nullptr;
    return {{"generation", crash->generation},
            {"reason", crash->how},
            {"time", rfc3339(crash->time)},
            {"output", crash->stderr_tail}};
}

json::value view(const std::optional<FailedCall>& call) {
    if (!call) return nullptr;
    return {{"generation", call->generation},
            {"offer", call->offer},
            {"reason", call->reason},
            {"time", rfc3339(call->time)},
            {"output", call->output}};
}

json::array words(const std::vector<std::string>& list) {
    return json::array(list.begin(), list.end());
}

}  // namespace

json::object view(const PluginStatus& status) {
    json::array commands, offers;
    for (const auto& offer : status.offers) {
        if (offer.kind == "command")
            commands.push_back({{"name", offer.name}, {"description", offer.description}});
        offers.push_back(
            {{"kind", offer.kind}, {"name", offer.name}, {"description", offer.description}});
    }
    return {{"name", status.name},
            {"kinds", words(status.kinds)},
            {"language", to_string(status.language)},
            {"stage", to_string(status.stage)},
            {"serving", status.serving},
            {"enabled", status.enabled},
            {"restored", status.restored},
            {"generation", status.generation},
            {"pid", status.pid > 0 ? json::value(status.pid) : json::value(nullptr)},
            {"version", status.version},
            {"description", status.description},
            {"class", status.class_name},
            {"commands", std::move(commands)},
            {"offers", std::move(offers)},
            {"conflicts", view(status.lost)},
            {"fingerprint", status.fingerprint},
            {"sandbox", status.sandbox},
            {"reason", status.reason},
            {"error", view(status.error)},
            {"stderr_tail", status.stderr_tail},
            {"last_crash", view(status.last_crash)},
            {"last_failed_call", view(status.last_failed_call)},
            {"problems", words(status.problems)},
            {"last_reload", view(status.last_reload)},
            {"last_change", status.last_change.time_since_epoch().count() == 0
                                ? json::value(nullptr)
                                : json::value(rfc3339(status.last_change))},
            {"files", words(status.files)}};
}

json::object history_view(const std::string& plugin, const std::vector<GenerationRecord>& records) {
    json::array generations;
    for (const auto& record : records)
        generations.push_back({{"generation", record.number},
                               {"fingerprint", record.fingerprint.short_hex()},
                               {"language", to_string(record.language)},
                               {"version", record.version},
                               {"state_version", record.state_version},
                               {"published", rfc3339(record.published)},
                               {"reason", record.reason},
                               {"end", record.end},
                               {"crashed", record.crashed},
                               {"times", record.times}});
    return {{"plugin", plugin}, {"generations", std::move(generations)}};
}

json::array view(const std::vector<PluginStatus>& all) {
    json::array views;
    for (const auto& status : all) views.push_back(view(status));
    return views;
}

std::string events_page(const EventLog::Page& page, std::uint64_t last) {
    std::string text = fmt::format("{{\"last\":{},\"gap\":{},\"events\":[", last, page.gap);
    bool first = true;
    for (const auto& event : page.events) {
        if (!std::exchange(first, false)) text += ',';
        text += to_json(event);
    }
    return text + "]}";
}

}  // namespace tgstats
