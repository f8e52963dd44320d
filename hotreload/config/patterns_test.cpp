#include "hotreload/config/patterns.h"

#include <fnmatch.h>

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

TEST(Patterns, ShortcutsSayWhatFnmatchSays) {
    const std::vector<std::string> names{"",     "a",    "a.py",  ".py",    ".a.py",  "py",
                                         "*.py", "a*.b", "a.pyc", "a\\.py", "[a].py", "a?"};
    const std::vector<std::string> patterns{"",     "*",    "*.py",   "a.py",   "*a*", "?.py",
                                            ".*py", "[a]*", "a\\*.b", "*\\.py", "**",  "a"};
    for (const auto& name : names)
        for (const auto& pattern : patterns)
            EXPECT_EQ(matches_any(name, {pattern}),
                      ::fnmatch(pattern.c_str(), name.c_str(), FNM_PERIOD) == 0)
                << name << " " << pattern;
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
