#include "hotreload/reload/planner.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace hotreload {
namespace {

std::string changed_text(const DesiredPlugin& desired) {
    if (desired.changed_files.empty()) return "its configuration or surroundings changed";
    return fmt::format("changed: {}", fmt::join(desired.changed_files, ", "));
}

std::vector<std::string> missing_dependencies(const PlanInput& input,
                                              const DesiredPlugin& desired) {
    std::vector<std::string> missing;
    for (const auto& name : desired.depends_on) {
        const auto found = input.desired.find(name);
        if (found == input.desired.end() || !found->second.enabled) missing.push_back(name);
    }
    return missing;
}

std::optional<Action> unwanted(const std::string& name, const ActualPlugin& actual,
                               std::string why) {
    if (actual.serving) return Action{ActionKind::retire, name, std::move(why)};
    if (actual.attempted) return Action{ActionKind::cancel, name, std::move(why)};
    return std::nullopt;
}

std::optional<Action> wanted_action(const PlanInput& input, const std::string& name,
                                    const DesiredPlugin& desired, const ActualPlugin& actual) {
    const auto bring_up = actual.serving ? ActionKind::replace : ActionKind::start;
    const auto missing = missing_dependencies(input, desired);
    if (!missing.empty() && !actual.serving)
        return Action{ActionKind::hold, name, fmt::format("needs {}", fmt::join(missing, ", "))};
    if (input.forced.contains(name)) return Action{bring_up, name, "reload requested"};
    if (actual.attempted == desired.fingerprint) return std::nullopt;
    if (actual.serving == desired.fingerprint) {
        if (!actual.attempted) return std::nullopt;
        return Action{ActionKind::cancel, name, "the content is again what serves"};
    }
    if (actual.attempted) return Action{bring_up, name, "changed again: " + changed_text(desired)};
    if (actual.failed == desired.fingerprint) return std::nullopt;
    if (actual.serving || actual.failed) return Action{bring_up, name, changed_text(desired)};
    return Action{ActionKind::start, name, "new plugin"};
}

std::optional<Action> decide(const PlanInput& input, const std::string& name,
                             const ActualPlugin& actual) {
    const auto desired = input.desired.find(name);
    if (desired == input.desired.end()) return unwanted(name, actual, "its files are gone");
    if (!desired->second.enabled) return unwanted(name, actual, "disabled in the configuration");
    return wanted_action(input, name, desired->second, actual);
}

bool brings_up(const Action& action) {
    return action.kind == ActionKind::start || action.kind == ActionKind::replace;
}

// Dependents of what is brought up, until no more are found.
void add_dependents(const PlanInput& input, std::map<std::string, Action>& actions) {
    for (bool grown = true; grown;) {
        grown = false;
        for (const auto& [name, desired] : input.desired) {
            const auto actual = input.actual.find(name);
            const bool serves = actual != input.actual.end() && actual->second.serving;
            if (!desired.enabled || !serves || actions.contains(name)) continue;
            for (const auto& dependency : desired.depends_on) {
                const auto cause = actions.find(dependency);
                if (cause == actions.end() || !brings_up(cause->second)) continue;
                actions.emplace(name,
                                Action{ActionKind::replace, name, "depends on " + dependency});
                grown = true;
                break;
            }
        }
    }
}

}  // namespace

std::string_view to_string(ActionKind kind) {
    switch (kind) {
        case ActionKind::start:
            return "start";
        case ActionKind::replace:
            return "replace";
        case ActionKind::retire:
            return "retire";
        case ActionKind::cancel:
            return "cancel";
        case ActionKind::hold:
            return "hold";
    }
    return "?";
}

std::vector<Action> plan(const PlanInput& input) {
    std::set<std::string> names;
    for (const auto& [name, desired] : input.desired) names.insert(name);
    for (const auto& [name, actual] : input.actual) names.insert(name);

    std::map<std::string, Action> actions;
    for (const auto& name : names) {
        const auto actual = input.actual.find(name);
        const auto state = actual == input.actual.end() ? ActualPlugin{} : actual->second;
        if (auto action = decide(input, name, state)) actions.emplace(name, std::move(*action));
    }
    add_dependents(input, actions);

    std::vector<Action> sorted;
    for (auto& [name, action] : actions) sorted.push_back(std::move(action));
    return sorted;
}

}  // namespace hotreload
