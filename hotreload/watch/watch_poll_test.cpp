// Roots without events: chosen by themselves, each for itself; told; cheap and silent.

#include <sys/inotify.h>
#include <unistd.h>

#include "hotreload/watch/inotify.h"
#include "hotreload/watch/watcher_fixture_test.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class WatchPollTest : public WatcherTest {
protected:
    WatchPollTest() { make_old(folder_.path()); }
    // What has been written just now is told twice, because times have steps.
    static void make_old(const fs::path& folder) {
        for (const auto& entry : fs::recursive_directory_iterator(folder))
            fs::last_write_time(entry.path(),
                                fs::file_time_type::clock::now() - std::chrono::hours(1));
    }
    WatcherOptions quick() {
        auto chosen = options();
        chosen.poll_interval = Millis{10};
        return chosen;
    }
    // The kernel with so many watches to give.
    static auto limited(int watches_max) {
        return [left = watches_max, known = std::set<int>()](int inotify, const char* folder,
                                                             std::uint32_t mask) mutable {
            const int watch = ::inotify_add_watch(inotify, folder, mask);
            if (watch < 0 || known.contains(watch)) return watch;
            if (left == 0) {
                ::inotify_rm_watch(inotify, watch);
                errno = ENOSPC;
                return -1;
            }
            --left;
            known.insert(watch);
            return watch;
        };
    }
};

TEST_F(WatchPollTest, ChangesAreHintedByPathAndNothingElseIsSaid) {
    auto chosen = quick();
    chosen.mode = WatchMode::poll;
    start({at("plugins"), at("words/list.txt")}, std::move(chosen));
    EXPECT_EQ(watcher_->mode(), "poll");
    EXPECT_THAT(degraded_, IsEmpty()) << "it was asked for";
    EXPECT_FALSE(next_within(Millis{300}));
    folder_.write("plugins/notes.txt", "1");
    folder_.write("plugins/__pycache__/hello.pyc", "1");
    EXPECT_FALSE(next_within(Millis{300})) << "nobody wants these";
    append(at("plugins/pack/inner/part.py"));
    EXPECT_THAT(next().paths, ElementsAre(at("plugins/pack/inner/part.py")));
    folder_.write("words/list.txt", "1");
    until(at("words/list.txt"));
    fs::remove_all(at("plugins/pack"));
    until(at("plugins/pack"));
    fs::rename(at("plugins"), at("away"));
    until(at("plugins"));
    fs::rename(at("away"), at("plugins"));
    until(at("plugins/hello.py"));
}

TEST_F(WatchPollTest, WhatHasChangedIsToldOnceMoreForFileSystemsWithCoarseTimes) {
    auto chosen = quick();
    chosen.mode = WatchMode::poll;
    start({at("plugins")}, std::move(chosen));
    append(at("plugins/hello.py"));
    const auto first = next();
    const auto again = next();
    EXPECT_THAT(again.paths, ElementsAre(at("plugins/hello.py")));
    EXPECT_GE(again.noticed - first.noticed, Millis{1'900});
    EXPECT_FALSE(next_within(Millis{2'500}));
}

TEST_F(WatchPollTest, OnlyTheRootOnAFileSystemWithoutEventsIsPolled) {
    folder_.write("mounted/a.py", "1");
    folder_.write("local/deep/mounted/a.py", "1");
    make_old(folder_.path());
    auto chosen = quick();
    chosen.without_events = [this](const fs::path& path) -> std::optional<std::string> {
        if (path == at("mounted")) return "nfs";
        if (path == at("local/deep/mounted")) return "fuse";
        return std::nullopt;
    };
    start({at("plugins"), at("mounted")}, std::move(chosen));
    EXPECT_EQ(watcher_->mode(), "events+poll");
    EXPECT_THAT(degraded_, ElementsAre(AllOf(HasSubstr(at("mounted").native()), HasSubstr("nfs"))));
    append(at("plugins/hello.py"));
    EXPECT_THAT(next().paths, ElementsAre(at("plugins/hello.py")));
    append(at("mounted/a.py"));
    EXPECT_THAT(next().paths, ElementsAre(at("mounted/a.py")));

    watcher_->watch({at("plugins")});
    EXPECT_EQ(watcher_->mode(), "events");
    watcher_->watch({at("local")});
    EXPECT_EQ(watcher_->mode(), "poll") << "a mounted folder below is enough";
    EXPECT_THAT(degraded_, SizeIs(2));
}

TEST_F(WatchPollTest, InEventsModeOnlyTheKernelsRefusalIsPolled) {
    auto chosen = quick();
    chosen.mode = WatchMode::events;
    chosen.without_events = [](const fs::path&) { return std::optional<std::string>("nfs"); };
    start({at("plugins")}, std::move(chosen));
    EXPECT_EQ(watcher_->mode(), "events");
    EXPECT_THAT(degraded_, IsEmpty());
}

TEST_F(WatchPollTest, TheRootsThatFindNoWatchesLeftArePolledAndTheOthersHaveEvents) {
    for (int i = 0; i < 40; ++i) folder_.write("large/d" + std::to_string(i) + "/a.py", "1");
    make_old(folder_.path());
    auto chosen = quick();
    chosen.add_watch = [](int inotify, const char* folder, std::uint32_t mask) {
        if (fs::path(folder).filename() != "d31") return ::inotify_add_watch(inotify, folder, mask);
        errno = ENOSPC;
        return -1;
    };
    start({at("plugins"), at("large")}, std::move(chosen));
    EXPECT_EQ(watcher_->mode(), "events+poll");
    EXPECT_THAT(degraded_, ElementsAre(AllOf(HasSubstr(at("large").native()),
                                             HasSubstr("fs.inotify.max_user_watches"))));
    append(at("large/d39/a.py"));
    EXPECT_THAT(next().paths, ElementsAre(at("large/d39/a.py")));
    append(at("plugins/pack/inner/part.py"));
    EXPECT_THAT(next().paths, ElementsAre(at("plugins/pack/inner/part.py")));
}

TEST_F(WatchPollTest, ARootThatGrowsBeyondTheLimitIsPolledFromThenOn) {
    auto chosen = quick();
    chosen.add_watch = limited(20);
    start({at("plugins")}, std::move(chosen));
    EXPECT_EQ(watcher_->mode(), "events");
    for (int i = 0; i < 30; ++i) folder_.write("plugins/d" + std::to_string(i) + "/a.py", "1");
    until(at("plugins"));
    EXPECT_EQ(watcher_->mode(), "poll");
    EXPECT_THAT(degraded_, SizeIs(1));
    append(at("plugins/d29/a.py"));
    until(at("plugins/d29/a.py"));
}

TEST_F(WatchPollTest, EventsAreTakenUpAgainWhenTheKernelGivesThem) {
    bool refused = true;
    auto chosen = quick();
    chosen.events_retry_interval = Millis{50};
    chosen.add_watch = [&](int inotify, const char* folder, std::uint32_t mask) {
        errno = ENOSPC;
        return refused ? -1 : ::inotify_add_watch(inotify, folder, mask);
    };
    start({at("plugins")}, std::move(chosen));
    EXPECT_FALSE(next_within(Millis{200}));
    EXPECT_EQ(watcher_->mode(), "poll");
    EXPECT_THAT(degraded_, SizeIs(1)) << "told once, however often it is tried";
    refused = false;
    EXPECT_THAT(next().paths, ElementsAre(at("plugins"))) << "nobody looked in between";
    EXPECT_EQ(watcher_->mode(), "events");
    append(at("plugins/hello.py"));
    EXPECT_THAT(next().paths, ElementsAre(at("plugins/hello.py")));
}

TEST_F(WatchPollTest, ThousandsOfFilesWithOneTroubleAreToldOnce) {
    std::vector<fs::path> roots;
    for (int i = 0; i < 3'000; ++i)
        roots.push_back(folder_.write("words/w" + std::to_string(i), "1"));
    make_old(folder_.path());
    auto chosen = quick();
    chosen.add_watch = limited(0);
    start(roots, std::move(chosen));
    EXPECT_EQ(watcher_->mode(), "poll");
    EXPECT_THAT(degraded_, SizeIs(1));
    append(roots.back());
    EXPECT_THAT(next().paths, ElementsAre(roots.back()));
}

TEST_F(WatchPollTest, AFolderThatIsClosedToUsIsPolledUntilItIsOpened) {
    // Root may watch everything; the effective user is what decides.
    const auto self = ::geteuid();
    fs::permissions(folder_.path(), fs::perms(0755));
    folder_.write("closed/a.py", "1");
    make_old(folder_.path());
    fs::permissions(at("closed"), fs::perms::none);
    ASSERT_EQ(::seteuid(self == 0 ? 65534 : self), 0);
    start({at("plugins"), at("closed")}, quick());
    ASSERT_EQ(::seteuid(self), 0);
    EXPECT_EQ(watcher_->mode(), "events+poll");
    EXPECT_THAT(degraded_, ElementsAre(HasSubstr("Permission denied")));
    fs::permissions(at("closed"), fs::perms(0755));
    until(at("closed"));
}

TEST_F(WatchPollTest, ALimitIsNamedWithWhatToDo) {
    EXPECT_THAT(inotify_error_text(ENOSPC), HasSubstr("fs.inotify.max_user_watches"));
    EXPECT_THAT(inotify_error_text(EMFILE), HasSubstr("fs.inotify.max_user_instances"));
    EXPECT_EQ(inotify_error_text(EACCES), "Permission denied");
}

TEST_F(WatchPollTest, LocalFileSystemsHaveEvents) {
    EXPECT_FALSE(file_system_without_events("/proc"));
    EXPECT_FALSE(file_system_without_events(at("nowhere")));
}

}  // namespace
}  // namespace hotreload
