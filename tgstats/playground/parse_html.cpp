#include <map>
#include <optional>
#include <vector>

#include "tgstats/playground/formatting.h"

namespace tgstats::playground {

namespace {

struct Tag {
    std::string name;
    std::map<std::string, std::string, std::less<>> attributes;
    bool closing = false;
    std::size_t start = 0;   // in units, for a tag on the stack
    std::size_t offset = 0;  // in bytes, for messages
};

using Error = std::optional<std::string>;

std::string at_offset(std::size_t offset) { return " at byte offset " + std::to_string(offset); }

bool is_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

std::string lower(std::string_view text) {
    std::string result(text);
    for (auto& c : result) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return result;
}

std::string decode_references(std::string_view text) {
    std::string decoded;
    while (!text.empty()) {
        if (text.front() == '&') {
            if (const auto character = take_character_reference(text)) {
                decoded += *character;
                continue;
            }
        }
        decoded += text.front();
        text.remove_prefix(1);
    }
    return decoded;
}

class HtmlParser {
public:
    explicit HtmlParser(std::string_view source) : source_(source), rest_(source) {}

    Result<FormattedText, std::string> parse() {
        while (!rest_.empty()) {
            if (rest_.front() == '<') {
                if (auto error = take_tag()) return failed(std::move(*error));
            } else {
                take_text();
            }
        }
        if (!open_.empty()) {
            return failed("Can't find end tag corresponding to start tag \"" + open_.back().name +
                          "\"");
        }
        return std::move(builder_).finish();
    }

private:
    using Parsed = Result<FormattedText, std::string>;
    static Parsed failed(std::string why) {
        return {boost::system::in_place_error, std::move(why)};
    }
    [[nodiscard]] std::size_t offset() const { return source_.size() - rest_.size(); }

    void take_text() {
        if (rest_.front() == '&') {
            if (const auto character = take_character_reference(rest_))
                return builder_.append(*character);
        }
        const auto end = std::min(rest_.find_first_of("<&", 1), rest_.size());
        builder_.append(rest_.substr(0, end));
        rest_.remove_prefix(end);
    }

    Error take_tag() {
        Tag tag;
        tag.offset = offset();
        rest_.remove_prefix(1);
        if (rest_.starts_with('/')) {
            tag.closing = true;
            rest_.remove_prefix(1);
        }
        tag.name = lower(take_while(is_name));
        if (auto error = take_attributes(tag)) return error;
        return tag.closing ? close(tag) : open(std::move(tag));
    }

    Error take_attributes(Tag& tag) {
        for (;;) {
            take_while([](char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; });
            if (rest_.empty()) {
                return (tag.closing ? "Unclosed end tag" : "Unclosed start tag") +
                       at_offset(tag.offset);
            }
            if (rest_.front() == '>') {
                rest_.remove_prefix(1);
                return std::nullopt;
            }
            const auto name = lower(take_while(is_name));
            if (name.empty()) {
                return "Empty attribute name in the tag \"" + tag.name + "\"" +
                       at_offset(tag.offset);
            }
            tag.attributes[name] = take_attribute_value();
        }
    }

    std::string take_attribute_value() {
        if (!rest_.starts_with('=')) return {};
        rest_.remove_prefix(1);
        const char quote = rest_.empty() ? '\0' : rest_.front();
        if (quote != '"' && quote != '\'') return std::string(take_while(is_name));
        const auto end = rest_.find(quote, 1);
        const auto value = rest_.substr(1, end == std::string_view::npos ? end : end - 1);
        rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
        return decode_references(value);
    }

    Error open(Tag tag) {
        static const std::map<std::string, std::string, std::less<>> types{
            {"b", "bold"},
            {"strong", "bold"},
            {"i", "italic"},
            {"em", "italic"},
            {"u", "underline"},
            {"ins", "underline"},
            {"s", "strikethrough"},
            {"strike", "strikethrough"},
            {"del", "strikethrough"},
            {"tg-spoiler", "spoiler"},
            {"span", "spoiler"},
            {"a", "text_link"},
            {"code", "code"},
            {"pre", "pre"},
            {"blockquote", "blockquote"},
            {"tg-emoji", "custom_emoji"}};
        const auto type = types.find(tag.name);
        if (type == types.end()) {
            return "Unsupported start tag \"" + tag.name + "\"" + at_offset(tag.offset);
        }
        if (tag.name == "span" && tag.attributes["class"] != "tg-spoiler") {
            return "Tag \"span\" must have class \"tg-spoiler\"" + at_offset(tag.offset);
        }
        if (tag.name == "tg-emoji" && tag.attributes["emoji-id"].empty()) {
            return "Invalid custom emoji identifier specified" + at_offset(tag.offset);
        }
        tag.attributes["type"] = type->second;
        tag.start = builder_.units();
        open_.push_back(std::move(tag));
        return std::nullopt;
    }

    Error close(const Tag& end) {
        if (open_.empty()) return "Unexpected end tag" + at_offset(end.offset);
        auto tag = std::move(open_.back());
        open_.pop_back();
        if (!end.name.empty() && end.name != tag.name) {
            return "Unmatched end tag" + at_offset(end.offset) + ", expected \"</" + tag.name +
                   ">\", found \"</" + end.name + ">\"";
        }
        json::object entity{{"type", tag.attributes["type"]}};
        if (tag.name == "a") {
            // <a>url</a> links to its own text.
            auto url = tag.attributes["href"];
            if (url.empty()) return std::nullopt;
            entity["url"] = std::move(url);
        }
        if (tag.name == "tg-emoji") entity["custom_emoji_id"] = tag.attributes["emoji-id"];
        if (tag.name == "blockquote" && tag.attributes.contains("expandable"))
            entity["type"] = "expandable_blockquote";
        if (tag.name == "code" && !open_.empty() && open_.back().name == "pre") {
            // <pre><code class="language-x">: the language belongs to the pre, and there is no code
            // entity.
            auto language = tag.attributes["class"];
            if (language.starts_with("language-"))
                open_.back().attributes["language"] = language.substr(9);
            return std::nullopt;
        }
        if (tag.attributes.contains("language")) entity["language"] = tag.attributes["language"];
        builder_.entity(tag.start, std::move(entity));
        return std::nullopt;
    }

    template <class Predicate>
    std::string_view take_while(Predicate predicate) {
        std::size_t end = 0;
        while (end < rest_.size() && predicate(rest_[end])) ++end;
        const auto taken = rest_.substr(0, end);
        rest_.remove_prefix(end);
        return taken;
    }

    std::string_view source_;
    std::string_view rest_;
    std::vector<Tag> open_;
    TextBuilder builder_;
};

}  // namespace

Result<FormattedText, std::string> parse_html(std::string_view source) {
    return HtmlParser(source).parse();
}

}  // namespace tgstats::playground
