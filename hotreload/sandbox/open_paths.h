#pragma once
// Paths that stay open, for the rules of one sandbox after another: opening what all of them may
// read costs more than all else in making one.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "hotreload/base/clock.h"
#include "hotreload/base/result.h"
#include "hotreload/base/unique_fd.h"

namespace hotreload {

class OpenPaths {
public:
    struct Entry {
        UniqueFd fd;  // O_PATH
        bool folder = false;
    };

    // What does not exist, cannot be reached, or is there under another name is left out. An error
    // when the process is out of descriptors or memory, in one line for people.
    static Result<OpenPaths, std::string> open(const std::vector<std::filesystem::path>& paths);

    [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }

private:
    OpenPaths() = default;

    std::vector<Entry> entries_;
};

// The same paths for all sandboxes, opened again once a second: files are replaced under the same
// name, and packages are installed, while the host runs.
class CommonPaths {
public:
    void add(std::filesystem::path path);
    // The error is one line for people.
    Result<std::shared_ptr<const OpenPaths>, std::string> open();

private:
    std::vector<std::filesystem::path> paths_;
    std::shared_ptr<const OpenPaths> open_;
    MonotonicTime opened_at_;
};

}  // namespace hotreload
