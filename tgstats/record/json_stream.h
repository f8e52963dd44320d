#pragma once
// A large JSON file, walked from front to back without holding more than a window of it. It finds
// where values end; what is in them is for a parser to say.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "hotreload/base/result.h"
#include "hotreload/base/unique_fd.h"

namespace tgstats {

inline constexpr std::size_t json_window_bytes = 1U << 20;      // read at once
inline constexpr std::size_t json_value_bytes_max = 64U << 20;  // of one value that is handed out

// The text is no JSON from this byte on; at the size of the file: it ends too early.
struct BrokenJson {
    std::uint64_t at = 0;
    std::string why;
};

class JsonStream {
public:
    // The error is the system's word for it.
    static hotreload::Result<JsonStream, std::string> open(const std::filesystem::path& file);

    // All of these throw BrokenJson. The next character that is no space, without taking it:
    char next();
    char take();  // and taking it
    void expect(char wanted);
    // Taken together with what they return. Views hold until the next call; a key is left as it
    // is written, without its quotes.
    std::string_view key();
    std::string_view value();
    void skip_value();
    // As many whole elements of an array as the window holds, at least one, as the text of an array
    // of them ("[…]") with `padding` readable bytes behind it. Whoever has taken the array's '[',
    // or the ',' after an element, may ask; a ',' or a ']' is next() then.
    std::string_view elements(std::size_t padding);

    [[nodiscard]] std::uint64_t size() const { return size_; }
    [[nodiscard]] std::uint64_t offset() const { return base_ + at_; }
    // Of a place inside what was handed out last.
    [[nodiscard]] std::uint64_t offset_of(const char* place) const;
    void seek(std::uint64_t offset);
    // The window's text, for a look at what kind of file this is.
    [[nodiscard]] std::string_view window() const { return {text_.data(), filled_}; }
    // The number of the line that holds a byte, from 1; reads the file up to there.
    std::int64_t line_of(std::uint64_t offset);

private:
    explicit JsonStream(hotreload::UniqueFd file, std::uint64_t size);
    bool fill(std::size_t keep_from);  // false at the file's end
    std::size_t end_of_value(std::size_t& start);
    void take_bracket_back();
    [[noreturn]] void broken(std::uint64_t at, std::string why) const;

    hotreload::UniqueFd file_;
    std::uint64_t size_ = 0;
    std::uint64_t base_ = 0;  // the file's offset of the window's first byte
    std::vector<char> text_;
    std::size_t filled_ = 0;
    std::size_t at_ = 0;
    std::size_t bracket_ = 0;  // where elements() put one, and what was there; 0: nowhere
    char overwritten_ = 0;
};

}  // namespace tgstats
