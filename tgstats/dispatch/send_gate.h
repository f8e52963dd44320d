#pragma once
// Where every call to Telegram waits until the limits let it through: SendRate with a clock and
// with waiting coroutines. Loop thread only.

#include <memory>
#include <optional>

#include "hotreload/base/asio.h"
#include "hotreload/base/result.h"
#include "tgstats/dispatch/send_rate.h"

namespace tgstats {

namespace asio = boost::asio;
using hotreload::Task;

class SendGate {
    struct Core;

public:
    // The right to make one call; it lasts until Telegram has answered.
    class Pass {
    public:
        Pass(Pass&& other) noexcept;
        Pass& operator=(Pass&& other) noexcept;
        ~Pass();
        // The answer was "retry after".
        void refused(Millis retry_after);

    private:
        friend class SendGate;
        Pass(std::shared_ptr<Core> core, SendRate::Number number);
        std::shared_ptr<Core> core_;
        SendRate::Number number_ = 0;
    };
    using Number = SendRate::Number;

    SendGate(asio::any_io_executor executor, bool limited);
    ~SendGate();

    // What an earlier process of this bot sent; see SendRate::remember.
    void remember(const Sending& sending, MonotonicTime at);
    // A pass if the call may go at once; otherwise it is as if nobody had asked.
    std::optional<Pass> try_pass(const Sending& sending, bool answer);
    // To stand in line; wait() with the number comes next, at once.
    Number ask(const Sending& sending, bool answer);
    // Completes with the pass, or at the deadline with none.
    Task<std::optional<Pass>> wait(Number number, MonotonicTime deadline);
    // The one with this number is as urgent as an answer from now on.
    void hurry(Number number);
    [[nodiscard]] std::size_t waiting() const;

private:
    std::shared_ptr<Core> core_;
};

}  // namespace tgstats
