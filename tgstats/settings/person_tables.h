#pragma once
// How the tables of the store name people, for what is told to them about themselves.

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tgstats {

// SQL conditions over a row; ?1 is the person's number, which is also that of their private chat.
// Empty: never.
struct PersonTable {
    std::string name;
    std::string whole;       // the row is theirs
    std::string named = {};  // a column of somebody else's row is their number
    std::string json = {};   // the column of somebody else's row that may name them
    std::vector<std::string_view> shown = {};  // such a row's columns that are told, beside `json`
};

// Few and small ones first: a document that is too long ends with the others.
std::span<const PersonTable> person_tables();

}  // namespace tgstats
