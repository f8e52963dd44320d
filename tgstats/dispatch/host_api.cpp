#include "tgstats/dispatch/host_api.h"

#include <fmt/format.h>

#include "hotreload/base/unix_time.h"
#include "tgstats/store/verbs.h"

namespace tgstats {
namespace {

namespace code = hotreload::rpc_code;
using hotreload::Caller;
using hotreload::RpcError;
using hotreload::unix_now;

// Plugins see the chat at hand and no other.
std::optional<RpcError> refuse_foreign_chat(const Caller& caller, json::object& params) {
    const auto* chat = params.if_contains("chat_id");
    if (chat == nullptr || chat->is_null()) {
        if (caller.scope == 0)
            return RpcError{
                code::bad_params, "chat_id is needed: no chat is at hand outside of an event", {}};
        params["chat_id"] = caller.scope;
        return std::nullopt;
    }
    const bool own = chat->is_number() && chat->is_int64() && chat->get_int64() == caller.scope;
    if (own) return std::nullopt;
    return RpcError{
        code::not_permitted,
        fmt::format("plugin '{}' may only use the chat of the event at hand", caller.plugin),
        {}};
}

}  // namespace

HostApi::HostApi(StoreThread& store, EffectSender& sender) : store_(store), sender_(sender) {}

Task<HostApi::Outcome> HostApi::serve(Caller caller, std::string method, json::object params) {
    if (method.starts_with("store."))
        return store_verb(std::move(caller), std::move(method), std::move(params));
    if (method == "telegram.call") return telegram_call(std::move(caller), std::move(params));
    return [](std::string unknown) -> Task<Outcome> {
        co_return RpcError{code::unknown_method, "the host offers no " + unknown, {}};
    }(std::move(method));
}

Task<HostApi::Outcome> HostApi::store_verb(Caller caller, std::string method, json::object params) {
    if (auto refused = refuse_foreign_chat(caller, params)) co_return *refused;
    auto work = [method, params, now = unix_now()](Store& store) {
        return run_verb(store, method, params, now);
    };
    auto result = co_await store_.run(work);
    if (result.has_error()) co_return RpcError{result.error().code(), result.error().message, {}};
    co_return std::move(*result);
}

Task<HostApi::Outcome> HostApi::telegram_call(Caller caller, json::object params) {
    if (!caller.serving)
        co_return RpcError{
            code::not_permitted, "this generation does not serve, so it may not speak", {}};
    auto effect = parse_effect(params, {.chat_id = caller.scope, .thread_id = 0});
    if (effect.has_error()) co_return RpcError{code::bad_params, effect.error(), {}};
    if (auto refused = refuse_foreign_chat(caller, effect->params)) co_return *refused;
    auto result = co_await sender_.send(std::move(*effect));
    if (result.has_error()) co_return RpcError{code::plugin_error, result.error().text(), {}};
    co_return std::move(*result);
}

}  // namespace tgstats
