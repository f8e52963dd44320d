#include "tgstats/dispatch/command_menu.h"

#include <algorithm>
#include <array>

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
                    const std::vector<hotreload::Offer>& own,
                    const std::vector<hotreload::Offer>& reserved) {
    json::array menu;
    const auto add = [&menu](const hotreload::Offer& command) {
        const auto description = command.description.empty() ? command.name : command.description;
        menu.push_back({{"command", command.name},
                        {"description", cut(description, menu_description_chars_max)}});
    };
    const auto is_reserved = [&reserved](const std::string& name) {
        return std::ranges::any_of(reserved, [&](const auto& one) { return one.name == name; });
    };
    for (const auto& command : plugins)
        if (menu_name(command.name) && !is_reserved(command.name) &&
            menu.size() + reserved.size() < menu_commands_max)
            add(command);
    for (const auto& command : own) add(command);
    return menu;
}

CommandMenu::CommandMenu(asio::any_io_executor executor, BotApi& api, hotreload::EventLog& events)
    : api_(api), events_(events), executor_(executor), changed_(executor) {}

std::vector<ScopedMenu> menus_of(const std::vector<hotreload::Offer>& plugins,
                                 const BuiltIns& own) {
    using Scope = std::pair<const char*, Listed>;
    static constexpr std::array scopes{Scope{"all_chat_administrators", Listed::for_administrators},
                                       Scope{"all_group_chats", Listed::in_groups},
                                       Scope{"all_private_chats", Listed::for_all},
                                       Scope{"default", Listed::in_groups}};
    std::vector<ScopedMenu> menus;
    for (const auto& [scope, how] : scopes) {
        const auto menu = menu_of(plugins, own.listed(how), own.listed());
        menus.push_back({scope, json::serialize(menu), menu.size()});
    }
    return menus;
}

void CommandMenu::set(const hotreload::Routes& routes, const BuiltIns& own) {
    wanted_ = menus_of(routes.offers("command"), own);
    changed_.notify_all();
}

const ScopedMenu* CommandMenu::next_to_send() const {
    for (const auto& menu : wanted_)
        if (std::ranges::find(sent_, menu) == sent_.end()) return &menu;
    return nullptr;
}

Task<bool> CommandMenu::send(ScopedMenu menu) {
    json::object params{{"commands", json::parse(menu.commands)},
                        {"scope", json::object{{"type", menu.scope}}}};
    const auto result = co_await api_.call("setMyCommands", std::move(params));
    std::erase_if(sent_, [&](const ScopedMenu& one) { return one.scope == menu.scope; });
    if (result.has_error()) {
        events_.emit_host("command_menu_failed", hotreload::Level::warning,
                          {{"reason", result.error().text()}});
        co_return false;
    }
    sent_.push_back(std::move(menu));
    co_return true;
}

Task<void> CommandMenu::run() {
    auto pause = menu_retry_first;
    bool told = true;
    for (;;) {
        if (const auto* next = next_to_send()) {
            told = false;
            auto menu = *next;
            const bool taken = co_await send(std::move(menu));
            if (taken) {
                pause = menu_retry_first;
                continue;
            }
            asio::steady_timer timer(executor_, pause);
            co_await timer.async_wait(asio::use_awaitable);
            pause = std::min(pause * 2, menu_retry_max);
            continue;
        }
        if (!told)
            events_.emit_host("command_menu_set", hotreload::Level::info,
                              {{"count", static_cast<std::int64_t>(wanted_.front().count)}});
        told = true;
        const bool changed =
            co_await changed_.wait_until(hotreload::monotonic_now() + wait_forever);
        static_cast<void>(changed);
    }
}

}  // namespace tgstats
