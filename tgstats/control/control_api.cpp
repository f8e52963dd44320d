#include "tgstats/control/control_api.h"

#include <algorithm>
#include <iterator>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "tgstats/content/json_in.h"
#include "tgstats/control/reload_view.h"
#include "tgstats/control/views.h"
#include "tgstats/http/secret.h"

namespace tgstats {
namespace {

constexpr Millis reload_deadline{120'000};  // of one operator's word; the reload itself goes on

http::Response problem(int status, const std::string& reason) {
    return http::Response::json(json::serialize(json::object{{"error", reason}}), status);
}

std::uint64_t sequence_of(const http::Request& request) {
    const auto after = request.query.integer("after").value_or(0);
    const auto& resumed = request.headers.get("Last-Event-ID");
    std::uint64_t last = 0;
    for (const char c : resumed) {
        if (c < '0' || c > '9') return static_cast<std::uint64_t>(std::max<std::int64_t>(after, 0));
        last = last * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return std::max(last, static_cast<std::uint64_t>(std::max<std::int64_t>(after, 0)));
}

// A query's value as the JSON it looks like: a number, true, false; else a text.
json::value typed(std::string_view text) {
    const auto value = json_in(text);
    if (value && (value->is_number() || value->is_bool())) return *value;
    return json::value(json::string(text));
}

// {"generation":N} of a body; 0 where there is none: the one before.
hotreload::Result<std::uint64_t, std::string> generation_of(const http::Request& request) {
    using Outcome = hotreload::Result<std::uint64_t, std::string>;
    if (request.body.empty()) return std::uint64_t{0};
    boost::system::error_code error;
    const auto value = json::parse(request.body, error);
    const auto* object = error ? nullptr : value.if_object();
    if (object == nullptr)
        return Outcome(boost::system::in_place_error, "the body must be an object");
    const auto* number = object->if_contains("generation");
    if (number == nullptr || number->is_null()) return std::uint64_t{0};
    if (!number->is_int64() || number->get_int64() < 0)
        return Outcome(boost::system::in_place_error, "generation: expected a whole number");
    return static_cast<std::uint64_t>(number->get_int64());
}

}  // namespace

ControlApi::ControlApi(Parts parts) : parts_(std::move(parts)) {}

void ControlApi::mount(http::Router& router) {
    router.add("GET", "/healthz",
               [this](http::Request request) { return healthz(std::move(request)); });
    add(router, "GET", "/api/plugins", &ControlApi::plugins);
    add(router, "GET", "/api/plugins/{name}", &ControlApi::plugin);
    add(router, "GET", "/api/plugins/{name}/history", &ControlApi::history);
    add(router, "POST", "/api/plugins/{name}/{verb}", &ControlApi::act);
    add(router, "POST", "/api/reload", &ControlApi::reload_all);
    add(router, "GET", "/api/events", &ControlApi::events);
    add(router, "GET", "/api/events/stream", &ControlApi::event_stream);
    add(router, "GET", "/api/statistics/{name}", &ControlApi::statistic);
    add(router, "GET", "/metrics", &ControlApi::metrics);
}

void ControlApi::add(http::Router& router, std::string method, std::string pattern,
                     Answer (ControlApi::*handler)(http::Request)) {
    router.add(std::move(method), std::move(pattern),
               [this, handler](http::Request request) -> Answer {
                   if (allowed(request)) return (this->*handler)(std::move(request));
                   return [](http::Response refused) -> Answer {
                       refused.headers.set("WWW-Authenticate", "Bearer");
                       co_return refused;
                   }(problem(401, "this needs the header 'Authorization: Bearer ADMIN_TOKEN'"));
               });
}

bool ControlApi::allowed(const http::Request& request) const {
    if (!parts_.token_needed) return true;
    constexpr std::string_view scheme = "Bearer ";
    const auto given = request.headers.get("Authorization");
    return !parts_.admin_token.empty() && given.starts_with(scheme) &&
           http::same_secret(given.substr(scheme.size()), parts_.admin_token);
}

Task<http::Response> ControlApi::healthz(http::Request) {
    std::int64_t serving = 0, failed = 0;
    for (const auto& plugin : parts_.engine.status()) {
        serving += plugin.serving ? 1 : 0;
        failed += plugin.stage == hotreload::Stage::failed ? 1 : 0;
    }
    co_return http::Response::json(
        json::serialize(json::object{{"status", "ok"}, {"serving", serving}, {"failed", failed}}));
}

Task<http::Response> ControlApi::plugins(http::Request) {
    co_return http::Response::json(json::serialize(view(parts_.engine.status())));
}

Task<http::Response> ControlApi::plugin(http::Request request) {
    const auto name = request.params.get("name");
    for (const auto& status : parts_.engine.status())
        if (status.name == name) co_return http::Response::json(json::serialize(view(status)));
    const auto there = parts_.engine.known(std::string(name));
    co_return problem(404, there ? fmt::format("plugin '{}' has gone", name) : there.error());
}

bool ControlApi::known(std::string_view plugin) const {
    const auto all = parts_.engine.status();
    return std::ranges::any_of(all, [&](const auto& status) { return status.name == plugin; });
}

Task<http::Response> ControlApi::history(http::Request request) {
    const std::string name(request.params.get("name"));
    const auto there = parts_.engine.known(name);
    if (!there) co_return problem(404, there.error());
    auto answer = history_view(name, parts_.engine.history(name));
    const auto serving = parts_.engine.routes()->serving(name);
    answer["serving"] = serving ? json::value(serving->number()) : json::value(nullptr);
    co_return http::Response::json(json::serialize(answer));
}

hotreload::Result<void, std::string> ControlApi::do_to(const std::string& plugin,
                                                       std::string_view verb,
                                                       const http::Request& request) {
    if (verb == "reload") return parts_.engine.reload(plugin);
    if (verb == "enable") return parts_.engine.set_enabled(plugin, true);
    if (verb == "disable") return parts_.engine.set_enabled(plugin, false);
    if (verb != "rollback")
        return fmt::format(
            "'{}' is no verb for plugins; there are: reload, enable, disable, rollback", verb);
    const auto generation = generation_of(request);
    if (generation.has_error()) return generation.error();
    return parts_.engine.roll_back(plugin, *generation);
}

Task<http::Response> ControlApi::act(http::Request request) {
    const std::string name(request.params.get("name"));
    const bool there = known(name);
    const auto done = do_to(name, request.params.get("verb"), request);
    if (done.has_error()) co_return problem(there ? 409 : 404, done.error());
    const bool settled = co_await parts_.engine.settled(reload_deadline);
    if (!settled)
        co_return problem(504,
                          fmt::format("'{}' is still on its way; see /api/plugins/{}", name, name));
    for (const auto& status : parts_.engine.status())
        if (status.name == name) co_return http::Response::json(json::serialize(view(status)));
    co_return problem(404, fmt::format("plugin '{}' has gone", name));
}

// Answers when all that was saved before is live, or has failed.
Task<http::Response> ControlApi::reload_all(http::Request) {
    const auto before = parts_.events.last_seq();
    ReloadOutcome outcome;
    outcome.complete = co_await parts_.engine.caught_up(reload_deadline);
    auto& seen = outcome.events;
    for (auto seq = before;;) {
        auto page = parts_.events.after(seq, events_page_max);
        if (page.events.empty()) break;
        seq = page.events.back().seq;
        std::ranges::move(page.events, std::back_inserter(seen));
    }
    outcome.plugins = parts_.engine.status();
    outcome.problems = parts_.engine.config_problems();
    co_return http::Response::json(json::serialize(reload_view(outcome)));
}

Task<http::Response> ControlApi::events(http::Request request) {
    const auto asked = request.query.integer("limit").value_or(100);
    const auto limit =
        static_cast<std::size_t>(std::clamp<std::int64_t>(asked, 1, events_page_max));
    const auto page = parts_.events.after(sequence_of(request), limit);
    co_return http::Response::json(events_page(page, parts_.events.last_seq()));
}

Task<http::Response> ControlApi::event_stream(http::Request request) {
    co_return http::Response::events([this, after = sequence_of(request)](http::Writer& writer) {
        return stream_events(writer, after);
    });
}

Task<void> ControlApi::stream_events(http::Writer& writer, std::uint64_t after) {
    for (;;) {
        const auto page = parts_.events.after(after, events_page_max);
        std::string chunk;
        if (page.gap) chunk += "event: gap\ndata: {}\n\n";
        for (const auto& event : page.events) {
            chunk += fmt::format("id: {}\ndata: {}\n\n", event.seq, hotreload::to_json(event));
            after = event.seq;
        }
        if (chunk.empty()) {
            const bool more = co_await parts_.events.wait_after(after, stream_heartbeat);
            if (more) continue;
            chunk = ": nothing new\n\n";
        }
        const bool taken = co_await writer.write(std::move(chunk));
        if (!taken) co_return;
    }
}

Task<http::Response> ControlApi::metrics(http::Request) {
    Metrics::Moment moment{.plugins = parts_.engine.status(),
                           .outbox_length = parts_.outbox_length()};
    auto response = http::Response::text(200, parts_.metrics.text(moment));
    response.content_type = metrics_content_type;
    co_return response;
}

Task<http::Response> ControlApi::statistic(http::Request request) {
    const auto chat = request.query.integer("chat_id");
    if (!chat) co_return problem(400, "chat_id is needed: a whole number");
    Dispatcher::StatisticRequest wanted{
        .name = std::string(request.params.get("name")), .chat_id = *chat, .params = {}};
    for (const auto& [name, value] : request.query)
        if (name != "chat_id") wanted.params[name] = typed(value);
    auto result = co_await parts_.dispatcher.statistic(std::move(wanted));
    if (result.has_value()) co_return http::Response::json(json::serialize(*result));
    const bool unknown = result.error().code == hotreload::rpc_code::unknown_method;
    co_return problem(unknown ? 404 : 502, result.error().message);
}

}  // namespace tgstats
