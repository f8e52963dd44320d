#include "tgstats/dispatch/help_text.h"

#include <fmt/format.h>

#include "tgstats/telegram/html.h"

namespace tgstats {
namespace {

constexpr std::size_t text_bytes_max =
    3500;  // Telegram takes 4096 characters; the end must fit, too

}  // namespace

std::string help_text(const std::vector<hotreload::Offer>& commands) {
    std::string text = "<b>What I can do</b>\n";
    std::size_t shown = 0;
    for (const auto& command : commands) {
        const auto line =
            fmt::format("\n/{} – {}", escape_html(command.name), escape_html(command.description));
        if (text.size() + line.size() > text_bytes_max) break;
        text += line;
        ++shown;
    }
    if (shown < commands.size()) text += fmt::format("\n… and {} more", commands.size() - shown);
    if (commands.empty()) text += "\nNo plugin is loaded right now.";
    text += "\n/help – This list";
    return text;
}

std::string start_text(const std::vector<hotreload::Offer>& commands, bool in_private) {
    std::string text =
        "<b>Group statistics</b>\nPictures and numbers about what goes on in a group.\n\n";
    if (in_private) text += "Add me to a group and give the commands there.\n\n";
    return text + help_text(commands);
}

}  // namespace tgstats
