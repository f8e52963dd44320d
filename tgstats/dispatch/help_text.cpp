#include "tgstats/dispatch/help_text.h"

#include <fmt/format.h>

#include "tgstats/telegram/html.h"

namespace tgstats {
namespace {

constexpr std::size_t text_bytes_max =
    3500;  // Telegram takes 4096 characters; the end must fit, too

}  // namespace

std::string help_text(const HelpTopics& topics) {
    const auto line_for = [](const hotreload::Offer& command) {
        return fmt::format("\n/{} – {}", escape_html(command.name),
                           escape_html(command.description));
    };
    std::string own = "\n";
    for (const auto& command : topics.own) own += line_for(command);
    std::string text = "<b>What I can do</b>\n";
    std::size_t shown = 0;
    for (const auto& command : topics.plugins) {
        const auto line = line_for(command);
        if (text.size() + own.size() + line.size() > text_bytes_max) break;
        text += line;
        ++shown;
    }
    if (shown < topics.plugins.size())
        text += fmt::format("\n… and {} more", topics.plugins.size() - shown);
    if (topics.plugins.empty()) text += "\nNo plugin is loaded right now.";
    return text + own;
}

std::string start_text(const HelpTopics& topics, bool in_private) {
    std::string text =
        "<b>Group statistics</b>\nPictures and numbers about what goes on in a group.\n\n";
    if (in_private) text += "Add me to a group and give the commands there.\n\n";
    return text + help_text(topics);
}

}  // namespace tgstats
