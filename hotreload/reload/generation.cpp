#include "hotreload/reload/generation.h"

#include <cassert>

#include "hotreload/model/limits.h"

namespace hotreload {

Generation::Generation(asio::any_io_executor executor, Parts parts)
    : parts_(std::move(parts)), gate_(executor), turnstile_(executor) {}

Task<Result<json::value, RpcError>> Generation::handle(Offer offer, json::object event,
                                                       Millis deadline, std::int64_t scope) {
    if (turnstile_.waiting() >= limits::handle_queue_max)
        co_return RpcError{rpc_code::busy, "too many events are waiting for " + parts_.plugin, {}};
    const auto turn = co_await turnstile_.turn();
    scope_ = scope;
    co_return co_await parts_.worker->handle(std::move(offer), std::move(event), deadline);
}

Millis Generation::deadline(Millis otherwise) const {
    const auto& own = parts_.limits.handle_seconds;
    return own ? Millis(static_cast<std::int64_t>(*own * 1000)) : otherwise;
}

void Generation::advance(Stage next) {
    assert(legal(stage_, next));
    stage_ = next;
}

}  // namespace hotreload
