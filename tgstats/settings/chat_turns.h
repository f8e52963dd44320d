#pragma once
// One decision at a time in each chat, in order of arrival: the next one sees what the last one
// changed. Loop thread only.

#include <cstdint>
#include <deque>
#include <map>
#include <memory>

#include "hotreload/base/condition.h"

namespace tgstats {

using hotreload::Task;

class ChatTurns {
public:
    explicit ChatTurns(hotreload::asio::any_io_executor executor)
        : executor_(std::move(executor)) {}

    // Completes when all who came before have let go; the turn ends with the last copy of what is
    // returned. How long it takes is bounded by what the others do.
    Task<std::shared_ptr<const void>> enter(std::int64_t chat_id);

private:
    struct Line;
    struct Pass;
    hotreload::asio::any_io_executor executor_;
    std::map<std::int64_t, std::weak_ptr<Line>> lines_;
};

}  // namespace tgstats
