#pragma once
// Text with entities as Telegram makes them: the three parse modes, and what is found in plain text
// (commands, mentions, hashtags, links). Offsets and lengths count UTF-16 code units.

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "hotreload/base/result.h"
#include "tgstats/content/text_units.h"

namespace tgstats::playground {

namespace json = boost::json;
using hotreload::Result;

struct FormattedText {
    std::string text;
    json::array entities;  // MessageEntity objects
};

// Errors are Telegram's words after "can't parse entities: ".
Result<FormattedText, std::string> parse_html(std::string_view source);
Result<FormattedText, std::string> parse_markdown_v2(std::string_view source);
Result<FormattedText, std::string> parse_markdown(std::string_view source);  // the legacy one

// Adds bot_command, mention, hashtag and url entities outside the ones that are there already.
void add_detected_entities(FormattedText& formatted);
// Drops white space around the text and moves the entities along; sorts them.
void trim(FormattedText& formatted);

// Collects text and entities while a parser runs.
class TextBuilder {
public:
    void append(std::string_view utf8);
    [[nodiscard]] std::size_t units() const { return units_; }
    [[nodiscard]] const std::string& text() const { return text_; }
    // An entity from `start` to here; nothing when that is empty.
    void entity(std::size_t start, json::object fields);
    [[nodiscard]] FormattedText finish() &&;

private:
    std::string text_;
    std::size_t units_ = 0;
    json::array entities_;
};

}  // namespace tgstats::playground
