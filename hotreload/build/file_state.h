#pragma once
// What a file was at one moment: its content, and the marks by which a later change shows even when
// the content is back.

#include <compare>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "hotreload/base/sha256.h"

namespace hotreload {

struct FileState {
    std::filesystem::path path;
    std::optional<Digest> digest;  // nullopt: could not be read
    std::uint64_t dev = 0, ino = 0;
    std::int64_t size = 0, mtime_ns = 0, ctime_ns = 0;

    auto operator<=>(const FileState&) const = default;
};

FileState file_state(const std::filesystem::path& file);
std::vector<FileState> file_states(
    std::vector<std::filesystem::path> files);  // sorted by path, each once

// Whether nobody wrote to `now` since `before` was taken; a file that `before` does not hold must
// not have changed since `started_ns` (system time).
bool unchanged(const FileState& now, const std::vector<FileState>& before, std::int64_t started_ns);

}  // namespace hotreload
