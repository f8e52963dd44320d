#pragma once
// The roots that have no kernel events: compares what stat(2) says of all that is wanted in them.
// Nothing is read but folders; nothing is said while nothing changes.

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "hotreload/watch/hints.h"

namespace hotreload {

// What of one file or folder differs when it is another or has been written. Of a folder only its
// identity: what lies in it is compared by itself.
struct Signature {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint32_t mode = 0;
    std::int64_t size = 0;
    std::int64_t modified_ns = 0;
    std::int64_t changed_ns = 0;

    bool operator==(const Signature&) const = default;
};

class PollWatch {
public:
    // Both outlive it.
    PollWatch(const WatcherOptions& options, Hints& hints) : options_(options), hints_(hints) {}

    void add(const std::string& root);
    void remove(const std::string& root) { roots_.erase(root); }
    [[nodiscard]] bool empty() const { return roots_.empty(); }
    [[nodiscard]] MonotonicTime due() const { return due_; }
    void poll();

private:
    using Entries = std::vector<std::pair<std::string, Signature>>;  // sorted
    struct Snapshot {
        Entries entries;
        bool whole = true;  // false: there is more than may be remembered
    };
    struct Listing;

    [[nodiscard]] Snapshot look(const std::string& root) const;
    void compare(const Entries& before, const Entries& now, MonotonicTime at);
    void tell(const std::string& path, MonotonicTime at);
    void tell_again(MonotonicTime at);

    const WatcherOptions& options_;
    Hints& hints_;
    std::map<std::string, Snapshot> roots_;
    std::map<std::string, MonotonicTime> again_;
    MonotonicTime due_ = MonotonicTime::max();
};

}  // namespace hotreload
