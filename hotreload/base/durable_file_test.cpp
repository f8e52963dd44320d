#include "hotreload/base/durable_file.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hotreload/base/temp_folder_test.h"

namespace hotreload {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::size_t names_in(const std::filesystem::path& folder) {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++count;
    return count;
}

// No file may grow beyond `bytes` while this lives: writing fails as on a full disk.
class FullDisk {
public:
    explicit FullDisk(rlim_t bytes) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limit{bytes, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        ::signal(SIGXFSZ, SIG_IGN);
    }
    ~FullDisk() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        ::signal(SIGXFSZ, SIG_DFL);
    }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;

private:
    rlimit before_{};
};

TEST(DurableFile, ReplacesWholeContent) {
    const TempFolder folder;
    const auto file = folder.write("a.json", "a long old content");
    ASSERT_TRUE(write_durably(file, "new"));
    EXPECT_EQ(read_whole_file(file), "new");
    EXPECT_EQ(names_in(folder.path()), 1U);
    struct stat status{};
    ASSERT_EQ(::stat(file.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST(DurableFile, KeepsTheOldContentWhenTheDiskIsFull) {
    const TempFolder folder;
    const auto file = folder.write("a.json", "old");
    {
        const FullDisk full(1000);
        const auto written = write_durably(file, std::string(5000, 'x'));
        ASSERT_FALSE(written);
        EXPECT_THAT(written.error(),
                    AllOf(HasSubstr("cannot write " + file.native()), HasSubstr("File too large")));
    }
    EXPECT_EQ(read_whole_file(file), "old");
    EXPECT_EQ(names_in(folder.path()), 1U);
}

TEST(DurableFile, SaysWhichFolderIsMissing) {
    const TempFolder folder;
    const auto written = write_durably(folder.path() / "none" / "a.json", "x");
    ASSERT_FALSE(written);
    EXPECT_THAT(written.error(), HasSubstr("/none/a.json: No such file or directory"));
    const auto made = make_folders(folder.write("file", "") / "below");
    ASSERT_FALSE(made);
    EXPECT_THAT(made.error(), HasSubstr("cannot make the folder " + folder.path().native()));
}

TEST(DurableFile, ReadsWholeFiles) {
    const TempFolder folder;
    const std::string big(200'000, 'b');
    EXPECT_EQ(read_whole_file(folder.write("big", big)), big);
    EXPECT_EQ(read_whole_file(folder.write("empty", "")), "");
    EXPECT_EQ(read_whole_file(folder.path() / "none"), std::nullopt);
    EXPECT_EQ(read_whole_file(folder.path()), std::nullopt);
}

TEST(DurableFile, SetsAsideUnderAFreeName) {
    const TempFolder folder;
    EXPECT_EQ(set_aside(folder.write("a.json", "1")), "set aside as a.json.damaged");
    EXPECT_EQ(set_aside(folder.write("a.json", "2")), "set aside as a.json.damaged-1");
    EXPECT_EQ(read_whole_file(folder.path() / "a.json.damaged"), "1");
    EXPECT_THAT(set_aside(folder.path() / "none"), HasSubstr("cannot set aside"));
}

TEST(DurableFile, RemovesOnlyWhatIsUnfinished) {
    const TempFolder folder;
    folder.write("a.json", "1");
    folder.write(std::string(unfinished_prefix) + "file", "2");
    folder.write(std::string(unfinished_prefix) + "folder/below", "3");
    remove_unfinished(folder.path());
    EXPECT_EQ(names_in(folder.path()), 1U);
    {
        const UnfinishedFile dropped(folder.path());
    }
    EXPECT_EQ(names_in(folder.path()), 1U);
}

}  // namespace
}  // namespace hotreload
