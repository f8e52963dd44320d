#include "hotreload/rpc/line_buffer.h"

#include <algorithm>
#include <cstring>

#include "hotreload/model/limits.h"

namespace hotreload {

namespace {

constexpr std::size_t start_bytes = 64u << 10;

}  // namespace

LineBuffer::LineBuffer() : bytes_(start_bytes) {}

std::span<char> LineBuffer::room() {
    if (begin_ > 0) {
        std::memmove(bytes_.data(), bytes_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        scanned_ -= begin_;
        begin_ = 0;
    }
    if (end_ == bytes_.size()) {
        bytes_.resize(std::min(bytes_.size() * 2, limits::message_bytes_max));
    } else if (end_ < start_bytes && bytes_.size() > start_bytes) {
        // One large message must not keep its room for good.
        bytes_.resize(start_bytes);
        bytes_.shrink_to_fit();
    }
    return {bytes_.data() + end_, bytes_.size() - end_};
}

void LineBuffer::filled(std::size_t count) { end_ += count; }

std::optional<std::string_view> LineBuffer::next() {
    const auto* newline =
        static_cast<const char*>(std::memchr(bytes_.data() + scanned_, '\n', end_ - scanned_));
    if (newline == nullptr) {
        scanned_ = end_;
        return std::nullopt;
    }
    const auto at = static_cast<std::size_t>(newline - bytes_.data());
    const std::string_view line(bytes_.data() + begin_, at - begin_);
    begin_ = scanned_ = at + 1;
    return line;
}

bool LineBuffer::full() const { return end_ - begin_ >= limits::message_bytes_max; }

}  // namespace hotreload
