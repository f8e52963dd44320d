// What the SDK costs a plugin's author: the compiler's work, counted in preprocessed lines, because
// those do not depend on the machine.

#include <algorithm>
#include <cstdio>

#include <gmock/gmock.h>

#include "workers/native/worker_process_test.h"

namespace hotreload::native::testing {

namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// libstdc++ 12's <string> alone has 19,177 of them, <memory> 35,486.
constexpr int preprocessed_lines_max = 26'000;

std::string compiler_output(std::vector<std::string> flags) {
    std::vector<std::string> argv{CXX, "-std=c++20", "-I" SOURCE_DIR "/sdk/cpp",
                                  SOURCE_DIR "/workers/native/fixtures/hello.cpp"};
    argv.insert(argv.end(), flags.begin(), flags.end());
    auto outcome = run(std::move(argv));
    EXPECT_TRUE(outcome.status.success()) << outcome.output;
    EXPECT_FALSE(outcome.truncated);
    return std::move(outcome.output);
}

}  // namespace

TEST(SdkCost, PreprocessedLinesAreBounded) {
    const auto text = compiler_output({"-E", "-P"});
    const auto lines = std::count(text.begin(), text.end(), '\n');
    std::printf("[ MEASURED ] %td preprocessed lines\n", lines);
    EXPECT_GT(lines, 1000);
    EXPECT_LE(lines, preprocessed_lines_max);
}

TEST(SdkCost, HeavyHeadersStayOut) {
    const auto files = compiler_output({"-M"});
    EXPECT_THAT(files, HasSubstr("tgstats/plugin.hpp"));
    for (const char* heavy : {"/boost/", "/iostream", "/regex", "/functional ", "/memory "}) {
        EXPECT_THAT(files, Not(HasSubstr(heavy)));
    }
}

}  // namespace hotreload::native::testing
