#include "hotreload/source/fingerprint.h"

#include <gmock/gmock.h>

#include "hotreload/base/temp_folder_test.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

class FingerprintTest : public testing::Test {
protected:
    FingerprintTest() {
        source_.name = "pack";
        source_.language = Language::cpp;
        source_.root = folder_.path();
        source_.folder = folder_.path() / "pack";
        source_.entry = folder_.write("pack/a.cpp", "int a;");
        source_.files = {source_.entry, folder_.write("pack/b.cpp", "int b;")};
    }
    Fingerprinted now() const {
        StatCache cache;
        return fingerprint({.source = source_,
                            .dependencies = dependencies_,
                            .config_text = config_,
                            .toolchain = toolchain_},
                           cache);
    }

    TempFolder folder_;
    PluginSource source_;
    std::vector<fs::path> dependencies_;
    std::string config_ = "{}";
    std::string toolchain_ = "g++ 12";
};

TEST_F(FingerprintTest, SameContentIsTheSameWhateverTheTimes) {
    const auto before = now();
    fs::last_write_time(source_.entry, fs::file_time_type::clock::now() - std::chrono::hours(1));
    folder_.write("pack/b.cpp", "int b;");
    const auto after = now();
    EXPECT_EQ(before.fingerprint, after.fingerprint);
    EXPECT_THAT(changed_paths(before.files, after.files), IsEmpty());
}

TEST_F(FingerprintTest, TheOrderOfFilesDoesNotMatter) {
    const auto before = now().fingerprint;
    std::swap(source_.files[0], source_.files[1]);
    EXPECT_EQ(now().fingerprint, before);
}

TEST_F(FingerprintTest, EveryPartCounts) {
    const auto base = now().fingerprint;
    config_ = "{\"a\":1}";
    EXPECT_NE(now().fingerprint, base);
    config_ = "{}";
    toolchain_ = "g++ 13";
    EXPECT_NE(now().fingerprint, base);
    toolchain_ = "g++ 12";
    EXPECT_EQ(now().fingerprint, base);
    dependencies_ = {folder_.write("shared.hpp", "int s;")};
    const auto with_dependency = now().fingerprint;
    EXPECT_NE(with_dependency, base);
    folder_.write("shared.hpp", "int t;");
    EXPECT_NE(now().fingerprint, with_dependency);
}

TEST_F(FingerprintTest, NamesOfFilesCountAsTheirContentsDo) {
    const auto before = now();
    const auto renamed = folder_.path() / "pack/c.cpp";
    fs::rename(source_.files[1], renamed);
    const auto old = std::exchange(source_.files[1], renamed);
    const auto after = now();
    EXPECT_NE(before.fingerprint, after.fingerprint);
    EXPECT_THAT(changed_paths(before.files, after.files), ElementsAre(old, renamed));
}

TEST_F(FingerprintTest, TextMovedBetweenFilesIsAChange) {
    const auto before = now().fingerprint;
    folder_.write("pack/a.cpp", "int a;int b;");
    folder_.write("pack/b.cpp", "");
    EXPECT_NE(now().fingerprint, before);
}

TEST_F(FingerprintTest, AMissingDependencyIsNeitherEmptyNorUnlisted) {
    const auto unlisted = now().fingerprint;
    dependencies_ = {folder_.path() / "gone.hpp"};
    const auto missing = now();
    folder_.write("gone.hpp", "");
    const auto empty = now();
    EXPECT_NE(missing.fingerprint, unlisted);
    EXPECT_NE(missing.fingerprint, empty.fingerprint);
    EXPECT_NE(empty.fingerprint, unlisted);
    EXPECT_FALSE(missing.files.front().digest);
    EXPECT_THAT(changed_paths(missing.files, empty.files),
                ElementsAre(folder_.path() / "gone.hpp"));
}

TEST_F(FingerprintTest, ADependencyInTheSourceSetIsListedOnce) {
    const auto base = now();
    dependencies_ = source_.files;
    EXPECT_EQ(now().fingerprint, base.fingerprint);
    EXPECT_EQ(now().files.size(), 2u);
}

TEST_F(FingerprintTest, ChangedPathsNameWhatDiffers) {
    const auto before = now();
    folder_.write("pack/b.cpp", "int B;");
    EXPECT_THAT(changed_paths(before.files, now().files), ElementsAre(source_.files[1]));
    EXPECT_THAT(changed_paths({}, before.files), ElementsAre(source_.files[0], source_.files[1]));
    EXPECT_THAT(changed_paths(before.files, {}), ElementsAre(source_.files[0], source_.files[1]));
}

TEST_F(FingerprintTest, FilesAreFoundInTheOrderThatListsOfThemHave) {
    for (const auto* name : {"a/b", "a-b", "a.c", "a", "b"})
        dependencies_.push_back(folder_.path() / name);
    const auto files = now().files;
    for (const auto& path : dependencies_) {
        ASSERT_NE(find_file(files, path), nullptr) << path;
        EXPECT_EQ(find_file(files, path)->path, path);
    }
    EXPECT_EQ(find_file(files, folder_.path() / "a/c"), nullptr);
    EXPECT_EQ(find_file({}, folder_.path() / "a"), nullptr);
    const auto sorted = not_among({}, dependencies_);
    for (const auto& path : dependencies_) EXPECT_TRUE(contains_path(sorted, path)) << path;
    EXPECT_FALSE(contains_path(sorted, folder_.path() / "a/c"));
    auto twice = dependencies_;
    twice.insert(twice.end(), dependencies_.begin(), dependencies_.end());
    twice.push_back(folder_.path() / "z");
    EXPECT_THAT(not_among(sorted, twice), ElementsAre(folder_.path() / "z"));
}

// Histories on disk name fingerprints: one that changes makes every plugin look edited.
TEST(FingerprintText, StaysTheSameOverVersionsOfTheProgram) {
    PluginSource source;
    source.name = "p";
    source.language = Language::python;
    source.root = "/nowhere/plugins";
    source.folder = "/nowhere/plugins/p";
    source.entry = "/nowhere/plugins/p/__init__.py";
    for (const auto* name : {"a/b.py", "a-b.py", "a.py", "\xc3\xa4.py", "a", "__init__.py", "A.py"})
        source.files.push_back(source.folder / name);
    StatCache cache;
    const FingerprintInput input{.source = source,
                                 .dependencies = {"/nowhere/plugins/z.py", "/nowhere/plugins/p/a",
                                                  "/nowhere/plugins-b/x.py"},
                                 .config_text = "{}",
                                 .toolchain = "none"};
    EXPECT_EQ(fingerprint(input, cache).fingerprint.hex(),
              "2068fdcef6e1e70f17eb20431288f0313e29a983dc5787063e7e2c89c9318bb3");
}

}  // namespace
}  // namespace hotreload
