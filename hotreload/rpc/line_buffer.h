#pragma once
// Bytes of a socket on their way to becoming lines: bounded, and no byte is looked at twice for its
// newline.

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace hotreload {

class LineBuffer {
public:
    LineBuffer();

    // Where the next bytes go (never empty unless full()); then say how many came. Invalidates
    // earlier lines.
    std::span<char> room();
    void filled(std::size_t count);
    // The next whole line without its newline, valid until room() is called.
    std::optional<std::string_view> next();
    // The line at hand has reached the limit and has no newline yet.
    [[nodiscard]] bool full() const;
    [[nodiscard]] bool empty() const { return begin_ == end_; }

private:
    std::vector<char> bytes_;
    std::size_t begin_ = 0;    // first byte of the line at hand
    std::size_t scanned_ = 0;  // no newline between begin_ and here
    std::size_t end_ = 0;      // behind the last byte
};

}  // namespace hotreload
