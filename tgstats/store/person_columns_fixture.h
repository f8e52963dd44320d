#pragma once
// Which columns of the schema, as it is, name people; for the tests that walk it.

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tgstats/store/sqlite.h"

namespace tgstats {

inline bool holds_json(const std::string& column) {
    static const std::set<std::string> all{"entities", "details", "body", "params", "rights"};
    return all.contains(column);
}
inline bool names_people_in_json(const std::string& table, const std::string& column) {
    return holds_json(column) && table != "membership_changes" && column != "rights";
}

class PersonColumns {
public:
    explicit PersonColumns(Database& database) : database_(database) {}

    [[nodiscard]] std::vector<std::string> tables() const {
        return strings("SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE ?1",
                       "sqlite_%");
    }
    // Their types by their names.
    [[nodiscard]] std::map<std::string, std::string> columns_of(const std::string& table) const {
        std::map<std::string, std::string> types;
        for (const auto& one : strings("SELECT type||name FROM pragma_table_info(?1)", table))
            for (const std::string type : {"INTEGER", "TEXT", "BLOB"})
                if (one.starts_with(type)) types[one.substr(type.size())] = type;
        return types;
    }
    // Holds somebody's number, or says to which row of theirs this one belongs. A private chat has
    // its person's number.
    [[nodiscard]] bool names_people(const std::string& table, const std::string& column) const {
        static constexpr std::array<std::string_view, 8> ends{
            "user_id",   "actor_id",  "creator_id",   "author_id",
            "sender_id", "person_id", "user_chat_id", "chat_id"};
        // Of groups and channels only.
        for (const char* other : {"sender_chat_id", "external_chat_id", "forward_chat_id"})
            if (column == other) return false;
        if (column == "id") return table == "users" || table == "chats";
        if (names_people_in_json(table, column) || is_part(table, column)) return true;
        return std::ranges::any_of(ends, [&](auto end) { return column.ends_with(end); });
    }
    // Refers to the row of another table that this one goes with.
    [[nodiscard]] bool is_part(const std::string& table, const std::string& column) const {
        const auto parts = strings(
            "SELECT \"from\" FROM pragma_foreign_key_list(?1) WHERE \"table\"<>'chats'", table);
        return column != "chat_id" && std::ranges::find(parts, column) != parts.end();
    }

private:
    [[nodiscard]] std::vector<std::string> strings(const char* sql,
                                                   const std::string& value) const {
        auto found = database_.prepare(sql);
        found.bind(value);
        std::vector<std::string> all;
        while (found.step()) all.emplace_back(found.text(0));
        return all;
    }

    Database& database_;
};

}  // namespace tgstats
