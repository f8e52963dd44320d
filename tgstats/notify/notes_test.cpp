#include "tgstats/notify/notes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tgstats/notify/wording.h"

namespace tgstats {
namespace {

using hotreload::Event;
using hotreload::EventType;
using hotreload::Fields;
using testing::HasSubstr;
using testing::StartsWith;

Event event(EventType type, Fields fields) {
    Event made;
    made.type = type;
    made.fields = std::move(fields);
    return made;
}
Event begun(std::vector<std::string> plugins) {
    return event(EventType::reloading_plugins, {{"plugins", std::move(plugins)}});
}
Event live_event(const std::string& plugin, std::int64_t generation) {
    return event(EventType::plugins_reloaded, {{"plugins", std::vector<std::string>{plugin}},
                                               {"generation", generation},
                                               {"live_ms", 412.3}});
}
Event build_failed(const std::string& plugin, const std::string& output) {
    return event(EventType::plugin_build_failed, {{"plugin", plugin},
                                                  {"reason", std::string("3 errors")},
                                                  {"output", output},
                                                  {"still_serving", true}});
}

class NotesTest : public testing::Test {
protected:
    void take(const Event& one) { notes.take(one, now); }
    const Note& last() { return notes.all().back(); }

    Notes notes;
    hotreload::MonotonicTime now = hotreload::monotonic_now();
};

TEST_F(NotesTest, AReloadIsOneNoteThatChanges) {
    take(begun({"word_cloud"}));
    EXPECT_EQ(last().html, "🔧 <b>word_cloud</b>: building…");
    EXPECT_TRUE(last().open);
    take(live_event("word_cloud", 4));
    EXPECT_EQ(last().html, "✅ <b>word_cloud</b>: generation 4 live in 412 ms");
    EXPECT_FALSE(last().open);
    EXPECT_EQ(notes.all().size(), 1U);
    take(begun({"word_cloud"}));
    EXPECT_EQ(notes.all().size(), 2U);
}

TEST_F(NotesTest, AFailureHasTheToolsWordsWithinTheBound) {
    take(begun({"a"}));
    take(build_failed("a", "a.cpp:3: std::vector<int> & more"));
    EXPECT_TRUE(last().failed);
    EXPECT_THAT(last().html, StartsWith("❌ <b>a</b>: 3 errors; the old one serves on\n<pre>"));
    EXPECT_THAT(last().html, HasSubstr("std::vector&lt;int&gt; &amp; more</pre>"));
    for (const std::string piece : {"<<<<<<<<", "ééééé", "\xff\xfe", "plain words "}) {
        std::string output;
        while (output.size() < 20'000) output += piece;
        take(begun({"a"}));
        take(build_failed("a", output));
        EXPECT_LE(last().html.size(), 4096U);
        EXPECT_GE(last().html.size(), 3000U);
        EXPECT_TRUE(last().html.ends_with("</pre>"));
    }
}

TEST_F(NotesTest, ABurstIsOneDigest) {
    std::vector<std::string> plugins;
    for (int i = 0; i < 8; ++i) plugins.push_back("p" + std::to_string(i));
    take(begun(plugins));
    ASSERT_EQ(notes.all().size(), 1U);
    EXPECT_EQ(last().html, "📦 8 plugins at once: 0 live, 8 under way…");
    for (int i = 0; i < 7; ++i) take(live_event(plugins[static_cast<std::size_t>(i)], 2));
    take(build_failed("p7", "x"));
    ASSERT_EQ(notes.all().size(), 1U);
    EXPECT_THAT(last().html, StartsWith("📦 8 plugins at once: 7 live, 1 failed\n❌ <b>p7</b>"));
    EXPECT_FALSE(last().open);
    now += burst_window + hotreload::Millis{1};
    take(begun({"p0"}));
    EXPECT_EQ(last().html, "🔧 <b>p0</b>: building…");
}

TEST_F(NotesTest, WhatWasShownBeforeABurstStaysItsOwn) {
    take(begun({"shown"}));
    notes.all().back().shown = true;
    for (int i = 0; i < 6; ++i) take(begun({"p" + std::to_string(i)}));
    take(live_event("shown", 2));
    ASSERT_EQ(notes.all().size(), 2U);
    EXPECT_THAT(notes.all().front().html, StartsWith("✅ <b>shown</b>"));
    EXPECT_THAT(last().html, StartsWith("📦 6 plugins"));
}

TEST_F(NotesTest, TheStartMakesNoBurstWithWhatComes) {
    for (int i = 0; i < 5; ++i) {
        take(begun({"p" + std::to_string(i)}));
        take(live_event("p" + std::to_string(i), 1));
    }
    notes.start_afresh();
    take(begun({"p0"}));
    EXPECT_EQ(last().html, "🔧 <b>p0</b>: building…");
}

TEST_F(NotesTest, LostEventsAreSaid) {
    take(begun({"a"}));
    notes.lost();
    EXPECT_FALSE(last().open);
    EXPECT_THAT(last().html, HasSubstr("lost"));
}

}  // namespace
}  // namespace tgstats
