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

std::int64_t only_chat(const ChatScopes::Chats* chats) {
    return chats != nullptr && chats->size() == 1 ? *chats->begin() : 0;
}

}  // namespace

HostApi::HostApi(Parts parts) : parts_(std::move(parts)) {}

std::optional<RpcError> HostApi::refuse_foreign_chat(const Caller& caller,
                                                     json::object& params) const {
    const auto* chats = parts_.scopes.find(caller.scope);
    const bool any_chat =
        caller.scope == 0 && caller.serving && parts_.has_schedules(caller.plugin);
    const auto* chat = params.if_contains("chat_id");
    if (chat == nullptr || chat->is_null()) {
        if (const auto at_hand = only_chat(chats); at_hand != 0) {
            params["chat_id"] = at_hand;
            return std::nullopt;
        }
        const auto* why = chats != nullptr ? "the event is of several chats"
                          : any_chat       ? "a schedule is of no chat"
                                           : "no chat is at hand outside of an event";
        return RpcError{code::bad_params, fmt::format("chat_id is needed: {}", why), {}};
    }
    if (any_chat) return std::nullopt;
    if (chats != nullptr && chat->is_int64() && chats->contains(chat->get_int64()))
        return std::nullopt;
    return RpcError{
        code::not_permitted,
        fmt::format("plugin '{}' may only use the chat of the event at hand", caller.plugin),
        {}};
}

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
    auto result = co_await parts_.store.run(work);
    if (result.has_error()) co_return RpcError{result.error().code(), result.error().message, {}};
    co_return std::move(*result);
}

Task<HostApi::Outcome> HostApi::telegram_call(Caller caller, json::object params) {
    if (!caller.serving)
        co_return RpcError{
            code::not_permitted, "this generation does not serve, so it may not speak", {}};
    auto effect = parse_effect(
        params, {.chat_id = only_chat(parts_.scopes.find(caller.scope)), .thread_id = 0});
    if (effect.has_error()) co_return RpcError{code::bad_params, effect.error(), {}};
    if (auto refused = refuse_foreign_chat(caller, effect->params)) co_return *refused;
    auto result = co_await parts_.sender.send(std::move(*effect), caller.plugin, caller.scope != 0);
    if (result.has_error()) co_return RpcError{code::plugin_error, result.error().text(), {}};
    co_return std::move(*result);
}

}  // namespace tgstats
