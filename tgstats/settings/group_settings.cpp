#include "tgstats/settings/group_settings.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include <fmt/format.h>

#include "tgstats/settings/settings_words.h"
#include "tgstats/settings/stop_word_change.h"
#include "tgstats/store/time_zones.h"
#include "tgstats/telegram/html.h"

namespace tgstats {
namespace {

constexpr std::size_t zones_shown = 5;

std::string first_word(const BuiltInCall& call) {
    return call.command.args.empty() ? std::string() : call.command.args.front();
}

using Change = std::function<void(ChatSettings& settings)>;

// Only this field: what another decision changed meanwhile stays.
std::function<void(Store&)> changing(std::int64_t chat_id, Change change) {
    return [chat_id, change = std::move(change)](Store& store) {
        auto settings = store.settings(chat_id);
        change(settings);
        const auto set = store.set_settings(chat_id, settings);
        if (!set) throw std::runtime_error(set.error());
    };
}

BuiltInAnswer usage(const BuiltInCall& call, std::string_view how) {
    return reply(call, fmt::format("❌ Usage: <code>/{} {}</code>", call.command.name, how));
}

}  // namespace

GroupSettings::GroupSettings(Parts parts)
    : parts_(std::move(parts)), admins_(parts_.api), turns_(parts_.executor) {}

void GroupSettings::add_to(BuiltIns& built_ins) {
    constexpr auto admins = For::administrators;
    const std::array entries{
        Entry{"settings", "The settings of this group", For::everybody, &GroupSettings::show},
        Entry{"setup", "Set this group up (administrators)", admins, &GroupSettings::setup, true},
        Entry{"set_text", "Store texts: on or off (administrators)", admins,
              &GroupSettings::set_text},
        Entry{"set_reactions", "Count reactions: on or off (administrators)", admins,
              &GroupSettings::set_reactions},
        Entry{"set_timezone", "Time zone, such as Europe/Berlin (administrators)", admins,
              &GroupSettings::set_timezone},
        Entry{"set_locale", "Language, such as en (administrators)", admins,
              &GroupSettings::set_locale},
        Entry{"set_retention", "How many days are kept: text or metadata (administrators)", admins,
              &GroupSettings::set_retention},
        Entry{"stopwords", "Words left out: add, remove, list (administrators)", admins,
              &GroupSettings::stopwords}};
    for (const auto& entry : entries) add(built_ins, entry);
    built_ins.add_buttons(std::string(settings_prefix),
                          [this](BuiltInCallPtr call) { return press(std::move(call)); });
    built_ins.add_observer([this](const Update& update) { admins_.saw(update); });
}

void GroupSettings::add(BuiltIns& built_ins, Entry entry) {
    built_ins.add(
        {.name = entry.name,
         .description = entry.description,
         .listed =
             entry.whom == For::administrators ? Listed::for_administrators : Listed::in_groups,
         .plugins_go_before = false,
         .answer = [this, entry](BuiltInCallPtr call) { return answer(std::move(call), entry); }});
}

// Counted before anything is asked or said, whoever it is. Those who write as the group are one.
// nullopt: no.
BuiltInOutcome GroupSettings::too_often(const BuiltInCall& call) {
    const auto who = call.as_some_chat() ? call.update.chat_id : call.user_id();
    const auto verdict = rate_.ask(who, hotreload::monotonic_now());
    if (verdict.wait == Millis(0)) return std::nullopt;
    if (verdict.told) return BuiltInAnswer{};
    return reply(call, fmt::format("❌ That was /{} too often. Please try again in {}.",
                                   call.command.name, wait_text(verdict.wait)));
}

// The turn ends when the answer is durable, so that the next command sees what this one did.
Task<BuiltInOutcome> GroupSettings::answer(BuiltInCallPtr call, Entry entry) {
    if (call->in_private())
        co_return reply(*call, "This command is for groups: add me to one and give it there.");
    if (entry.rated)
        if (auto refused = too_often(*call)) co_return refused;
    auto turn = co_await turns_.enter(call->update.chat_id);
    if (entry.whom == For::administrators) {
        const auto says = co_await admins_.allow(call);
        if (says == ChatAdmins::Says::no)
            co_return reply(*call, "❌ Only administrators of this group may do that.");
        if (says == ChatAdmins::Says::not_known)
            co_return reply(*call,
                            "❌ Telegram does not tell me who the administrators are right now. "
                            "Please try again.");
    }
    auto outcome = co_await (this->*entry.command)(call);
    if (outcome) outcome->held = std::move(turn);
    co_return outcome;
}

Task<ChatView> GroupSettings::view(std::int64_t chat_id) {
    auto work = [chat_id](Store& store) { return read_view(store, chat_id); };
    auto read = co_await parts_.store.run(work);
    co_return read;
}

Task<Loss> GroupSettings::loss(BuiltInCallPtr call, RetentionWish wish) {
    auto work = [wish, now = call->now, chat_id = call->update.chat_id](Store& store) {
        return read_loss(store, chat_id, wish, now);
    };
    auto read = co_await parts_.store.run(work);
    co_return read;
}

Task<Loss> GroupSettings::stored_texts(std::int64_t chat_id) {
    auto work = [chat_id](Store& store) { return read_stored_texts(store, chat_id); };
    auto read = co_await parts_.store.run(work);
    co_return read;
}

Task<BuiltInOutcome> GroupSettings::setup(BuiltInCallPtr call) {
    const auto chat_id = call->update.chat_id;
    auto now = co_await view(chat_id);
    now.policy.set_up = true;
    auto answer =
        reply(*call, Page{"✅ <b>This group is set up</b>\n\n" + summary_text(now) +
                              "\n\n/settings changes these by buttons. /help says what I can do; "
                              "/optout is for people who do not want to be counted.",
                          {}});
    answer.also = [chat_id](Store& store) { mark_set_up(store, chat_id); };
    co_return answer;
}

// Others see the settings, too, but without buttons.
Task<BuiltInOutcome> GroupSettings::show(BuiltInCallPtr call) {
    const auto says = co_await admins_.allow(call);
    const auto now = co_await view(call->update.chat_id);
    auto page = main_page(now);
    if (says != ChatAdmins::Says::yes) page.rows.clear();
    co_return reply(*call, page);
}

Task<BuiltInOutcome> GroupSettings::set_text(BuiltInCallPtr call) {
    const auto on = switch_named(first_word(*call));
    if (!on) co_return usage(*call, "on|off");
    const auto chat_id = call->update.chat_id;
    const auto stored = co_await stored_texts(chat_id);
    Page page{*on ? "✅ The texts of messages are stored from now on."
                  : "✅ The texts of messages are not stored any more.",
              {}};
    if (!*on && !stored.nothing()) {
        page.html += still_stored(stored);
        page.rows = {{{"🗑 Delete them", "s1:wipe"}, {"Keep them", "s1:close"}}};
    }
    auto answer = reply(*call, page);
    answer.also = changing(chat_id, [on = *on](ChatSettings& it) { it.store_text = on; });
    co_return answer;
}

Task<BuiltInOutcome> GroupSettings::set_reactions(BuiltInCallPtr call) {
    const auto on = switch_named(first_word(*call));
    if (!on) co_return usage(*call, "on|off");
    auto answer =
        reply(*call, *on ? "✅ Reactions are counted from now on. I get them only where I "
                           "am an administrator."
                         : "✅ Reactions are not counted any more.");
    answer.also =
        changing(call->update.chat_id, [on = *on](ChatSettings& it) { it.capture_reactions = on; });
    co_return answer;
}

Task<BuiltInOutcome> GroupSettings::set_timezone(BuiltInCallPtr call) {
    const auto word = first_word(*call);
    if (word.empty()) co_return usage(*call, "NAME, such as Europe/Berlin");
    auto work = [word](Store&) {
        return std::pair(zone_named(word), near_zones(word, zones_shown));
    };
    const auto [zone, near] = co_await parts_.store.run(work);
    if (!zone) {
        auto text = fmt::format("❌ There is no time zone “{}”.", escape_html(word));
        std::string list;
        for (const auto& name : near)
            list += fmt::format("\n<code>/set_timezone {}</code>", escape_html(name));
        text += list.empty() ? " A name looks like Europe/Berlin or UTC." : " Did you mean:" + list;
        co_return reply(*call, std::move(text));
    }
    auto answer = reply(*call, fmt::format("✅ Days and hours are counted in {} from now on, those "
                                           "of the past included.",
                                           escape_html(*zone)));
    answer.also = changing(call->update.chat_id, [name = *zone](auto& it) { it.timezone = name; });
    co_return answer;
}

Task<BuiltInOutcome> GroupSettings::set_locale(BuiltInCallPtr call) {
    const auto word = first_word(*call);
    if (!is_locale(word)) co_return usage(*call, "TAG, such as en or pt-BR");
    auto answer = reply(*call, "✅ The locale is " + escape_html(word) + " from now on.");
    answer.also = changing(call->update.chat_id, [word](ChatSettings& it) { it.locale = word; });
    co_return answer;
}

void GroupSettings::keep_for(BuiltInAnswer& answer, std::int64_t chat_id, RetentionWish wish) {
    answer.also = [chat_id, wish](Store& store) {
        if (wish.kept == Kept::text)
            set_text_days(store, chat_id, wish.days);
        else
            set_metadata_days(store, chat_id, wish.days);
    };
    answer.kept = [this] { parts_.sweeper.wake(); };
}

// At once where nothing is deleted by it; else it is asked for first.
Task<BuiltInOutcome> GroupSettings::set_retention(BuiltInCallPtr call) {
    const auto& args = call->command.args;
    const auto kept = args.empty() ? std::nullopt : kept_named(args[0]);
    const auto days = args.size() < 2 ? std::nullopt : days_named(args[1], retention_days_max);
    if (!kept || !days)
        co_return usage(*call, fmt::format("text|metadata DAYS</code> (1–{}, or <code>off</code> "
                                           "for without limit)<code>",
                                           retention_days_max));
    const RetentionWish wish{*kept, *days};
    const auto lost = co_await loss(call, wish);
    if (!lost.nothing()) co_return reply(*call, loss_page(lost));
    auto answer = reply(
        *call, fmt::format("✅ {} kept {}{}.",
                           *kept == Kept::text ? "Texts are" : "Messages, reactions and joins are",
                           *days == 0 ? "" : "for ", days_text(*days)) +
                   (*days == 0 ? ""
                               : fmt::format(" Nothing stored is from before {}; nothing is "
                                             "deleted now.",
                                             lost.before)));
    keep_for(answer, call->update.chat_id, wish);
    co_return answer;
}

Task<BuiltInOutcome> GroupSettings::stopwords(BuiltInCallPtr call) {
    auto words = call->command.args;
    const auto verb = first_word(*call);
    const auto chat_id = call->update.chat_id;
    const auto now = co_await view(chat_id);
    if (verb == "list" || verb.empty()) {
        if (now.stops.empty())
            co_return reply(*call,
                            "There are no stop words of this group. <code>/stopwords add "
                            "WORD…</code> leaves words out of its word clouds.");
        co_return reply(*call, fmt::format("<b>Stop words of this group</b> ({})\n{}",
                                           now.stops.size(), listed_words(now.stops)));
    }
    const bool adding = verb == "add";
    if ((!adding && verb != "remove") || words.size() < 2)
        co_return usage(*call, "add|remove WORD…</code> or <code>/stopwords list");
    words.erase(words.begin());
    auto change = sorted_out(words, now.stops, adding);
    if (!change.refused.empty()) co_return reply(*call, "❌ " + change.refused);
    auto answer = reply(*call, change.told);
    answer.also = [chat_id, adding, changed = std::move(change.words)](Store& store) {
        for (const auto& word : changed)
            if (adding)
                add_stop_word(store, chat_id, word);
            else
                static_cast<void>(remove_stop_word(store, chat_id, word));
    };
    co_return answer;
}

}  // namespace tgstats
