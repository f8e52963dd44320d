#include "hotreload/source/fingerprint.h"

#include <sys/stat.h>

#include <chrono>

#include <gmock/gmock.h>

#include "hotreload/base/coroutine_test.h"
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

// How long ago it was changed.
std::chrono::nanoseconds age_of(const fs::path& file) {
    struct stat status{};
    if (::stat(file.c_str(), &status) != 0) throw std::runtime_error("no such file");
    const auto changed = std::chrono::seconds(status.st_ctim.tv_sec) +
                         std::chrono::nanoseconds(status.st_ctim.tv_nsec);
    return std::chrono::system_clock::now().time_since_epoch() - changed;
}

// Waits until the clock that file times come from has passed the time in which a cache entry is not
// trusted.
void outlast_settling(const fs::path& file) {
    const auto settled =
        std::chrono::nanoseconds(StatCache::settle_ns) + std::chrono::milliseconds(1);
    while (age_of(file) <= settled) {
    }
}

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

TEST_F(FingerprintTest, AnUnchangedSettledFileIsReadOnce) {
    StatCache cache;
    outlast_settling(source_.entry);
    const auto first = cache.hash(source_.entry);
    EXPECT_EQ(cache.hash(source_.entry), first);
    EXPECT_EQ(first, sha256("int a;"));
    EXPECT_EQ(cache.hashed_count(), 1u);
    cache.forget(source_.entry);
    EXPECT_EQ(cache.hash(source_.entry), first);
    EXPECT_EQ(cache.hashed_count(), 2u);
}

TEST_F(FingerprintTest, AJustWrittenFileIsReadAgain) {
    // Whether it was just written when it was read, the machine decides: until it has been.
    for (const auto end = deadline_after(test_deadline); monotonic_now() < end;) {
        StatCache cache;
        const auto file = folder_.write("fresh.py", "1");
        cache.hash(file);
        const bool fresh = age_of(file) < std::chrono::nanoseconds(StatCache::settle_ns);
        cache.hash(file);
        if (!fresh) continue;
        EXPECT_EQ(cache.hashed_count(), 2u);
        return;
    }
    FAIL() << "it was never read in time";
}

// An editor may save twice within one tick of the clock that file times come from.
TEST_F(FingerprintTest, EditsOfTheSameSizeInQuickSuccessionAreAllSeen) {
    StatCache cache;
    for (int i = 0; i < 1000; ++i) {
        const auto text = std::to_string(1000 + i);
        const auto file = folder_.write("quick.py", text);
        ASSERT_EQ(cache.hash(file), sha256(text)) << i;
    }
}

TEST_F(FingerprintTest, AnOldModificationTimeHidesNothing) {
    StatCache cache;
    outlast_settling(source_.entry);
    const auto old_time = fs::last_write_time(source_.entry);
    const auto before = cache.hash(source_.entry);
    folder_.write("pack/a.cpp", "int c;");
    fs::last_write_time(source_.entry, old_time);
    EXPECT_NE(cache.hash(source_.entry), before);
}

TEST_F(FingerprintTest, WhatIsNoReadableFileHasNoHash) {
    StatCache cache;
    EXPECT_FALSE(cache.hash(folder_.path() / "gone"));
    EXPECT_FALSE(cache.hash(folder_.path()));
    ASSERT_EQ(::mkfifo((folder_.path() / "pipe").c_str(), 0600), 0);
    EXPECT_FALSE(cache.hash(folder_.path() / "pipe")) << "and does not wait for a writer";
    cache.hash(source_.entry);
    fs::remove(source_.entry);
    EXPECT_FALSE(cache.hash(source_.entry));
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
