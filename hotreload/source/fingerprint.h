#pragma once
// The identity of a plugin's content.

#include <filesystem>
#include <string>
#include <vector>

#include "hotreload/model/plugin.h"
#include "hotreload/source/stat_cache.h"

namespace hotreload {

struct FingerprintInput {
    const PluginSource& source;
    std::vector<std::filesystem::path>
        dependencies;         // discovered: headers, shared modules, data files
    std::string config_text;  // canonical text of the merged config
    std::string toolchain;    // C++: flags, compiler version, SDK; empty for Python
};

struct Fingerprinted {
    Fingerprint fingerprint;
    std::vector<FileHash> files;  // sorted by path: what it was made of
    // A large file in it is perhaps still being written: its next mark would be the same.
    bool unsettled = false;
};

Fingerprinted fingerprint(const FingerprintInput& input, StatCache& cache);
// The paths whose hash differs, or which only one side has, between two states of a plugin: one
// merge of two lists sorted by path.
std::vector<std::filesystem::path> changed_paths(const std::vector<FileHash>& before,
                                                 const std::vector<FileHash>& after);
// In a list sorted by path; nullptr when it is not there.
const FileHash* find_file(const std::vector<FileHash>& sorted, const std::filesystem::path& path);
bool contains_path(const std::vector<std::filesystem::path>& sorted,
                   const std::filesystem::path& path);
// Of these, those that are not in `known`: sorted, each once. `known` is sorted.
std::vector<std::filesystem::path> not_among(const std::vector<std::filesystem::path>& known,
                                             std::vector<std::filesystem::path> paths);

}  // namespace hotreload
