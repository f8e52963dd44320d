#pragma once
// Whether JSON that is stored as text, as this project writes it, names a person by their number.

#include <string>

namespace tgstats {

// SQL that is true where the JSON of that column holds a User, a private Chat or another object
// with this person's number. `person`: their number, as SQL ("?1"). An object that has the same
// number but is no person is found, too.
inline std::string names_person(const std::string& column, const std::string& person) {
    std::string sql;
    for (const char* name : {"id", "user_id"})
        for (const char* end : {"}", ","})
            sql += std::string(sql.empty() ? "(" : " OR ") + "instr(" + column + ", '\"" + name +
                   "\":'||" + person + "||'" + end + "')>0";
    return sql + ")";
}

}  // namespace tgstats
