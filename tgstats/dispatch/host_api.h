#pragma once
// What plugins may ask of the bot while they handle an event: the store's verbs for the chat at
// hand, and (for the serving generation only) one Bot API call at once.

#include "hotreload/reload/engine.h"
#include "tgstats/dispatch/effects.h"

namespace tgstats {

class HostApi {
public:
    using Outcome = Result<json::value, hotreload::RpcError>;

    HostApi(StoreThread& store, EffectSender& sender);
    // `caller.scope` is the chat at hand; 0 means none, so that only calls that need no chat are
    // answered.
    Task<Outcome> serve(hotreload::Caller caller, std::string method, json::object params);

private:
    Task<Outcome> store_verb(hotreload::Caller caller, std::string method, json::object params);
    Task<Outcome> telegram_call(hotreload::Caller caller, json::object params);

    StoreThread& store_;
    EffectSender& sender_;
};

}  // namespace tgstats
