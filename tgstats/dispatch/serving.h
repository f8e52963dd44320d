#pragma once
// Waits for a plugin to be there: served by a generation that lives. Loop thread only.

#include <cstdint>
#include <string>

#include "hotreload/base/condition.h"
#include "hotreload/reload/engine.h"

namespace tgstats {

inline constexpr hotreload::Millis generation_wait{30'000};  // for the end of one that has failed

class Serving {
public:
    Serving(hotreload::asio::any_io_executor executor, hotreload::Engine& engine)
        : engine_(engine), changed_(std::move(executor)) {}

    void notify() { changed_.notify_all(); }
    // The number of the generation that serves, as soon as one does that lives and is not `failed`
    // (0: any will do).
    hotreload::Task<std::uint64_t> wait(std::string plugin, std::uint64_t failed);

private:
    [[nodiscard]] std::uint64_t number(const std::string& plugin) const;

    hotreload::Engine& engine_;
    hotreload::Condition changed_;
};

}  // namespace tgstats
