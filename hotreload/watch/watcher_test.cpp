#include <unistd.h>

#include "hotreload/watch/watcher_fixture_test.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

TEST_F(WatcherTest, AWriteIsHintedWithItsTime) {
    start({at("plugins")});
    EXPECT_EQ(watcher_->mode(), "events");
    const auto before = monotonic_now();
    append(at("plugins/hello.py"));
    const auto hint = next();
    EXPECT_THAT(hint.paths, ElementsAre(at("plugins/hello.py")));
    EXPECT_FALSE(hint.overflow);
    EXPECT_GE(hint.noticed, before);
    EXPECT_LE(hint.noticed, monotonic_now());
}

TEST_F(WatcherTest, ManyChangesBecomeOneHint) {
    start({at("plugins")});
    for (int i = 0; i < 10; ++i) {
        append(at("plugins/hello.py"));
        append(at("plugins/pack/inner/part.py"));
    }
    EXPECT_THAT(next().paths,
                ElementsAre(at("plugins/hello.py"), at("plugins/pack/inner/part.py")));
}

TEST_F(WatcherTest, CreationRenameAndDeletionAreHinted) {
    start({at("plugins")});
    folder_.write("plugins/new.cpp", "1");
    EXPECT_THAT(next().paths, ElementsAre(at("plugins/new.cpp")));
    fs::rename(at("plugins/new.cpp"), at("plugins/_new.cpp"));
    EXPECT_THAT(next().paths, ElementsAre(at("plugins/new.cpp"))) << "the wanted name went";
    fs::remove(at("plugins/hello.py"));
    EXPECT_THAT(next().paths, ElementsAre(at("plugins/hello.py")));
}

TEST_F(WatcherTest, AnEditorsSaveByRenameIsHintedByTheWantedName) {
    start({at("plugins")});
    folder_.write("plugins/.hello.py.swp", "2");
    folder_.write("plugins/hello.py~", "2");
    fs::rename(at("plugins/.hello.py.swp"), at("plugins/hello.py"));
    EXPECT_THAT(next().paths, ElementsAre(at("plugins/hello.py")));
    const auto outside = folder_.write("elsewhere", "3");
    fs::rename(outside, at("plugins/hello.py"));
    EXPECT_THAT(next().paths, ElementsAre(at("plugins/hello.py")));
}

TEST_F(WatcherTest, ANewFileIsHintedWhenItIsCompleteNotBefore) {
    start({at("plugins")});
    std::ofstream slow(at("plugins/slow.py"));
    slow << "half" << std::flush;
    append(at("plugins/hello.py"));
    EXPECT_THAT(next().paths, ElementsAre(at("plugins/hello.py")));
    slow.close();
    EXPECT_THAT(next().paths, ElementsAre(at("plugins/slow.py")));
    fs::create_hard_link(at("plugins/slow.py"), at("plugins/same.py"));
    EXPECT_THAT(next().paths, Contains(at("plugins/same.py")));
}

TEST_F(WatcherTest, WhatIsIgnoredGivesNoHint) {
    start({at("plugins")});
    folder_.write("plugins/README.md", "x");
    folder_.write("plugins/notes.txt", "x");
    folder_.write("plugins/_off.py", "x");
    folder_.write("plugins/__pycache__/hello.pyc", "x");
    folder_.write("plugins/.git/index.py", "x");
    folder_.write("beside.py", "x");
    append(at("plugins/hello.py"));
    EXPECT_THAT(next().paths, ElementsAre(at("plugins/hello.py")));
    folder_.write("plugins/.git/other.py", "x");
    folder_.write("plugins/__pycache__/other.py", "x");
    append(at("plugins/hello.py"));
    EXPECT_THAT(next().paths, ElementsAre(at("plugins/hello.py")));
}

TEST_F(WatcherTest, ANewFolderAndWhatIsInItAtOnceAreSeen) {
    start({at("plugins")});
    folder_.write("plugins/fresh/deep/er/a.py", "1");
    const auto hinted = until(at("plugins/fresh"));
    EXPECT_THAT(hinted, Not(Contains(at("plugins/hello.py"))));
    append(at("plugins/fresh/deep/er/a.py"));
    EXPECT_THAT(until(at("plugins/fresh/deep/er/a.py")),
                Contains(at("plugins/fresh/deep/er/a.py")));
}

TEST_F(WatcherTest, ARenamedFolderIsHintedByBothNamesAndWatchedUnderTheNew) {
    start({at("plugins")});
    fs::rename(at("plugins/pack"), at("plugins/moved"));
    const auto hint = next();
    EXPECT_THAT(hint.paths, Contains(at("plugins/pack")));
    EXPECT_THAT(hint.paths, Contains(at("plugins/moved")));
    append(at("plugins/moved/inner/part.py"));
    EXPECT_THAT(until(at("plugins/moved/inner/part.py")),
                Not(Contains(at("plugins/pack/inner/part.py"))));
}

TEST_F(WatcherTest, AFolderMovedOutIsNoLongerWatched) {
    start({at("plugins")});
    fs::rename(at("plugins/pack"), at("outside"));
    EXPECT_THAT(next().paths, Contains(at("plugins/pack")));
    append(at("outside/inner/part.py"));
    append(at("plugins/hello.py"));
    for (const auto& path : until(at("plugins/hello.py"))) EXPECT_NE(path.filename(), "part.py");
}

TEST_F(WatcherTest, ARootMayGoAndComeBack) {
    start({at("plugins")});
    fs::rename(at("plugins"), at("away"));
    EXPECT_THAT(next().paths, Contains(at("plugins")));
    append(at("away/hello.py"));
    fs::rename(at("away"), at("plugins"));
    EXPECT_THAT(until(at("plugins")), Not(Contains(at("away/hello.py"))));
    append(at("plugins/hello.py"));
    until(at("plugins/hello.py"));
    fs::remove_all(at("plugins"));
    until(at("plugins"));
    folder_.write("plugins/late.py", "1");
    until(at("plugins"));
    append(at("plugins/late.py"));
    until(at("plugins/late.py"));
}

TEST_F(WatcherTest, ARootThatIsNotThereYetIsHintedWhenItComes) {
    start({at("a/b/plugins"), at("conf/plugins.yaml")});
    folder_.write("a/unrelated.py", "1");
    EXPECT_THAT(next().paths, ElementsAre(at("a/b/plugins"))) << "a came, which is on the way";
    folder_.write("a/b/plugins/x.py", "1");
    until(at("a/b/plugins"));
    append(at("a/b/plugins/x.py"));
    until(at("a/b/plugins/x.py"));
    folder_.write("conf/plugins.yaml", "1");
    until(at("conf/plugins.yaml"));
    append(at("conf/plugins.yaml"));
    EXPECT_THAT(until(at("conf/plugins.yaml")), ElementsAre(at("conf/plugins.yaml")));
}

TEST_F(WatcherTest, AFileNamedAsRootCountsWhateverTheFilterSays) {
    const auto data = folder_.write("data/_words.txt", "1");
    start({data});
    folder_.write("data/other.py", "1");
    append(data);
    EXPECT_THAT(next().paths, ElementsAre(data));
    folder_.write("data/new", "2");
    fs::rename(at("data/new"), data);
    EXPECT_THAT(next().paths, ElementsAre(data));
    fs::remove(data);
    EXPECT_THAT(next().paths, ElementsAre(data));
    folder_.write("data/_words.txt", "3");
    EXPECT_THAT(next().paths, ElementsAre(data));
}

TEST_F(WatcherTest, LinkedFoldersAndFilesAreWatchedWhereTheyLie) {
    TempFolder elsewhere;
    elsewhere.write("pack/__init__.py", "1");
    const auto target = elsewhere.write("single.txt", "1");
    fs::create_directory_symlink(elsewhere.path() / "pack", at("plugins/linked"));
    fs::create_directory_symlink(at("plugins"), elsewhere.path() / "pack/loop");
    fs::create_symlink(target, at("plugins/single.py"));
    start({at("plugins")});
    append(elsewhere.path() / "pack/__init__.py");
    EXPECT_THAT(next().paths, Contains(at("plugins/linked/__init__.py")));
    append(target);
    EXPECT_THAT(next().paths, Contains(at("plugins/single.py")));

    fs::create_directory_symlink(elsewhere.path() / "pack", at("plugins/later"));
    until(at("plugins/later"));
    append(elsewhere.path() / "pack/__init__.py");
    EXPECT_THAT(until(at("plugins/later/__init__.py")), Contains(at("plugins/linked/__init__.py")));
}

TEST_F(WatcherTest, WatchReplacesTheSet) {
    folder_.write("other/a.py", "1");
    start({at("plugins")});
    watcher_->watch({at("other")});
    append(at("plugins/hello.py"));
    append(at("other/a.py"));
    EXPECT_THAT(next().paths, ElementsAre(at("other/a.py")));
}

TEST_F(WatcherTest, TooManyPathsBecomeAHintForEverything) {
    start({at("plugins")});
    for (int i = 0; i < 1500; ++i) folder_.write("plugins/p" + std::to_string(i) + ".py", "1");
    const auto hint = next();
    EXPECT_THAT(hint.paths, IsEmpty());
    EXPECT_FALSE(hint.overflow);
}

TEST_F(WatcherTest, ACancelledWaitLosesNothing) {
    start({at("plugins")});
    asio::cancellation_signal cancel;
    bool ended = false;
    asio::co_spawn(loop_, watcher_->next(),
                   asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr error, auto) {
                       EXPECT_TRUE(error);
                       ended = true;
                   }));
    loop_.poll();
    cancel.emit(asio::cancellation_type::terminal);
    append(at("plugins/hello.py"));
    loop_.restart();
    while (!ended) ASSERT_GT(loop_.run_one_for(patience), 0u);
    EXPECT_THAT(next().paths, ElementsAre(at("plugins/hello.py")));
}

}  // namespace
}  // namespace hotreload
