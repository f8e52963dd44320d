#pragma once
// The history on a thread of its own, because writing it waits for the disk. Answers come from a
// copy on the loop's side; what was asked for before is in it once finished() has completed.

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "hotreload/base/asio.h"
#include "hotreload/base/clock.h"
#include "hotreload/history/history.h"

namespace hotreload {

// Where the content of a Python generation is found.
struct KeptFrom {
    PluginSource source;
    Contents contents;  // what is known of it without the disk, which may hold newer content
};

class HistoryThread {
public:
    // `on_problem` is called on the loop, with one line for people.
    HistoryThread(asio::any_io_executor executor, const std::filesystem::path& dir,
                  std::function<void(std::string)> on_problem);
    ~HistoryThread();  // waits for what has been asked for

    [[nodiscard]] const PluginHistory* find(const std::string& plugin) const;
    [[nodiscard]] std::vector<PluginHistory> plugins() const;
    // What kept generations of C++ plugins need: must not be evicted.
    [[nodiscard]] std::set<std::filesystem::path> kept_artifacts() const;
    [[nodiscard]] const std::vector<std::string>& problems() const;  // of opening it

    // Python's files are kept as the record hashes them when `files` is given.
    void add(std::string plugin, GenerationRecord record, std::optional<KeptFrom> files);
    void ended(std::string plugin, std::uint64_t number, std::string how, bool crashed);
    void hold_back(std::string plugin, std::optional<Fingerprint> content, std::string reason);
    // Completes when nothing is waiting to be written (true), or at the deadline (false).
    Task<bool> finished(Millis deadline);

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace hotreload
