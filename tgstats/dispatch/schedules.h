#pragma once
// What a plugin's schedule gets when it is due, and what becomes of what it did.

#include <functional>

#include "hotreload/reload/engine.h"
#include "tgstats/dispatch/outgoing.h"

namespace tgstats {

class Schedules {
public:
    struct Parts {
        StoreThread& store;
        Outgoing& outgoing;
        std::function<json::object()> bot;  // who the bot is
    };
    explicit Schedules(Parts parts) : parts_(std::move(parts)) {}

    // {"schedule","due","now","chats":[ids of the known chats],"bot"}
    Task<json::object> event(hotreload::DueSchedule due);
    // Its effects, which must name their chats, and its changed state, the engine's mark that it
    // has fired among it: one transaction.
    Task<Result<void, StateError>> commit(hotreload::DueSchedule due, hotreload::Handled handled);

private:
    Parts parts_;
};

}  // namespace tgstats
