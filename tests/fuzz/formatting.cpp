// Texts with markup as bots send them: every entity lies within the text that is left.

#include "tgstats/playground/formatting.h"

#include "hotreload/base/utf8.h"
#include "tests/fuzz/fuzz.h"

namespace {

using tgstats::playground::FormattedText;
using Parsed = hotreload::Result<FormattedText, std::string>;

void check(Parsed parsed) {
    if (!parsed) {
        fuzz::hold(!parsed.error().empty(), "a refused text says why");
        return;
    }
    tgstats::playground::add_detected_entities(*parsed);
    tgstats::playground::trim(*parsed);
    fuzz::hold(hotreload::is_utf8(parsed->text), "the text is UTF-8 as before");
    const auto units = tgstats::utf16_length(parsed->text);
    std::size_t last = 0;
    for (const auto& value : parsed->entities) {
        const auto offset = value.at("offset").to_number<std::size_t>();
        const auto length = value.at("length").to_number<std::size_t>();
        fuzz::hold(length > 0 && offset <= units && length <= units - offset,
                   "an entity lies within the text");
        fuzz::hold(offset >= last, "entities are sorted");
        last = offset;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::text_of(data, size);
    // Others are refused before they are parsed (Arguments::from).
    if (!hotreload::is_utf8(text)) return 0;
    check(tgstats::playground::parse_html(text));
    check(tgstats::playground::parse_markdown_v2(text));
    check(tgstats::playground::parse_markdown(text));
    check(FormattedText{std::string(text), {}});
    return 0;
}
