#pragma once
// What plugins may ask of the bot while they handle an event: the store's verbs for the chats at
// hand (of a schedule: for every known chat), and (for the serving generation only) one Bot API
// call at once.

#include <functional>

#include "hotreload/reload/engine.h"
#include "tgstats/dispatch/chat_scopes.h"
#include "tgstats/dispatch/effect_sender.h"

namespace tgstats {

class HostApi {
public:
    using Outcome = Result<json::value, hotreload::RpcError>;

    struct Parts {
        StoreThread& store;
        EffectSender& sender;
        const ChatScopes& scopes;
        // Whether the plugin's serving generation has schedules: then it may use every known chat
        // where no event of its own chats is at hand.
        std::function<bool(const std::string& plugin)> has_schedules;
    };
    explicit HostApi(Parts parts);
    // `caller.scope` is one of the scopes, or 0 for none.
    Task<Outcome> serve(hotreload::Caller caller, std::string method, json::object params);

private:
    Task<Outcome> store_verb(hotreload::Caller caller, std::string method, json::object params);
    Task<Outcome> telegram_call(hotreload::Caller caller, json::object params);
    // Puts the chat at hand where none is named; refuses one that is not at hand.
    [[nodiscard]] std::optional<hotreload::RpcError> refuse_foreign_chat(
        const hotreload::Caller& caller, json::object& params) const;

    Parts parts_;
};

}  // namespace tgstats
