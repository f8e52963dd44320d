#pragma once
// The folders that reproduce what Python plugins were loaded from, made of one read-only file for
// each content. Inside this folder only.

#include <set>
#include <string>
#include <vector>

#include "hotreload/history/history.h"

namespace hotreload {

// What is to be kept; the roots' order gives the numbers of their folders.
struct SnapshotRequest {
    const PluginSource& source;
    const std::vector<FileHash>& files;
    const std::vector<std::filesystem::path>& roots;
    const Contents& contents;  // goes before what is on disk
};

// blobs/<sha256> and snapshots/<name>/<number of the root>/<path below that root> under `dir`; a
// snapshot's name is made of what is in it. Errors name the path and the reason.
class Snapshots {
public:
    explicit Snapshots(const std::filesystem::path& dir);

    // Makes the folders and removes what was left half-made.
    Result<void, std::string> prepare();
    Result<Snapshot, NotKept> keep(const SnapshotRequest& request);
    // The name of the snapshot that a path lies in; empty when it lies in none.
    [[nodiscard]] std::string name_of(const std::filesystem::path& path) const;
    // What cannot be removed stays for the next time.
    void remove(const std::set<std::string>& names);
    void remove_all_but(const std::set<std::string>& names);
    // Removes the contents that no snapshot holds any more. It looks at all of them: once after
    // many removals is enough.
    void sweep();

private:
    struct Placed;
    struct Plan;
    [[nodiscard]] Result<Plan, std::string> plan(const SnapshotRequest& request) const;
    Result<void, NotKept> keep_contents(const std::vector<Placed>& files, const Contents& known);
    Result<void, std::string> make_folder(const Plan& plan);
    Result<void, std::string> fill(const std::filesystem::path& folder, const Plan& plan);

    std::filesystem::path blobs_;
    std::filesystem::path snapshots_;
    bool sweep_due_ = false;
};

}  // namespace hotreload
