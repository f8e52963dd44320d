#pragma once
// What every build may read whatever it builds: the distribution's programs, libraries and headers,
// and those of a compiler that is installed elsewhere.

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hotreload/base/result.h"
#include "hotreload/sandbox/open_paths.h"

namespace hotreload {

class ToolchainFiles {
public:
    explicit ToolchainFiles(const std::string& compiler);

    // Adds the folders that a compiler names when it is asked with -v.
    void learn(std::string_view verbose);
    // The error is one line for people.
    Result<std::shared_ptr<const OpenPaths>, std::string> open() { return paths_.open(); }

private:
    CommonPaths paths_;
};

// The folders in what `g++ -v -E` or clang's says: where it looks for headers, libraries and its
// own programs.
std::vector<std::filesystem::path> folders_of_compiler(std::string_view verbose);

}  // namespace hotreload
