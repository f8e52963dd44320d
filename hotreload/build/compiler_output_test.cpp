#include <gmock/gmock.h>

#include "hotreload/build/builder.h"
#include "hotreload/build/object_build.h"
#include "hotreload/build/package_flags.h"
#include "hotreload/model/limits.h"

namespace hotreload {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> texts(std::string_view output) {
    std::vector<std::string> all;
    for (const auto& diagnostic : parse_compiler_output(output)) all.push_back(diagnostic.text());
    return all;
}

TEST(CompilerOutput, GccErrorsWarningsAndNotesHavePlaces) {
    const auto found = parse_compiler_output(
        "In file included from heatmap/grid.cpp:2:\n"
        "heatmap/grid.hpp: In function 'int g()':\n"
        "heatmap/grid.hpp:1:18: error: 'x' was not declared in this scope\n"
        "    1 | int g() { return x }\n"
        "      |                  ^\n"
        "heatmap/grid.cpp:7:3: warning: unused variable 'a' [-Wunused-variable]\n"
        "heatmap/grid.cpp:8: note: declared here\n"
        "heatmap/grid.cpp:1:10: fatal error: no/such.hpp: No such file or directory\n"
        "compilation terminated.\n");
    ASSERT_EQ(found.size(), 4u);
    EXPECT_EQ(found[0].file, "heatmap/grid.hpp");
    EXPECT_EQ(found[0].line, 1);
    EXPECT_EQ(found[0].column, 18);
    EXPECT_EQ(found[0].severity, Severity::error);
    EXPECT_EQ(found[0].message, "'x' was not declared in this scope");
    EXPECT_EQ(found[1].severity, Severity::warning);
    EXPECT_EQ(found[2].severity, Severity::note);
    EXPECT_EQ(found[2].column, 0);
    EXPECT_EQ(found[3].message, "no/such.hpp: No such file or directory");
}

TEST(CompilerOutput, LinkersAreUnderstood) {
    const auto gnu = parse_compiler_output(
        "/usr/bin/ld: c.o: in function `v()':\n"
        "c.cpp:(.text+0x5): undefined reference to `u()'\n"
        "/usr/bin/ld: /tmp/d.cpp:2: undefined reference to `w()'\n"
        "/usr/bin/ld: cannot find -lfoo: No such file or directory\n"
        "collect2: error: ld returned 1 exit status\n");
    ASSERT_EQ(gnu.size(), 3u);
    EXPECT_EQ(gnu[0].file, "c.cpp");
    EXPECT_EQ(gnu[0].message, "undefined reference to `u()'");
    EXPECT_EQ(gnu[1].file, "/tmp/d.cpp");
    EXPECT_EQ(gnu[1].line, 2);
    EXPECT_EQ(gnu[2].message, "/usr/bin/ld: cannot find -lfoo: No such file or directory");
    const auto mold = parse_compiler_output(
        "mold: error: undefined symbol: u()\n>>> referenced by c.cpp\n>>>               c.o:(v())\n"
        "mold: fatal: library not found: foo\ncollect2: error: ld returned 1 exit status\n");
    ASSERT_EQ(mold.size(), 2u);
    EXPECT_EQ(mold[0].file, "c.cpp");
    EXPECT_EQ(mold[0].message, "mold: undefined symbol: u()");
    EXPECT_EQ(mold[1].message, "mold: library not found: foo");
}

TEST(CompilerOutput, TheDriversOwnComplaintsCount) {
    EXPECT_THAT(texts("g++: error: unrecognized command-line option '-fnope'\n").size(), 1u);
    EXPECT_THAT(texts("g++: fatal error: Killed signal terminated program cc1plus\n").size(), 1u);
    EXPECT_THAT(texts("g++: warning: x.o: linker input file unused\n"), IsEmpty());
}

TEST(CompilerOutput, OtherLinesSayNothingAndTheNumberIsBounded) {
    EXPECT_THAT(texts(""), IsEmpty());
    EXPECT_THAT(texts("compilation terminated.\n::\n:1:2: error\na:\n12:30: error: x\nhello: "
                      "world: 3\n: error: x"),
                ElementsAre("12:30: error: x"))
        << "only a file that happens to be named 12";
    std::string many;
    for (std::size_t i = 0; i < limits::diagnostics_max + 10; ++i) many += "a.cpp:1:1: error: no\n";
    EXPECT_EQ(parse_compiler_output(many).size(), limits::diagnostics_max);
    many.pop_back();
    EXPECT_EQ(parse_compiler_output("a.cpp:1:99999999999999999999: error: x").size(), 0u);
}

TEST(Depfile, ContinuedLinesAndEscapesAreRead) {
    EXPECT_THAT(parse_depfile("a.o: a.cpp ../b.hpp \\\n  my\\ dir/c\\#.hpp $$d.hpp\n\n../b.hpp:\n"),
                ElementsAre("a.cpp", "../b.hpp", "my dir/c#.hpp", "$d.hpp"));
    EXPECT_THAT(parse_depfile("/tmp/x.o: \\\n a.cpp"), ElementsAre("a.cpp"));
    EXPECT_THAT(parse_depfile(""), IsEmpty());
    EXPECT_THAT(parse_depfile("no rule"), IsEmpty());
}

TEST(PackageFlags, AreSplitAsAShellDoes) {
    EXPECT_THAT(split_flags("-I/a -DX=\\\"y\\\"  '-I/with space' -L\"/b c\"\n"),
                ElementsAre("-I/a", "-DX=\"y\"", "-I/with space", "-L/b c"));
    EXPECT_THAT(split_flags(" \n"), IsEmpty());
}

TEST(Complaints, NameTheFilesWorthLookingAtAgain) {
    ObjectRequest request;
    request.root = "/p";
    request.flags.quote_include_dirs = {"pack", "."};
    const auto files =
        files_in_complaints(request,
                            "In file included from pack/b.hpp:3,\n"
                            "                 from pack/a.cpp:1:\n"
                            "shared/c.hpp:1:10: fatal error: d.hpp: No such file or directory\n");
    EXPECT_THAT(files, ElementsAre("/p/d.hpp", "/p/pack/a.cpp", "/p/pack/b.hpp", "/p/pack/d.hpp",
                                   "/p/shared/c.hpp", "/p/shared/d.hpp"));
}

}  // namespace
}  // namespace hotreload
