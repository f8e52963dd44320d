#include "hotreload/source/recent_contents.h"

#include <gtest/gtest.h>

#include "hotreload/base/temp_folder_test.h"
#include "hotreload/source/fingerprint.h"

namespace hotreload {
namespace {

std::vector<FileHash> holding(const std::string& content) { return {{"file", sha256(content)}}; }

TEST(RecentContents, TheOldestGoesWhenThereIsTooMuch) {
    RecentContents recent;
    const auto many = RecentContents::total_bytes_max / RecentContents::file_bytes_max;
    const auto content = [](std::size_t i) {
        return std::string(RecentContents::file_bytes_max, static_cast<char>('a' + i));
    };
    for (std::size_t i = 0; i <= many; ++i) recent.add(sha256(content(i)), content(i));
    EXPECT_TRUE(recent.of(holding(content(0))).empty());
    for (std::size_t i = 1; i <= many; ++i) {
        const auto known = recent.of(holding(content(i)));
        ASSERT_EQ(known.size(), 1U);
        EXPECT_EQ(*known.begin()->second, content(i));
    }
    const std::string large(RecentContents::file_bytes_max + 1, 'x');
    recent.add(sha256(large), large);
    EXPECT_TRUE(recent.of(holding(large)).empty());
    EXPECT_EQ(recent.of(holding(content(1))).size(), 1U);
}

TEST(RecentContents, AFingerprintOfPythonLeavesWhatItRead) {
    TempFolder folder;
    PluginSource source{.name = "p",
                        .language = Language::python,
                        .root = folder.path(),
                        .entry = folder.write("p.py", "one"),
                        .folder = {},
                        .files = {},
                        .config_file = {}};
    source.files = {source.entry};
    StatCache cache;
    const auto look = [&] {
        return fingerprint(
                   {.source = source, .dependencies = {}, .config_text = {}, .toolchain = {}},
                   cache)
            .files;
    };
    const auto before = look();
    folder.write("p.py", "two");
    const auto now = look();
    EXPECT_EQ(*cache.contents().of(before).at(sha256("one")), "one");
    EXPECT_EQ(*cache.contents().of(now).at(sha256("two")), "two");
    source.language = Language::cpp;
    folder.write("p.py", "three");
    EXPECT_TRUE(cache.contents().of(look()).empty()) << "an artifact is kept by the build cache";
}

}  // namespace
}  // namespace hotreload
