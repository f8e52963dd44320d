// The Bot API's side of HTTP: token, method, parameters in; {"ok": …} out.

#include <boost/json/serialize.hpp>

#include "tgstats/playground/methods.h"
#include "tgstats/playground/mount.h"

namespace tgstats::playground {

namespace {

std::string error_body(const ApiError& error) {
    json::object body{
        {"ok", false}, {"error_code", error.code}, {"description", error.description}};
    if (!error.parameters.empty()) body["parameters"] = error.parameters;
    return json::serialize(body);
}

std::string result_body(const std::string& result) {
    return "{\"ok\":true,\"result\":" + result + "}";
}

http::Response fail(const ApiError& error) {
    return http::Response::json(error_body(error), error.code);
}

ApiError not_found() { return {404, "Not Found", {}}; }

Task<Outcome<std::string>> get_updates(Bot& bot, Arguments arguments) {
    auto kinds = allowed_kinds(arguments);
    if (!kinds) co_return kinds.error();
    if (*kinds) bot.updates.allow(std::move(**kinds));
    PollRequest request;
    request.offset = arguments.integer("offset").value_or(0);
    request.limit = arguments.integer("limit").value_or(poll_limit_max);
    request.timeout_s = arguments.integer("timeout").value_or(0);
    auto updates = co_await bot.updates.poll(request);
    co_return updates;
}

// In somebody's name a bot may do what they let it do; people here let it read.
std::optional<ApiError> refuse_business(Caller caller, std::string_view name,
                                        const Arguments& arguments) {
    const auto id = arguments.text("business_connection_id").value_or("");
    if (id.empty() || http::same_name(name, "getBusinessConnection")) return std::nullopt;
    const bool known = caller.playground.business.connection(caller.bot, id).has_value();
    return bad_request(known ? "BUSINESS_CONNECTION_NOT_ALLOWED" : "BUSINESS_CONNECTION_INVALID");
}

Outcome<json::value> within_limits(Caller caller, std::string_view name, Method method,
                                   const Arguments& arguments) {
    auto& limits = caller.playground.limits;
    if (const auto messages = messages_made(name, arguments); messages > 0) {
        const auto chat = target_chat(caller, arguments);
        const auto now = hotreload::monotonic_now();
        auto flood = chat ? limits.take((*chat)->id, messages, now) : std::nullopt;
        if (flood) return std::move(*flood);
    }
    auto refused = refuse_business(caller, name, arguments);
    auto outcome = refused ? Outcome<json::value>(std::move(*refused)) : method(caller, arguments);
    if (!outcome) limits.note(outcome.error());
    return outcome;
}

Task<http::Response> call(Playground& playground, http::Request request) {
    auto* bot = playground.bot(request.params.get("token"));
    if (!bot) co_return fail({401, "Unauthorized", {}});
    const auto name = request.params.get("method");
    const bool polling = http::same_name(name, "getUpdates");
    const auto method = find_method(name);
    const bool known = method || polling;
    auto arguments = Arguments::from(request);
    if (!arguments) co_return fail(known ? arguments.error() : not_found());
    auto* traffic = playground.traffic();
    const auto asked = traffic ? Traffic::asked(name, *arguments) : std::string();
    http::Response response;
    if (polling) {
        const auto updates = co_await get_updates(*bot, std::move(*arguments));
        response = updates ? http::Response::json(result_body(*updates)) : fail(updates.error());
    } else if (!known) {
        response = fail(not_found());
    } else {
        const auto outcome = within_limits({playground, *bot}, name, method, *arguments);
        response = http::Response::json(answer_body(outcome), outcome ? 200 : outcome.error().code);
    }
    if (traffic) traffic->answered(asked, response.body);
    co_return response;
}

http::Response download(Playground& playground, const http::Request& request) {
    if (!playground.bot(request.params.get("token"))) return fail({401, "Unauthorized", {}});
    const auto* file = playground.world.file_by_path(request.params.get("path"));
    if (!file) return fail(not_found());
    http::Response response;
    // Only pictures are shown; anything else that a bot or person put here must not run as a page
    // of ours.
    response.content_type = file->size ? file->content_type : "application/octet-stream";
    response.body = *file->data;
    return response;
}

}  // namespace

std::string answer_body(const Outcome<json::value>& outcome) {
    return outcome ? result_body(json::serialize(*outcome)) : error_body(outcome.error());
}

void mount_bot_api(http::Router& router, Playground& playground) {
    router.add(
        "GET", "/file/bot{token}/{path...}",
        [&playground](http::Request request) -> Task<http::Response> {
            co_return download(playground, request);
        },
        http::Access::open);
    for (const auto* method : {"GET", "POST"}) {
        router.add(
            method, "/bot{token}/{method}",
            [&playground](http::Request request) { return call(playground, std::move(request)); },
            http::Access::open);
    }
}

void mount(http::Router& router, Playground& playground) {
    mount_bot_api(router, playground);
    mount_page_api(router, playground);
    mount_business_api(router, playground);
}

}  // namespace tgstats::playground
