#include "tgstats/control/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tgstats {
namespace {

using hotreload::Event;
using hotreload::EventType;
using hotreload::Fields;
using testing::HasSubstr;
using testing::Not;

Event event(EventType type, Fields fields) {
    return {.seq = 1, .time = {}, .type = type, .fields = std::move(fields)};
}

TEST(MetricsTest, HistogramsCountWhatIsBelowEachBound) {
    Histogram histogram;
    for (const double seconds : {0.0005, 0.001, 0.02, 100.0}) histogram.observe(seconds);
    EXPECT_EQ(histogram.below(0), 2);
    EXPECT_EQ(histogram.below(Histogram::bounds_s.size() - 1), 3);
    EXPECT_EQ(histogram.count(), 4);
    EXPECT_DOUBLE_EQ(histogram.sum(), 100.0215);
}

TEST(MetricsTest, LabelsAreEscaped) {
    MetricsText out;
    out.family("a_total", "counter", "An a.");
    out.sample({{"name", "x\"y\\z\n"}}, 2);
    EXPECT_EQ(out.text(),
              "# HELP a_total An a.\n# TYPE a_total counter\n"
              "a_total{name=\"x\\\"y\\\\z\\n\"} 2\n");
}

TEST(MetricsTest, CountsReloadsByOutcomeAndStage) {
    Metrics metrics("1.0");
    metrics.note(event(EventType::plugins_reloaded, {{"built_ms", 1500.0}, {"loaded_ms", 0.0}}));
    metrics.note(event(EventType::plugin_build_failed, {{"built_ms", 20.0}}));
    const auto text = metrics.text({});
    EXPECT_THAT(text, HasSubstr("tgstats_reloads_total{outcome=\"live\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("tgstats_reloads_total{outcome=\"build_failed\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("tgstats_reload_stage_seconds_bucket{outcome=\"live\","
                                "stage=\"built\",le=\"1\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("tgstats_reload_stage_seconds_sum{outcome=\"live\","
                                "stage=\"built\"} 1.5\n"));
    EXPECT_THAT(text, Not(HasSubstr("stage=\"loaded\"")));
    EXPECT_THAT(text, HasSubstr("tgstats_events_total{event=\"plugins_reloaded\"} 1\n"));
}

TEST(MetricsTest, CountsCommandsAndUpdates) {
    Metrics metrics("1.0");
    const auto command = [&](const char* name, bool sent) {
        metrics.note(event(EventType::host, {{"event", std::string(name)},
                                             {"sent", sent},
                                             {"handled_ms", 3.0},
                                             {"total_ms", 40.0}}));
    };
    command("update_not_recorded", true);
    command("command_answered", true);
    command("command_answered", false);
    command("command_failed", false);
    metrics.note_received(5);
    metrics.note_recorded(4);
    metrics.note_recorded(0);  // a batch of duplicates
    const auto text = metrics.text({.plugins = {}, .outbox_length = 7});
    EXPECT_THAT(text, HasSubstr("tgstats_commands_total{outcome=\"answered\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("tgstats_commands_total{outcome=\"not_sent\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("tgstats_commands_total{outcome=\"failed\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("tgstats_command_seconds_count{until=\"handled\"} 2\n"));
    EXPECT_THAT(text, HasSubstr("tgstats_updates_received_total 5\n"));
    EXPECT_THAT(text, HasSubstr("tgstats_updates_recorded_total 4\n"));
    EXPECT_THAT(text, HasSubstr("tgstats_updates_not_recorded_total 1\n"));
    EXPECT_THAT(text, HasSubstr("tgstats_outbox_length 7\n"));
}

TEST(MetricsTest, CountsCallsToTelegram) {
    Metrics metrics("1.0");
    const ApiError flood{ApiError::Kind::api, 429, "slow down", 3, std::nullopt};
    metrics.note_call("sendMessage", nullptr, hotreload::Micros(2'000));
    metrics.note_call("sendMessage", &flood, hotreload::Micros(2'000));
    metrics.note_call("getUpdates", nullptr, hotreload::Micros(50'000'000));
    const auto text = metrics.text({});
    EXPECT_THAT(text, HasSubstr("tgstats_telegram_calls_total{method=\"sendMessage\","
                                "outcome=\"api\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("tgstats_telegram_errors_total{kind=\"api\",code=\"429\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("tgstats_telegram_call_seconds_count 2\n"));
}

TEST(MetricsTest, NamesFromOutsideAreBounded) {
    Metrics metrics("1.0");
    for (std::size_t i = 0; i < 2 * metric_series_max; ++i)
        metrics.note_call("send" + std::to_string(i), nullptr, hotreload::Micros(1));
    const auto text = metrics.text({});
    std::size_t lines = 0;
    for (auto at = text.find("calls_total{"); at != std::string::npos;
         at = text.find("calls_total{", at + 1))
        ++lines;
    EXPECT_EQ(lines, metric_series_max + 1);
    EXPECT_THAT(text, HasSubstr("{method=\"other\",outcome=\"ok\"} " +
                                std::to_string(metric_series_max) + "\n"));
}

}  // namespace
}  // namespace tgstats
