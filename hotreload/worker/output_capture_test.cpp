#include "hotreload/worker/output_capture.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hotreload/model/limits.h"
#include "hotreload/worker/control_channel.h"
#include "hotreload/worker/throttle.h"
#include "hotreload/worker/worker_fixture.h"

namespace hotreload {
namespace {

using testing::ElementsAre;

std::vector<std::string> split(std::size_t line_bytes_max, const std::vector<std::string>& pieces) {
    std::vector<std::string> lines;
    LineSplitter splitter(line_bytes_max,
                          [&](std::string line) { lines.push_back(std::move(line)); });
    for (const auto& piece : pieces) splitter.feed(piece);
    splitter.flush();
    return lines;
}

TEST(LineSplitter, PutsPiecesTogether) {
    EXPECT_THAT(split(100, {"on", "e\ntwo\r\n\nfo", "ur"}), ElementsAre("one", "two", "", "four"));
    EXPECT_THAT(split(100, {"a\n"}), ElementsAre("a"));
    EXPECT_THAT(split(100, {}), ElementsAre());
}

TEST(LineSplitter, CutsLongLinesAndSaysSo) {
    EXPECT_THAT(split(4, {"abcd\nabc", "def", "gh\nxy"}),
                ElementsAre("abcd", "abcd [4 further bytes of this line dropped]", "xy"));
}

TEST(LineSplitter, LinesAreValidUtf8) {
    EXPECT_THAT(split(100, {"h\xC3", "\xA9\n\xFFz"}), ElementsAre("h\xC3\xA9", "\xEF\xBF\xBDz"));
}

class OutputCaptureTest : public test::LoopTest {
protected:
    OutputCaptureTest() {
        auto pipe = *pipe_pair();
        writing_end = std::move(pipe.theirs);
        ::fcntl(writing_end.get(), F_SETFL, O_NONBLOCK);
        capture = std::make_unique<OutputCapture>(
            loop.get_executor(), std::move(pipe.ours),
            [this](std::string line) { lines.push_back(std::move(line)); });
    }
    void print(const std::string& bytes) {
        ASSERT_EQ(::write(writing_end.get(), bytes.data(), bytes.size()),
                  static_cast<ssize_t>(bytes.size()));
    }

    UniqueFd writing_end;
    std::unique_ptr<OutputCapture> capture;
    std::vector<std::string> lines;
};

TEST_F(OutputCaptureTest, HandsOnLinesAsTheyCome) {
    print("one\ntw");
    run_until([&] { return lines.size() == 1; });
    print("o\nthree");
    writing_end.reset();
    run_until([&] { return lines.size() == 3; });
    EXPECT_THAT(lines, ElementsAre("one", "two", "three"));
    EXPECT_EQ(capture->tail(), "one\ntwo\nthree");
}

TEST_F(OutputCaptureTest, FinishTakesWhatIsThereThoughThePipeIsHeldOpen) {
    print("last words");
    capture->finish();
    EXPECT_THAT(lines, ElementsAre("last words"));
    EXPECT_EQ(::write(writing_end.get(), "x", 1), -1);  // nobody reads any more
    capture->finish();
    EXPECT_EQ(lines.size(), 1U);
}

TEST_F(OutputCaptureTest, TheTailIsBoundedAndStartsWithAWholeLine) {
    std::string all;
    for (int i = 0; i < 9'000; ++i) all += "line " + std::to_string(i) + "\n";
    std::string_view left = all;
    run_until([&] {
        const ssize_t count =
            ::write(writing_end.get(), left.data(), std::min<std::size_t>(left.size(), 8'192));
        if (count > 0) left.remove_prefix(static_cast<std::size_t>(count));
        return left.empty();
    });
    capture->finish();
    const std::string tail = capture->tail();
    EXPECT_LE(tail.size(), limits::output_tail_bytes_max);
    EXPECT_GT(tail.size(), limits::output_tail_bytes_max - 100);
    EXPECT_TRUE(tail.starts_with("line "));
    EXPECT_TRUE(tail.ends_with("line 8999\n"));
}

TEST_F(OutputCaptureTest, DestroyedItHandsOnNothing) {
    print("unheard\n");
    capture.reset();
    loop.run();
    EXPECT_TRUE(lines.empty());
}

class ThrottleTest : public test::LoopTest {};

TEST_F(ThrottleTest, CountsWhatItDropsAndTellsWithoutAFurtherLine) {
    std::vector<std::size_t> told;
    Throttle throttle(loop.get_executor(), 3, [&](std::size_t count) { told.push_back(count); });
    std::size_t admitted = 0;
    for (int i = 0; i < 10; ++i) admitted += throttle.admit() ? 1 : 0;
    EXPECT_EQ(admitted, 3U);
    EXPECT_TRUE(throttle.dropping());
    run_until([&] { return !told.empty(); });
    EXPECT_THAT(told, ElementsAre(7U));
    EXPECT_FALSE(throttle.dropping());
    EXPECT_TRUE(throttle.admit());  // a new second
    throttle.flush();
    EXPECT_EQ(told.size(), 1U);
}

}  // namespace
}  // namespace hotreload
