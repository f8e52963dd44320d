#pragma once
// The rows of the store that name one person, table after table, in the order of their keys. On the
// store's thread; each call looks at a bounded number of rows.

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tgstats/store/store.h"

namespace tgstats {

inline constexpr std::int64_t person_rows_step = 2'000;  // looked at

class PersonRows {
public:
    explicit PersonRows(std::int64_t user_id) : user_id_(user_id) {}

    struct Page {
        std::string_view table;
        std::vector<std::string> rows;  // each a JSON object with its columns
    };
    // The next rows; every table comes at least once, also where it has none. nullopt: that was
    // all.
    //
    // A row that is the person's comes with all its columns, one of somebody else that names them
    // without what the other one said. Where a column holds JSON, what is about others has gone.
    std::optional<Page> next(Store& store);

    using Key = std::vector<std::variant<std::int64_t, std::string>>;  // of a table

private:
    std::int64_t user_id_;
    std::size_t at_ = 0;  // the table
    Key after_;           // its last row that was looked at; empty: none was
};

}  // namespace tgstats
