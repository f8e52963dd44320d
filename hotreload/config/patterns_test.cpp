#include "hotreload/config/patterns.h"

#include <gtest/gtest.h>

#include "hotreload/config/config.h"

namespace hotreload {
namespace {

bool wanted_by_default(const std::string& below) {
    const ReloadSettings settings;
    return wanted("/p", "/p/" + below, settings.watch_patterns, settings.ignore_patterns);
}

TEST(Patterns, NamesMatchShellPatternsAsAWhole) {
    EXPECT_TRUE(matches_any("a.py", {"*.cpp", "*.py"}));
    EXPECT_FALSE(matches_any("a.pyc", {"*.py"}));
    EXPECT_FALSE(matches_any("a.py", {}));
    EXPECT_TRUE(matches_any("__pycache__", {"__pycache__"}));
    EXPECT_FALSE(matches_any(".#a.py", {"*.py"})) << "an editor's lock file";
}

TEST(Patterns, WantedAreWatchedFilesAtAnyDepth) {
    EXPECT_TRUE(wanted_by_default("a.py"));
    EXPECT_TRUE(wanted_by_default("heatmap/grid/grid.hpp"));
    EXPECT_TRUE(wanted_by_default("plugins.yaml"));
    EXPECT_TRUE(wanted_by_default("engagement/__init__.py"));
    EXPECT_FALSE(wanted_by_default("heatmap/notes.txt"));
    EXPECT_FALSE(wanted_by_default("a.py~"));
}

TEST(Patterns, UnderscoreAndDotAreLeftOutInEveryComponent) {
    EXPECT_FALSE(wanted_by_default("_a.py"));
    EXPECT_FALSE(wanted_by_default("_old/a.py"));
    EXPECT_FALSE(wanted_by_default("heatmap/_private.cpp"));
    EXPECT_FALSE(wanted_by_default("engagement/__main__.py"));
    EXPECT_FALSE(wanted_by_default(".venv/lib/a.py"));
}

TEST(Patterns, IgnoreWinsOverWatchInEveryComponent) {
    const std::vector<std::string> watch{"*.py", "*.md"};
    EXPECT_TRUE(wanted("/p", "/p/x/a.py", watch, {}));
    EXPECT_FALSE(wanted("/p", "/p/x/a.py", watch, {"x"}));
    EXPECT_FALSE(wanted("/p", "/p/x/README.md", watch, {"README.md"}));
}

TEST(Patterns, TheRootItselfMayHaveAnyName) {
    EXPECT_TRUE(wanted("/srv/_bot/.hidden", "/srv/_bot/.hidden/a.py", {"*.py"}, {}));
    EXPECT_FALSE(wanted("/srv/p", "/srv/other/a.py", {"*.py"}, {}));
    EXPECT_FALSE(wanted("/srv/p", "/srv/p", {"*"}, {}));
}

}  // namespace
}  // namespace hotreload
