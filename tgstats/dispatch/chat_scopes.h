#pragma once
// Which chats an event is of. The engine carries one number with each event (HandleRequest::scope)
// and gives it back with each host call; here stands what the number means. Loop thread only.

#include <cstdint>
#include <map>
#include <memory>
#include <set>

namespace tgstats {

class ChatScopes {
public:
    using Chats = std::set<std::int64_t>;

    // Holds a scope open for as long as it lives.
    class Pass {
    public:
        Pass(Pass&&) noexcept = default;
        Pass& operator=(Pass&&) = delete;
        ~Pass();
        [[nodiscard]] std::int64_t scope() const { return scope_; }

    private:
        friend class ChatScopes;
        using Open = std::map<std::int64_t, Chats>;
        Pass(std::shared_ptr<Open> open, std::int64_t scope)
            : open_(std::move(open)), scope_(scope) {}
        std::shared_ptr<Open> open_;
        std::int64_t scope_;
    };

    Pass open(Chats chats);
    // nullptr when no such scope is open.
    [[nodiscard]] const Chats* find(std::int64_t scope) const;

private:
    std::shared_ptr<Pass::Open> open_ = std::make_shared<Pass::Open>();
    std::int64_t last_ = 0;
};

}  // namespace tgstats
