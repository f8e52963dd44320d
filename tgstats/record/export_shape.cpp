#include "tgstats/record/export_shape.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <date/date.h>

#include "tgstats/record/text_metrics.h"
#include "tgstats/telegram/json_fields.h"

namespace tgstats {

namespace {

namespace od = simdjson::ondemand;

constexpr std::int64_t supergroup_base = -1'000'000'000'000;
constexpr std::int64_t count_max = 1'000'000'000;  // of one reaction

std::int64_t number(std::string_view digits) {
    std::int64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
}

// Wrong types are passed over, invalid JSON is not.
std::string_view text_of(od::value value) {
    return value.type() == od::json_type::string ? std::string_view(value.get_string())
                                                 : std::string_view{};
}

std::int64_t integer_of(od::value value) {
    const od::json_type type = value.type();
    if (type == od::json_type::string) return number(value.get_string());
    if (type != od::json_type::number) return 0;
    std::int64_t result = 0;
    return value.get_int64().get(result) == simdjson::SUCCESS ? result : 0;
}

// 0 for what cannot be: sums of such numbers would not fit.
std::int64_t possible(std::int64_t value, std::int64_t max) {
    return value >= -max && value <= max ? value : 0;
}

std::int64_t date_of(od::value value) { return possible(integer_of(value), date_max); }

// "user123", "channel123", "chat123"; old exports have a bare number for users.
std::int64_t peer_of(od::value value) {
    if (value.type() != od::json_type::string) return possible(integer_of(value), export_id_max);
    const std::string_view text = value.get_string();
    const auto behind = [text](std::size_t prefix) {
        return possible(number(text.substr(prefix)), export_id_max);
    };
    if (text.starts_with("user")) return behind(4);
    if (text.starts_with("channel")) return supergroup_base - behind(7);
    if (text.starts_with("chat")) return -behind(4);
    return behind(0);
}

// Seconds of "2026-11-15T10:09:04", read as if it were UTC; 0 for anything else.
std::int64_t seconds_of(std::string_view text) {
    if (text.size() < 19 || text[4] != '-' || text[7] != '-' || text[10] != 'T') return 0;
    const auto part = [&](std::size_t at, std::size_t size) {
        return number(text.substr(at, size));
    };
    const date::year_month_day day{date::year(static_cast<int>(part(0, 4))),
                                   date::month(static_cast<unsigned>(part(5, 2))),
                                   date::day(static_cast<unsigned>(part(8, 2)))};
    if (!day.ok()) return 0;
    const std::int64_t days = date::sys_days(day).time_since_epoch().count();
    return days * 86'400 + part(11, 2) * 3'600 + part(14, 2) * 60 + part(17, 2);
}

bool is_link(std::string_view type) { return type == "link" || type == "text_link"; }

// A string, or an array of strings and objects with a type and a text.
void read_text(od::value value, std::string* text, std::int64_t& links) {
    const od::json_type type = value.type();
    if (type == od::json_type::string && text != nullptr)
        text->append(std::string_view(value.get_string()));
    if (type != od::json_type::array) return;
    for (od::value part : value.get_array()) {
        if (part.type() == od::json_type::string) {
            if (text != nullptr) text->append(std::string_view(part.get_string()));
            continue;
        }
        if (part.type() != od::json_type::object) continue;
        for (auto field : part.get_object()) {
            const std::string_view key = field.unescaped_key();
            if (key == "type")
                links += is_link(text_of(field.value())) ? 1 : 0;
            else if (key == "text" && text != nullptr)
                text->append(text_of(field.value()));
        }
    }
}

struct Dates {
    std::int64_t local = 0;
    std::int64_t unix_time = 0;

    [[nodiscard]] std::int64_t best() const { return unix_time != 0 ? unix_time : local; }
    // What has to be taken from a local date: the zone of whoever exported.
    [[nodiscard]] std::int64_t offset() const {
        return unix_time != 0 && local != 0 ? local - unix_time : 0;
    }
};

ExportReaction::Giver read_giver(od::object row) {
    ExportReaction::Giver giver;
    for (auto field : row) {
        const std::string_view key = field.unescaped_key();
        if (key == "from")
            giver.name = text_of(field.value());
        else if (key == "from_id")
            giver.user_id = peer_of(field.value());
        else if (key == "date")
            giver.date = seconds_of(text_of(field.value()));
    }
    return giver;
}

ExportReaction read_reaction(od::object row) {
    ExportReaction reaction;
    std::string_view type;
    for (auto field : row) {
        const std::string_view key = field.unescaped_key();
        if (key == "type")
            type = text_of(field.value());
        else if (key == "emoji")
            reaction.reaction = text_of(field.value());
        else if (key == "document_id")
            reaction.reaction = "custom:" + std::string(text_of(field.value()));
        else if (key == "count")
            reaction.count = possible(integer_of(field.value()), count_max);
        else if (key == "recent")
            for (od::object giver : field.value().get_array())
                reaction.recent.push_back(read_giver(giver));
    }
    if (reaction.reaction.empty()) reaction.reaction = type;
    return reaction;
}

std::string bot_api_media(std::string_view type) {
    using Pair = std::pair<std::string_view, std::string_view>;
    constexpr std::array names{Pair{"voice_message", "voice"}, Pair{"video_message", "video_note"},
                               Pair{"video_file", "video"}, Pair{"audio_file", "audio"}};
    for (const auto& [theirs, ours] : names)
        if (type == theirs) return std::string(ours);
    return std::string(type);
}

// What kind of medium a member stands for when media_type does not say it.
std::string_view implied_media(std::string_view key) {
    using Pair = std::pair<std::string_view, std::string_view>;
    constexpr std::array names{Pair{"photo", "photo"},
                               Pair{"file", "document"},
                               Pair{"poll", "poll"},
                               Pair{"location_information", "location"},
                               Pair{"contact_information", "contact"},
                               Pair{"game_title", "game"},
                               Pair{"invoice_information", "invoice"},
                               Pair{"giveaway_information", "giveaway"},
                               Pair{"todo_list", "checklist"}};
    for (const auto& [member, kind] : names)
        if (key == member) return kind;
    return {};
}

struct Row {
    ExportMessage message;
    Dates dates;
    Dates edited;
    std::string_view type;
    std::string implied;
    std::int64_t array_links = 0;
    bool other_chat = false;  // the reply's target lies in another chat
};

void read_who(Row& row, std::string_view key, od::value value) {
    auto& m = row.message;
    if (key == "from" || key == "actor")
        m.name = text_of(value);
    else if (key == "from_id" || key == "actor_id")
        m.user_id = peer_of(value);
    else if (key == "via_bot")
        m.via_bot = text_of(value);
    else if (key == "forwarded_from")
        m.forwarded_from = text_of(value);
    else if (key == "action")
        m.action = text_of(value);
    else if (key == "title" || key == "new_title")
        m.title = text_of(value);
    else if (key == "members" && value.type() == od::json_type::array)
        for (od::value member : value.get_array()) m.members.emplace_back(text_of(member));
}

void read_field(Row& row, std::string_view key, od::value value) {
    auto& m = row.message;
    if (key == "id")
        m.id = possible(integer_of(value), export_id_max);
    else if (key == "type")
        row.type = text_of(value);
    else if (key == "date")
        row.dates.local = seconds_of(text_of(value));
    else if (key == "date_unixtime")
        row.dates.unix_time = date_of(value);
    else if (key == "edited")
        row.edited.local = seconds_of(text_of(value));
    else if (key == "edited_unixtime")
        row.edited.unix_time = date_of(value);
    else if (key == "text")
        read_text(value, &m.text, row.array_links);
    else if (key == "text_entities")
        read_text(value, nullptr, m.links);
    else if (key == "reply_to_message_id")
        m.reply_to = possible(integer_of(value), export_id_max);
    else if (key == "reply_to_peer_id")
        row.other_chat = true;
    else if (key == "media_type")
        m.media_type = bot_api_media(text_of(value));
    else if (key == "reactions" && value.type() == od::json_type::array)
        for (od::object reaction : value.get_array())
            m.reactions.push_back(read_reaction(reaction));
    else if (const auto kind = implied_media(key); !kind.empty()) {
        if (row.implied.empty() || kind == "photo") row.implied = kind;
    } else
        read_who(row, key, value);
}

}  // namespace

std::optional<ExportMessage> read_export_message(od::object object) {
    Row row;
    for (auto field : object) {
        const std::string_view key = field.unescaped_key();
        read_field(row, key, field.value());
    }
    auto& m = row.message;
    m.service = row.type == "service";
    m.date = row.dates.best();
    m.edit_date = row.edited.best();
    if ((row.type != "message" && !m.service) || m.id == 0 || m.date == 0) return std::nullopt;
    if (m.media_type.empty()) m.media_type = row.implied;
    if (row.other_chat) m.reply_to = 0;
    m.links = std::max({m.links, row.array_links, count_http_links(m.text)});
    for (auto& reaction : m.reactions)
        for (auto& giver : reaction.recent)
            giver.date = giver.date == 0 ? m.date : giver.date - row.dates.offset();
    return std::move(m);
}

std::int64_t export_date(od::object object) {
    Dates dates;
    for (auto field : object) {
        const std::string_view key = field.unescaped_key();
        if (key == "date")
            dates.local = seconds_of(text_of(field.value()));
        else if (key == "date_unixtime")
            dates.unix_time = date_of(field.value());
    }
    return dates.best();
}

std::optional<ExportChat> export_chat(std::string_view type, std::int64_t id,
                                      std::string_view name) {
    ExportChat chat{id, "private", std::string(name), type == "bot_chat"};
    if (type == "personal_chat" || type == "bot_chat" || type == "saved_messages") return chat;
    if (type == "private_group") {
        chat.id = -id;
        chat.type = "group";
        return chat;
    }
    const bool channel = type == "private_channel" || type == "public_channel";
    if (!channel && type != "private_supergroup" && type != "public_supergroup")
        return std::nullopt;
    chat.id = supergroup_base - id;
    chat.type = channel ? "channel" : "supergroup";
    return chat;
}

}  // namespace tgstats
