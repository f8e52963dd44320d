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

DesiredPlugin wanted(std::uint8_t value, std::set<std::string> needs = {}) {
    return {.fingerprint = print(value),
            .enabled = true,
            .needs = std::move(needs),
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
    off.disabled_by = "disabled by hand";
    EXPECT_THAT(plan({.desired = {{"b", off}},
                      .actual = {{"a", serving(1)}, {"b", serving(1)}},
                      .forced = {}}),
                ElementsAre(Action{ActionKind::retire, "a", "its files are gone"},
                            Action{ActionKind::retire, "b", "disabled by hand"}));
}

TEST(Planner, FailedContentIsNotTriedAgainUntilItChanges) {
    ActualPlugin broken = serving(1);
    broken.failed = print(2);
    EXPECT_THAT(plan({.desired = {{"a", wanted(2)}}, .actual = {{"a", broken}}, .forced = {}}),
                IsEmpty());
    EXPECT_THAT(plan({.desired = {{"a", wanted(3)}}, .actual = {{"a", broken}}, .forced = {}}),
                ElementsAre(Action{ActionKind::replace, "a", "changed: a.py"}));
}

TEST(Planner, WhatItReadLaterReplacesWhatServes) {
    const auto planned = [](const ActualPlugin& actual) {
        return plan({.desired = {{"a", wanted(1)}}, .actual = {{"a", actual}}, .forced = {}});
    };
    ActualPlugin read = serving(1);
    read.outdated = {"words.txt", "_dates.py"};
    EXPECT_THAT(planned(read),
                ElementsAre(Action{ActionKind::replace, "a",
                                   "what it read has changed: words.txt, _dates.py"}));
    auto coming = read;
    coming.attempted = print(1);
    EXPECT_THAT(planned(coming), IsEmpty());
    auto failed = read;
    failed.failed = print(1);
    EXPECT_THAT(planned(failed), IsEmpty());
    auto older = read;  // newer content has failed: what serves stays
    older.serving = print(2);
    older.failed = print(1);
    EXPECT_THAT(planned(older), IsEmpty());
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
        ElementsAre(Action{ActionKind::replace, "a", "changed: a.py", {"a", "b", "c"}},
                    Action{ActionKind::replace, "b", "depends on a", {"a", "b", "c"}},
                    Action{ActionKind::replace, "c", "depends on b", {"a", "b", "c"}}));
}

TEST(Planner, MissingDependencyHoldsAPluginButNeverTakesOneAway) {
    EXPECT_THAT(plan({.desired = {{"b", wanted(1, {"a"})}}, .actual = {}, .forced = {}}),
                ElementsAre(Action{ActionKind::hold, "b", "needs a"}));
    EXPECT_THAT(
        plan({.desired = {{"b", wanted(1, {"a"})}}, .actual = {{"b", serving(1)}}, .forced = {}}),
        IsEmpty());
}

TEST(Planner, ACircleOfNeedsIsNamedAndTakesNothingAway) {
    const PlanInput input{.desired = {{"a", wanted(1, {"b"})}, {"b", wanted(2, {"a"})}},
                          .actual = {{"b", serving(1)}},
                          .forced = {}};
    EXPECT_THAT(plan(input),
                ElementsAre(Action{ActionKind::hold, "a", "it needs itself: a → b → a"},
                            Action{ActionKind::hold, "b", "it needs itself: b → a → b"}));
}

TEST(Planner, NeighboursThatChangeAtOnceArePublishedTogether) {
    EXPECT_THAT(plan({.desired = {{"a", wanted(2, {"b"})}, {"b", wanted(2)}, {"c", wanted(2)}},
                      .actual = {{"a", serving(1)}, {"b", serving(1)}, {"c", serving(1)}},
                      .forced = {}}),
                ElementsAre(Action{ActionKind::replace, "a", "changed: a.py", {"a", "b"}},
                            Action{ActionKind::replace, "b", "changed: a.py", {"a", "b"}},
                            Action{ActionKind::replace, "c", "changed: a.py"}));
}

TEST(Planner, WhatFailedOnlyBecauseOfAnotherComesBackWithIt) {
    ActualPlugin waiting = serving(1);
    waiting.failed = print(2);
    waiting.waits_for = {"a"};
    ActualPlugin broken = serving(1);
    broken.failed = print(2);
    EXPECT_THAT(plan({.desired = {{"a", wanted(3, {"b"})}, {"b", wanted(2)}},
                      .actual = {{"a", broken}, {"b", waiting}},
                      .forced = {}}),
                ElementsAre(Action{ActionKind::replace, "a", "changed: a.py", {"a", "b"}},
                            Action{ActionKind::replace, "b", "waited for a", {"a", "b"}}));
}

TEST(Planner, NewerContentOfOneMemberBeginsTheWholeGroupAgain) {
    ActualPlugin first = serving(1), second = serving(1);
    first.attempted = second.attempted = print(2);
    first.companions = second.companions = {"a", "b"};
    EXPECT_THAT(
        plan({.desired = {{"a", wanted(3, {"b"})}, {"b", wanted(2)}},
              .actual = {{"a", first}, {"b", second}},
              .forced = {}}),
        ElementsAre(Action{ActionKind::replace, "a", "changed again: changed: a.py", {"a", "b"}},
                    Action{ActionKind::replace, "b", "goes together with a", {"a", "b"}}));
}

TEST(Planner, HeldBackContentIsNotBroughtUpUntilItChangesOrIsAskedFor) {
    ActualPlugin back = serving(1);
    back.held_back = print(2);
    EXPECT_THAT(plan({.desired = {{"a", wanted(2)}}, .actual = {{"a", back}}, .forced = {}}),
                IsEmpty());
    EXPECT_THAT(plan({.desired = {{"a", wanted(3)}}, .actual = {{"a", back}}, .forced = {}}),
                ElementsAre(Action{ActionKind::replace, "a", "changed: a.py"}));
    EXPECT_THAT(plan({.desired = {{"a", wanted(2)}}, .actual = {{"a", back}}, .forced = {"a"}}),
                ElementsAre(Action{ActionKind::replace, "a", "reload requested"}));
    back.serving.reset();
    EXPECT_THAT(plan({.desired = {{"a", wanted(2)}}, .actual = {{"a", back}}, .forced = {}}),
                ElementsAre(Action{ActionKind::start, "a", "what is on disk is held back"}));
}

TEST(Planner, ForcedReloadNeedsNoChange) {
    EXPECT_THAT(
        plan({.desired = {{"a", wanted(1)}}, .actual = {{"a", serving(1)}}, .forced = {"a"}}),
        ElementsAre(Action{ActionKind::replace, "a", "reload requested"}));
}

}  // namespace
}  // namespace hotreload
