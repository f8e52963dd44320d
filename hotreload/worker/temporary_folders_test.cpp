#include "hotreload/worker/temporary_folders.h"

#include <gtest/gtest.h>

#include "hotreload/base/temp_folder_test.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;

TEST(TemporaryFoldersTest, TwoAtATimeAreNeverTheSame) {
    const TempFolder folder;
    TemporaryFolders folders;
    const auto one = folders.take(folder.path());
    auto two = folders.take(folder.path());
    EXPECT_NE(*one, *two);
    const fs::path second = *two;
    two.reset();
    EXPECT_EQ(*folders.take(folder.path()), second) << "given back, and free again";
}

TEST(TemporaryFoldersTest, TheNextOneFindsItEmptyWhoeverLeftSomething) {
    const TempFolder folder;
    folder.write(".tmp/0/left_by_an_earlier_run/file", "1");
    TemporaryFolders folders;
    auto one = folders.take(folder.path());
    EXPECT_TRUE(fs::is_empty(*one));
    folder.write(".tmp/0/left_by_a_worker", "2");
    one.reset();
    EXPECT_TRUE(fs::is_empty(*folders.take(folder.path())));
}

TEST(TemporaryFoldersTest, MayBeGivenBackLater) {
    const TempFolder folder;
    std::shared_ptr<const fs::path> one;
    {
        TemporaryFolders folders;
        one = folders.take(folder.path() / "made");
    }
    folder.write("made/.tmp/0/file", "1");
    one.reset();
    EXPECT_TRUE(fs::is_empty(folder.path() / "made/.tmp/0"));
}

// A plugin may put a link where its folder was: what that leads to is not the host's to empty.
TEST(TemporaryFoldersTest, LinksOfThePluginAreNotFollowed) {
    const TempFolder folder, foreign;
    foreign.write("0/kept", "1");
    foreign.write("kept", "1");
    TemporaryFolders folders;
    auto one = folders.take(folder.path());
    fs::remove(*one);
    fs::create_symlink(foreign.path(), *one);
    one.reset();
    one = folders.take(folder.path());
    EXPECT_FALSE(fs::is_symlink(*one));
    EXPECT_TRUE(fs::is_empty(*one));
    fs::remove_all(folder.path() / ".tmp");
    fs::create_symlink(foreign.path(), folder.path() / ".tmp");
    one.reset();
    one = TemporaryFolders().take(folder.path());
    EXPECT_FALSE(fs::is_symlink(folder.path() / ".tmp"));
    EXPECT_TRUE(fs::exists(foreign.path() / "kept"));
    EXPECT_TRUE(fs::exists(foreign.path() / "0/kept"));
}

TEST(TemporaryFoldersTest, WhatSomebodyHasRemovedIsMadeAgain) {
    const TempFolder folder;
    TemporaryFolders folders;
    auto one = folders.take(folder.path() / "p");
    fs::remove_all(folder.path() / "p");
    one.reset();
    EXPECT_TRUE(fs::is_empty(*folders.take(folder.path() / "p")));
}

}  // namespace
}  // namespace hotreload
