#pragma once
// What the fuzz targets share: the input as text, a claim that must hold, and a store that is made
// anew before it grows large.

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "hotreload/base/unique_fd.h"

// Reads one input; libFuzzer calls it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

// A claim that does not hold ends the program, and so becomes a finding.
inline void hold(bool claim, const char* what) {
    if (claim) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

// A file of this content for readers that want a path; nothing reaches the disk.
class MemoryFile {
public:
    explicit MemoryFile(std::string_view content) : file_(::memfd_create("fuzz", MFD_CLOEXEC)) {
        hold(::write(file_.get(), content.data(), content.size()) ==
                 static_cast<ssize_t>(content.size()),
             "an input fits into memory");
    }
    [[nodiscard]] std::filesystem::path path() const {
        return "/proc/self/fd/" + std::to_string(file_.get());
    }

private:
    hotreload::UniqueFd file_;
};

// A store in a folder of its own, removed at exit. `open()` gives the one at hand.
template <class Store>
class FreshStore {
public:
    FreshStore()
        : folder_(std::filesystem::temp_directory_path() /
                  ("tgstats_fuzz_" + std::to_string(::getpid()))) {}
    ~FreshStore() { clear(); }
    FreshStore(const FreshStore&) = delete;
    FreshStore& operator=(const FreshStore&) = delete;

    Store& open() {
        if (uses_++ % uses_max == 0) {
            clear();
            auto opened = Store::open(folder_);
            hold(opened.has_value(), "a store can be opened");
            store_.emplace(std::move(*opened));
        }
        return *store_;
    }

private:
    static constexpr std::uint64_t uses_max = 2'000;

    void clear() {
        store_.reset();
        std::filesystem::remove_all(folder_);
    }

    std::filesystem::path folder_;
    std::optional<Store> store_;
    std::uint64_t uses_ = 0;
};

}  // namespace fuzz
