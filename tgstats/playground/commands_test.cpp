// The command menus of each scope, and which of them a person sees.

#include "tgstats/playground/fixture_test.h"

namespace tgstats::playground {
namespace {

class CommandScopes : public PlaygroundFixture {
protected:
    CommandScopes() {
        page("chats", {{"id", group}, {"username", "the_group"}});
        page("members", {{"chat_id", group}, {"user", {{"id", 5}}}, {"status", "administrator"}});
        page("members", {{"chat_id", group}, {"user", {{"id", 6}}}, {"status", "member"}});
        page("chats", {{"id", 5}});
    }
    static json::object scoped(const json::object& scope) {
        return scope.empty() ? json::object() : json::object{{"scope", scope}};
    }
    json::value set(const json::object& scope, const std::string& name) {
        auto arguments = scoped(scope);
        const json::object command{{"command", name}, {"description", "d"}};
        arguments["commands"] = json::array{command};
        return call("setMyCommands", arguments);
    }
    std::string names(const json::value& commands) {
        std::string list;
        for (const auto& entry : commands.as_array())
            list += std::string(entry.at("command").as_string()) + " ";
        return list;
    }
    std::string bot_gets(const json::object& scope) {
        return names(call("getMyCommands", scoped(scope)));
    }
    std::string sees(std::int64_t user, std::int64_t chat = group) {
        return names(
            look("commands?chat_id=" + std::to_string(chat) + "&user_id=" + std::to_string(user))
                .at("commands"));
    }

    const json::object privates{{"type", "all_private_chats"}}, groups{{"type", "all_group_chats"}},
        admins{{"type", "all_chat_administrators"}}, one{{"type", "chat"}, {"chat_id", group}},
        its_admins{{"type", "chat_administrators"}, {"chat_id", group}},
        member{{"type", "chat_member"}, {"chat_id", group}, {"user_id", 6}};
};

TEST_F(CommandScopes, TheNarrowestOneIsSeen) {
    set({}, "any");
    EXPECT_EQ(sees(5) + sees(6) + sees(5, 5), "any any any ");
    set(privates, "private");
    set(groups, "groups");
    EXPECT_EQ(sees(5) + sees(6) + sees(5, 5), "groups groups private ");
    set(admins, "admins");
    EXPECT_EQ(sees(5) + sees(6), "admins groups ");
    set(one, "here");
    EXPECT_EQ(sees(5) + sees(6), "here here ");
    set(its_admins, "admins_here");
    set(member, "six");
    EXPECT_EQ(sees(5) + sees(6) + sees(5, 5), "admins_here six private ");
    EXPECT_EQ(bot_gets({}) + bot_gets(admins) + bot_gets(member), "any admins six ");
}

TEST_F(CommandScopes, DeletedOnesLeaveTheWider) {
    for (const auto& scope : {groups, admins, member}) set(scope, "x");
    set({}, "any");
    call("deleteMyCommands", scoped(admins));
    EXPECT_EQ(bot_gets(admins), "");
    set(groups, "groups");
    EXPECT_EQ(sees(5), "groups ");
    call("setMyCommands", {{"commands", json::array()}, {"scope", member}});
    EXPECT_EQ(sees(6), "groups ");
    call("deleteMyCommands");
    EXPECT_EQ(sees(5, 5), "");
    EXPECT_EQ(sees(6), "groups ");
}

TEST_F(CommandScopes, ChatsAreTheSameByIdAndByName) {
    set({{"type", "chat"}, {"chat_id", "@the_group"}}, "named");
    EXPECT_EQ(bot_gets(one), "named ");
    EXPECT_EQ(set({{"type", "chat"}, {"chat_id", -77}}, "x"), "400 Bad Request: chat not found");
    EXPECT_EQ(set({{"type", "chat"}, {"chat_id", "@nowhere"}}, "x"),
              "400 Bad Request: chat not found");
    for (const json::object& wrong : {json::object{{"type", "chat"}},
                                      {{"type", "chat_member"}, {"chat_id", group}},
                                      {{"type", "nonsense"}},
                                      {{"type", "chat_administrators"}, {"chat_id", 5}}})
        EXPECT_TRUE(set(wrong, "x").is_string()) << json::serialize(wrong);
}

}  // namespace
}  // namespace tgstats::playground
