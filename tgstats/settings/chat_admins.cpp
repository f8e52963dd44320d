#include "tgstats/settings/chat_admins.h"

#include <algorithm>

#include "tgstats/telegram/json_fields.h"

namespace tgstats {
namespace {

std::set<std::int64_t> ids_of(const json::value& administrators) {
    std::set<std::int64_t> ids;
    const auto* list = administrators.if_array();
    if (list == nullptr) return ids;
    for (const auto& one : *list) {
        const auto* member = one.if_object();
        const auto* user = member == nullptr ? nullptr : member->if_contains("user");
        if (user != nullptr && user->is_object()) ids.insert(integer_in(user->get_object(), "id"));
    }
    return ids;
}

}  // namespace

Task<ChatAdmins::Says> ChatAdmins::allow(BuiltInCallPtr call) {
    if (call->as_the_group()) co_return Says::yes;
    if (call->as_some_chat()) co_return Says::no;
    const auto chat_id = call->update.chat_id;
    const auto found = known_.find(chat_id);
    if (found != known_.end() && found->second.until > hotreload::monotonic_now())
        co_return found->second.ids.contains(call->user_id()) ? Says::yes : Says::no;
    const auto changes = changes_;
    json::object params{{"chat_id", chat_id}};
    std::vector<Upload> no_files;
    const auto result = co_await api_.call("getChatAdministrators", std::move(params),
                                           std::move(no_files), admins_deadline);
    if (result.has_error()) co_return Says::not_known;
    auto ids = ids_of(*result);
    const bool allowed = ids.contains(call->user_id());
    if (changes == changes_) remember(chat_id, std::move(ids));
    co_return allowed ? Says::yes : Says::no;
}

void ChatAdmins::remember(std::int64_t chat_id, Ids ids) {
    if (known_.size() >= admins_chats_max && !known_.contains(chat_id)) {
        const auto oldest = std::ranges::min_element(
            known_, {}, [](const auto& entry) { return entry.second.until; });
        known_.erase(oldest);
    }
    known_[chat_id] = {std::move(ids), hotreload::monotonic_now() + admins_age_max};
}

void ChatAdmins::saw(const Update& update) {
    if (update.kind != UpdateKind::chat_member && update.kind != UpdateKind::my_chat_member) return;
    ++changes_;
    known_.erase(update.chat_id);
}

}  // namespace tgstats
