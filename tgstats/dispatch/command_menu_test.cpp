#include "tgstats/dispatch/command_menu.h"

#include <boost/json/parse.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tgstats {
namespace {

hotreload::Offer command(const std::string& name) {
    return {.kind = "command", .name = name, .description = "About " + name};
}

BuiltIns own_commands() {
    BuiltIns own;
    own.add({.name = "help", .description = "d", .listed = Listed::for_all});
    own.add({.name = "settings", .description = "d", .listed = Listed::in_groups});
    own.add({.name = "setup", .description = "d", .listed = Listed::for_administrators});
    own.add({.name = "plugins", .description = "d", .listed = Listed::nowhere});
    return own;
}

std::string names(const ScopedMenu& menu) {
    std::string list = menu.scope + ":";
    const auto commands = json::parse(menu.commands);
    for (const auto& one : commands.as_array())
        list += " " + std::string(one.at("command").as_string());
    EXPECT_EQ(commands.as_array().size(), menu.count);
    return list;
}

TEST(CommandMenuTest, EverybodyFindsWhatTheyMayUse) {
    const auto menus = menus_of({command("top")}, own_commands());
    ASSERT_EQ(menus.size(), 4U);
    EXPECT_EQ(names(menus[0]), "all_chat_administrators: top help settings setup");
    EXPECT_EQ(names(menus[1]), "all_group_chats: top help settings");
    EXPECT_EQ(names(menus[2]), "all_private_chats: top help");
    EXPECT_EQ(names(menus[3]), "default: top help settings");
}

// Whose command the bot answers itself would be in two menus under one name and mean one thing.
TEST(CommandMenuTest, APluginsCommandThatTheBotAnswersIsInNoMenu) {
    for (const auto& menu : menus_of({command("setup"), command("Bad-Name")}, own_commands()))
        EXPECT_EQ(names(menu).find("setup") != std::string::npos,
                  menu.scope == "all_chat_administrators");
}

TEST(CommandMenuTest, NoMenuIsLongerThanTelegramTakes) {
    std::vector<hotreload::Offer> many;
    for (int i = 0; i < 200; ++i) many.push_back(command(fmt::format("c{}", i)));
    for (const auto& menu : menus_of(many, own_commands())) {
        EXPECT_LE(menu.count, menu_commands_max);
        EXPECT_NE(names(menu).find(" help"), std::string::npos);
    }
}

}  // namespace
}  // namespace tgstats
