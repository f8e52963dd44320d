#pragma once
// Asks pkg-config for the flags of the packages that a plugin's `build.packages` names.

#include <string>
#include <vector>

#include "hotreload/build/compiler.h"

namespace hotreload {

struct PackageFlags {
    std::vector<std::string> compile;
    std::vector<std::string> link;
    std::string versions;  // "pangocairo 1.50.12\n…": their headers are known by this
};

// The error names the package and what to do.
Task<Result<PackageFlags, std::string>> package_flags(Compiler& compiler,
                                                      std::vector<std::string> packages,
                                                      std::string plugin, MonotonicTime deadline);

// Splits what pkg-config prints: at blanks, with backslashes and quotes as a shell reads them.
std::vector<std::string> split_flags(std::string_view text);

}  // namespace hotreload
