#include "tgstats/playground/business.h"

namespace tgstats::playground {

namespace {

ApiError not_connected() { return bad_request("BUSINESS_CONNECTION_INVALID"); }

std::int64_t chat_id_of(const json::object& message) {
    return message.at("chat").as_object().at("id").to_number<std::int64_t>();
}

}  // namespace

json::object Business::describe(std::int64_t user_id, const Account& account) const {
    return {{"id", account.connection_id},
            {"user", to_json(*world_.user(user_id))},
            {"user_chat_id", user_id},
            {"date", account.date},
            {"rights", json::object{{"can_read_messages", true}}},
            {"is_enabled", account.enabled}};
}

json::object Business::private_chat(std::int64_t person_id) const {
    Chat chat;
    chat.id = person_id;
    chat.type = "private";
    return world_.describe(chat);
}

std::pair<const std::int64_t, Business::Account>* Business::connected(
    const Bot& bot, std::string_view connection_id) {
    for (auto& entry : accounts_) {
        const auto& account = entry.second;
        if (account.enabled && account.bot_id == bot.user.id &&
            account.connection_id == connection_id)
            return &entry;
    }
    return nullptr;
}

Outcome<Business::Connected> Business::connect(Bot& bot, User owner, bool enabled) {
    const auto id = owner.id;
    const auto* known = world_.user(id);
    if (id <= 0 || (known && known->is_bot)) return bad_request("user must be a person");
    if (accounts_.size() >= business_accounts_max && !accounts_.contains(id))
        return bad_request("too many business accounts");
    if (!enabled && !accounts_.contains(id)) return not_connected();
    world_.put_user(std::move(owner));
    auto& account = accounts_[id];
    if (enabled && !account.enabled) {
        account.connection_id = "playground-" + std::to_string(++last_connection_);
        account.bot_id = bot.user.id;
        account.date = unix_now();
    }
    account.enabled = enabled;
    return Connected{account.connection_id,
                     bot.updates.push("business_connection", describe(id, account))};
}

Outcome<Posted> Business::write(Bot& bot, BusinessMessage message) {
    auto* found = connected(bot, message.connection_id);
    if (!found) return not_connected();
    auto& [owner_id, account] = *found;
    if (message.chat_id <= 0 || message.chat_id == owner_id)
        return bad_request("chat_id must be another person's");
    if (message.from_id != owner_id && message.from_id != message.chat_id)
        return bad_request("from must be one of the two");
    User other;
    other.id = message.chat_id;
    world_.put_user(std::move(other));
    const auto id = account.last_message_id + 1;
    json::object body{{"message_id", id},
                      {"date", unix_now()},
                      {"business_connection_id", account.connection_id},
                      {"chat", private_chat(message.chat_id)},
                      {"from", to_json(*world_.user(message.from_id))}};
    if (message.reply_to_message_id) {
        const auto target = account.messages.find(*message.reply_to_message_id);
        if (target == account.messages.end() || chat_id_of(target->second) != message.chat_id)
            return bad_request("message to be replied not found");
        body["reply_to_message"] = target->second;
        body["reply_to_message"].as_object().erase("reply_to_message");
    }
    if (auto error = rewrite(body, std::move(message.text))) return std::move(*error);
    account.last_message_id = id;
    account.messages[id] = body;
    if (account.messages.size() > messages_per_chat_max)
        account.messages.erase(account.messages.begin());
    return Posted{.update_id = bot.updates.push("business_message", body), .message_id = id};
}

Outcome<Posted> Business::edit(Bot& bot, const std::string& connection_id, std::int64_t message_id,
                               std::string text) {
    auto* found = connected(bot, connection_id);
    if (!found) return not_connected();
    auto& messages = found->second.messages;
    const auto message = messages.find(message_id);
    if (message == messages.end()) return bad_request("message to edit not found");
    if (auto error = rewrite(message->second, std::move(text))) return std::move(*error);
    message->second["edit_date"] = unix_now();
    return Posted{.update_id = bot.updates.push("edited_business_message", message->second),
                  .message_id = message_id};
}

Outcome<std::optional<std::int64_t>> Business::erase(Bot& bot, const Deletion& deletion) {
    auto* found = connected(bot, deletion.connection_id);
    if (!found) return not_connected();
    auto& messages = found->second.messages;
    json::array gone;
    for (const auto id : deletion.message_ids) {
        const auto message = messages.find(id);
        if (message == messages.end() || chat_id_of(message->second) != deletion.chat_id) continue;
        messages.erase(message);
        gone.push_back(id);
    }
    if (gone.empty()) return bad_request("message to delete not found");
    return bot.updates.push("deleted_business_messages",
                            json::object{{"business_connection_id", deletion.connection_id},
                                         {"chat", private_chat(deletion.chat_id)},
                                         {"message_ids", std::move(gone)}});
}

std::optional<json::object> Business::connection(const Bot& bot,
                                                 std::string_view connection_id) const {
    for (const auto& [user_id, account] : accounts_)
        if (account.bot_id == bot.user.id && account.connection_id == connection_id)
            return describe(user_id, account);
    return std::nullopt;
}

}  // namespace tgstats::playground
