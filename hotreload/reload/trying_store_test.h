#pragma once
// For tests: a folder of state that fails, throws or holds its next replacement on request.

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "hotreload/base/condition.h"
#include "hotreload/state/folder_state_store.h"

namespace hotreload {

class TryingStore : public StateStore {
public:
    TryingStore(const asio::any_io_executor& executor, const std::filesystem::path& folder)
        : store_(std::move(*FolderStateStore::open(folder))), released_(executor) {}

    bool fails = false;               // replacements do
    bool throws = false;              // the next read does
    std::function<void()> replacing;  // called once, when the next replacement begins
    bool held = false;                // a replacement waits until release()

    void release() {
        held = false;
        released_.notify_all();
    }

    Task<Result<PluginState, StateError>> read(std::string plugin) override {
        if (std::exchange(throws, false))
            throw boost::system::system_error(asio::error::no_buffer_space);
        return store_->read(std::move(plugin));
    }
    Task<Result<std::optional<json::value>, StateError>> get(std::string plugin,
                                                             std::string key) override {
        return store_->get(std::move(plugin), std::move(key));
    }
    Task<Result<void, StateError>> commit(std::string plugin, StateChanges changes) override {
        return store_->commit(std::move(plugin), std::move(changes));
    }
    Task<Result<void, StateError>> replace_all(std::map<std::string, PluginState> states) override {
        if (replacing) std::exchange(replacing, nullptr)();
        while (held) {
            const bool told = co_await released_.wait_until(MonotonicTime::max());
            static_cast<void>(told);
        }
        if (fails) co_return StateError{"the disk is full"};
        auto done = co_await store_->replace_all(std::move(states));
        co_return done;
    }

private:
    std::unique_ptr<FolderStateStore> store_;
    Condition released_;
};

}  // namespace hotreload
