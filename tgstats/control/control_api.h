#pragma once
// The operator's HTTP API: health, plugins, events, statistics, metrics. The same for the panel,
// the command line and scripts.

#include <functional>
#include <string>

#include "hotreload/event/event_log.h"
#include "hotreload/reload/engine.h"
#include "tgstats/control/metrics.h"
#include "tgstats/dispatch/dispatcher.h"
#include "tgstats/http/router.h"

namespace tgstats {

inline constexpr std::size_t events_page_max = 1000;
inline constexpr Millis stream_heartbeat{
    15'000};  // a comment line when nothing happens, so that dead clients show

class ControlApi {
public:
    struct Parts {
        hotreload::Engine& engine;
        hotreload::EventLog& events;
        Dispatcher& dispatcher;
        const Metrics& metrics;
        std::function<std::size_t()> outbox_length;
        std::string admin_token;   // for `Authorization: Bearer …`
        bool token_needed = true;  // not in the playground
    };
    explicit ControlApi(Parts parts);

    void mount(http::Router& router);  // `this` must outlive the router

private:
    using Answer = Task<http::Response>;
    Answer healthz(http::Request request);
    Answer plugins(http::Request request);
    Answer plugin(http::Request request);
    Answer history(http::Request request);
    Answer act(http::Request request);
    Answer reload_all(http::Request request);
    Answer events(http::Request request);
    Answer event_stream(http::Request request);
    Answer statistic(http::Request request);
    Answer metrics(http::Request request);
    void add(http::Router& router, std::string method, std::string pattern,
             Answer (ControlApi::*handler)(http::Request));
    hotreload::Result<void, std::string> do_to(const std::string& plugin, std::string_view verb,
                                               const http::Request& request);
    [[nodiscard]] bool known(std::string_view plugin) const;
    [[nodiscard]] bool allowed(const http::Request& request) const;
    Task<void> stream_events(http::Writer& writer, std::uint64_t after);

    Parts parts_;
};

}  // namespace tgstats
