#pragma once
// The plain values that the engine reasons about: what a plugin is made of, and what it says it
// offers.

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hotreload/base/sha256.h"

namespace hotreload {

enum class Language { cpp, python, prebuilt };
std::string_view to_string(Language language);
std::optional<Language> language_named(std::string_view word);

// Letters, digits, '_' and '-' of ASCII, starting with a letter: names become module names, file
// names and command-line words.
bool is_plugin_name(std::string_view name);

// A plugin as it lies on disk.
struct PluginSource {
    std::string name;  // file or folder name without ending
    Language language = Language::cpp;
    std::filesystem::path root;  // the plugin folder it was found under, absolute
    std::filesystem::path
        entry;  // NAME.cpp, NAME.py, NAME.so, __init__.py, or the package's first .cpp
    std::filesystem::path folder;              // the package's folder; empty for a single file
    std::vector<std::filesystem::path> files;  // the source set, absolute, sorted
    std::optional<std::filesystem::path> config_file;  // the package's own plugin.yaml

    auto operator<=>(const PluginSource&) const = default;
};

// Hash over source set, discovered dependencies, config and, for C++, flags, compiler and SDK.
using Fingerprint = Digest;

struct FileHash {
    std::filesystem::path path;
    std::optional<Digest> digest;  // nullopt: unreadable or gone
};

// What files held when they were hashed, by that hash: still there when they hold something else.
using Contents = std::map<Digest, std::shared_ptr<const std::string>>;

// Something a generation can handle. The words are the embedding program's.
struct Offer {
    std::string kind;
    std::string name;
    std::string description;

    auto operator<=>(const Offer&) const = default;
};

// A file that a worker has read, with the hash of the bytes as read, of a large one with its mark's
// (base/large_file.h); without one it wanted to and could not, because it was not there or not for
// it.
struct LoadedFile {
    std::filesystem::path path;
    std::optional<Digest> sha256;

    auto operator<=>(const LoadedFile&) const = default;
};

// Something that a plugin wants regularly: exactly one of the two is set.
struct Schedule {
    std::string name;
    double every_seconds = 0;
    std::string cron;  // hotreload/schedule/schedule.h says which words it may have

    auto operator<=>(const Schedule&) const = default;
};

// What `load` answered.
struct Manifest {
    std::string class_name;
    std::vector<std::string> kinds;
    std::string name;
    std::string version;
    std::string description;
    std::string author;
    std::vector<std::string> dependencies;
    std::vector<Offer> offers;
    std::vector<std::string> permissions;
    std::vector<Schedule> schedules;
    std::int64_t state_version = 0;
    std::vector<LoadedFile> files;
};

}  // namespace hotreload
