// Roots that come, go and are reached by other ways; many of them; lost events; idleness.

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hotreload/base/unique_fd.h"
#include "hotreload/watch/watcher_fixture_test.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

class WatchRootsTest : public WatcherTest {};

TEST_F(WatchRootsTest, LostEventsMeanLookAtEverythingAndNewFoldersAreStillFollowed) {
    start({at("plugins")});
    std::ifstream limit("/proc/sys/fs/inotify/max_queued_events");
    int queued_max = 0;
    limit >> queued_max;
    ASSERT_GT(queued_max, 0);
    ASSERT_LE(queued_max, 1'000'000) << "this machine's queue is too long to fill in a test";
    const int files = std::max(20'000, queued_max / 2 + 1);  // two events each
    fs::create_directory(at("plugins/many"));
    next();
    for (int i = 0; i < files; ++i) append(at("plugins/many/f" + std::to_string(i) + ".py"));
    folder_.write("plugins/unseen/a.py", "1");
    auto hint = next();
    while (!hint.overflow) hint = next();
    EXPECT_THAT(hint.paths, IsEmpty());
    append(at("plugins/unseen/a.py"));
    until(at("plugins/unseen/a.py"));
}

TEST_F(WatchRootsTest, AFolderFarAboveTheRootMayBeRenamedAndComeBack) {
    folder_.write("far/above/plugins/a.py", "1");
    start({at("far/above/plugins")});
    fs::rename(at("far"), at("elsewhere"));
    EXPECT_THAT(next().paths, ElementsAre(at("far/above/plugins")));
    append(at("elsewhere/above/plugins/a.py"));
    EXPECT_FALSE(next_within(Millis{100})) << "it is no longer the root";
    fs::rename(at("elsewhere"), at("far"));
    EXPECT_THAT(next().paths, ElementsAre(at("far/above/plugins")));
    append(at("far/above/plugins/a.py"));
    EXPECT_THAT(next().paths, ElementsAre(at("far/above/plugins/a.py")));
}

TEST_F(WatchRootsTest, ALinkOnTheWayToTheRootMayBeSetToAnotherFolder) {
    folder_.write("one/plugins/a.py", "1");
    folder_.write("two/plugins/a.py", "2");
    fs::create_directory_symlink("one", at("current"));
    start({at("current/plugins")});
    fs::create_directory_symlink("two", at("next"));
    fs::rename(at("next"), at("current"));
    EXPECT_THAT(next().paths, ElementsAre(at("current/plugins")));
    append(at("one/plugins/a.py"));
    append(at("two/plugins/a.py"));
    EXPECT_THAT(next().paths, ElementsAre(at("current/plugins/a.py")));
    EXPECT_FALSE(next_within(Millis{100}));
}

TEST_F(WatchRootsTest, ALinkedFolderMayBeSetToAnotherGoAndComeBack) {
    TempFolder elsewhere;
    elsewhere.write("one/a.py", "1");
    elsewhere.write("two/a.py", "2");
    fs::create_directory_symlink(elsewhere.path() / "one", elsewhere.path() / "current");
    fs::create_directory_symlink(elsewhere.path() / "current", at("plugins/linked"));
    start({at("plugins")});
    fs::remove(elsewhere.path() / "current");
    EXPECT_THAT(next().paths, ElementsAre(at("plugins/linked")));
    fs::create_directory_symlink(elsewhere.path() / "two", elsewhere.path() / "current");
    EXPECT_THAT(next().paths, ElementsAre(at("plugins/linked")));
    append(elsewhere.path() / "two/a.py");
    EXPECT_THAT(next().paths, ElementsAre(at("plugins/linked/a.py")));
    fs::remove_all(elsewhere.path() / "two");
    EXPECT_THAT(until(at("plugins/linked")), Contains(at("plugins/linked")));
    elsewhere.write("two/a.py", "3");
    EXPECT_THAT(until(at("plugins/linked")), Contains(at("plugins/linked")));
    append(elsewhere.path() / "two/a.py");
    until(at("plugins/linked/a.py"));
    fs::remove(at("plugins/linked"));
    EXPECT_THAT(next().paths, ElementsAre(at("plugins/linked"))) << "no name that is wanted";
}

TEST_F(WatchRootsTest, WhatIsWrittenWithoutAnyCloseIsHintedAfterAPause) {
    start({at("plugins")});
    ASSERT_EQ(::truncate(at("plugins/hello.py").c_str(), 0), 0);
    EXPECT_THAT(next().paths, ElementsAre(at("plugins/hello.py")));
    ASSERT_EQ(::mknod(at("plugins/node.py").c_str(), S_IFREG | 0644, 0), 0);
    EXPECT_THAT(next().paths, ElementsAre(at("plugins/node.py")));
    const int file = ::open(at("plugins").c_str(), O_TMPFILE | O_WRONLY, 0644);
    if (file < 0) GTEST_SKIP() << "this file system has no O_TMPFILE";
    ASSERT_EQ(::write(file, "1", 1), 1);
    const auto name = "/proc/self/fd/" + std::to_string(file);
    ASSERT_EQ(::linkat(AT_FDCWD, name.c_str(), AT_FDCWD, at("plugins/linked.py").c_str(),
                       AT_SYMLINK_FOLLOW),
              0);
    ::close(file);
    until(at("plugins/linked.py"));
}

TEST_F(WatchRootsTest, ThousandsOfSingleFilesAreWatchedAndAListMayChangeOften) {
    constexpr int files = 5'000;
    std::vector<fs::path> roots{at("plugins")};
    for (int i = 0; i < files; ++i) {
        const auto number = std::to_string(i);
        roots.push_back(folder_.write("words/d" + std::to_string(i % 50) + "/w" + number, "1"));
    }
    int added = 0;
    auto counting = options();
    counting.add_watch = [&](int inotify, const char* folder, std::uint32_t mask) {
        ++added;
        return ::inotify_add_watch(inotify, folder, mask);
    };
    start(roots, std::move(counting));
    EXPECT_EQ(watcher_->mode(), "events");
    EXPECT_LT(added, 1'000) << "folders on the way are shared";

    added = 0;
    watcher_->watch(roots);
    EXPECT_EQ(added, 0) << "nothing has changed";
    const auto once_more = folder_.write("words/d0/once_more", "1");
    roots.push_back(once_more);
    watcher_->watch(roots);
    EXPECT_LT(added, 20) << "only the new one is looked at";

    const auto last = roots[files];
    append(last);
    append(once_more);
    append(at("plugins/hello.py"));
    EXPECT_THAT(next().paths,
                testing::UnorderedElementsAre(last, once_more, at("plugins/hello.py")));
    roots.erase(roots.end() - 2, roots.end());
    watcher_->watch(roots);
    append(last);
    append(once_more);
    append(at("plugins/hello.py"));
    EXPECT_THAT(next().paths, ElementsAre(at("plugins/hello.py")));
}

TEST_F(WatchRootsTest, WatchMayBeCalledWhileSomebodyWaits) {
    folder_.write("other/a.py", "1");
    start({at("plugins")});
    std::optional<WatchHint> hint;
    asio::co_spawn(loop_, watcher_->next(),
                   [&](const std::exception_ptr&, WatchHint value) { hint = std::move(value); });
    loop_.poll();
    watcher_->watch({at("plugins"), at("other")});
    append(at("other/a.py"));
    while (!hint) ASSERT_GT(loop_.run_one_for(patience), 0u);
    EXPECT_THAT(hint->paths, ElementsAre(at("other/a.py")));
}

TEST_F(WatchRootsTest, AWatcherMayGoWhileSomebodyWaits) {
    start({at("plugins")});
    bool aborted = false;
    asio::co_spawn(loop_, watcher_->next(), [&](const std::exception_ptr& error, const WatchHint&) {
        aborted = error != nullptr;
    });
    loop_.poll();
    append(at("plugins/hello.py"));
    watcher_.reset();
    loop_.restart();
    while (!aborted) ASSERT_GT(loop_.run_one_for(patience), 0u);
}

TEST_F(WatchRootsTest, AWaitThatIsCancelledLeavesNothingThatKeepsTheLoopRunning) {
    start({at("plugins")});
    EXPECT_FALSE(next_within(Millis{10}));
    append(at("plugins/hello.py"));
    next();
    EXPECT_FALSE(next_within(Millis{10}));
    loop_.restart();
    loop_.run_for(patience);
    EXPECT_TRUE(loop_.stopped()) << "the watcher is there, but nobody waits";
}

// What others do in the folders on the way to a folder, which its watcher hears, too.
class Neighbours {
public:
    explicit Neighbours(const fs::path& folder) : fd_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
        constexpr std::uint32_t any = IN_CREATE | IN_MOVE | IN_DELETE | IN_ATTRIB;
        for (auto above = folder; above.has_relative_path();) {
            above = above.parent_path();
            ::inotify_add_watch(fd_.get(), above.c_str(), any);
        }
    }
    // Since it was asked last.
    bool have_moved() {
        bool moved = false;
        char events[4096];
        while (::read(fd_.get(), events, sizeof events) > 0) moved = true;
        return moved;
    }

private:
    UniqueFd fd_;
};

TEST_F(WatchRootsTest, NothingWakesTheLoopWhileNothingHappens) {
    const TempFolder aside(fs::current_path());  // other tests are at work in the common folder
    const auto file = aside.write("plugins/hello.py", "1");
    start({file.parent_path()});
    bool ended = false;
    asio::co_spawn(loop_, watcher_->next(),
                   [&](const std::exception_ptr&, const WatchHint&) { ended = true; });
    Neighbours neighbours(aside.path());
    std::size_t woken = 0;
    bool disturbed = true;
    for (const auto end = deadline_after(patience); disturbed && monotonic_now() < end;) {
        neighbours.have_moved();
        while (loop_.poll() > 0) {
        }
        woken = loop_.run_one_for(Millis{1'500});  // longer than any pause that is waited for
        disturbed = woken > 0 && neighbours.have_moved();
    }
    EXPECT_FALSE(disturbed) << "others never rested";
    EXPECT_EQ(woken, 0u);
    append(file);
    while (!ended) ASSERT_GT(loop_.run_one_for(patience), 0u);
}

}  // namespace
}  // namespace hotreload
