#pragma once
// What GET /metrics tells: counted from the events that the log gets, and from the calls to
// Telegram; what can be asked for at the moment (plugins, workers, outbox) is asked for at the
// scrape.

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "hotreload/event/event.h"
#include "hotreload/reload/status.h"
#include "tgstats/control/metrics_text.h"
#include "tgstats/telegram/bot_api.h"

namespace tgstats {

inline constexpr std::size_t metric_series_max = 128;  // of one family; further ones are "other"

class Metrics {
public:
    explicit Metrics(std::string version) : version_(std::move(version)) {}

    void note(const hotreload::Event& event);
    void note_call(const std::string& method, const ApiError* error, hotreload::Micros took);
    void note_received(std::size_t updates) { received_ += updates; }
    // The journal's last number: it counts without gaps what was recorded, also in earlier runs.
    void note_recorded(std::int64_t seq) { recorded_ = std::max(recorded_, seq); }

    struct Moment {
        std::vector<hotreload::PluginStatus> plugins;
        std::size_t outbox_length = 0;
    };
    [[nodiscard]] std::string text(const Moment& moment) const;

private:
    using Pair = std::pair<std::string, std::string>;
    template <class Value>
    using ByPair = std::map<Pair, Value>;

    void note_reload(const hotreload::Event& event, const std::string& outcome);
    void write_reloads(MetricsText& out) const;
    void write_updates(MetricsText& out) const;
    void write_telegram(MetricsText& out) const;
    static void write_plugins(MetricsText& out, const std::vector<hotreload::PluginStatus>& all);

    std::string version_;
    hotreload::SystemTime started_ = std::chrono::system_clock::now();
    std::map<std::string, std::int64_t> events_;   // by name
    std::map<std::string, std::int64_t> reloads_;  // by outcome
    ByPair<Histogram> stages_;                     // by outcome and stage
    std::map<std::string, std::int64_t> commands_;
    Histogram handled_;
    Histogram answered_;
    ByPair<std::int64_t> calls_;   // by method and outcome
    ByPair<std::int64_t> errors_;  // by kind and code
    Histogram call_times_;
    std::uint64_t received_ = 0;
    std::int64_t recorded_ = 0;
    std::int64_t not_recorded_ = 0;
};

}  // namespace tgstats
