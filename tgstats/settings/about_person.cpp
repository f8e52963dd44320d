#include "tgstats/settings/about_person.h"

#include <array>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "tgstats/settings/consent.h"
#include "tgstats/telegram/json_fields.h"

namespace tgstats {
namespace {

using MaybeValue = std::optional<json::value>;

// The number under which an object is a person: a User, a private Chat, a Contact. nullptr: it is
// no person, or one without a number.
const char* number_name(const json::object& object) {
    if (object.contains("user_id")) return "user_id";
    const auto* type = object.if_contains("type");
    const bool person = object.contains("is_bot") || object.contains("first_name") ||
                        (type != nullptr && *type == json::value("private"));
    return person && object.contains("id") ? "id" : nullptr;
}

struct Owner {
    std::string_view name;  // the member that tells it
    std::int64_t id = 0;    // 0: it does not say
};

// Whose a message, a press, a membership, an origin is.
Owner owner_of(const json::object& object) {
    static constexpr std::array<std::string_view, 4> names{"from", "user", "creator",
                                                           "sender_user"};
    for (const auto name : names)
        if (const auto* user = part_of(&object, name)) return {name, integer_in(*user, "id")};
    if (const auto* origin = part_of(&object, "origin")) return {"", owner_of(*origin).id};
    return {};
}

// A quote holds the words of the message that is answered.
bool answers_own(const json::object& message, std::int64_t user_id) {
    for (const auto name : {"reply_to_message", "external_reply"})
        if (const auto* answered = part_of(&message, name))
            return owner_of(*answered).id == user_id;
    return false;
}

// Where and when something stands that is not theirs.
void keep_place(json::object& kept, const json::object& object, const Owner& owner) {
    for (const auto name : {"message_id", "date"})
        if (const auto* value = object.if_contains(name)) kept[name] = *value;
    const auto* chat = part_of(&object, "chat");
    if (chat != nullptr && !kept.contains("chat")) kept["chat"] = {{"id", integer_in(*chat, "id")}};
    if (!owner.name.empty() && !kept.contains(owner.name)) kept[owner.name] = {{"id", owner.id}};
}

MaybeValue about_object(const json::object& object, std::int64_t user_id, bool theirs) {
    if (const auto* name = number_name(object)) {
        if (integer_in(object, name) == user_id) return object;
        if (theirs) return json::object{{name, object.at(name)}};
        return std::nullopt;
    }
    const auto owner = owner_of(object);
    const bool entity = object.contains("offset");  // part of a text; says who is mentioned in it
    bool own = theirs;
    if (owner.id == user_id)
        own = true;
    else if ((owner.id != 0 && !entity) || object.contains("message_id"))
        own = false;
    json::object kept;
    for (const auto& [name, value] : object) {
        const bool words = own && (name != "quote" || answers_own(object, user_id));
        if (auto part = about_person(value, user_id, words)) kept[name] = std::move(*part);
    }
    if (own) return kept;
    if (kept.empty() && !theirs) return std::nullopt;
    keep_place(kept, object, owner);
    return kept;
}

}  // namespace

std::optional<json::value> about_person(const json::value& value, std::int64_t user_id,
                                        bool theirs) {
    if (const auto* object = value.if_object()) return about_object(*object, user_id, theirs);
    const auto* array = value.if_array();
    if (array == nullptr) return theirs ? MaybeValue(value) : std::nullopt;
    json::array kept;
    for (const auto& element : *array)
        if (auto part = about_person(element, user_id, theirs)) kept.push_back(std::move(*part));
    return kept.empty() && !theirs ? std::nullopt : MaybeValue(std::move(kept));
}

}  // namespace tgstats
