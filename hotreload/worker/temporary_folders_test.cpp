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
    folder.write("0/left_by_an_earlier_run/file", "1");
    TemporaryFolders folders;
    auto one = folders.take(folder.path());
    EXPECT_TRUE(fs::is_empty(*one));
    folder.write("0/left_by_a_worker", "2");
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
    folder.write("made/0/file", "1");
    one.reset();
    EXPECT_TRUE(fs::is_empty(folder.path() / "made" / "0"));
}

}  // namespace
}  // namespace hotreload
