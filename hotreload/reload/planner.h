#pragma once
// Decides what to do, as a pure function: what the disk and the configuration want against what
// runs. Start-up, edit, overflow, config change, crash and an operator's command all go through it.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "hotreload/model/plugin.h"

namespace hotreload {

struct DesiredPlugin {
    Fingerprint fingerprint;
    bool enabled = true;
    std::string disabled_by{};               // for the reason only
    std::set<std::string> needs;             // other plugins, by configuration and by manifest
    std::vector<std::string> changed_files;  // base names, for the reason only
};

struct ActualPlugin {
    std::optional<Fingerprint> serving;    // of the generation that the route table names
    std::optional<Fingerprint> attempted;  // being built, started or probed right now
    std::optional<Fingerprint>
        failed;  // last tried without success: not tried again until it changes
    // Not to be brought up by itself: rolled back by the operator, or fallen too often.
    std::optional<Fingerprint> held_back;
    // Base names of what was read while it served and is not as it was.
    std::vector<std::string> outdated;
    std::set<std::string> companions;  // published together with the attempt, or not at all
    std::set<std::string> waits_for;   // it failed only because these did
};

enum class ActionKind {
    start,    // nothing serves: bring up the first generation
    replace,  // build the new beside the old
    retire,   // no longer wanted
    cancel,   // what is being built is no longer wanted; what serves stays
    hold,     // wanted, but its dependencies are not there
};
std::string_view to_string(ActionKind kind);

struct Action {
    ActionKind kind;
    std::string plugin;
    std::string reason;
    // All plugins that are to be published with one assignment, this one among them; empty when
    // it goes alone.
    std::vector<std::string> together{};

    auto operator<=>(const Action&) const = default;
};

struct PlanInput {
    std::map<std::string, DesiredPlugin> desired;
    std::map<std::string, ActualPlugin> actual;
    std::set<std::string> forced;  // reload these even though nothing changed
};

// Sorted by plugin; at most one action for each. A dependent of a replaced plugin is replaced with
// it, and plugins that need each other are published together.
std::vector<Action> plan(const PlanInput& input);

}  // namespace hotreload
