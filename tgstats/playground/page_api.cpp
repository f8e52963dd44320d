// The people's side of HTTP, for the web chat and for tests: /playground/api/….

#include <algorithm>

#include "tgstats/playground/commands.h"
#include "tgstats/playground/mount.h"
#include "tgstats/playground/page_answers.h"

namespace tgstats::playground {

namespace {

constexpr std::int64_t wait_s_max = 60;
constexpr std::int64_t messages_at_once_max = 500;
constexpr std::int64_t messages_at_once = 200;

// A message as the page wants it: with addresses for its picture or document.
json::object for_page(Playground& playground, const Message& message) {
    auto body = message.body;
    const auto url = [&](const json::value& part) -> json::value {
        const auto* file =
            playground.world.file(std::string_view(part.as_object().at("file_id").as_string()));
        if (!file) return nullptr;
        return json::value(
            json::string("/file/bot" + playground.first_bot().token + "/" + file->path));
    };
    if (const auto* photo = body.if_contains("photo"))
        body["photo_url"] = url(photo->as_array().back());
    if (const auto* document = body.if_contains("document")) body["document_url"] = url(*document);
    if (message.reactions.empty()) return body;
    json::array reactions;
    for (const auto& [user, list] : message.reactions) {
        if (!list.empty()) reactions.push_back(json::object{{"user_id", user}, {"reaction", list}});
    }
    body["reactions"] = std::move(reactions);
    return body;
}

// Looks again after each change, until `there()` or the deadline.
template <class There>
Task<void> wait_until(Playground& playground, std::int64_t seconds, There there) {
    seconds = std::clamp<std::int64_t>(seconds, 0, wait_s_max);
    const auto deadline = hotreload::monotonic_now() + std::chrono::seconds(seconds);
    bool in_time = seconds > 0;
    while (in_time && !playground.closed() && !there()) {
        in_time = co_await playground.world.changed().wait_until(deadline);
    }
}

Task<Response> post_message(Playground& playground, Request request) {
    const auto arguments = Arguments::from_page(request);
    if (!arguments) co_return fail(arguments.error());
    auto from = user_of(*arguments, "from");
    if (!from) co_return fail(from.error());
    UserMessage message;
    message.chat_id = arguments->integer("chat_id").value_or(0);
    message.from = std::move(*from);
    message.text = arguments->text("text").value_or("");
    message.reply_to_message_id = arguments->integer("reply_to_message_id");
    message.message_thread_id = arguments->integer("message_thread_id");
    message.anonymous = arguments->boolean("anonymous");
    message.media_group_id = arguments->text("media_group_id").value_or("");
    if (const auto* photo = arguments->upload("photo")) message.photo = *photo;
    const auto posted = playground.post(std::move(message));
    if (!posted) co_return fail(posted.error());
    co_return succeed(*posted);
}

Task<Response> get_messages(Playground& playground, Request request) {
    const auto chat_id = request.query.integer("chat_id").value_or(0);
    const auto after = request.query.integer("after").value_or(0);
    const auto asked = request.query.integer("limit").value_or(messages_at_once);
    const auto limit =
        static_cast<std::size_t>(std::clamp<std::int64_t>(asked, 1, messages_at_once_max));
    co_await wait_until(
        playground, request.query.integer("wait").value_or(0), [&playground, chat_id, after] {
            const auto* chat = playground.world.chat(chat_id);
            return chat && chat->messages.upper_bound(after) != chat->messages.end();
        });
    json::array messages;
    const auto* chat = playground.world.chat(chat_id);
    if (!chat) co_return succeed(json::object{{"messages", messages}});
    auto first = chat->messages.upper_bound(after);
    // Without a position the newest are meant.
    const auto count = static_cast<std::size_t>(std::distance(first, chat->messages.end()));
    if (after == 0 && count > limit) std::advance(first, count - limit);
    for (; first != chat->messages.end() && messages.size() < limit; ++first) {
        messages.push_back(for_page(playground, first->second));
    }
    co_return succeed(json::object{{"messages", std::move(messages)}});
}

json::object describe(Playground& playground, const Change& change) {
    auto message = change.message;
    if (change.kind == "message" || change.kind == "edited")
        message = for_page(playground, {message, {}});
    return {{"n", change.n},
            {"kind", change.kind},
            {"chat_id", change.chat_id},
            {"message", std::move(message)}};
}

// {changes, last}; `gap` says that changes after `after` are no longer kept: read everything anew.
Task<Response> get_changes(Playground& playground, Request request) {
    const auto& world = playground.world;
    const auto given = request.query.integer("after").value_or(0);
    const auto after = static_cast<std::uint64_t>(std::max<std::int64_t>(given, 0));
    co_await wait_until(playground, request.query.integer("wait").value_or(0),
                        [&world, after] { return world.last_change() > after; });
    json::array changes;
    bool gap = after > world.last_change();
    if (!world.changes().empty() && world.changes().front().n > after + 1) gap = true;
    std::uint64_t last = gap ? world.last_change() : after;
    for (const auto& change : world.changes()) {
        if (change.n <= after || gap) continue;
        if (changes.size() >= static_cast<std::size_t>(messages_at_once_max)) break;
        changes.push_back(describe(playground, change));
        last = change.n;
    }
    co_return succeed(json::object{{"changes", std::move(changes)}, {"last", last}, {"gap", gap}});
}

json::object describe(Playground& playground, const Chat& chat) {
    auto result = playground.world.describe(chat);
    if (!result.contains("title"))
        result["title"] = result.contains("first_name") ? result["first_name"] : "";
    result["last_message"] = nullptr;
    if (!chat.messages.empty()) {
        result["last_message"] = for_page(playground, chat.messages.rbegin()->second);
    }
    json::array members;
    for (const auto& [id, status] : chat.members) {
        const auto* user = playground.world.user(id);
        if (user) members.push_back(json::object{{"user", to_json(*user)}, {"status", status}});
    }
    result["members"] = std::move(members);
    return result;
}

Task<Response> get_chats(Playground& playground, Request) {
    json::array chats;
    for (const auto& [id, chat] : playground.world.chats())
        chats.push_back(describe(playground, chat));
    co_return succeed(json::object{{"chats", std::move(chats)}});
}

Task<Response> post_chat(Playground& playground, Request request) {
    const auto arguments = Arguments::from_page(request);
    if (!arguments) co_return fail(arguments.error());
    Chat chat;
    chat.id = arguments->integer("id").value_or(0);
    chat.type = arguments->text("type").value_or(chat.id > 0 ? "private" : "supergroup");
    chat.title = arguments->text("title").value_or("");
    chat.username = arguments->text("username").value_or("");
    if (chat.id == 0) co_return fail("id is empty");
    const bool group = chat.type == "group" || chat.type == "supergroup";
    if (chat.id > 0 ? chat.type != "private" : !group) co_return fail("type does not fit the id");
    if (playground.world.chats().size() >= chats_max) co_return fail("too many chats");
    const auto members = arguments->structure("members");
    if (!members) co_return fail(members.error());
    const auto* list = members->if_array();
    for (const auto& value : list ? *list : json::array()) {
        const auto user = user_from(value);
        if (user.id <= 0) co_return fail("a member has no id");
        chat.members[user.id] = "member";
        playground.add_user(user);
    }
    co_return succeed(describe(playground, playground.add_chat(std::move(chat))));
}

Task<Response> get_users(Playground& playground, Request) {
    json::array users;
    for (const auto& [id, user] : playground.world.users()) users.push_back(to_json(user));
    co_return succeed(json::object{{"users", std::move(users)}});
}

Task<Response> post_user(Playground& playground, Request request) {
    const auto arguments = Arguments::from_page(request);
    if (!arguments) co_return fail(arguments.error());
    User user;
    user.id = arguments->integer("id").value_or(0);
    user.first_name = arguments->text("first_name").value_or("");
    user.last_name = arguments->text("last_name").value_or("");
    user.username = arguments->text("username").value_or("");
    const auto* known = playground.world.user(user.id);
    if (user.id <= 0 || (known && known->is_bot)) co_return fail("id must be that of a person");
    co_return succeed(to_json(playground.add_user(std::move(user))));
}

Task<Response> get_commands(Playground& playground, Request request) {
    const auto* chat = playground.world.chat(request.query.integer("chat_id").value_or(0));
    if (!chat) co_return fail("chat not found");
    const auto user_id = request.query.integer("user_id").value_or(0);
    co_return succeed(
        json::object{{"commands", commands_for(playground.first_bot(), *chat, user_id)}});
}

Task<Response> post_callback(Playground& playground, Request request) {
    const auto arguments = Arguments::from_page(request);
    if (!arguments) co_return fail(arguments.error());
    auto from = user_of(*arguments, "from");
    if (!from) co_return fail(from.error());
    if (from->id <= 0) co_return fail("from.id is empty");
    Press press;
    press.chat_id = arguments->integer("chat_id").value_or(0);
    press.message_id = arguments->integer("message_id").value_or(0);
    press.from = std::move(*from);
    press.data = arguments->text("data").value_or("");
    const auto id = playground.press(std::move(press));
    if (!id) co_return fail(id.error());
    co_return succeed(json::object{{"callback_query_id", *id}});
}

// reaction: an array of ReactionType objects, or `emoji`: one emoji, empty to take it back.
Task<Response> post_reaction(Playground& playground, Request request) {
    const auto arguments = Arguments::from_page(request);
    if (!arguments) co_return fail(arguments.error());
    auto from = user_of(*arguments, "from");
    if (!from) co_return fail(from.error());
    if (from->id <= 0) co_return fail("from.id is empty");
    const auto given = arguments->structure("reaction");
    if (!given) co_return fail(given.error());
    UserReaction reaction;
    reaction.chat_id = arguments->integer("chat_id").value_or(0);
    reaction.message_id = arguments->integer("message_id").value_or(0);
    reaction.from = std::move(*from);
    if (given->is_array()) reaction.reaction = given->get_array();
    const auto emoji = arguments->text("emoji").value_or("");
    if (!emoji.empty())
        reaction.reaction.push_back(json::object{{"type", "emoji"}, {"emoji", emoji}});
    if (const auto error = playground.react(std::move(reaction))) co_return fail(*error);
    co_return succeed(json::object{{"ok", true}});
}

Task<Response> post_edit(Playground& playground, Request request) {
    const auto arguments = Arguments::from_page(request);
    if (!arguments) co_return fail(arguments.error());
    const auto edited = playground.edit(arguments->integer("chat_id").value_or(0),
                                        arguments->integer("message_id").value_or(0),
                                        arguments->text("text").value_or(""));
    if (!edited) co_return fail(edited.error());
    co_return succeed(*edited);
}

Task<Response> post_member(Playground& playground, Request request) {
    const auto arguments = Arguments::from_page(request);
    if (!arguments) co_return fail(arguments.error());
    auto user = user_of(*arguments, "user");
    if (!user) co_return fail(user.error());
    const auto chat_id = arguments->integer("chat_id").value_or(0);
    const auto status = arguments->text("status").value_or("member");
    if (const auto error = playground.set_member(chat_id, std::move(*user), status))
        co_return fail(*error);
    co_return succeed(json::object{{"ok", true}});
}

Task<Response> post_migration(Playground& playground, Request request) {
    const auto arguments = Arguments::from_page(request);
    if (!arguments) co_return fail(arguments.error());
    auto from = user_of(*arguments, "from");
    if (!from) co_return fail(from.error());
    const auto moved =
        playground.migrate(arguments->integer("chat_id").value_or(0), std::move(*from));
    if (!moved) co_return fail(moved.error());
    co_return succeed(json::object{{"chat_id", *moved}});
}

Task<Response> get_limits(Playground& playground, Request) {
    co_return succeed(playground.limits.describe());
}

// on: whether floods are refused (429). What broke a limit stays counted.
Task<Response> post_limits(Playground& playground, Request request) {
    const auto arguments = Arguments::from_page(request);
    if (!arguments) co_return fail(arguments.error());
    if (!arguments->has("on")) co_return fail("on is missing");
    playground.limits.switch_floods(arguments->boolean("on"));
    co_return succeed(playground.limits.describe());
}

}  // namespace

void mount_page_api(http::Router& router, Playground& playground) {
    using Action = Task<Response> (*)(Playground&, Request);
    const auto add = [&](const char* method, const char* name, Action action) {
        router.add(method, std::string("/playground/api/") + name,
                   [&playground, action](Request request) {
                       return action(playground, std::move(request));
                   });
    };
    add("POST", "messages", post_message);
    add("GET", "messages", get_messages);
    add("GET", "changes", get_changes);
    add("GET", "chats", get_chats);
    add("POST", "chats", post_chat);
    add("GET", "users", get_users);
    add("POST", "users", post_user);
    add("GET", "commands", get_commands);
    add("POST", "callback", post_callback);
    add("POST", "callbacks", post_callback);
    add("POST", "reactions", post_reaction);
    add("POST", "edits", post_edit);
    add("POST", "members", post_member);
    add("POST", "migrations", post_migration);
    add("GET", "limits", get_limits);
    add("POST", "limits", post_limits);
}

}  // namespace tgstats::playground
