#include "tgstats/notify/wording.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "hotreload/base/utf8.h"
#include "tgstats/notify/notes.h"
#include "tgstats/telegram/html.h"

namespace tgstats {
namespace {

using hotreload::Event;
using hotreload::EventType;

constexpr std::size_t reason_bytes_max = 500;
constexpr std::size_t line_bytes_max = 200;

std::int64_t number_in(const Event& event, std::string_view field) {
    const auto* value = event.find(field);
    const auto* number = value == nullptr ? nullptr : std::get_if<std::int64_t>(value);
    return number == nullptr ? 0 : *number;
}

double real_in(const Event& event, std::string_view field) {
    const auto* value = event.find(field);
    const auto* number = value == nullptr ? nullptr : std::get_if<double>(value);
    return number == nullptr ? 0 : *number;
}

bool true_in(const Event& event, std::string_view field) {
    const auto* value = event.find(field);
    const auto* flag = value == nullptr ? nullptr : std::get_if<bool>(value);
    return flag != nullptr && *flag;
}

std::string bold(const std::string& plugin) { return "<b>" + escape_html(plugin) + "</b>"; }

std::string duration(double ms) {
    return ms >= 1000 ? fmt::format("{:.1f} s", ms / 1000) : fmt::format("{:.0f} ms", ms);
}

// Well-formed and escaped, at most so many bytes of it; where something is left out, "…" says so.
std::string fitting(std::string_view raw, std::size_t bytes_max, bool keep_end) {
    const auto text = hotreload::to_utf8(raw);
    std::string begin = escape_html(text);
    if (begin.size() <= bytes_max) return begin;
    // No character grows to more than five bytes: cut the raw text until it fits.
    std::size_t keep = std::min(text.size(), bytes_max);
    for (;; keep -= keep / 10 + 1) {
        std::string part = keep_end ? text.substr(text.size() - keep) : text.substr(0, keep);
        if (keep_end)
            while (!part.empty() && (static_cast<unsigned char>(part[0]) & 0xC0U) == 0x80U)
                part.erase(0, 1);
        else
            part.resize(hotreload::utf8_valid_prefix(part));
        const auto escaped = escape_html(part);
        if (escaped.size() + 8 <= bytes_max) return keep_end ? "…\n" + escaped : escaped + "\n…";
    }
}

// The compiler's first lines say what is wrong, the interpreter's last ones.
std::string tool_words(const Event& event, std::size_t bytes_max) {
    auto words = text_in(event, "output");
    if (words.empty()) words = fmt::format("{}", fmt::join(texts_in(event, "diagnostics"), "\n"));
    while (words.ends_with('\n')) words.pop_back();
    if (words.empty()) return "";
    const bool keep_end = event.type != EventType::plugin_build_failed;
    return "\n<pre>" + fitting(words, bytes_max, keep_end) + "</pre>";
}

}  // namespace

std::string text_in(const Event& event, std::string_view field) {
    const auto* value = event.find(field);
    const auto* text = value == nullptr ? nullptr : std::get_if<std::string>(value);
    return text == nullptr ? std::string() : *text;
}

std::vector<std::string> texts_in(const Event& event, std::string_view field) {
    const auto* value = event.find(field);
    const auto* texts = value == nullptr ? nullptr : std::get_if<std::vector<std::string>>(value);
    return texts == nullptr ? std::vector<std::string>() : *texts;
}

std::string under_way(const std::string& plugin) {
    return fmt::format("🔧 {}: building…", bold(plugin));
}

std::string live(const std::string& plugin, const Event& event) {
    if (event.type == EventType::plugin_restarted)
        return fmt::format("♻️ {}: started again as generation {}", bold(plugin),
                           number_in(event, "generation"));
    return fmt::format("✅ {}: generation {} live in {}", bold(plugin),
                       number_in(event, "generation"), duration(real_in(event, "live_ms")));
}

std::string failure(const std::string& plugin, const Event& event) {
    auto reason = text_in(event, "reason");
    if (event.type == EventType::plugin_held)
        reason = fmt::format("held until plugins.yaml grants: {}",
                             fmt::join(texts_in(event, "missing_permissions"), ", "));
    const bool gone = event.type == EventType::plugin_failed;
    const bool serves = true_in(event, "still_serving") || event.type == EventType::plugin_held;
    const auto* after = gone     ? "nothing serves any more"
                        : serves ? "the old one serves on"
                                 : "nothing serves yet";
    auto text =
        fmt::format("❌ {}: {}; {}", bold(plugin), fitting(reason, reason_bytes_max, false), after);
    return text + tool_words(event, note_bytes_max - text.size() - 16);
}

std::string failure_line(const std::string& plugin, const Event& event) {
    return fmt::format("❌ {}: {}", bold(plugin),
                       fitting(text_in(event, "reason"), line_bytes_max, false));
}

std::string crash(const std::string& plugin, const Event& event) {
    auto text =
        fmt::format("💥 {}: generation {} ended: {}", bold(plugin), number_in(event, "generation"),
                    fitting(text_in(event, "reason"), reason_bytes_max, false));
    return text + tool_words(event, note_bytes_max - text.size() - 16);
}

std::string changed(const std::string& plugin, const Event& event) {
    const auto reason = fitting(text_in(event, "reason"), reason_bytes_max, false);
    if (event.type == EventType::plugin_unloaded)
        return fmt::format("⏹ {}: no longer loaded: {}", bold(plugin), reason);
    return fmt::format("↩️ {}: back to generation {}: {}", bold(plugin),
                       number_in(event, "generation"), reason);
}

std::string digest(const DigestCounts& counts) {
    auto text = fmt::format("📦 {} plugins at once: {} live", counts.plugins, counts.live);
    if (counts.failed > 0) text += fmt::format(", {} failed", counts.failed);
    if (counts.under_way > 0) text += fmt::format(", {} under way…", counts.under_way);
    return text;
}

}  // namespace tgstats
