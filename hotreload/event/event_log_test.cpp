#include "hotreload/event/event_log.h"

#include <fstream>

#include <boost/asio/post.hpp>
#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include "hotreload/base/coroutine_test.h"
#include "hotreload/base/temp_folder_test.h"

namespace hotreload {
namespace {

struct EventLogTest : testing::Test {
    void emit(int count) {
        for (int i = 0; i < count; ++i)
            log.emit(EventType::plugin_loaded, {{"plugin", std::to_string(i)}});
    }
    static std::vector<std::uint64_t> numbers(const EventLog::Page& page) {
        std::vector<std::uint64_t> result;
        for (const auto& event : page.events) result.push_back(event.seq);
        return result;
    }
    static std::vector<std::string> lines(const std::filesystem::path& file) {
        std::ifstream stream(file);
        std::vector<std::string> result;
        for (std::string line; std::getline(stream, line);) result.push_back(line);
        return result;
    }

    using Numbers = std::vector<std::uint64_t>;
    asio::io_context loop{1};
    EventLog log{loop.get_executor(), 4};
};

TEST_F(EventLogTest, NumbersFromOneWithoutGaps) {
    Numbers seen;
    log.add_sink([&](const Event& event) { seen.push_back(event.seq); });
    EXPECT_EQ(log.last_seq(), 0u);
    emit(6);
    EXPECT_EQ(seen, (Numbers{1, 2, 3, 4, 5, 6}));
    EXPECT_EQ(log.last_seq(), 6u);
}

TEST_F(EventLogTest, PagesAndGaps) {
    EXPECT_TRUE(log.after(0, 10).events.empty());
    EXPECT_FALSE(log.after(9, 10).gap);
    emit(3);
    EXPECT_EQ(numbers(log.after(0, 10)), (Numbers{1, 2, 3}));
    EXPECT_FALSE(log.after(0, 10).gap);
    EXPECT_EQ(numbers(log.after(1, 1)), (Numbers{2}));
    EXPECT_TRUE(log.after(3, 10).events.empty());
    emit(3);  // the ring keeps 3 to 6
    EXPECT_TRUE(log.after(1, 10).gap);
    EXPECT_EQ(numbers(log.after(1, 10)), (Numbers{3, 4, 5, 6}));
    EXPECT_FALSE(log.after(2, 10).gap);
    EXPECT_EQ(numbers(log.after(2, 10)), (Numbers{3, 4, 5, 6}));
    EXPECT_EQ(numbers(log.after(5, 10)), (Numbers{6}));
}

TEST_F(EventLogTest, AReaderOfAnEarlierRunStartsAgain) {
    emit(2);
    EXPECT_TRUE(log.after(500, 10).gap);
    EXPECT_EQ(numbers(log.after(500, 10)), (Numbers{1, 2}));
    EXPECT_TRUE(run_to_end(loop, log.wait_after(500, Millis(0))));
}

TEST_F(EventLogTest, WaitsForTheNextEvent) {
    EXPECT_FALSE(run_to_end(loop, log.wait_after(0, Millis(2))));
    asio::post(loop, [&] { emit(1); });
    EXPECT_TRUE(run_to_end(loop, log.wait_after(0, test_deadline)));
    EXPECT_TRUE(run_to_end(loop, log.wait_after(0, test_deadline)));
    EXPECT_FALSE(run_to_end(loop, log.wait_after(1, Millis(2))));
}

TEST_F(EventLogTest, WaitingOutlivesTheLog) {
    const Stopwatch watch;
    auto brief = std::make_unique<EventLog>(loop.get_executor());
    auto waiting = brief->wait_after(0, test_deadline);
    asio::post(loop, [&] { brief.reset(); });
    EXPECT_FALSE(run_to_end(loop, std::move(waiting)));
    EXPECT_LT(watch.total(), test_deadline / 2);
}

TEST_F(EventLogTest, ASinkThatEmitsKeepsTheOrder) {
    Numbers first;
    Numbers second;
    log.add_sink([&](const Event& event) {
        first.push_back(event.seq);
        if (event.type == EventType::plugin_loaded) log.emit_host("echo", Level::debug, {});
    });
    log.add_sink([&](const Event& event) { second.push_back(event.seq); });
    emit(2);
    EXPECT_EQ(first, (Numbers{1, 2, 3, 4}));
    EXPECT_EQ(second, first);
}

TEST_F(EventLogTest, LevelsByDefaultAndByWish) {
    std::vector<Level> levels;
    log.add_sink([&](const Event& event) { levels.push_back(event.level); });
    log.emit(EventType::plugin_crashed, {});
    log.emit(EventType::plugin_crashed, Level::debug, {});
    EXPECT_EQ(levels, (std::vector{Level::error, Level::debug}));
}

TEST_F(EventLogTest, TheFileHoldsOneJsonObjectALine) {
    const TempFolder folder;
    const auto file = folder.path() / "deep" / "er" / "events.log";
    log.add_sink(json_file_sink(file, 1 << 20, 2));
    emit(3);
    const auto written = lines(file);
    ASSERT_EQ(written.size(), 3u);
    for (std::size_t i = 0; i < written.size(); ++i)
        EXPECT_EQ(boost::json::parse(written[i]).at("seq"), i + 1);
}

TEST_F(EventLogTest, TheFileRotates) {
    const TempFolder folder;
    const auto file = folder.path() / "events.log";
    log.add_sink(json_file_sink(file, 1000, 2));
    emit(100);
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
        EXPECT_LE(entry.file_size(), 1000u);
        ++files;
    }
    EXPECT_EQ(files, 3u);
    EXPECT_EQ(boost::json::parse(lines(file).back()).at("seq"), 100);
    EXPECT_TRUE(std::filesystem::exists(folder.path() / "events.1.log"));
}

TEST_F(EventLogTest, AFileThatCannotBeOpenedIsSaidClearly) {
    const TempFolder folder;
    folder.write("file", "");
    try {
        json_file_sink(folder.path() / "file" / "events.log", 1000, 2);
        FAIL() << "no exception";
    } catch (const std::runtime_error& error) {
        EXPECT_NE(std::string(error.what()).find("cannot create the log's folder"),
                  std::string::npos)
            << error.what();
    }
    std::filesystem::create_directory(folder.path() / "folder.log");
    try {
        json_file_sink(folder.path() / "folder.log", 1000, 2);
        FAIL() << "no exception";
    } catch (const std::runtime_error& error) {
        EXPECT_NE(std::string(error.what()).find("cannot open the log"), std::string::npos)
            << error.what();
    }
}

TEST_F(EventLogTest, TheConsoleShowsFromALevelOn) {
    log.add_sink(console_sink(Level::warning));
    testing::internal::CaptureStdout();
    log.emit(EventType::plugin_loaded, {{"plugin", "quiet"}});
    log.emit(EventType::plugin_crashed, {{"plugin", "loud"}});
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "[ERROR] plugin_crashed plugin=loud\n");
}

}  // namespace
}  // namespace hotreload
