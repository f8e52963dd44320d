#include "tgstats/dispatch/command_menu.h"

#include <algorithm>

#include <boost/asio/steady_timer.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace tgstats {
namespace {

constexpr Millis wait_forever{24 * 3600 * 1000};

bool menu_name(std::string_view name) {
    return !name.empty() && name.size() <= 32 && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

// At most `chars_max` code points, cut between them.
std::string cut(const std::string& text, std::size_t chars_max) {
    std::size_t chars = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool starts = (static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U;
        if (starts && ++chars > chars_max) return text.substr(0, i);
    }
    return text;
}

}  // namespace

json::array menu_of(const std::vector<hotreload::Offer>& plugins,
                    const std::vector<hotreload::Offer>& own) {
    json::array menu;
    const auto add = [&menu](const hotreload::Offer& command) {
        const auto description = command.description.empty() ? command.name : command.description;
        menu.push_back({{"command", command.name},
                        {"description", cut(description, menu_description_chars_max)}});
    };
    const auto named_by = [&own](const std::string& name) {
        return std::ranges::any_of(own, [&](const auto& one) { return one.name == name; });
    };
    for (const auto& command : plugins)
        if (menu_name(command.name) && !named_by(command.name) &&
            menu.size() + own.size() < menu_commands_max)
            add(command);
    for (const auto& command : own) add(command);
    return menu;
}

CommandMenu::CommandMenu(asio::any_io_executor executor, BotApi& api, hotreload::EventLog& events)
    : api_(api), events_(events), executor_(executor), changed_(executor) {}

void CommandMenu::set(const hotreload::Routes& routes, const std::vector<hotreload::Offer>& own) {
    wanted_ = json::serialize(menu_of(routes.offers("command"), own));
    changed_.notify_all();
}

Task<void> CommandMenu::run() {
    auto pause = menu_retry_first;
    for (;;) {
        if (wanted_ == sent_) {
            const bool told =
                co_await changed_.wait_until(hotreload::monotonic_now() + wait_forever);
            static_cast<void>(told);
            continue;
        }
        const auto sending = wanted_;
        json::object params{{"commands", json::parse(sending)}};
        const auto result = co_await api_.call("setMyCommands", std::move(params));
        if (result.has_value()) {
            sent_ = sending;
            pause = menu_retry_first;
            events_.emit_host(
                "command_menu_set", hotreload::Level::info,
                {{"count", static_cast<std::int64_t>(json::parse(sending).as_array().size())}});
            continue;
        }
        events_.emit_host("command_menu_failed", hotreload::Level::warning,
                          {{"reason", result.error().text()}});
        asio::steady_timer timer(executor_, pause);
        co_await timer.async_wait(asio::use_awaitable);
        pause = std::min(pause * 2, menu_retry_max);
    }
}

}  // namespace tgstats
