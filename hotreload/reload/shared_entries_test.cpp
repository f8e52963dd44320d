#include "hotreload/reload/shared_entries.h"

#include <sys/stat.h>

#include <ctime>

#include <gmock/gmock.h>

#include "hotreload/base/temp_folder_test.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;
using testing::UnorderedElementsAre;

class SharedEntriesTest : public testing::Test {
protected:
    void SetUp() override {
        folder_.write("plugins.yaml", "");
        folder_.write("single.py", "");
        folder_.write("package/__init__.py", "");
        folder_.write("package/own.txt", "");
        folder_.write("words.txt", "");
        folder_.write("lists/a.txt", "");
        folder_.write(".hidden", "");
        static_cast<void>(catalog_.look({}));
    }
    std::vector<std::string> names() { return names(shared_); }
    static std::vector<std::string> names(SharedEntries& shared) {
        std::vector<std::string> names;
        for (const auto& path : shared.now()) names.push_back(path.filename());
        return names;
    }
    // Waits until the times that the folder's next change gets are told from those that it has.
    void settle() const {
        struct stat facts{};
        ASSERT_EQ(::stat(folder_.path().c_str(), &facts), 0);
        const auto ns = facts.st_ctim.tv_nsec + 2 * StatCache::settle_ns;
        const timespec due{facts.st_ctim.tv_sec + ns / 1'000'000'000, ns % 1'000'000'000};
        ASSERT_EQ(::clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &due, nullptr), 0);
    }

    TempFolder folder_;
    Catalog catalog_{{.roots = {folder_.path()}, .config_file = folder_.path() / "plugins.yaml"}};
    SharedEntries shared_{catalog_, {}};
};

TEST_F(SharedEntriesTest, WhatIsNoPluginsIsForAll) {
    EXPECT_THAT(names(), UnorderedElementsAre("words.txt", "lists"));
}

TEST_F(SharedEntriesTest, WhatTheHostKeepsInAPluginFolderIsNobodys) {
    folder_.write("data/tgstats.db", "");
    folder_.write("var/log/bot.log", "");
    folder_.write("settings.yaml", "");
    fs::create_symlink(folder_.path() / "settings.yaml", folder_.path() / "link.yaml");
    fs::create_directory_symlink(folder_.path() / "var/log", folder_.path() / "linked_log");
    const auto& root = folder_.path();
    SharedEntries shared(catalog_,
                         {root / "data/", root / "var/./log/bot.log", root / "settings.yaml",
                          root / "not_yet", root.parent_path(), root});
    EXPECT_THAT(names(shared), UnorderedElementsAre("words.txt", "lists"));
    folder_.write("not_yet/x", "");
    static_cast<void>(catalog_.look({}));
    EXPECT_THAT(names(shared), UnorderedElementsAre("words.txt", "lists"));
}

TEST_F(SharedEntriesTest, WhatIsMadeAfterALookIsSeen) {
    names();
    folder_.write("at_once.txt", "");
    EXPECT_THAT(names(), UnorderedElementsAre("words.txt", "lists", "at_once.txt"));
    ASSERT_NO_FATAL_FAILURE(settle());
    names();
    folder_.write("later.txt", "");
    fs::remove(folder_.path() / "words.txt");
    EXPECT_THAT(names(), UnorderedElementsAre("lists", "at_once.txt", "later.txt"));
}

TEST_F(SharedEntriesTest, AFileThatBecomesAPluginIsSharedNoLonger) {
    ASSERT_NO_FATAL_FAILURE(settle());
    names();
    folder_.write("lists/__init__.py", "");  // does not change the folder above
    static_cast<void>(catalog_.look({}));
    EXPECT_THAT(names(), UnorderedElementsAre("words.txt"));
}

}  // namespace
}  // namespace hotreload
