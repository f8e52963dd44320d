#include "hotreload/reload/planner.h"

#include <gmock/gmock.h>

namespace hotreload {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Fingerprint print(std::uint8_t value) {
    Fingerprint fingerprint;
    fingerprint.bytes[0] = value;
    return fingerprint;
}

DesiredPlugin wanted(std::uint8_t value, std::vector<std::string> depends_on = {}) {
    return {.fingerprint = print(value),
            .enabled = true,
            .depends_on = std::move(depends_on),
            .changed_files = {"a.py"}};
}

ActualPlugin serving(std::uint8_t value) {
    return {.serving = print(value), .attempted = {}, .failed = {}};
}

TEST(Planner, NothingChangedMeansNothingToDo) {
    EXPECT_THAT(plan({.desired = {{"a", wanted(1)}}, .actual = {{"a", serving(1)}}, .forced = {}}),
                IsEmpty());
}

TEST(Planner, NewPluginStarts) {
    EXPECT_THAT(plan({.desired = {{"a", wanted(1)}}, .actual = {}, .forced = {}}),
                ElementsAre(Action{ActionKind::start, "a", "new plugin"}));
}

TEST(Planner, ChangedContentReplacesAndNamesTheFile) {
    EXPECT_THAT(plan({.desired = {{"a", wanted(2)}, {"b", wanted(1)}},
                      .actual = {{"a", serving(1)}, {"b", serving(1)}},
                      .forced = {}}),
                ElementsAre(Action{ActionKind::replace, "a", "changed: a.py"}));
}

TEST(Planner, VanishedOrDisabledPluginRetires) {
    auto off = wanted(1);
    off.enabled = false;
    EXPECT_THAT(plan({.desired = {{"b", off}},
                      .actual = {{"a", serving(1)}, {"b", serving(1)}},
                      .forced = {}}),
                ElementsAre(Action{ActionKind::retire, "a", "its files are gone"},
                            Action{ActionKind::retire, "b", "disabled in the configuration"}));
}

TEST(Planner, FailedContentIsNotTriedAgainUntilItChanges) {
    ActualPlugin broken = serving(1);
    broken.failed = print(2);
    EXPECT_THAT(plan({.desired = {{"a", wanted(2)}}, .actual = {{"a", broken}}, .forced = {}}),
                IsEmpty());
    EXPECT_THAT(plan({.desired = {{"a", wanted(3)}}, .actual = {{"a", broken}}, .forced = {}}),
                ElementsAre(Action{ActionKind::replace, "a", "changed: a.py"}));
}

TEST(Planner, NewerContentSupersedesTheAttempt) {
    ActualPlugin busy = serving(1);
    busy.attempted = print(2);
    EXPECT_THAT(plan({.desired = {{"a", wanted(2)}}, .actual = {{"a", busy}}, .forced = {}}),
                IsEmpty());
    EXPECT_THAT(plan({.desired = {{"a", wanted(3)}}, .actual = {{"a", busy}}, .forced = {}}),
                ElementsAre(Action{ActionKind::replace, "a", "changed again: changed: a.py"}));
}

TEST(Planner, RevertedContentCancelsTheAttempt) {
    ActualPlugin busy = serving(1);
    busy.attempted = print(2);
    EXPECT_THAT(plan({.desired = {{"a", wanted(1)}}, .actual = {{"a", busy}}, .forced = {}}),
                ElementsAre(Action{ActionKind::cancel, "a", "the content is again what serves"}));
}

TEST(Planner, DependentsFollowThroughChains) {
    EXPECT_THAT(
        plan(
            {.desired = {{"a", wanted(2)},
                         {"b", wanted(1, {"a"})},
                         {"c", wanted(1, {"b"})},
                         {"d", wanted(1)}},
             .actual = {{"a", serving(1)}, {"b", serving(1)}, {"c", serving(1)}, {"d", serving(1)}},
             .forced = {}}),
        ElementsAre(Action{ActionKind::replace, "a", "changed: a.py"},
                    Action{ActionKind::replace, "b", "depends on a"},
                    Action{ActionKind::replace, "c", "depends on b"}));
}

TEST(Planner, MissingDependencyHoldsAPluginButNeverTakesOneAway) {
    EXPECT_THAT(plan({.desired = {{"b", wanted(1, {"a"})}}, .actual = {}, .forced = {}}),
                ElementsAre(Action{ActionKind::hold, "b", "needs a"}));
    EXPECT_THAT(
        plan({.desired = {{"b", wanted(1, {"a"})}}, .actual = {{"b", serving(1)}}, .forced = {}}),
        IsEmpty());
}

TEST(Planner, ForcedReloadNeedsNoChange) {
    EXPECT_THAT(
        plan({.desired = {{"a", wanted(1)}}, .actual = {{"a", serving(1)}}, .forced = {"a"}}),
        ElementsAre(Action{ActionKind::replace, "a", "reload requested"}));
}

}  // namespace
}  // namespace hotreload
