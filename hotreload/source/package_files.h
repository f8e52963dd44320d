#pragma once
// Walks one plugin folder: the wanted files in it, at any depth.

#include <string>
#include <vector>

#include "hotreload/source/discovery.h"

namespace hotreload {

struct PackageFiles {
    std::vector<std::filesystem::path> files;  // absolute, sorted
    std::vector<DiscoveryProblem> problems;    // what could not be read, with `plugin` left empty
    std::vector<std::filesystem::path> unreadable;  // folders that are there all the same
};

// Symbolic links are followed; a folder that was already seen is not entered again, so loops end.
// `files_max` bounds how many files are looked at; beyond it the rest is left out and a problem
// says so.
PackageFiles package_files(const std::filesystem::path& folder, const ReloadSettings& settings,
                           std::size_t files_max);

}  // namespace hotreload
