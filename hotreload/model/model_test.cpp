#include <vector>

#include <gtest/gtest.h>

#include "hotreload/model/failure.h"
#include "hotreload/model/plugin.h"
#include "hotreload/model/stage.h"

namespace hotreload {
namespace {

TEST(StageTest, ExactlyTheseStepsAreLegal) {
    const std::vector<Stage> line{Stage::planned, Stage::building, Stage::starting, Stage::probing,
                                  Stage::serving, Stage::draining, Stage::retired,  Stage::failed};
    for (std::size_t from = 0; from < line.size(); ++from) {
        for (std::size_t to = 0; to < line.size(); ++to) {
            const bool ended = line[from] == Stage::retired || line[from] == Stage::failed;
            const bool next = to == from + 1;
            const bool no_build = line[from] == Stage::planned && line[to] == Stage::starting;
            const bool expected = !ended && (next || no_build || line[to] == Stage::failed);
            EXPECT_EQ(legal(line[from], line[to]), expected)
                << to_string(line[from]) << " to " << to_string(line[to]);
        }
    }
}

TEST(ModelTest, Names) {
    EXPECT_EQ(to_string(Stage::draining), "draining");
    EXPECT_EQ(to_string(Language::cpp), "cpp");
    EXPECT_EQ(to_string(Language::python), "python");
    EXPECT_EQ(to_string(Language::prebuilt), "prebuilt");
    EXPECT_EQ(language_named("python"), Language::python);
    EXPECT_EQ(language_named("ruby"), std::nullopt);
}

TEST(ModelTest, PluginNamesAreSafeAsFileNames) {
    for (const auto* name : {"a", "top_users", "Word-Cloud2"}) EXPECT_TRUE(is_plugin_name(name));
    for (const auto* name : {"", "_a", "2a", "a/b", "..", "a b", "a.b", "\xc3\xa4"})
        EXPECT_FALSE(is_plugin_name(name)) << name;
}

TEST(DiagnosticTest, ShowsAsMuchOfThePlaceAsIsKnown) {
    EXPECT_EQ((Diagnostic{"a.py", 12, 5, Severity::error, "invalid syntax"}.text()),
              "a.py:12:5: error: invalid syntax");
    EXPECT_EQ((Diagnostic{"a.py", 12, 0, Severity::warning, "unused"}.text()),
              "a.py:12: warning: unused");
    EXPECT_EQ((Diagnostic{"a.py", 0, 5, Severity::note, "here"}.text()), "a.py: note: here");
    EXPECT_EQ((Diagnostic{"", 3, 5, Severity::error, "no place"}.text()), "error: no place");
}

}  // namespace
}  // namespace hotreload
