#pragma once
// What is held and written while candidates take over what their plugins keep.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hotreload/base/clock.h"
#include "hotreload/reload/reloader.h"
#include "hotreload/reload/turnstile.h"
#include "hotreload/state/state_store.h"

namespace hotreload {

// Why candidates that have loaded are not published.
inline Failure probing_failure(std::string reason) {
    return {.stage = Stage::probing, .reason = std::move(reason)};
}

struct Reloader::Takeover {
    struct Migration {
        std::string plugin;
        std::int64_t from = 0;
        std::int64_t to = 0;
        Micros took{};
    };
    Turnstile::Turns publications;           // of the slots: nobody else publishes there
    std::optional<Turnstile::Turns> events;  // of what serves: nobody else changes state
    std::map<std::string, PluginState> states;
    std::vector<Migration> migrations;
};

}  // namespace hotreload
