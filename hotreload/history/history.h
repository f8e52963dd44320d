#pragma once
// The last generations of each plugin, on disk: what each was made of, how it ended, and how to
// bring it back without building anything. Survives kill -9; a damaged file is set aside with a
// reason. One process at a time uses a folder, from one thread. Writing waits for the disk.

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "hotreload/base/result.h"
#include "hotreload/history/generation_record.h"
#include "hotreload/model/plugin.h"

namespace hotreload {

inline constexpr std::size_t history_generations_max = 10;        // of one plugin
inline constexpr std::uintmax_t snapshot_bytes_max = 256U << 20;  // of a plugin's new files

// A folder of hard links to one read-only copy for each content: Python's "artifact".
struct Snapshot {
    std::filesystem::path entry;
    std::filesystem::path folder;
    std::vector<std::filesystem::path> roots;  // one for each given root, in the same order
};

// Why there is no snapshot.
struct NotKept {
    std::string reason;      // names the path
    bool overtaken = false;  // a file is gone, or holds something else by now
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
    // A record with the fingerprint of the newest one replaces it. Records beyond the bound are
    // dropped, and with them the snapshots that nobody else names (artifacts are left to the build
    // cache). After an error (disk full, …) the change holds only until this program ends.
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
    // these hashes; refused when that content is nowhere any more: neither on disk nor in
    // `contents`. Files without a hash are left out. The same content gives the same snapshot
    // without writing anything. Until a record names it, a snapshot lives as long as it is the
    // plugin's newest one and the program runs.
    Result<Snapshot, NotKept> keep_sources(const PluginSource& source,
                                           const std::vector<FileHash>& files,
                                           const std::vector<std::filesystem::path>& roots,
                                           const Contents& contents = {});
    // From here on changes are written by `flush` alone: many plugins' at once cost the disk less
    // than one after the other, and two of one plugin cost it once.
    void write_behind() { behind_ = true; }
    // Gives what could not be written: plugin and reason.
    std::map<std::string, std::string> flush();
    // Frees the space of what has been dropped, in one go: for when nothing else is to be done.
    void sweep();
    // Every artifact that a record needs: must not be evicted.
    [[nodiscard]] std::set<std::filesystem::path> kept_artifacts() const;

private:
    explicit History(std::filesystem::path dir);
    void read(const std::filesystem::path& file, std::vector<std::string>& problems);
    void read_all(std::vector<std::string>& problems);
    Result<void, std::string> changed(const std::string& plugin,
                                      const std::set<std::string>& dropped_snapshots);
    Result<void, std::string> write(const PluginHistory& history) const;
    [[nodiscard]] std::set<std::string> snapshots_of(const GenerationRecord& record) const;
    void use(const std::set<std::string>& snapshots);
    void let_go(const std::set<std::string>& snapshots);
    void remove_unused(const std::set<std::string>& snapshots);

    std::filesystem::path dir_;
    std::map<std::string, PluginHistory> plugins_;
    std::unique_ptr<Snapshots> snapshots_;
    std::map<std::string, std::string> newest_snapshots_;  // by plugin: not named by a record yet
    std::map<std::string, std::size_t> uses_;  // by snapshot: how many of all these name it
    // By plugin: the snapshots that its file on disk may still name, and its records no longer.
    std::map<std::string, std::set<std::string>> unwritten_;
    bool behind_ = false;
};

struct History::Opened {
    History history;
    std::vector<std::string> problems;  // "…/word_cloud.json: not valid JSON at byte 12: set aside"
};

}  // namespace hotreload
