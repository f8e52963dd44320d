#include "tgstats/settings/person_rows.h"

#include <algorithm>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "tgstats/content/json_in.h"
#include "tgstats/settings/about_person.h"
#include "tgstats/settings/person_tables.h"
#include "tgstats/store/names_person.h"

namespace tgstats {
namespace {

namespace json = boost::json;

// How a row is the person's, as the last column of what is asked for.
enum class Claim : std::int64_t { none = 0, mentioned = 1, named = 2, whole = 3 };

struct Column {
    std::string name;
    std::string type;
    std::int64_t key = 0;  // from 1, its place in the table's key; 0: it is not in it
};

std::vector<Column> columns_of(Database& database, const std::string& table) {
    auto rows = database.prepare("SELECT name, type, pk FROM pragma_table_info(?1)");
    rows.bind(table);
    std::vector<Column> columns;
    while (rows.step())
        columns.push_back({std::string(rows.text(0)), std::string(rows.text(1)), rows.integer(2)});
    return columns;
}

// The table's key, in its order; that of a table without one is its rows' number.
std::vector<Column> key_of(const std::vector<Column>& columns) {
    std::vector<Column> key;
    for (std::int64_t place = 1; place <= static_cast<std::int64_t>(columns.size()); ++place)
        for (const auto& column : columns)
            if (column.key == place) key.push_back(column);
    if (key.empty()) key.push_back({"rowid", "INTEGER", 1});
    return key;
}

std::string claim_sql(const PersonTable& table) {
    std::string sql = "CASE WHEN " + table.whole + " THEN 3";
    if (!table.named.empty()) sql += " WHEN " + table.named + " THEN 2";
    if (!table.json.empty()) sql += " WHEN " + names_person(table.json, "?1") + " THEN 1";
    return sql + " ELSE 0 END";
}

std::string column_list(const std::vector<Column>& columns) {
    std::string list;
    for (const auto& column : columns) {
        if (!list.empty()) list += ", ";
        list += column.type == "BLOB" ? "length(" + column.name + ")" : column.name;
    }
    return list;
}

// All columns, then the key, then the claim; the first rows, or those after a key from ?3 on.
std::string rows_sql(const PersonTable& table, const std::vector<Column>& columns,
                     const std::vector<Column>& key, bool first) {
    const auto names = column_list(key);
    std::string sql = "SELECT " + column_list(columns) + ", " + names + ", " + claim_sql(table) +
                      " FROM " + table.name;
    if (!first) {
        sql += " WHERE (" + names + ")>(";
        for (std::size_t i = 0; i < key.size(); ++i)
            sql += (i == 0 ? "?" : ", ?") + std::to_string(i + 3);
        sql += ")";
    }
    return sql + " ORDER BY " + names + " LIMIT ?2";
}

bool is_text(const Column& column) { return column.type == "TEXT"; }

bool holds_json(const std::string& column) {
    return column == "entities" || column == "details" || column == "body" || column == "params" ||
           column == "rights";
}

struct Claimed {
    const PersonTable& table;
    std::int64_t user_id;
    Claim claim;
};

json::value value_of(const Statement& row, int at, const Column& column, const Claimed& claimed) {
    if (!is_text(column)) return row.integer(at);
    const auto text = row.text(at);
    if (!holds_json(column.name) || text.empty()) return json::value(text);
    const auto stored = json_in(text);
    if (!stored) return nullptr;
    return about_person(*stored, claimed.user_id, claimed.claim == Claim::whole)
        .value_or(json::value(nullptr));
}

bool is_told(const PersonTable& table, Claim claim, const std::string& column) {
    return claim == Claim::whole || column == table.json ||
           std::ranges::find(table.shown, column) != table.shown.end();
}

// Empty: nothing in it is about them.
json::object told_row(const Statement& row, const std::vector<Column>& columns,
                      const Claimed& claimed) {
    json::object told;
    int at = 0;
    for (const auto& column : columns) {
        if (is_told(claimed.table, claimed.claim, column.name))
            told[column.name] = value_of(row, at, column, claimed);
        ++at;
    }
    if (claimed.claim == Claim::mentioned && told.at(claimed.table.json).is_null()) told.clear();
    return told;
}

PersonRows::Key key_in(const Statement& row, int at, const std::vector<Column>& columns) {
    PersonRows::Key key;
    for (const auto& column : columns) {
        if (is_text(column))
            key.emplace_back(std::string(row.text(at)));
        else
            key.emplace_back(row.integer(at));
        ++at;
    }
    return key;
}

void bind_key(Statement& statement, const PersonRows::Key& key) {
    int at = 3;
    for (const auto& part : key)
        std::visit([&](const auto& value) { statement.bind_at(at++, value); }, part);
}

}  // namespace

std::optional<PersonRows::Page> PersonRows::next(Store& store) {
    const auto tables = person_tables();
    if (at_ == tables.size()) return std::nullopt;
    const auto& table = tables[at_];
    const auto columns = columns_of(store.database(), table.name);
    const auto key = key_of(columns);
    const auto width = static_cast<int>(columns.size());
    const auto claim_at = width + static_cast<int>(key.size());
    auto row = store.database().prepare(rows_sql(table, columns, key, after_.empty()));
    row.bind(user_id_, person_rows_step);
    bind_key(row, after_);
    Page page{table.name, {}};
    std::int64_t seen = 0;
    Key last;
    while (row.step()) {
        if (++seen == person_rows_step) last = key_in(row, width, key);
        const Claimed claimed{table, user_id_, Claim{row.integer(claim_at)}};
        if (claimed.claim == Claim::none) continue;
        const auto told = told_row(row, columns, claimed);
        if (!told.empty()) page.rows.push_back(json::serialize(told));
    }
    if (last.empty()) ++at_;
    after_ = std::move(last);
    return page;
}

}  // namespace tgstats
