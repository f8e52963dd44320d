#include "tgstats/dispatch/chat_scopes.h"

#include <utility>

namespace tgstats {

ChatScopes::Pass::~Pass() {
    if (open_) open_->erase(scope_);
}

ChatScopes::Pass ChatScopes::open(Chats chats) {
    open_->emplace(++last_, std::move(chats));
    return {open_, last_};
}

const ChatScopes::Chats* ChatScopes::find(std::int64_t scope) const {
    const auto found = open_->find(scope);
    return found == open_->end() ? nullptr : &found->second;
}

}  // namespace tgstats
