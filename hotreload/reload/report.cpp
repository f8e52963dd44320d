#include "hotreload/reload/report.h"

#include <algorithm>
#include <cctype>

namespace hotreload {
namespace {

double milliseconds(Micros time) { return static_cast<double>(time.count()) / 1000.0; }

std::int64_t number(std::uint64_t value) { return static_cast<std::int64_t>(value); }

// "command" → "CommandHandler": the words of the log's first readers.
std::string capitalized(std::string word, const std::string& suffix) {
    if (!word.empty())
        word[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(word[0])));
    return word + suffix;
}

// The name of the class that authors derive from.
std::string class_of(const std::string& kind) {
    if (kind == "statistic") return "StatisticsPlugin";
    if (kind == "observer") return "HandlerPlugin";
    return capitalized(kind, "Plugin");
}

std::string type_of(const Manifest& manifest) {
    std::string type;
    for (const auto& kind : manifest.kinds) type += (type.empty() ? "" : "+") + class_of(kind);
    return type;
}

std::vector<std::string> lines_of(const Failure& failure) {
    std::vector<std::string> lines;
    for (const auto& diagnostic : failure.diagnostics) lines.push_back(diagnostic.text());
    return lines;
}

Fields stage_fields(const StageTimes& times) {
    return {{"noticed_ms", milliseconds(times.noticed)},
            {"fingerprinted_ms", milliseconds(times.fingerprinted)},
            {"built_ms", milliseconds(times.built)},
            {"started_ms", milliseconds(times.started)},
            {"loaded_ms", milliseconds(times.loaded)},
            {"probed_ms", milliseconds(times.probed)},
            {"published_ms", milliseconds(times.published)},
            {"drained_ms", milliseconds(times.drained)},
            {"live_ms", milliseconds(times.until_live())}};
}

}  // namespace

void report_loaded(EventLog& events, const Attempt& attempt, const Manifest& manifest,
                   const std::string& module) {
    events.emit(EventType::discovered_plugin,
                {{"plugin_class", manifest.class_name}, {"module", module}});
    events.emit(EventType::plugin_loaded, {{"plugin", attempt.entry.source.name},
                                           {"type", type_of(manifest)},
                                           {"generation", number(attempt.number)}});
}

void report_offers_removed(EventLog& events, const Generation& previous) {
    for (const auto& offer : previous.manifest().offers)
        events.emit(EventType::handler_removed, {{"handler", capitalized(offer.kind, "Handler")},
                                                 {"plugin", previous.plugin()},
                                                 {"name", offer.name}});
}

void report_published(EventLog& events, const Generation* previous, const Generation& next) {
    if (previous != nullptr) report_offers_removed(events, *previous);
    for (const auto& offer : next.manifest().offers) {
        if (offer.kind == "command")
            events.emit(EventType::command_registered,
                        {{"plugin", next.plugin()}, {"command", offer.name}});
        else
            events.emit(EventType::handler_registered,
                        {{"handler", capitalized(offer.kind, "Handler")},
                         {"plugin", next.plugin()},
                         {"name", offer.name}});
    }
}

void report_reloaded(EventLog& events, const Attempt& attempt, const Generation& generation) {
    Fields fields{{"count", std::int64_t{1}},
                  {"plugins", std::vector<std::string>{generation.plugin()}},
                  {"generation", number(generation.number())},
                  {"fingerprint", generation.content().fingerprint.short_hex()},
                  {"reason", attempt.reason}};
    for (auto& field : stage_fields(attempt.times)) fields.push_back(std::move(field));
    events.emit(attempt.restart ? EventType::plugin_restarted : EventType::plugins_reloaded,
                std::move(fields));
}

void report_failed(EventLog& events, const Attempt& attempt, const Failure& failure,
                   bool still_serving) {
    const bool build = failure.stage == Stage::building;
    Fields fields{{"plugin", attempt.entry.source.name},
                  {"generation", number(attempt.number)},
                  {"stage", std::string(to_string(failure.stage))},
                  {"reason", failure.reason},
                  {"diagnostics", lines_of(failure)},
                  {"output", failure.output},
                  {"still_serving", still_serving}};
    for (auto& field : stage_fields(attempt.times)) fields.push_back(std::move(field));
    if (!attempt.missing_permissions.empty()) {
        fields.push_back({"missing_permissions", attempt.missing_permissions});
        events.emit(EventType::plugin_held, std::move(fields));
        return;
    }
    events.emit(build ? EventType::plugin_build_failed : EventType::plugin_load_failed,
                std::move(fields));
}

void report_superseded(EventLog& events, const Attempt& attempt) {
    Fields fields{{"plugin", attempt.entry.source.name},
                  {"generation", number(attempt.number)},
                  {"stage", std::string(to_string(attempt.stage))}};
    for (auto& field : stage_fields(attempt.times)) fields.push_back(std::move(field));
    events.emit(EventType::plugin_reload_superseded, std::move(fields));
}

void report_retired(EventLog& events, const Generation& generation, Micros drained,
                    const ExitStatus& exit) {
    events.emit(EventType::plugin_retired, {{"plugin", generation.plugin()},
                                            {"generation", number(generation.number())},
                                            {"drain_ms", milliseconds(drained)},
                                            {"exit", exit.text()}});
    events.emit(EventType::module_removed_from_cache,
                {{"module", generation.module()},
                 {"plugin", generation.plugin()},
                 {"generation", number(generation.number())}});
}

}  // namespace hotreload
