#pragma once
// inotify(7) as values: watches by number, events in batches.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "hotreload/base/unique_fd.h"

namespace hotreload {

struct InotifyEvent {
    int watch = -1;
    std::uint32_t mask = 0;
    std::string name;  // empty: it concerns the watched folder itself
};

class Inotify {
public:
    using AddWatch = std::function<int(int inotify, const char* folder, std::uint32_t mask)>;

    // Check valid(); errno says why it is not. `add_watch` stands in for inotify_add_watch(2).
    explicit Inotify(AddWatch add_watch = {});
    [[nodiscard]] bool valid() const { return fd_.valid(); }
    [[nodiscard]] int fd() const { return fd_.get(); }

    // The watch's number, the same for the same folder; -1 with errno. Adds to the mask of a watch
    // that exists.
    int add(const std::string& folder, std::uint32_t mask);
    void remove(int watch);
    // What has happened so far; never waits. Bounded: there may be more.
    std::vector<InotifyEvent> read();

private:
    AddWatch add_watch_;
    UniqueFd fd_;
    std::vector<char> buffer_;
};

// "No space left on device" is what the kernel says when a limit is reached; people need to know
// which and how to raise it.
std::string inotify_error_text(int error);

}  // namespace hotreload
