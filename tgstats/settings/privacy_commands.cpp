#include "tgstats/settings/privacy_commands.h"

#include <fmt/format.h>

#include "tgstats/settings/my_data.h"

namespace tgstats {
namespace {

// Where a command holds that was given here.
std::int64_t reach_of(const BuiltInCall& call) {
    return call.in_private() ? everywhere : call.update.chat_id;
}

// Whoever writes as a group or channel is nobody whose data could be found.
const char* nobody(const BuiltInCall& call) {
    return call.as_some_chat() || call.user_id() == 0
               ? "❌ You write as a group or a channel, not as yourself: nothing is stored about "
                 "you here."
               : nullptr;
}

}  // namespace

void PrivacyCommands::add_to(BuiltIns& built_ins) {
    using Handler = Task<BuiltInOutcome> (PrivacyCommands::*)(BuiltInCallPtr call);
    const auto add = [&](const char* name, const char* description, Handler command) {
        built_ins.add({.name = name,
                       .description = description,
                       .listed = Listed::for_all,
                       .plugins_go_before = false,
                       .answer = [this, command](BuiltInCallPtr call) {
                           return (this->*command)(std::move(call));
                       }});
    };
    add("optout", "Do not count me, and delete what I wrote", &PrivacyCommands::opt_out_of);
    add("optin", "Count me again", &PrivacyCommands::opt_in_to);
    add("mydata", "What is stored about me (in the private chat)", &PrivacyCommands::export_data);
    add("forgetme", "Delete all that is stored about me", &PrivacyCommands::forget);
    built_ins.add_buttons(std::string(forget_prefix),
                          [this](BuiltInCallPtr call) { return forget_pressed(std::move(call)); });
}

Task<BuiltInOutcome> PrivacyCommands::opt_out_of(BuiltInCallPtr call) {
    if (const auto* why = nobody(*call)) co_return reply(*call, why);
    const auto user_id = call->user_id(), reach = reach_of(*call);
    auto ask = [user_id, reach](Store& store) { return opted_out(store, user_id, reach); };
    const bool already = co_await parts_.store.run(ask);
    if (already) co_return reply(*call, "You are not counted here. /optin takes that back.");
    auto answer = reply(
        *call,
        fmt::format("✅ You are not counted {} from now on, and nothing that you write is stored. "
                    "What was stored is being deleted: your texts, your reactions, and your name "
                    "on what is left. /optin takes it back, but not what has been deleted.",
                    reach == everywhere ? "anywhere" : "in this group"));
    answer.also = [user_id, reach, now = call->now](Store& store) {
        opt_out(store, user_id, reach, now);
    };
    answer.kept = [this] { parts_.sweeper.wake(); };
    co_return answer;
}

Task<BuiltInOutcome> PrivacyCommands::opt_in_to(BuiltInCallPtr call) {
    if (const auto* why = nobody(*call)) co_return reply(*call, why);
    const auto user_id = call->user_id(), reach = reach_of(*call);
    auto ask = [user_id, reach](Store& store) {
        return std::pair(opted_out(store, user_id, reach), opted_out_everywhere(store, user_id));
    };
    const auto [here, anywhere] = co_await parts_.store.run(ask);
    if (anywhere && reach != everywhere)
        co_return reply(*call,
                        "You are opted out everywhere. /optin in the private chat with me "
                        "takes that back.");
    if (!here && reach != everywhere) co_return reply(*call, "You are counted here.");
    auto answer = reply(*call, reach == everywhere ? "✅ You are counted again in all groups."
                                                   : "✅ You are counted again in this group.");
    answer.also = [user_id, reach](Store& store) {
        static_cast<void>(opt_in(store, user_id, reach));
    };
    co_return answer;
}

Task<BuiltInOutcome> PrivacyCommands::export_data(BuiltInCallPtr call) {
    if (const auto* why = nobody(*call)) co_return reply(*call, why);
    if (!call->in_private())
        co_return reply(*call,
                        "What is stored about you is for you alone: write /mydata to me in "
                        "the private chat.");
    auto document = co_await my_data(parts_.store, call->user_id(), call->now);
    BuiltInAnswer answer;
    answer.effects.push_back(
        {.method = "sendDocument",
         .params = {{"chat_id", call->update.chat_id},
                    {"caption", "All that is stored about you. /forgetme deletes it."}},
         .files = {{.field = "document",
                    .file_name = "mydata.json",
                    .content_type = "application/json",
                    .bytes = std::move(document)}}});
    co_return answer;
}

Task<BuiltInOutcome> PrivacyCommands::forget(BuiltInCallPtr call) {
    if (const auto* why = nobody(*call)) co_return reply(*call, why);
    const auto reach = reach_of(*call);
    const auto data = [&](const char* verb) {
        return fmt::format("{}{}:{}", forget_prefix, verb, call->user_id());
    };
    co_return reply(
        *call,
        Page{fmt::format("<b>Delete all that is stored about you {}?</b>\n\nYour messages, "
                         "reactions and everything counted of them. This cannot be undone. What "
                         "you write afterwards is stored again; /optout is against that.",
                         reach == everywhere ? "in all groups and here" : "in this group"),
             {{{"🗑 Delete it", data("do")}, {"Cancel", data("no")}}}});
}

Task<BuiltInOutcome> PrivacyCommands::forget_pressed(BuiltInCallPtr call) {
    const auto words = words_of_data(call->data);
    const auto user_id = call->user_id();
    if (words.size() != 2 || !call->update.message) co_return std::nullopt;
    if (words[1] != std::to_string(user_id))
        co_return alert(*call, "This question is not for you: write /forgetme yourself.");
    co_await tell_press(call, "");
    if (words[0] != "do") co_return replace(*call, Page{"Nothing was deleted.", {}});
    const auto reach = reach_of(*call);
    auto answer = replace(
        *call,
        Page{"✅ All that is stored about you is being deleted. Only the date of today stays "
             "beside your number, so that no import brings back what is older.",
             {}});
    answer.also = [user_id, reach, now = call->now](Store& store) {
        note_removal(store, user_id, reach, now);
    };
    answer.kept = [this] { parts_.sweeper.wake(); };
    co_return answer;
}

}  // namespace tgstats
