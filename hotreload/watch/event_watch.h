#pragma once
// The roots that have kernel events: reads them, follows the folders, and says what they hint at.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "hotreload/watch/hints.h"
#include "hotreload/watch/watch_set.h"

namespace hotreload {

class EventWatch {
public:
    // Both outlive it.
    EventWatch(const WatcherOptions& options, Hints& hints);

    // Why no root can be watched at all; empty: they can.
    [[nodiscard]] const std::string& unusable() const { return unusable_; }
    [[nodiscard]] int fd() const { return inotify_.fd(); }

    // Between begin() and the last add() of a row nothing but add() may happen.
    void begin() { set_.forget_ways(); }
    Result<void, WatchProblem> add(const std::string& root) { return set_.fit(root); }
    void remove(const std::string& root) { set_.drop(root); }

    struct Lost {
        std::string root;
        WatchProblem problem;
    };
    // Takes what has happened; gives the roots that can no longer be watched, which it has dropped.
    std::vector<Lost> drain();
    // When to call drain() though there is no event: a file is waited for whose writer pauses.
    [[nodiscard]] std::optional<MonotonicTime> due() const;

private:
    // Written and not closed yet.
    struct Unfinished {
        MonotonicTime first;
        MonotonicTime last;
    };
    // What one event concerns.
    struct Concern {
        std::set<std::string> hints;
        std::set<const std::string*> refit;  // roots to look at again
        std::string file;                    // one way to reach it
    };

    void interpret(const InotifyEvent& event);
    void lost_events();
    void about_itself(const WatchedFolder& watched);
    void about_entry(const WatchedFolder& watched, const InotifyEvent& event);
    [[nodiscard]] Concern concern_of(const WatchedFolder& watched, const InotifyEvent& event) const;
    [[nodiscard]] bool concerns(const TreeFolder& tree, const std::string& path,
                                const InotifyEvent& event) const;
    void tell(const std::string& path);
    void tell_unfinished();
    std::vector<Lost> fit_again();

    const WatcherOptions& options_;
    Hints& hints_;
    Inotify inotify_;
    std::string unusable_;
    WatchSet set_;
    MonotonicTime read_at_{};
    std::map<std::string, Unfinished> unfinished_;
    std::set<const std::string*> refit_;
};

}  // namespace hotreload
