#include "hotreload/source/stat_cache.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include <gtest/gtest.h>

#include "hotreload/base/coroutine_test.h"
#include "hotreload/base/large_file.h"
#include "hotreload/base/temp_folder_test.h"
#include "hotreload/base/unique_fd.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;

class StatCacheTest : public testing::Test {
protected:
    StatCacheTest() : file_(folder_.write("a.cpp", "int a;")) {}

    // Not read and not filled: the disk has no part in it.
    fs::path large_file(const std::string& name) const {
        const auto file = folder_.write(name, "");
        fs::resize_file(file, hashed_file_bytes_max + 1);
        return file;
    }

    TempFolder folder_;
    fs::path file_;
};

// A file in memory, as a program has it that writes without write(2).
class MappedFile {
public:
    explicit MappedFile(const fs::path& file) : fd_(::open(file.c_str(), O_RDWR | O_CLOEXEC)) {
        size_ = static_cast<std::size_t>(fs::file_size(file));
        memory_ = static_cast<char*>(
            ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0));
        if (memory_ == MAP_FAILED) throw std::runtime_error("mmap failed");
    }
    ~MappedFile() { ::munmap(memory_, size_); }
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;
    void write(const std::string& text) const {
        std::copy_n(text.data(), std::min(text.size(), size_), memory_);
    }

private:
    UniqueFd fd_;
    std::size_t size_ = 0;
    char* memory_ = nullptr;
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

TEST_F(StatCacheTest, AnUnchangedSettledFileIsReadOnce) {
    StatCache cache;
    outlast_settling(file_);
    const auto first = cache.hash(file_);
    EXPECT_EQ(cache.hash(file_), first);
    EXPECT_EQ(first, sha256("int a;"));
    EXPECT_EQ(cache.hashed_count(), 1u);
    cache.forget(file_);
    EXPECT_EQ(cache.hash(file_), first);
    EXPECT_EQ(cache.hashed_count(), 2u);
}

TEST_F(StatCacheTest, AJustWrittenFileIsReadAgain) {
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
TEST_F(StatCacheTest, EditsOfTheSameSizeInQuickSuccessionAreAllSeen) {
    StatCache cache;
    for (int i = 0; i < 1000; ++i) {
        const auto text = std::to_string(1000 + i);
        const auto file = folder_.write("quick.py", text);
        ASSERT_EQ(cache.hash(file), sha256(text)) << i;
    }
}

TEST_F(StatCacheTest, AnOldModificationTimeHidesNothing) {
    StatCache cache;
    outlast_settling(file_);
    const auto old_time = fs::last_write_time(file_);
    const auto before = cache.hash(file_);
    folder_.write("a.cpp", "int c;");
    fs::last_write_time(file_, old_time);
    EXPECT_NE(cache.hash(file_), before);
}

TEST_F(StatCacheTest, WhatIsNoReadableFileHasNoHash) {
    StatCache cache;
    EXPECT_FALSE(cache.hash(folder_.path() / "gone"));
    EXPECT_FALSE(cache.hash(folder_.path()));
    ASSERT_EQ(::mkfifo((folder_.path() / "pipe").c_str(), 0600), 0);
    EXPECT_FALSE(cache.hash(folder_.path() / "pipe")) << "and does not wait for a writer";
    cache.hash(file_);
    fs::remove(file_);
    EXPECT_FALSE(cache.hash(file_));
}

// The second write to a page that waits for the disk changes no time of the file.
TEST_F(StatCacheTest, WhatIsWrittenToMappedMemoryIsSeenByWhoDoesNotTrustTimes) {
    const MappedFile mapped(file_);
    StatCache cache;
    mapped.write("int b;");
    outlast_settling(file_);
    EXPECT_EQ(cache.hash(file_), sha256("int b;"));
    mapped.write("int c;");
    cache.forget(file_);
    EXPECT_EQ(cache.hash(file_), sha256("int c;"));
    mapped.write("int d;");
    cache.forget_all();
    EXPECT_EQ(cache.hash(file_), sha256("int d;"));
    mapped.write("int e;");
    cache.trust_only_written_back(true);
    EXPECT_EQ(cache.hash(file_), sha256("int e;"));
}

TEST_F(StatCacheTest, WhatIsOldEnoughIsReadOnceMoreAndThenTrusted) {
    StatCache cache(2 * StatCache::settle_ns);
    cache.trust_only_written_back(true);
    outlast_settling(file_);
    while (age_of(file_) <= std::chrono::nanoseconds(3 * StatCache::settle_ns)) {
    }
    for (int i = 0; i < 3; ++i) cache.hash(file_);
    EXPECT_EQ(cache.hashed_count(), 1u);
    EXPECT_GE(StatCache::kernel_writeback_ns(), 5'000'000'000);
}

TEST_F(StatCacheTest, ALargeFileIsKnownByItsMarkAndNotRead) {
    StatCache cache;
    const auto file = large_file("weights.so");
    auto before = cache.hash(file, true);
    // Whether it was just written when it was looked at, the machine decides: until it has been.
    while (!cache.take_unsettled()) {
        fs::resize_file(file, hashed_file_bytes_max + 1);
        before = cache.hash(file, true);
    }
    EXPECT_FALSE(cache.take_unsettled()) << "asked again";
    struct stat status{};
    ASSERT_EQ(::stat(file.c_str(), &status), 0);
    EXPECT_EQ(before, digest_of_mark(mark_of(status)));
    outlast_settling(file);
    EXPECT_EQ(cache.hash(file), before);
    EXPECT_FALSE(cache.take_unsettled());
    fs::resize_file(file, hashed_file_bytes_max + 1);
    EXPECT_NE(cache.hash(file), before) << "written, though it holds the same";
    EXPECT_EQ(cache.hashed_count(), 0u);
    fs::resize_file(file, hashed_file_bytes_max);
    EXPECT_EQ(cache.hash(file), sha256_file(file));
    EXPECT_EQ(cache.hashed_count(), 1u);
}

}  // namespace
}  // namespace hotreload
