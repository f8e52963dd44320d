// What people do with a business account that is connected with the first bot:
// /playground/api/business/….

#include "tgstats/playground/mount.h"
#include "tgstats/playground/page_answers.h"

namespace tgstats::playground {

namespace {

// user, enabled (true unless it is said): {connection_id, update_id}
Response post_connection(Playground& playground, const Arguments& arguments) {
    auto user = user_of(arguments, "user");
    if (!user) return fail(user.error());
    const bool enabled = !arguments.has("enabled") || arguments.boolean("enabled");
    const auto connected =
        playground.business.connect(playground.first_bot(), std::move(*user), enabled);
    if (!connected) return fail(connected.error());
    return succeed(json::object{{"connection_id", connected->connection_id},
                                {"update_id", id_or_null(connected->update_id)}});
}

// connection_id, chat_id (the other person), from, text, reply_to_message_id
Response post_business_message(Playground& playground, const Arguments& arguments) {
    auto from = user_of(arguments, "from");
    if (!from) return fail(from.error());
    BusinessMessage message;
    message.connection_id = arguments.text("connection_id").value_or("");
    message.chat_id = arguments.integer("chat_id").value_or(0);
    message.from_id = from->id;
    message.text = arguments.text("text").value_or("");
    message.reply_to_message_id = arguments.integer("reply_to_message_id");
    const auto* known = playground.world.user(from->id);
    if (from->id > 0 && !(known && known->is_bot)) playground.add_user(std::move(*from));
    const auto posted = playground.business.write(playground.first_bot(), std::move(message));
    return posted ? succeed(*posted) : fail(posted.error());
}

// connection_id, message_id, text
Response post_business_edit(Playground& playground, const Arguments& arguments) {
    const auto edited = playground.business.edit(
        playground.first_bot(), arguments.text("connection_id").value_or(""),
        arguments.integer("message_id").value_or(0), arguments.text("text").value_or(""));
    return edited ? succeed(*edited) : fail(edited.error());
}

// connection_id, chat_id, message_ids: {update_id}
Response post_business_deletion(Playground& playground, const Arguments& arguments) {
    const auto ids = arguments.structure("message_ids");
    if (!ids) return fail(ids.error());
    Business::Deletion deletion;
    deletion.connection_id = arguments.text("connection_id").value_or("");
    deletion.chat_id = arguments.integer("chat_id").value_or(0);
    if (const auto* list = ids->if_array())
        for (const auto& id : *list)
            if (id.is_int64()) deletion.message_ids.push_back(id.get_int64());
    const auto told = playground.business.erase(playground.first_bot(), deletion);
    if (!told) return fail(told.error());
    return succeed(json::object{{"update_id", id_or_null(*told)}});
}

using Action = Response (*)(Playground&, const Arguments&);

Task<Response> act(Playground& playground, Action action, Request request) {
    const auto arguments = Arguments::from_page(request);
    if (!arguments) co_return fail(arguments.error());
    co_return action(playground, *arguments);
}

}  // namespace

void mount_business_api(http::Router& router, Playground& playground) {
    const auto add = [&](const char* name, Action action) {
        router.add("POST", std::string("/playground/api/business/") + name,
                   [&playground, action](Request request) {
                       return act(playground, action, std::move(request));
                   });
    };
    add("connections", post_connection);
    add("messages", post_business_message);
    add("edits", post_business_edit);
    add("deletions", post_business_deletion);
}

}  // namespace tgstats::playground
