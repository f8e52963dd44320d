#include <optional>
#include <vector>

#include "tgstats/playground/formatting.h"

namespace tgstats::playground {

namespace {

using Parsed = Result<FormattedText, std::string>;
using Error = std::optional<std::string>;

constexpr std::string_view reserved = "_*[]()~`>#+-=|{}.!";

Parsed failed(std::string why) { return {boost::system::in_place_error, std::move(why)}; }

// MarkdownV2. `open_` holds the entities begun and not ended, innermost last.
class MarkdownV2Parser {
public:
    explicit MarkdownV2Parser(std::string_view source) : source_(source) {}

    Parsed parse() {
        while (at_ < source_.size()) {
            if (auto error = step()) return failed(std::move(*error));
        }
        close_quote();
        if (!open_.empty()) {
            return failed("Can't find end of " + open_.back().name + " entity at byte offset " +
                          std::to_string(open_.back().offset));
        }
        return std::move(builder_).finish();
    }

private:
    struct Open {
        std::string mark;
        std::string name;
        json::object entity;
        std::size_t start = 0;
        std::size_t offset = 0;
    };

    [[nodiscard]] bool follows(std::string_view text) const {
        return source_.substr(at_).starts_with(text);
    }
    [[nodiscard]] bool inside(std::string_view mark) const {
        return !open_.empty() && open_.back().mark == mark;
    }
    [[nodiscard]] bool at_line_start() const { return at_ == 0 || source_[at_ - 1] == '\n'; }

    Error step() {
        const char c = source_[at_];
        if (c == '\\' && at_ + 1 < source_.size() &&
            static_cast<unsigned char>(source_[at_ + 1]) < 127) {
            builder_.append(source_.substr(at_ + 1, 1));
            at_ += 2;
            return std::nullopt;
        }
        if (inside("`") || inside("```")) return step_in_code();
        if (c == '\n') return end_line();
        if (at_line_start() && (c == '>' || follows("**>"))) return begin_quote();
        if (reserved.find(c) == std::string_view::npos) return take_plain();
        return step_mark();
    }

    Error step_in_code() {
        const auto mark = open_.back().mark;
        if (!follows(mark)) return take_plain();
        close(mark.size());
        return std::nullopt;
    }

    Error take_plain() {
        builder_.append(source_.substr(at_++, 1));
        return std::nullopt;
    }

    Error step_mark() {
        struct Mark {
            std::string_view mark, name, type;
        };
        static constexpr Mark marks[] = {{"__", "Underline", "underline"},
                                         {"_", "Italic", "italic"},
                                         {"*", "Bold", "bold"},
                                         {"~", "Strikethrough", "strikethrough"},
                                         {"||", "Spoiler", "spoiler"},
                                         {"```", "PreCode", "pre"},
                                         {"`", "Code", "code"}};
        if (quote_ && follows("||") && !inside("||") && ends_line(at_ + 2)) {
            quote_->entity["type"] = "expandable_blockquote";
            at_ += 2;
            return std::nullopt;
        }
        for (const auto& [mark, name, type] : marks) {
            if (!follows(mark)) continue;
            if (inside(mark))
                close(mark.size());
            else
                open({std::string(mark), std::string(name), {{"type", std::string(type)}}});
            return std::nullopt;
        }
        if (follows("![")) {
            open({"![", "CustomEmoji", {{"type", "custom_emoji"}}});
            return std::nullopt;
        }
        if (follows("[")) {
            open({"[", "TextUrl", {{"type", "text_link"}}});
            return std::nullopt;
        }
        if (follows("]") && (inside("[") || inside("!["))) return close_link();
        return std::string("Character '") + source_[at_] +
               "' is reserved and must be escaped with the preceding '\\'";
    }

    void open(Open entity) {
        entity.start = builder_.units();
        entity.offset = at_;
        at_ += entity.mark.size();
        if (entity.mark == "```") take_language(entity);
        open_.push_back(std::move(entity));
    }

    // ```python\ncode``` has a language; ```code``` has none.
    void take_language(Open& entity) {
        auto end = at_;
        while (end < source_.size() && source_[end] != '\n' && source_[end] != ' ' &&
               source_[end] != '`')
            ++end;
        if (end >= source_.size() || source_[end] != '\n') return;
        if (end > at_) entity.entity["language"] = std::string(source_.substr(at_, end - at_));
        at_ = end + 1;
    }

    void close(std::size_t mark_bytes) {
        builder_.entity(open_.back().start, std::move(open_.back().entity));
        open_.pop_back();
        at_ += mark_bytes;
    }

    Error close_link() {
        auto entity = std::move(open_.back());
        open_.pop_back();
        ++at_;
        std::string url;
        if (follows("(")) {
            for (++at_; at_ < source_.size() && source_[at_] != ')'; ++at_) {
                if (source_[at_] == '\\' && at_ + 1 < source_.size()) ++at_;
                url += source_[at_];
            }
            if (at_ >= source_.size()) {
                return "Can't find end of a URL at byte offset " + std::to_string(entity.offset);
            }
            ++at_;
        }
        if (entity.mark == "![") {
            static constexpr std::string_view prefix = "tg://emoji?id=";
            if (!url.starts_with(prefix))
                return std::string("Custom emoji URL must have scheme tg");
            entity.entity["custom_emoji_id"] = url.substr(prefix.size());
        } else {
            if (url.empty()) return std::nullopt;
            entity.entity["url"] = url;
        }
        builder_.entity(entity.start, std::move(entity.entity));
        return std::nullopt;
    }

    [[nodiscard]] bool ends_line(std::size_t at) const {
        return at >= source_.size() || source_[at] == '\n';
    }

    Error begin_quote() {
        const bool fold = follows("**>");
        if (fold || !quote_) {
            close_quote();
            quote_ =
                Open{">", "BlockQuote", {{"type", fold ? "expandable_blockquote" : "blockquote"}}};
            quote_->start = builder_.units();
        }
        at_ += fold ? 3 : 1;
        return std::nullopt;
    }

    Error end_line() {
        if (quote_ && !(at_ + 1 < source_.size() && source_[at_ + 1] == '>')) close_quote();
        return take_plain();
    }

    void close_quote() {
        if (quote_) builder_.entity(quote_->start, std::move(quote_->entity));
        quote_.reset();
    }

    std::string_view source_;
    std::size_t at_ = 0;
    std::vector<Open> open_;
    std::optional<Open> quote_;
    TextBuilder builder_;
};

// What stands between two marks of legacy Markdown; it does not nest.
struct LegacyMark {
    std::string_view mark;
    const char* type;
};

Parsed legacy_error(std::size_t at) {
    return failed("Can't find end of the entity starting at byte offset " + std::to_string(at));
}

}  // namespace

Parsed parse_markdown_v2(std::string_view source) { return MarkdownV2Parser(source).parse(); }

Parsed parse_markdown(std::string_view source) {
    static constexpr LegacyMark marks[] = {
        {"```", "pre"}, {"`", "code"}, {"*", "bold"}, {"_", "italic"}};
    TextBuilder builder;
    for (std::size_t at = 0; at < source.size();) {
        const auto rest = source.substr(at);
        if (rest.size() > 1 && rest[0] == '\\' &&
            std::string_view("_*`[").find(rest[1]) != std::string_view::npos) {
            builder.append(rest.substr(1, 1));
            at += 2;
            continue;
        }
        const auto start = builder.units();
        if (rest[0] == '[') {
            const auto middle = rest.find(']');
            if (middle == std::string_view::npos) return legacy_error(at);
            builder.append(rest.substr(1, middle - 1));
            at += middle + 1;
            if (!source.substr(at).starts_with('(')) continue;
            const auto end = source.find(')', at);
            if (end == std::string_view::npos) return legacy_error(at);
            builder.entity(start, {{"type", "text_link"},
                                   {"url", std::string(source.substr(at + 1, end - at - 1))}});
            at = end + 1;
            continue;
        }
        const LegacyMark* found = nullptr;
        for (const auto& mark : marks) {
            if (!found && rest.starts_with(mark.mark)) found = &mark;
        }
        if (!found) {
            builder.append(rest.substr(0, 1));
            ++at;
            continue;
        }
        const auto size = found->mark.size();
        const auto end = rest.find(found->mark, size);
        if (end == std::string_view::npos) return legacy_error(at);
        builder.append(rest.substr(size, end - size));
        builder.entity(start, {{"type", found->type}});
        at += end + size;
    }
    return std::move(builder).finish();
}

}  // namespace tgstats::playground
