#pragma once
// What is remembered of one generation, and of all of a plugin's.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "hotreload/base/clock.h"
#include "hotreload/model/plugin.h"

namespace hotreload {

struct GenerationRecord {
    std::uint64_t number = 0;
    Fingerprint fingerprint;
    Language language = Language::cpp;
    std::string version;  // the plugin's own
    // What a worker opens: kept by content, never changed. Empty when the files were overtaken by
    // newer content before they could be kept.
    std::filesystem::path entry;
    std::filesystem::path folder;              // Python packages: the folder to import; else empty
    std::vector<std::filesystem::path> roots;  // plugin folders as the worker is to see them
    std::vector<FileHash> files;               // sources and dependencies as they were on disk
    boost::json::object config;                // the plugin's own `config`
    std::int64_t state_version = 0;
    SystemTime published{};
    std::string reason;         // why it was made
    boost::json::object times;  // stage → milliseconds
    std::string end;            // how it ended: empty while it serves, "replaced", "crashed: …", …
    bool crashed = false;       // it fell too often: never gone back to by itself
};

struct PluginHistory {
    std::string plugin;
    std::vector<GenerationRecord> records;  // newest first, at most history_generations_max
    // Content on disk that is not to be brought up by itself: rolled back by the operator, or
    // fallen too often. A save (another fingerprint) lifts it.
    std::optional<Fingerprint> held_back;
    std::string held_back_reason;
};

}  // namespace hotreload
