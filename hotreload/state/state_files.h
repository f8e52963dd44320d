#pragma once
// The files of a folder of state, and what they hold as far as it has been read. One thread only.

#include <filesystem>
#include <map>
#include <string>

#include "hotreload/state/state_store.h"

namespace hotreload {

class StateFiles {
public:
    // Ends what a process that was killed had begun.
    static Result<StateFiles, StateError> open(std::filesystem::path dir);

    Result<const PluginState*, StateError> find(const std::string& plugin);
    Result<void, StateError> put(const std::string& plugin, PluginState state);
    // All of them or none, also when the process is killed meanwhile.
    Result<void, StateError> put_all(std::map<std::string, PluginState> states);

private:
    using States = std::map<std::string, PluginState>;
    explicit StateFiles(std::filesystem::path dir) : dir_(std::move(dir)) {}
    [[nodiscard]] std::filesystem::path file_of(const std::string& plugin) const;
    [[nodiscard]] std::filesystem::path ready_of(const std::string& plugin) const;
    [[nodiscard]] std::filesystem::path decision() const;
    Result<void, StateError> make_ready(const States& states);
    Result<void, StateError> decide(const States& states);
    Result<void, StateError> finish_before_another();
    Result<void, StateError> finish_decided();

    std::filesystem::path dir_;
    States known_;
    bool unfinished_ = false;  // a decision lies there, and not all files have their names yet
};

}  // namespace hotreload
