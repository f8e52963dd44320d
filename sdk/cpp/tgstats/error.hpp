#pragma once
// What a handler throws to fail with a message that says where, and what a refused request to the
// host throws.

#include <exception>
#include <string>
#include <utility>

namespace tgstats {

// A place in the author's source. (std::source_location is not known to every compiler in use.)
struct Where {
    const char* file = "";
    int line = 0;
    static Where here(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
        return {file, line};
    }
};

class Error : public std::exception {
public:
    explicit Error(std::string message, Where where = Where::here())
        : message_(std::move(message)), where_(where) {}
    // The host refused or failed: `code` is the protocol's.
    Error(std::string message, int code, Where where)
        : message_(std::move(message)), code_(code), where_(where) {}

    [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }
    [[nodiscard]] int code() const { return code_; }
    [[nodiscard]] const Where& where() const { return where_; }

private:
    std::string message_;
    int code_ = 0;
    Where where_;
};

}  // namespace tgstats
