#include "tgstats/settings/operator_pages.h"

#include <fmt/format.h>

#include "hotreload/base/sha256.h"
#include "tgstats/settings/operator_panel.h"
#include "tgstats/telegram/html.h"

namespace tgstats {
namespace {

constexpr std::size_t name_bytes_max = 40;      // of a name that stands in callback data itself
constexpr std::size_t line_bytes_max = 120;     // of an error in the list
constexpr std::size_t block_bytes_max = 1'200;  // of a tool's words, escaped

// At most so many bytes of escaped HTML, cut between characters.
std::string cut_html(std::string_view text, std::size_t bytes_max) {
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = at + 1;
        while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) ++end;
        const auto one = escape_html(text.substr(at, end - at));
        if (result.size() + one.size() > bytes_max) return result + "…";
        result += one;
        at = end;
    }
    return result;
}

std::string_view first_line(std::string_view text) { return text.substr(0, text.find('\n')); }

const char* sign_of(const hotreload::PluginStatus& status) {
    if (!status.serving) return status.enabled ? (status.error ? "❌" : "⏳") : "⏸";
    return status.error ? "⚠️" : "✅";
}

std::string stage_of(const hotreload::PluginStatus& status) {
    if (!status.serving && !status.enabled) return "disabled";
    std::string stage(to_string(status.stage));
    if (status.serving && status.restored) stage += ", an earlier generation";
    if (status.serving && status.error) stage += ", the last edit failed";
    return stage;
}

std::string line_of(const hotreload::PluginStatus& status) {
    auto line = fmt::format("\n{} <b>{}</b> – {}", sign_of(status), escape_html(status.name),
                            stage_of(status));
    if (status.generation > 0) line += fmt::format(", generation {}", status.generation);
    if (status.error) line += "\n    " + cut_html(first_line(status.error->reason), line_bytes_max);
    return line;
}

std::string data_for(std::string_view verb, const std::string& plugin) {
    return fmt::format("{}{}:{}", operator_prefix, verb, handle_of(plugin));
}

Button page_button(std::string text, std::size_t first) {
    return {std::move(text), fmt::format("{}list:{}", operator_prefix, first)};
}

}  // namespace

std::string handle_of(const std::string& plugin) {
    if (plugin.size() <= name_bytes_max) return plugin;
    return "#" + hotreload::sha256(plugin).short_hex();
}

Page plugins_page(const std::vector<hotreload::PluginStatus>& all, std::size_t first) {
    if (first >= all.size()) first = 0;
    const auto end = std::min(all.size(), first + plugins_on_a_page);
    Page page{fmt::format("<b>Plugins</b> ({})\n", all.size()), {}};
    for (auto at = first; at < end; ++at) {
        page.html += line_of(all[at]);
        if ((at - first) % 2 == 0) page.rows.emplace_back();
        page.rows.back().push_back(
            {fmt::format("{} {}", sign_of(all[at]), all[at].name), data_for("show", all[at].name)});
    }
    page.rows.push_back({page_button("🔄 Look again", first)});
    if (first > 0) page.rows.back().push_back(page_button("« Before", first - plugins_on_a_page));
    if (end < all.size()) page.rows.back().push_back(page_button("More »", end));
    return page;
}

Page plugin_page(const hotreload::PluginStatus& status, const std::string& note) {
    Page page;
    if (!note.empty()) page.html = escape_html(note) + "\n\n";
    page.html += fmt::format("{} <b>{}</b> {}\n{}\n\nStage: {}\nGeneration: {}", sign_of(status),
                             escape_html(status.name), escape_html(status.version),
                             cut_html(status.description, line_bytes_max * 4), stage_of(status),
                             status.generation);
    std::string commands;
    for (const auto& offer : status.offers)
        if (offer.kind == "command") commands += " /" + offer.name;
    if (!commands.empty()) page.html += "\nCommands:" + cut_html(commands, line_bytes_max * 4);
    if (status.error)
        page.html += fmt::format("\n\n❌ In stage {}: {}", to_string(status.error->stage),
                                 cut_html(first_line(status.error->reason), line_bytes_max * 4));
    const auto button = [&](const char* text, const char* verb) {
        return Button{text, data_for(verb, status.name)};
    };
    page.rows = {{button("🔄 Reload", "reload"),
                  status.enabled ? button("⏸ Disable", "disable") : button("▶️ Enable", "enable")},
                 {button("⏪ Roll back", "rollback"), button("❓ Why", "why")},
                 {page_button("« All plugins", 0)}};
    return page;
}

Page why_page(const hotreload::PluginStatus& status) {
    Page page = plugin_page(status, "");
    page.html += "\n\nLast plan: " + cut_html(status.reason, block_bytes_max);
    if (status.error) {
        auto words = status.error->output;
        if (words.empty())
            for (const auto& one : status.error->diagnostics) words += one.text() + "\n";
        if (!words.empty()) page.html += "\n<pre>" + cut_html(words, block_bytes_max) + "</pre>";
    }
    for (const auto& problem : status.problems)
        page.html += "\nProblem: " + cut_html(problem, block_bytes_max);
    if (const auto& call = status.last_failed_call)
        page.html += fmt::format(
            "\nLast failed call: {}\n<pre>{}</pre>", cut_html(call->offer, line_bytes_max),
            cut_html(call->output.empty() ? call->reason : call->output, block_bytes_max));
    if (const auto& crash = status.last_crash)
        page.html +=
            fmt::format("\nLast crash: {}\n<pre>{}</pre>", cut_html(crash->how, line_bytes_max),
                        cut_html(crash->stderr_tail, block_bytes_max));
    if (!status.stderr_tail.empty())
        page.html += "\nLast words on stderr:\n<pre>" +
                     cut_html(status.stderr_tail, block_bytes_max) + "</pre>";
    if (!status.sandbox.empty())
        page.html += "\nSandbox: " + cut_html(status.sandbox, line_bytes_max);
    return page;
}

}  // namespace tgstats
