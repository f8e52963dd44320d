#include "hotreload/event/event.h"

#include <limits>

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace hotreload {
namespace {

Event sample(EventType type, Fields fields) {
    return {7, SystemTime(std::chrono::microseconds(1'795'366'934'000'123)), Level::info, type,
            std::move(fields)};
}

TEST(EventJson, EveryKindOfField) {
    const auto event =
        sample(EventType::plugin_loaded, {{"plugin", "top"},
                                          {"generation", std::int64_t{-3}},
                                          {"ms", 1.5},
                                          {"warm", true},
                                          {"files", std::vector<std::string>{"a", "b\"c"}},
                                          {"none", std::vector<std::string>{}}});
    EXPECT_EQ(to_json(event),
              R"({"seq":7,"time":"2026-11-22T17:02:14.000123Z","level":"info",)"
              R"("event":"plugin_loaded","plugin":"top",)"
              R"("generation":-3,"ms":1.5,"warm":true,"files":["a","b\"c"],"none":[]})");
}

TEST(EventJson, IsAlwaysOneValidLine) {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    const auto line =
        to_json(sample(EventType::plugin_output, {{"line", bytes},
                                                  {bytes, bytes},
                                                  {"many", std::vector<std::string>{bytes}},
                                                  {"nan", std::numeric_limits<double>::quiet_NaN()},
                                                  {"inf", std::numeric_limits<double>::infinity()},
                                                  {"small", 1e-300},
                                                  {"large", 1e300}}));
    EXPECT_EQ(line.find('\n'), std::string::npos);
    boost::system::error_code error;
    const auto value = boost::json::parse(line, error);
    ASSERT_FALSE(error) << error.message();
    EXPECT_TRUE(value.at("nan").is_null());
    EXPECT_TRUE(value.at("inf").is_null());
    EXPECT_EQ(value.at("large").to_number<double>(), 1e300);
    EXPECT_TRUE(std::string(value.at("line").as_string()).ends_with("\xEF\xBF\xBD"));
}

TEST(EventJson, AHostEventCarriesItsOwnName) {
    const auto event =
        sample(EventType::host, {{"event", "update_received"}, {"update_id", std::int64_t{5}}});
    EXPECT_EQ(event.name(), "update_received");
    EXPECT_NE(to_json(event).find(R"("event":"update_received","update_id":5})"),
              std::string::npos);
    EXPECT_EQ(to_console(event), "[INFO] update_received update_id=5");
}

TEST(EventJson, AFieldCannotTakeTheEnvelopesNames) {
    const auto line =
        to_json(sample(EventType::plugin_log, {{"level", "x"}, {"seq", "y"}, {"event", "z"}}));
    const auto value = boost::json::parse(line);
    EXPECT_EQ(value.at("event"), "plugin_log");
    EXPECT_EQ(value.at("level"), "info");
    EXPECT_EQ(value.at("level_"), "x");
    EXPECT_EQ(value.at("event_"), "z");
    EXPECT_EQ(value.as_object().size(), 7u);
}

TEST(EventConsole, LooksLikeTheSeedSystems) {
    const auto event =
        sample(EventType::plugin_files_changed,
               {{"count", std::int64_t{2}},
                {"files", std::vector<std::string>{"engagements.py", "plugin.yaml"}}});
    EXPECT_EQ(to_console(event),
              "[INFO] plugin_files_changed count=2 files=['engagements.py', 'plugin.yaml']");
}

TEST(EventConsole, QuotesWhatWouldBeMistaken) {
    const auto event = sample(EventType::plugin_failed, {{"plain", "a/b.py:3"},
                                                         {"spaced", "two words"},
                                                         {"empty", ""},
                                                         {"hostile", "a\n[ERROR] it's\x1b[31m"},
                                                         {"flag", false},
                                                         {"ms", 0.25}});
    EXPECT_EQ(to_console(event),
              "[INFO] plugin_failed plain=a/b.py:3 spaced='two words' empty='' "
              R"(hostile='a\n[ERROR] it\'s\x1b[31m' flag=false ms=0.25)");
}

TEST(EventTypes, EachHasANameAndALevel) {
    for (int i = 0; i <= static_cast<int>(EventType::host); ++i) {
        const auto name = to_string(static_cast<EventType>(i));
        EXPECT_NE(name, "unknown") << i;
        for (int j = 0; j < i; ++j) EXPECT_NE(name, to_string(static_cast<EventType>(j)));
    }
    EXPECT_EQ(to_string(EventType::hot_reload_started), "hot_reload_started");
    EXPECT_EQ(to_string(EventType::handler_registered), "handler_registered");
    EXPECT_EQ(to_string(EventType::plugins_reloaded), "plugins_reloaded");
    EXPECT_EQ(to_string(EventType::plugin_crashed), "plugin_crashed");
    EXPECT_EQ(to_string(EventType::plugin_retired), "plugin_retired");
    EXPECT_EQ(to_string(EventType::watch_degraded), "watch_degraded");
    EXPECT_EQ(to_string(EventType::internal_error), "internal_error");
    EXPECT_EQ(default_level(EventType::plugin_crashed), Level::error);
    EXPECT_EQ(default_level(EventType::plugin_reload_superseded), Level::warning);
    EXPECT_EQ(default_level(EventType::discovered_plugin), Level::info);
}

TEST(ToConsole, ShowsTheEndOfALongOutput) {
    Event event;
    event.type = EventType::plugin_crashed;
    event.fields = {{"output", std::string(5'000, 'a') + "the_end"}};
    const auto line = to_console(event);
    EXPECT_LT(line.size(), 700U);
    EXPECT_TRUE(line.ends_with("the_end\"") || line.ends_with("the_end")) << line;
    EXPECT_GT(to_json(event).size(), 5'000U);
}

}  // namespace
}  // namespace hotreload
