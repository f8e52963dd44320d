#include "tgstats/settings/chat_turns.h"

#include <algorithm>

namespace tgstats {

struct ChatTurns::Line {
    explicit Line(const hotreload::asio::any_io_executor& executor) : changed(executor) {}

    std::deque<const Pass*> waiting;  // the first one has the turn
    hotreload::Condition changed;
};

struct ChatTurns::Pass {
    explicit Pass(std::shared_ptr<Line> l) : line(std::move(l)) { line->waiting.push_back(this); }
    ~Pass() {
        std::erase(line->waiting, this);
        line->changed.notify_all();
    }
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;

    std::shared_ptr<Line> line;
};

Task<std::shared_ptr<const void>> ChatTurns::enter(std::int64_t chat_id) {
    std::erase_if(lines_, [](const auto& entry) { return entry.second.expired(); });
    auto line = lines_[chat_id].lock();
    if (!line) {
        line = std::make_shared<Line>(executor_);
        lines_[chat_id] = line;
    }
    auto pass = std::make_shared<const Pass>(line);
    while (line->waiting.front() != pass.get()) {
        const bool told = co_await line->changed.wait_until(hotreload::MonotonicTime::max());
        static_cast<void>(told);
    }
    co_return pass;
}

}  // namespace tgstats
