#include "tgstats/control/metrics.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace tgstats {
namespace {

using hotreload::Event;
using hotreload::EventType;

constexpr double millis_per_second = 1'000.0;
constexpr double micros_per_second = 1'000'000.0;

constexpr std::array stages{"noticed", "fingerprinted", "built",     "started",
                            "loaded",  "probed",        "published", "drained"};

// How a reload ended; empty for an event that ends none.
std::string outcome_of(EventType type) {
    switch (type) {
        case EventType::plugins_reloaded:
            return "live";
        case EventType::plugin_restarted:
            return "restarted";
        case EventType::plugin_build_failed:
            return "build_failed";
        case EventType::plugin_load_failed:
            return "load_failed";
        case EventType::plugin_held:
            return "held";
        case EventType::plugin_reload_superseded:
            return "superseded";
        default:
            return "";
    }
}

double seconds_in(const Event& event, std::string_view field) {
    const auto* value = event.find(field);
    const auto* millis = value != nullptr ? std::get_if<double>(value) : nullptr;
    return millis != nullptr ? *millis / millis_per_second : 0;
}

bool yes_in(const Event& event, std::string_view field) {
    const auto* value = event.find(field);
    const auto* yes = value != nullptr ? std::get_if<bool>(value) : nullptr;
    return yes != nullptr && *yes;
}

std::string kind_of(const ApiError& error) {
    switch (error.kind) {
        case ApiError::Kind::network:
            return "network";
        case ApiError::Kind::api:
            return "api";
        default:
            return "malformed";
    }
}

// Whatever names come, their number stays bounded.
template <class Value>
Value& series(std::map<std::pair<std::string, std::string>, Value>& all, std::string first,
              const std::string& second) {
    const auto found = all.find({first, second});
    if (found != all.end()) return found->second;
    if (all.size() >= metric_series_max) first = "other";
    return all[{std::move(first), second}];
}

double as_value(std::uint64_t number) { return static_cast<double>(number); }
double as_value(std::int64_t number) { return static_cast<double>(number); }

template <class Values>
void write_counts(MetricsText& out, std::string_view label, const Values& values) {
    for (const auto& [name, count] : values) out.sample({{label, name}}, as_value(count));
}

}  // namespace

void Metrics::note(const Event& event) {
    ++events_[std::string(event.name())];
    if (auto outcome = outcome_of(event.type); !outcome.empty()) note_reload(event, outcome);
    if (event.name() == "update_not_recorded") ++not_recorded_;
    if (event.name() == "command_failed") ++commands_["failed"];
    if (event.name() != "command_answered") return;
    ++commands_[yes_in(event, "sent") ? "answered" : "not_sent"];
    handled_.observe(seconds_in(event, "handled_ms"));
    answered_.observe(seconds_in(event, "total_ms"));
}

void Metrics::note_reload(const Event& event, const std::string& outcome) {
    ++reloads_[outcome];
    for (const auto* stage : stages) {
        const auto seconds = seconds_in(event, fmt::format("{}_ms", stage));
        if (seconds > 0) stages_[{outcome, stage}].observe(seconds);
    }
}

// A long poll takes as long as nobody writes: its time says nothing.
void Metrics::note_call(const std::string& method, const ApiError* error, hotreload::Micros took) {
    ++series(calls_, method, error == nullptr ? "ok" : kind_of(*error));
    if (error != nullptr) ++series(errors_, kind_of(*error), std::to_string(error->error_code));
    if (method != "getUpdates")
        call_times_.observe(static_cast<double>(took.count()) / micros_per_second);
}

void Metrics::write_reloads(MetricsText& out) const {
    out.family("tgstats_reloads_total", "counter", "Reloads of one plugin, by how they ended.");
    write_counts(out, "outcome", reloads_);
    out.family("tgstats_reload_stage_seconds", "histogram",
               "Where the time of a reload went; a stage that did not take place is not counted.");
    for (const auto& [key, histogram] : stages_)
        out.histogram({{"outcome", key.first}, {"stage", key.second}}, histogram);
}

void Metrics::write_updates(MetricsText& out) const {
    out.family("tgstats_updates_received_total", "counter", "Updates that arrived, again or not.");
    out.sample({}, as_value(received_));
    out.family("tgstats_updates_recorded_total", "counter",
               "Updates that were recorded, each once, since the database was made.");
    out.sample({}, as_value(recorded_));
    out.family("tgstats_updates_not_recorded_total", "counter",
               "Updates of which only the number was kept, since their content is at fault.");
    out.sample({}, as_value(not_recorded_));
    out.family("tgstats_commands_total", "counter", "Commands, by how they ended.");
    write_counts(out, "outcome", commands_);
    out.family("tgstats_command_seconds", "histogram",
               "From a command's start to its answer kept (handled) and sent (answered).");
    out.histogram({{"until", "handled"}}, handled_);
    out.histogram({{"until", "answered"}}, answered_);
}

void Metrics::write_telegram(MetricsText& out) const {
    out.family("tgstats_telegram_calls_total", "counter", "Bot API calls, by how they ended.");
    for (const auto& [key, count] : calls_)
        out.sample({{"method", key.first}, {"outcome", key.second}}, as_value(count));
    out.family("tgstats_telegram_errors_total", "counter",
               "Failed Bot API calls; the code is 0 where there was no answer.");
    for (const auto& [key, count] : errors_)
        out.sample({{"kind", key.first}, {"code", key.second}}, as_value(count));
    out.family("tgstats_telegram_call_seconds", "histogram",
               "How long Bot API calls took, long polls left out.");
    out.histogram({}, call_times_);
}

void Metrics::write_plugins(MetricsText& out, const std::vector<hotreload::PluginStatus>& all) {
    std::map<std::string, std::int64_t> by_stage, by_language;
    for (const auto& plugin : all) {
        ++by_stage[std::string(to_string(plugin.stage))];
        if (plugin.serving) ++by_language[std::string(to_string(plugin.language))];
    }
    out.family("tgstats_plugins", "gauge", "Plugins, by the stage they are in.");
    write_counts(out, "stage", by_stage);
    out.family("tgstats_workers", "gauge", "Processes that serve, by language.");
    write_counts(out, "language", by_language);
    out.family("tgstats_plugin_serving", "gauge", "Whether the plugin serves.");
    for (const auto& plugin : all) out.sample({{"plugin", plugin.name}}, plugin.serving ? 1 : 0);
    out.family("tgstats_plugin_generation", "gauge", "The generation that serves; 0: none.");
    for (const auto& plugin : all)
        out.sample({{"plugin", plugin.name}}, as_value(std::uint64_t{plugin.generation}));
}

std::string Metrics::text(const Moment& moment) const {
    MetricsText out;
    out.family("tgstats_build_info", "gauge", "The version, as a label.");
    out.sample({{"version", version_}}, 1);
    out.family("tgstats_start_time_seconds", "gauge", "When the bot was started, since 1970.");
    out.sample({}, std::chrono::duration<double>(started_.time_since_epoch()).count());
    write_plugins(out, moment.plugins);
    write_reloads(out);
    write_updates(out);
    out.family("tgstats_outbox_length", "gauge", "Decided Bot API calls that wait to be made.");
    out.sample({}, as_value(std::uint64_t{moment.outbox_length}));
    write_telegram(out);
    out.family("tgstats_events_total", "counter", "Events of the log, by name.");
    write_counts(out, "event", events_);
    return out.text();
}

}  // namespace tgstats
