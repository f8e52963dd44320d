#pragma once
// The last generations of each plugin, on disk: what each was made of, how it ended, and how to
// bring it back without building anything. Survives kill -9; a damaged file is set aside with a
// reason and never ends the program. One process at a time uses a folder; loop thread only. Writing
// waits for the disk.

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "hotreload/base/clock.h"
#include "hotreload/base/result.h"
#include "hotreload/model/plugin.h"

namespace hotreload {

inline constexpr std::size_t history_generations_max = 10;        // of one plugin
inline constexpr std::uintmax_t snapshot_bytes_max = 256U << 20;  // of a plugin's new files

struct GenerationRecord {
    std::uint64_t number = 0;
    Fingerprint fingerprint;
    Language language = Language::cpp;
    std::string version;           // the plugin's own
    std::filesystem::path entry;   // what a worker opens: kept by content, never changed
    std::filesystem::path folder;  // Python packages: the folder to import; else empty
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

// Copies of source files by content, and folders made of them: Python's "artifact". Files are
// hard links to one copy for each content, read-only.
struct Snapshot {
    std::filesystem::path entry;
    std::filesystem::path folder;
    std::vector<std::filesystem::path> roots;  // one for each given root, in the same order
};

class Snapshots;

class History {
public:
    // `dir` is made where it is missing. What cannot be read is left out; `problems` says so.
    struct Opened;
    static Opened open(std::filesystem::path dir);
    History(History&&) noexcept;
    History& operator=(History&&) noexcept;
    ~History();

    [[nodiscard]] const std::map<std::string, PluginHistory>& plugins() const { return plugins_; }
    // Valid until this plugin's next change.
    [[nodiscard]] const PluginHistory* find(const std::string& plugin) const;
    // Newest first; a record with the fingerprint of the newest one replaces it. Records beyond the
    // bound are dropped, and with them the snapshots that nobody else names (artifacts are left to
    // the build cache, which asks kept_artifacts). An error (disk full, …) means that the change
    // holds only until this program ends.
    Result<void, std::string> add(const std::string& plugin, GenerationRecord record);
    // Marks the newest record of that number; nothing where it has been replaced or dropped.
    Result<void, std::string> ended(const std::string& plugin, std::uint64_t number,
                                    std::string how, bool crashed);
    Result<void, std::string> hold_back(const std::string& plugin,
                                        std::optional<Fingerprint> content, std::string reason);
    // The newest one that has not crashed, is not `except`, and whose entry is still on disk.
    [[nodiscard]] const GenerationRecord* last_good(const std::string& plugin,
                                                    const Fingerprint& except) const;

    // Keeps those files of a Python plugin that lie below the roots, as they were when they had
    // these hashes: from disk, or from earlier snapshots; refused when neither has that content any
    // more. Files without a hash were not there and are left out. The same content gives the same
    // snapshot without writing anything. Until a record names it, a snapshot lives as long as it is
    // the plugin's newest one and the program runs.
    Result<Snapshot, std::string> keep_sources(const PluginSource& source,
                                               const std::vector<FileHash>& files,
                                               const std::vector<std::filesystem::path>& roots);
    // Frees the disk space of what has been dropped, in one go: for when nothing else is to be
    // done.
    void sweep();
    // Every artifact that a record needs: must not be evicted.
    [[nodiscard]] std::set<std::filesystem::path> kept_artifacts() const;

private:
    explicit History(std::filesystem::path dir);
    void read(const std::filesystem::path& file, std::vector<std::string>& problems);
    void read_all(std::vector<std::string>& problems);
    Result<void, std::string> write(const PluginHistory& history) const;
    [[nodiscard]] std::set<std::string> snapshots_of(const GenerationRecord& record) const;
    void use(const std::set<std::string>& snapshots);
    // With `remove`, those that nobody names any more go.
    void let_go(const std::set<std::string>& snapshots, bool remove);

    std::filesystem::path dir_;
    std::map<std::string, PluginHistory> plugins_;
    std::unique_ptr<Snapshots> snapshots_;
    std::map<std::string, std::string> newest_snapshots_;  // by plugin: not named by a record yet
    std::map<std::string, std::size_t> uses_;  // by snapshot: how many of all these name it
};

struct History::Opened {
    History history;
    std::vector<std::string> problems;  // "…/word_cloud.json: not valid JSON at byte 12: set aside"
};

}  // namespace hotreload
