#include "hotreload/reload/dependency_graph.h"

#include <gmock/gmock.h>

namespace hotreload {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(DependencyGraph, ChainsAndDiamondsAreNoCircles) {
    EXPECT_THAT(circles({{"a", {"b", "c"}}, {"b", {"d"}}, {"c", {"d"}}}), IsEmpty());
}

TEST(DependencyGraph, CirclesAreNamedWithTheWayRound) {
    EXPECT_THAT(circles({{"a", {"b"}}, {"b", {"c"}}, {"c", {"a"}}, {"d", {"a"}}}),
                ElementsAre(Pair("a", "a → b → c → a"), Pair("b", "b → c → a → b"),
                            Pair("c", "c → a → b → c")));
    EXPECT_THAT(circles({{"a", {"a"}}}), ElementsAre(Pair("a", "a → a")));
    EXPECT_THAT(circles({{"a", {"b"}}, {"b", {"a"}}}),
                ElementsAre(Pair("a", "a → b → a"), Pair("b", "b → a → b")));
}

TEST(DependencyGraph, PartsAreConnectedWhicheverWayTheNeedPoints) {
    const Needs needs{{"a", {"b"}}, {"c", {"b"}}, {"e", {"f"}}, {"g", {"x"}}};
    EXPECT_THAT(connected({"a", "b", "c", "d", "e", "g"}, needs),
                ElementsAre(ElementsAre("a", "b", "c"), ElementsAre("d"), ElementsAre("e"),
                            ElementsAre("g")));
}

}  // namespace
}  // namespace hotreload
