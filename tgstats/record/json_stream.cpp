#include "tgstats/record/json_stream.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace tgstats {

namespace {

constexpr std::size_t padding_max = 128;

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

// Finds the end of a value, fed window by window.
class ValueScan {
public:
    // Past the value's last character; null when it goes on behind `end`.
    const char* feed(const char* at, const char* end) {
        while (at != end) {
            if (in_string_) {
                at = through_string(at, end);
                if (at == nullptr) return nullptr;
                if (depth_ == 0) return at;
                continue;
            }
            const char c = *at;
            if (c == '"') {
                in_string_ = true;
            } else if (c == '{' || c == '[') {
                ++depth_;
            } else if (c == '}' || c == ']') {
                if (depth_ == 0) return at;  // behind a number or a word
                if (--depth_ == 0) return at + 1;
            } else if (depth_ == 0 && (c == ',' || is_space(c))) {
                return at;
            }
            ++at;
        }
        return nullptr;
    }

private:
    const char* through_string(const char* at, const char* end) {
        for (; at != end; ++at) {
            if (escaped_)
                escaped_ = false;
            else if (*at == '\\')
                escaped_ = true;
            else if (*at == '"') {
                in_string_ = false;
                return at + 1;
            }
        }
        return nullptr;
    }

    std::size_t depth_ = 0;
    bool in_string_ = false;
    bool escaped_ = false;
};

}  // namespace

JsonStream::JsonStream(hotreload::UniqueFd file, std::uint64_t size)
    : file_(std::move(file)), size_(size), text_(json_window_bytes + padding_max) {}

hotreload::Result<JsonStream, std::string> JsonStream::open(const std::filesystem::path& file) {
    hotreload::UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status{};
    if (fd.get() < 0 || ::fstat(fd.get(), &status) != 0)
        return std::generic_category().message(errno);
    return JsonStream(std::move(fd), static_cast<std::uint64_t>(status.st_size));
}

void JsonStream::broken(std::uint64_t at, std::string why) const {
    throw BrokenJson{at, std::move(why)};
}

// Keeps the text from `keep_from` on, which is moved to the front with one free byte before it.
bool JsonStream::fill(std::size_t keep_from) {
    take_bracket_back();
    const auto from = keep_from == 0 ? 0 : keep_from - 1;
    std::memmove(text_.data(), text_.data() + from, filled_ - from);
    base_ += from;
    at_ -= from;
    filled_ -= from;
    if (text_.size() - filled_ < json_window_bytes / 2 + padding_max) {
        if (filled_ > json_value_bytes_max) broken(base_ + filled_, "a value is too large");
        text_.resize(text_.size() * 2);
    }
    const auto room = text_.size() - filled_ - padding_max;
    ssize_t got = 0;
    do {
        got =
            ::pread(file_.get(), text_.data() + filled_, room, static_cast<off_t>(base_ + filled_));
    } while (got < 0 && errno == EINTR);
    if (got < 0) broken(base_ + filled_, std::generic_category().message(errno));
    filled_ += static_cast<std::size_t>(got);
    return got > 0;
}

char JsonStream::next() {
    take_bracket_back();
    for (;;) {
        while (at_ < filled_ && is_space(text_[at_])) ++at_;
        if (at_ < filled_) return text_[at_];
        if (!fill(at_)) broken(size_, "the file ends too early");
    }
}

char JsonStream::take() {
    const char c = next();
    ++at_;
    return c;
}

void JsonStream::expect(char wanted) {
    if (next() != wanted) broken(offset(), std::string("expected '") + wanted + "'");
    ++at_;
}

// `start` moves with the window.
std::size_t JsonStream::end_of_value(std::size_t& start) {
    ValueScan scan;
    auto seen = start;
    for (;;) {
        if (const char* end = scan.feed(text_.data() + seen, text_.data() + filled_))
            return static_cast<std::size_t>(end - text_.data());
        const auto behind = filled_ - start;
        const auto base = base_;
        if (!fill(start)) broken(size_, "the file ends too early");
        start -= static_cast<std::size_t>(base_ - base);
        seen = start + behind;
    }
}

std::string_view JsonStream::value() {
    next();
    auto start = at_;
    const auto end = end_of_value(start);
    if (end == start) broken(base_ + start, "expected a value");
    at_ = end;
    return {text_.data() + start, end - start};
}

std::string_view JsonStream::key() {
    if (next() != '"') broken(offset(), "expected a name in quotes");
    const auto quoted = value();
    return quoted.substr(1, quoted.size() - 2);
}

void JsonStream::skip_value() {
    next();
    ValueScan scan;
    const auto begin = offset();
    for (;;) {
        const char* end = scan.feed(text_.data() + at_, text_.data() + filled_);
        if (end != nullptr) {
            at_ = static_cast<std::size_t>(end - text_.data());
            break;
        }
        at_ = filled_;
        if (!fill(at_)) broken(size_, "the file ends too early");
    }
    if (offset() == begin) broken(begin, "expected a value");
}

std::string_view JsonStream::elements(std::size_t padding) {
    next();
    if (padding + 1 > padding_max || at_ == 0) broken(offset(), "no element is here");
    auto start = at_;
    at_ = end_of_value(start);
    if (at_ == start) broken(offset(), "expected a value");
    // More of them, as far as they are whole.
    for (auto place = at_; place < filled_; place = at_) {
        while (place < filled_ && is_space(text_[place])) ++place;
        if (place == filled_ || text_[place] != ',') break;
        do ++place;
        while (place < filled_ && is_space(text_[place]));
        const char* begin = text_.data() + place;
        const char* end = ValueScan().feed(begin, text_.data() + filled_);
        if (end == nullptr || end == begin) break;
        at_ = static_cast<std::size_t>(end - text_.data());
    }
    text_[start - 1] = '[';
    overwritten_ = std::exchange(text_[at_], ']');
    bracket_ = at_;
    return {text_.data() + start - 1, at_ - start + 2};
}

// What elements() put behind its text.
void JsonStream::take_bracket_back() {
    if (bracket_ != 0) text_[bracket_] = overwritten_;
    bracket_ = 0;
}

std::uint64_t JsonStream::offset_of(const char* place) const {
    return base_ + static_cast<std::uint64_t>(place - text_.data());
}

void JsonStream::seek(std::uint64_t offset) {
    bracket_ = 0;
    base_ = offset;
    at_ = filled_ = 0;
}

std::int64_t JsonStream::line_of(std::uint64_t offset) {
    std::array<char, 65'536> part;
    std::int64_t lines = 1;
    for (std::uint64_t at = 0; at < offset;) {
        const auto wanted = std::min<std::uint64_t>(part.size(), offset - at);
        const auto got = ::pread(file_.get(), part.data(), wanted, static_cast<off_t>(at));
        if (got <= 0) break;
        lines += std::count(part.data(), part.data() + got, '\n');
        at += static_cast<std::uint64_t>(got);
    }
    return lines;
}

}  // namespace tgstats
