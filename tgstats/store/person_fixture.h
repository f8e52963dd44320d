#pragma once
// A store in which every table names a person in every way in which it can, for the tests of what
// people are told about themselves and of what is forgotten. It is made from the schema, so that
// what is added there is in these tests, too. All other values stand nowhere else.

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "tgstats/store/person_columns_fixture.h"
#include "tgstats/store/store.h"

namespace tgstats {

inline constexpr std::int64_t filled_group = -1001;
inline constexpr std::int64_t filled_until = 2'000'000;  // every date in the rows is before it

struct FilledRow {
    std::string table;
    std::string by;  // the column that names the person, or the row of theirs that it belongs to
    std::map<std::string, boost::json::value> values = {};  // of bytes: how many
};

class FilledStore {
public:
    FilledStore(Store& store, std::int64_t person)
        : database_(store.database()),
          schema_(database_),
          person_(person),
          last_(filled_until / 2 + person % 10 * 10'000) {
        store.put_chat({filled_group, "supergroup", "Group", "", false});
        database_.execute("PRAGMA foreign_keys=OFF");
        for (const auto& table : schema_.tables())
            for (const auto& [column, type] : schema_.columns_of(table))
                if (schema_.names_people(table, column)) fill({table, column});
        database_.execute("PRAGMA foreign_keys=ON");
    }

    std::vector<FilledRow> rows;

private:
    boost::json::value value_for(const FilledRow& row, const std::string& column,
                                 const std::string& type) {
        const bool by = row.by == column;
        if (schema_.is_part(row.table, column)) return whole_of(row);
        if (type == "INTEGER" && by) return person_;
        if (column == "chat_id") return filled_group;
        if (column == "migrated_to") return 0;
        if (column == "handled") return 1;
        if (column == "timezone") return "UTC";
        if (row.table == "erasures" && column == "kind") return "delete";
        if (type == "INTEGER") return ++last_;
        const auto text = row.table + "." + column + "." + std::to_string(++last_);
        if (!holds_json(column)) return boost::json::string(text);
        if (!by) return {{"text", text}};
        return {{"from", {{"id", person_}, {"is_bot", false}, {"first_name", text}}},
                {"text", text}};
    }
    // The row of which this one is a part; its number.
    std::int64_t whole_of(const FilledRow& part) {
        const bool file = part.table == "outbox_files";
        FilledRow whole{file ? "outbox" : "messages", part.by};
        if (part.by == "message_id") whole.by = "user_id";
        if (part.by == "entry") whole.by = "chat_id";
        return fill(whole).at(file ? "id" : "message_id").as_int64();
    }
    std::map<std::string, boost::json::value> fill(FilledRow row) {
        const auto columns = schema_.columns_of(row.table);
        std::string names, places;
        for (const auto& [column, type] : columns) {
            row.values[column] = value_for(row, column, type);
            names += (names.empty() ? "" : ", ") + column;
            places += places.empty() ? "?" : ", ?";
        }
        put(row, "INSERT INTO " + row.table + "(" + names + ") VALUES(" + places + ")");
        for (const auto& [column, type] : columns)
            if (type == "BLOB")
                row.values[column] =
                    static_cast<std::int64_t>(row.values[column].as_string().size());
        if (row.values.contains(row.by)) rows.push_back(row);
        return row.values;
    }
    void put(const FilledRow& row, const std::string& sql) {
        auto insert = database_.prepare(sql);
        std::vector<std::string> texts;
        texts.reserve(row.values.size());
        int at = 0;
        for (const auto& [column, value] : row.values) {
            ++at;
            if (value.is_int64()) {
                insert.bind_at(at, value.as_int64());
                continue;
            }
            texts.push_back(value.is_string() ? std::string(value.as_string())
                                              : boost::json::serialize(value));
            if (column == "bytes")
                insert.bind_at(at, Blob{texts.back()});
            else
                insert.bind_at(at, texts.back());
        }
        insert.run();
    }

    Database& database_;
    PersonColumns schema_;
    std::int64_t person_;
    std::int64_t last_;
};

}  // namespace tgstats
