#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "tgstats/record/message_shape.h"
#include "tgstats/record/record_parts.h"
#include "tgstats/telegram/json_fields.h"

namespace tgstats {

namespace {

// "👍", "custom:5368324170671202286", "paid"
std::string reaction_name(const json::object& type) {
    const auto kind = text_member(type, "type");
    if (kind == "emoji") return text_member(type, "emoji");
    if (kind == "custom_emoji") return "custom:" + text_member(type, "custom_emoji_id");
    return kind;
}

constexpr std::int64_t reaction_count_max = 1'000'000'000;  // of one kind: sums stay whole numbers

std::int64_t total_count_in(const json::object& count) {
    return std::clamp<std::int64_t>(integer_in(count, "total_count"), 0, reaction_count_max);
}

// Where the reactions of an update belong; nullopt where they are not recorded.
std::optional<Store::Place> reaction_place(Store& store, const json::object& body) {
    const auto* chat = object_member(body, "chat");
    if (chat == nullptr || integer_in(*chat, "id") == 0) return std::nullopt;
    record_chat(store, *chat, date_in(body, "date"));
    const auto place = store.place(integer_in(*chat, "id"), message_id_in(body));
    if (!store.settings(place.chat_id).capture_reactions) return std::nullopt;
    return place;
}

// A person, or an anonymous administrator's or a channel's chat.
std::int64_t giver_of(Store& store, const json::object& body) {
    if (const auto* user = object_member(body, "user")) {
        record_person(store, user);
        return integer_in(*user, "id");
    }
    const auto* actor = object_member(body, "actor_chat");
    if (actor == nullptr || integer_in(*actor, "id") == 0) return 0;
    store.put_user(chat_as_user(*actor));
    return integer_in(*actor, "id");
}

// Somebody restricted may be in the chat or not.
std::string status_of(const json::object& member) {
    const auto status = text_member(member, "status");
    return status == "restricted" && !true_member(member, "is_member") ? "left" : status;
}

// What came with the new status: rights, limits, title; and by which way somebody came.
std::string change_details(const json::object& body, const json::object& member) {
    json::object details = member;
    details.stable_erase("user");
    details.stable_erase("status");
    if (const auto* link = object_member(body, "invite_link"))
        details["invite_link"] = text_member(*link, "invite_link");
    for (const auto* way : {"via_join_request", "via_chat_folder_invite_link"})
        if (true_member(body, way)) details[way] = true;
    return details.empty() ? std::string() : json::serialize(details);
}

}  // namespace

void record_reaction(Store& store, const json::object& body) {
    const auto place = reaction_place(store, body);
    if (!place) return;
    const auto user_id = giver_of(store, body);
    if (user_id == 0) return;
    std::vector<ReactionRow> rows;
    if (const auto* reactions = array_member(body, "new_reaction"))
        for (const auto& reaction : *reactions)
            if (const auto* type = reaction.if_object())
                rows.push_back({place->chat_id, place->message_id, user_id, reaction_name(*type), 1,
                                date_in(body, "date")});
    store.put_reactions(place->chat_id, place->message_id, user_id, rows);
}

void record_reaction_count(Store& store, const json::object& body) {
    const auto place = reaction_place(store, body);
    if (!place) return;
    std::vector<ReactionRow> rows;
    if (const auto* counts = array_member(body, "reactions"))
        for (const auto& one : *counts)
            if (const auto* count = one.if_object())
                if (const auto* type = object_member(*count, "type"))
                    rows.push_back({place->chat_id, place->message_id, 0, reaction_name(*type),
                                    total_count_in(*count), date_in(body, "date")});
    store.put_reactions(place->chat_id, place->message_id, 0, rows);
}

void record_member(Store& store, const json::object& body, Whose whose) {
    const auto* chat = object_member(body, "chat");
    const auto* member = object_member(body, "new_chat_member");
    if (chat == nullptr || member == nullptr) return;
    const auto chat_id = integer_in(*chat, "id");
    // A group that has moved is left by everybody; nobody left the supergroup that it is now.
    if (chat_id == 0 || store.current_chat_id(chat_id) != chat_id) return;
    const auto date = date_in(body, "date");
    record_chat(store, *chat, date);
    const auto* user = object_member(*member, "user");
    if (user == nullptr || integer_in(*user, "id") == 0) return;
    record_person(store, user);
    const auto* actor = object_member(body, "from");
    record_person(store, actor);
    MembershipRow row{.chat_id = chat_id,
                      .user_id = integer_in(*user, "id"),
                      .status = status_of(*member),
                      .date = date};
    if (const auto* old = object_member(body, "old_chat_member")) row.from = status_of(*old);
    if (actor != nullptr) row.actor_id = integer_in(*actor, "id");
    row.details = change_details(body, *member);
    store.put_membership(row);
    if (whose == Whose::own)
        store.set_active(chat_id, row.status != "left" && row.status != "kicked");
}

}  // namespace tgstats
