#include "hotreload/reload/planner.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "hotreload/reload/dependency_graph.h"

namespace hotreload {
namespace {

constexpr std::size_t files_named_max = 20;  // in a reason

std::string changed_text(const DesiredPlugin& desired) {
    if (desired.changed_files.empty()) return "its configuration or surroundings changed";
    const auto& files = desired.changed_files;
    if (files.size() <= files_named_max) return fmt::format("changed: {}", fmt::join(files, ", "));
    const auto end = files.begin() + static_cast<std::ptrdiff_t>(files_named_max);
    return fmt::format("changed: {} and {} more", fmt::join(files.begin(), end, ", "),
                       files.size() - files_named_max);
}

bool brings_up(const Action& action) {
    return action.kind == ActionKind::start || action.kind == ActionKind::replace;
}

std::optional<Action> unwanted(const std::string& name, const ActualPlugin& actual,
                               std::string why) {
    if (actual.serving) return Action{ActionKind::retire, name, std::move(why)};
    if (actual.attempted) return Action{ActionKind::cancel, name, std::move(why)};
    return std::nullopt;
}

class Planner {
public:
    explicit Planner(const PlanInput& input) : input_(input) {
        for (const auto& [name, desired] : input.desired)
            if (desired.enabled && !desired.needs.empty()) needs_[name] = desired.needs;
        circles_ = circles(needs_);
    }

    std::vector<Action> plan() {
        std::set<std::string> names;
        for (const auto& [name, desired] : input_.desired) names.insert(name);
        for (const auto& [name, actual] : input_.actual) names.insert(name);
        for (const auto& name : names)
            if (auto action = decide(name)) actions_.emplace(name, std::move(*action));
        while (add_one_that_follows()) {
        }
        bind_together();
        std::vector<Action> sorted;
        for (auto& [name, action] : actions_) sorted.push_back(std::move(action));
        return sorted;
    }

private:
    const ActualPlugin& actual(const std::string& name) const {
        static const ActualPlugin nothing;
        const auto found = input_.actual.find(name);
        return found == input_.actual.end() ? nothing : found->second;
    }

    // Why a plugin cannot be brought up whatever its content; empty when it can.
    std::string unmet_needs(const std::string& name, const DesiredPlugin& desired) const {
        if (const auto way = circles_.find(name); way != circles_.end())
            return fmt::format("it needs itself: {}", way->second);
        std::vector<std::string> missing;
        for (const auto& need : desired.needs) {
            const auto found = input_.desired.find(need);
            if (found == input_.desired.end() || !found->second.enabled) missing.push_back(need);
        }
        if (missing.empty()) return {};
        return fmt::format("needs {}", fmt::join(missing, ", "));
    }

    std::optional<Action> decide(const std::string& name) const {
        const auto desired = input_.desired.find(name);
        if (desired == input_.desired.end())
            return unwanted(name, actual(name), "its files are gone");
        if (!desired->second.enabled)
            return unwanted(name, actual(name), desired->second.disabled_by);
        return decide_wanted(name, desired->second);
    }

    std::optional<Action> decide_wanted(const std::string& name,
                                        const DesiredPlugin& desired) const {
        const auto& is = actual(name);
        const auto bring_up = is.serving ? ActionKind::replace : ActionKind::start;
        const auto unmet = unmet_needs(name, desired);
        if (!unmet.empty() && is.serving != desired.fingerprint)
            return Action{ActionKind::hold, name, unmet};
        if (input_.forced.contains(name)) return Action{bring_up, name, "reload requested"};
        if (is.attempted == desired.fingerprint) return std::nullopt;
        if (is.serving == desired.fingerprint) {
            if (is.attempted)
                return Action{ActionKind::cancel, name, "the content is again what serves"};
            if (is.outdated.empty() || is.failed == desired.fingerprint) return std::nullopt;
            return Action{
                bring_up, name,
                fmt::format("what it read has changed: {}", fmt::join(is.outdated, ", "))};
        }
        if (is.held_back == desired.fingerprint) {
            if (is.serving || is.attempted || is.failed) return std::nullopt;
            return Action{ActionKind::start, name, "what is on disk is held back"};
        }
        if (is.attempted) return Action{bring_up, name, "changed again: " + changed_text(desired)};
        if (is.failed == desired.fingerprint) return std::nullopt;
        if (is.serving || is.failed || is.held_back)
            return Action{bring_up, name, changed_text(desired)};
        return Action{ActionKind::start, name, "new plugin"};
    }

    // Why a plugin without an action of its own must be brought up with those that have one.
    std::string reason_to_follow(const std::string& name, const DesiredPlugin& desired) const {
        const auto& is = actual(name);
        if (is.held_back == desired.fingerprint) return {};  // what serves instead stays
        const auto coming = [&](const std::string& other) {
            const auto found = actions_.find(other);
            return found != actions_.end() && brings_up(found->second);
        };
        const auto first = [&](const std::set<std::string>& others) {
            const auto found = std::ranges::find_if(others, coming);
            return found == others.end() ? std::string() : *found;
        };
        if (is.serving || is.attempted)
            if (const auto cause = first(desired.needs); !cause.empty())
                return "depends on " + cause;
        if (const auto cause = first(is.companions); is.attempted && !cause.empty())
            return "goes together with " + cause;
        if (const auto cause = first(is.waits_for); is.failed && !cause.empty())
            return "waited for " + cause;
        return {};
    }

    bool add_one_that_follows() {
        for (const auto& [name, desired] : input_.desired) {
            if (!desired.enabled || actions_.contains(name)) continue;
            const auto reason = reason_to_follow(name, desired);
            if (reason.empty() || !unmet_needs(name, desired).empty()) continue;
            const auto kind = actual(name).serving ? ActionKind::replace : ActionKind::start;
            actions_.emplace(name, Action{kind, name, reason});
            return true;
        }
        return false;
    }

    void bind_together() {
        std::set<std::string> coming;
        for (const auto& [name, action] : actions_)
            if (brings_up(action)) coming.insert(name);
        for (const auto& part : connected(coming, needs_)) {
            if (part.size() < 2) continue;
            for (const auto& name : part) actions_.at(name).together = part;
        }
    }

    const PlanInput& input_;
    Needs needs_;
    std::map<std::string, std::string> circles_;
    std::map<std::string, Action> actions_;
};

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

std::vector<Action> plan(const PlanInput& input) { return Planner(input).plan(); }

}  // namespace hotreload
