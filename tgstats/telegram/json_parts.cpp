#include "tgstats/telegram/json_parts.h"

#include <algorithm>
#include <utility>

#include "hotreload/base/json_text.h"

namespace tgstats {

namespace {

std::string_view without_space(std::string_view text) {
    constexpr std::string_view space = " \t\r\n";
    const auto begin = text.find_first_not_of(space);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(space) + 1 - begin);
}

// Goes through a text byte by byte, and knows where it is.
class JsonWalk {
public:
    // What the next byte is to the structure: itself outside of strings, else 0.
    char step(char byte) {
        if (in_string_) {
            if (escaped_)
                escaped_ = false;
            else if (byte == '\\')
                escaped_ = true;
            else if (byte == '"')
                in_string_ = false;
            return 0;
        }
        if (byte == '"') in_string_ = true;
        if (byte == '{' || byte == '[') ++depth_;
        if ((byte == '}' || byte == ']') && depth_ > 0) --depth_;
        return byte;
    }
    [[nodiscard]] std::size_t depth() const { return depth_; }

private:
    std::size_t depth_ = 0;
    bool in_string_ = false;
    bool escaped_ = false;
};

// What lies between the commas of a whole array or object.
std::optional<std::vector<std::string_view>> pieces_of(std::string_view text, char open,
                                                       char close) {
    text = without_space(text);
    if (text.size() < 2 || text.front() != open || text.back() != close) return std::nullopt;
    std::vector<std::string_view> pieces;
    JsonWalk walk;
    std::size_t begin = 1;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool comma = walk.step(text[at]) == ',' && walk.depth() == 1;
        const bool ends = walk.depth() == 0;
        if (ends && at + 1 != text.size()) return std::nullopt;
        if (!comma && !ends) continue;
        pieces.push_back(without_space(text.substr(begin, at - begin)));
        begin = at + 1;
    }
    if (walk.depth() != 0) return std::nullopt;
    if (pieces.size() == 1 && pieces.front().empty()) pieces.clear();
    return pieces;
}

std::optional<JsonMember> member_in(std::string_view piece) {
    JsonWalk walk;
    std::size_t colon = 0;
    while (colon < piece.size() && walk.step(piece[colon]) != ':') ++colon;
    if (colon == piece.size()) return std::nullopt;
    const auto key = hotreload::parse_json(piece.substr(0, colon));
    const auto value = without_space(piece.substr(colon + 1));
    if (!key || !key->is_string() || value.empty()) return std::nullopt;
    return JsonMember{std::string(key->get_string()), value};
}

}  // namespace

std::optional<std::vector<std::string_view>> json_items(std::string_view text) {
    return pieces_of(text, '[', ']');
}

std::optional<std::vector<JsonMember>> json_members(std::string_view text) {
    const auto pieces = pieces_of(text, '{', '}');
    if (!pieces) return std::nullopt;
    std::vector<JsonMember> members;
    for (const auto piece : *pieces)
        if (auto member = member_in(piece)) members.push_back(std::move(*member));
    return members;
}

std::size_t json_depth(std::string_view text) {
    JsonWalk walk;
    std::size_t deepest = 0;
    for (const char byte : text) {
        walk.step(byte);
        deepest = std::max(deepest, walk.depth());
    }
    return deepest;
}

}  // namespace tgstats
