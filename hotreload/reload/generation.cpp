#include "hotreload/reload/generation.h"

#include <cassert>
#include <utility>

#include "hotreload/model/limits.h"

namespace hotreload {

namespace {

// Whichever way the call ends, nothing is known of an event afterwards.
class Between {
public:
    explicit Between(std::optional<Generation::Call>& call) : call_(call) {}
    ~Between() { call_.reset(); }
    Between(const Between&) = delete;
    Between& operator=(const Between&) = delete;

private:
    std::optional<Generation::Call>& call_;
};

}  // namespace

Generation::Generation(asio::any_io_executor executor, Parts parts)
    : parts_(std::move(parts)), gate_(executor), turnstile_(executor) {
    has_read(std::exchange(parts_.read_later, {}));
}

Task<Result<json::value, RpcError>> Generation::handle(Offer offer, json::object event, Call call) {
    const auto left = std::chrono::duration_cast<Millis>(call.until - monotonic_now());
    call_ = std::move(call);
    const Between forgets(call_);
    co_return co_await parts_.worker->handle(std::move(offer), std::move(event), left);
}

Millis Generation::deadline(Millis otherwise) const {
    const auto& own = parts_.origin.config.limits.handle_seconds;
    return own ? Millis(static_cast<std::int64_t>(*own * 1000)) : otherwise;
}

// The first time counts, as the plugin may have kept what it read then; but what it cannot read any
// more it would not get at all.
void Generation::has_read(std::vector<LoadedFile> files) {
    for (auto& file : files) {
        if (read_later_.size() >= read_later_max && !read_later_.contains(file.path)) continue;
        const auto [place, is_new] = read_later_.try_emplace(std::move(file.path), file.sha256);
        if (!is_new && !file.sha256) place->second.reset();
    }
}

void Generation::advance(Stage next) {
    assert(legal(stage_, next));
    stage_ = next;
}

}  // namespace hotreload
