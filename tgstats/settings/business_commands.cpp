#include "tgstats/settings/business_commands.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "tgstats/settings/chat_view.h"
#include "tgstats/settings/loss.h"
#include "tgstats/settings/settings_words.h"
#include "tgstats/store/privacy.h"

namespace tgstats {
namespace {

constexpr std::int64_t business_days_max = 3'650;
constexpr std::int64_t business_day_s = 86'400;
constexpr std::array<std::int64_t, 5> business_days{7, 30, 90, 365, 0};

void add_up(RowCount& sum, const RowCount& rows) {
    sum.count += rows.count;
    sum.more = sum.more || rows.more;
}

// On the store's thread: the texts from before then, of all chats.
TextPreview texts_before(Store& store, std::int64_t owner_id, std::int64_t before) {
    TextPreview sum;
    for (const auto chat : business_chats_of(store, owner_id)) {
        const auto one = preview_texts(store, chat, before);
        add_up(sum.texts, one.texts);
        add_up(sum.captions, one.captions);
        add_up(sum.file_names, one.file_names);
        add_up(sum.service_rows, one.service_rows);
    }
    return sum;
}

BusinessView read_business(Store& store, std::int64_t owner_id) {
    return {.connected = has_business_account(store, owner_id),
            .opted_out = opted_out_everywhere(store, owner_id),
            .texts = business_texts(store, owner_id),
            .chats = business_chats_of(store, owner_id).size(),
            .stored = texts_before(store, owner_id, INT64_MAX)};
}

Button business_button(std::string text, std::string_view data) {
    return {std::move(text), std::string(business_prefix) + std::string(data)};
}

std::string ticked(bool on, std::string text) { return (on ? "✅ " : "") + std::move(text); }

Page shorter_page(std::int64_t days, const TextPreview& lost) {
    return {fmt::format("<b>Keep texts for {}?</b>\n\nWhat is older in your business chats goes: "
                        "{}. This cannot be undone.",
                        days_text(days), texts_list(lost)),
            {{business_button("🗑 Delete and keep " + days_text(days), fmt::format("do:{}", days)),
              business_button("Cancel", "page")}}};
}

BuiltInAnswer shown(const BuiltInCall& call, const Page& page) {
    return call.query() != nullptr ? replace(call, page) : reply(call, page);
}

// Only this of what the owner has decided: the rest stays.
std::function<void(Store&)> deciding(std::int64_t owner_id,
                                     std::function<void(BusinessTexts& texts)> change) {
    return [owner_id, change = std::move(change)](Store& store) {
        auto texts = business_texts(store, owner_id);
        change(texts);
        set_business_texts(store, owner_id, texts);
    };
}

}  // namespace

Page business_page(const BusinessView& now, bool allowed) {
    Page page;
    const auto stored_list = now.stored.nothing() ? "nothing" : texts_list(now.stored);
    page.html = fmt::format(
        "<b>Your business chats</b>\n\n"
        "Texts are stored: <b>{}</b>\n"
        "Texts are kept: <b>{}</b>\n"
        "Chats: <b>{}</b>, stored: {}\n\n",
        now.texts.stored ? "yes" : "no", days_text(now.texts.days),
        grouped(static_cast<std::int64_t>(now.chats)), stored_list);
    page.html += allowed ? "Messages are counted in any case. Whoever writes /optout to me is not "
                           "counted, and nothing of your chat with them is stored."
                         : "Whoever runs this bot does not let texts of business chats be stored.";
    const auto& [stored, days] = now.texts;
    if (allowed)
        page.rows.push_back(
            {business_button(ticked(stored, "Store texts"), stored ? "text:off" : "text:on")});
    if (stored) {
        page.rows.emplace_back();
        for (const auto one : business_days)
            page.rows.back().push_back(
                business_button(ticked(one == days, one == 0 ? "no limit" : std::to_string(one)),
                                fmt::format("keep:{}", one)));
    }
    if (!now.stored.nothing())
        page.rows.push_back({business_button("🗑 Delete the stored texts", "wipe")});
    page.rows.push_back({business_button("Close", "close")});
    return page;
}

void BusinessCommands::add_to(BuiltIns& built_ins) {
    built_ins.add({.name = "business",
                   .description = "Texts of your business account's chats: stored or not",
                   .listed = Listed::nowhere,
                   .plugins_go_before = false,
                   .answer = [this](BuiltInCallPtr call) { return answer(std::move(call)); }});
    built_ins.add_buttons(std::string(business_prefix),
                          [this](BuiltInCallPtr call) { return press(std::move(call)); });
}

Task<BusinessView> BusinessCommands::view(std::int64_t owner_id) {
    auto work = [owner_id](Store& store) { return read_business(store, owner_id); };
    auto read = co_await parts_.store.run(work);
    co_return read;
}

Task<TextPreview> BusinessCommands::loss(BuiltInCallPtr call, std::int64_t days) {
    if (days == 0) co_return TextPreview();
    const auto before = call->now - days * business_day_s;
    auto work = [owner_id = call->user_id(), before](Store& store) {
        return texts_before(store, owner_id, before);
    };
    const auto lost = co_await parts_.store.run(work);
    co_return lost;
}

std::string BusinessCommands::refusal(const BusinessView& now) const {
    if (!parts_.allowed)
        return "❌ Whoever runs this bot does not let texts of business chats be stored.";
    if (!now.connected)
        return "❌ No business account of yours is connected with me. In Telegram's settings: "
               "Telegram Business, Chatbots.";
    if (now.opted_out) return "❌ You have opted out: /optin takes that back.";
    return {};
}

Task<BuiltInOutcome> BusinessCommands::answer(BuiltInCallPtr call) {
    if (!call->in_private())
        co_return reply(*call, "This command is for the private chat with me.");
    auto turn = co_await turns_.enter(call->user_id());
    auto outcome = co_await decide(call);
    if (outcome) outcome->held = std::move(turn);
    co_return outcome;
}

// /business, /business on|off, /business keep DAYS
Task<BuiltInOutcome> BusinessCommands::decide(BuiltInCallPtr call) {
    const auto& args = call->command.args;
    const auto owner_id = call->user_id();
    const auto now = co_await view(owner_id);
    if (!now.theirs()) co_return reply(*call, refusal(now));
    if (args.empty()) co_return reply(*call, business_page(now, parts_.allowed));
    const auto days = args[0] == "keep" && args.size() > 1 ? days_named(args[1], business_days_max)
                                                           : std::nullopt;
    if (days) {
        auto outcome = co_await keep_for(call, *days, false);
        co_return outcome;
    }
    const auto on = switch_named(args[0]);
    if (!on)
        co_return reply(*call, fmt::format("❌ Usage: <code>/business on|off</code> or "
                                           "<code>/business keep DAYS</code> (1–{}, or "
                                           "<code>off</code> for without limit)",
                                           business_days_max));
    if (*on)
        if (auto why = refusal(now); !why.empty()) co_return reply(*call, std::move(why));
    Page page{*on ? "✅ The texts of your business chats are stored from now on."
                  : "✅ The texts of your business chats are not stored any more.",
              {}};
    if (!*on && !now.stored.nothing()) {
        page.html += " Stored from before: " + texts_list(now.stored) + ".";
        page.rows = {
            {business_button("🗑 Delete them", "wipe"), business_button("Keep them", "close")}};
    }
    auto answer = reply(*call, page);
    answer.also = deciding(owner_id, [on = *on](BusinessTexts& texts) { texts.stored = on; });
    co_return answer;
}

// At once where nothing is deleted by it; else it is asked for first.
Task<BuiltInOutcome> BusinessCommands::keep_for(BuiltInCallPtr call, std::int64_t days, bool sure) {
    const auto lost = co_await loss(call, days);
    const bool pressed_it = call->query() != nullptr;
    if (!lost.nothing() && !sure) {
        if (pressed_it) co_await tell_press(call, "");
        co_return shown(*call, shorter_page(days, lost));
    }
    const std::string note = !lost.nothing() ? "Saved; deleting" : "Saved";
    if (pressed_it) co_await tell_press(call, note);
    auto now = co_await view(call->user_id());
    now.texts.days = days;
    auto answer =
        pressed_it ? replace(*call, business_page(now, parts_.allowed))
                   : reply(*call, "✅ The texts of your business chats are kept " +
                                      std::string(days == 0 ? "" : "for ") + days_text(days) + ".");
    answer.also = deciding(call->user_id(), [days](BusinessTexts& texts) { texts.days = days; });
    answer.kept = [this] { parts_.sweeper.wake(); };
    co_return answer;
}

Task<BuiltInOutcome> BusinessCommands::press(BuiltInCallPtr call) {
    if (!call->update.message || !call->in_private()) co_return std::nullopt;
    auto turn = co_await turns_.enter(call->user_id());
    auto words = words_of_data(call->data);
    words.resize(2);
    auto outcome = co_await pressed(call, std::move(words));
    if (outcome) outcome->held = std::move(turn);
    co_return outcome;
}

Task<BuiltInOutcome> BusinessCommands::pressed(BuiltInCallPtr call,
                                               std::vector<std::string> words) {
    const auto& verb = words[0];
    const auto owner_id = call->user_id();
    auto now = co_await view(owner_id);
    if (!now.theirs()) co_return alert(*call, shown_text(refusal(now)));
    const auto days = days_named(words[1], business_days_max);
    if ((verb == "keep" || verb == "do") && days) {
        auto outcome = co_await keep_for(call, *days, verb == "do");
        co_return outcome;
    }
    const auto on = switch_named(words[1]);
    if (verb == "text" && on) {
        if (const auto why = refusal(now); *on && !why.empty())
            co_return alert(*call, shown_text(why));
        now.texts.stored = *on;
        co_await tell_press(call, "Saved");
        auto answer = replace(*call, business_page(now, parts_.allowed));
        answer.also = deciding(owner_id, [on = *on](BusinessTexts& texts) { texts.stored = on; });
        co_return answer;
    }
    if (verb != "wipe" && verb != "page" && verb != "close") co_return std::nullopt;
    co_await tell_press(call, "");
    auto page = business_page(now, parts_.allowed);
    if (verb == "wipe")
        page = {"✅ The stored texts of your business chats are being deleted.", {}};
    if (verb == "close") page.rows.clear();
    auto answer = replace(*call, page);
    if (verb != "wipe") co_return answer;
    answer.also = [owner_id](Store& store) { erase_business_texts(store, owner_id); };
    answer.kept = [this] { parts_.sweeper.wake(); };
    co_return answer;
}

}  // namespace tgstats
