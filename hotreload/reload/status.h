#pragma once
// What the engine tells of itself: plain values for pages, commands and logs.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hotreload/base/clock.h"
#include "hotreload/model/failure.h"
#include "hotreload/model/plugin.h"

namespace hotreload {

// Where the time of one reload went, in order. A stage that did not take place is zero.
struct StageTimes {
    Micros noticed{0};        // first kernel event read to the look
    Micros fingerprinted{0};  // the look: discovery, hashing, planning
    Micros built{0};
    Micros started{0};  // process up, socket connected
    Micros loaded{0};
    Micros probed{0};
    Micros published{0};
    Micros drained{0};  // the previous generation's last call left and its process ended

    [[nodiscard]] Micros until_live() const {
        return noticed + fingerprinted + built + started + loaded + probed + published;
    }
};

// Something that a plugin offers and another one answers.
struct LostOffer {
    Offer offer;
    std::string served_by;

    auto operator<=>(const LostOffer&) const = default;
};

// What serves came after this one, with the same content or with older.
struct LastCrash {
    std::uint64_t generation = 0;
    std::string how;  // "signal 6 (Aborted)"
    std::string stderr_tail;
    SystemTime time{};
};

struct FailedCall {
    std::uint64_t generation = 0;
    std::string offer;
    std::string reason;
    std::string output;  // where in the plugin, as far as its language tells
    SystemTime time{};
};

struct PluginStatus {
    std::string name;
    std::vector<std::string> kinds;
    Language language = Language::cpp;
    Stage stage = Stage::planned;  // of what is being attempted, else of what serves
    bool serving = false;
    bool enabled = true;
    bool restored = false;         // what serves came out of the history, not from the files
    std::uint64_t generation = 0;  // the serving one; 0: none
    pid_t pid = -1;
    std::string version;
    std::string description;
    std::string class_name;
    std::vector<Offer> offers;       // what it answers
    std::vector<LostOffer> lost;     // what it would answer as well
    std::vector<Offer> last_offers;  // where nothing serves: of what served last in this run
    std::string fingerprint;         // short
    std::string sandbox;           // what the serving worker is held by; empty when nothing serves
    std::string reason;            // of the last plan
    std::optional<Failure> error;  // of the last attempt
    std::string stderr_tail;
    // Of the content that serves: forgotten when other content is published.
    std::optional<LastCrash> last_crash;
    std::optional<FailedCall> last_failed_call;
    std::vector<std::string> problems;  // of its files and settings: "PATH: reason"
    std::optional<StageTimes> last_reload;
    SystemTime last_change{};  // when it last began to serve or failed
    std::vector<std::string> files;
};

}  // namespace hotreload
