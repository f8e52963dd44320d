#include "tgstats/settings/my_data.h"

#include "tgstats/settings/person_rows.h"

namespace tgstats {
namespace {

class Document {
public:
    Document(std::int64_t now, std::size_t bytes_max)
        : text_("{\"exported\":" + std::to_string(now)), bytes_max_(bytes_max) {}

    void add(const PersonRows::Page& page) {
        if (page.table != table_) begin(page.table);
        for (const auto& row : page.rows) {
            complete_ = complete_ && text_.size() + row.size() < bytes_max_;
            if (!complete_) return;
            if (text_.back() == '}') text_ += ',';
            text_ += '\n' + row;
        }
    }
    [[nodiscard]] bool is_complete() const { return complete_; }
    std::string end() {
        if (!table_.empty()) text_ += ']';
        text_ += complete_ ? ",\"complete\":true}\n" : ",\"complete\":false}\n";
        return std::move(text_);
    }

private:
    void begin(std::string_view table) {
        if (!table_.empty()) text_ += ']';
        table_ = table;
        text_ += ",\n\"" + table_ + "\":[";
    }

    std::string text_;
    std::string table_;  // whose list is open
    std::size_t bytes_max_;
    bool complete_ = true;
};

}  // namespace

Task<std::string> my_data(StoreThread& store, std::int64_t user_id, std::int64_t now,
                          std::size_t bytes_max) {
    Document document(now, bytes_max);
    PersonRows rows(user_id);
    while (document.is_complete()) {
        auto read = [rows](Store& opened) mutable {
            auto page = rows.next(opened);
            return std::pair(std::move(page), std::move(rows));
        };
        auto [page, after] = co_await store.run(read);
        if (!page) break;
        document.add(*page);
        rows = std::move(after);
    }
    co_return document.end();
}

}  // namespace tgstats
