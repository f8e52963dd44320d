// Presses on the buttons of the settings panel.
#include <fmt/format.h>

#include "tgstats/settings/group_settings.h"
#include "tgstats/settings/settings_words.h"
#include "tgstats/store/time_zones.h"
#include "tgstats/telegram/html.h"

namespace tgstats {
namespace {

std::string word_at(const std::vector<std::string>& words, std::size_t at) {
    return at < words.size() ? words[at] : std::string();
}

Page page_named(const ChatView& view, const std::string& name) {
    if (name == "text") return retention_page(view, Kept::text);
    if (name == "metadata") return retention_page(view, Kept::metadata);
    if (name == "zone") return zone_page(view);
    if (name == "locale") return locale_page(view);
    return main_page(view);
}

// One of the settings that a press sets at once; false: it was none.
bool set_by(const std::vector<std::string>& words, ChatSettings& settings) {
    const auto verb = word_at(words, 0), value = word_at(words, 1);
    if (verb == "text" && switch_named(value)) {
        settings.store_text = *switch_named(value);
    } else if (verb == "react" && switch_named(value)) {
        settings.capture_reactions = *switch_named(value);
    } else if (verb == "zone" && zone_named(value)) {
        settings.timezone = *zone_named(value);
    } else if (verb == "locale" && is_locale(value)) {
        settings.locale = value;
    } else {
        return false;
    }
    return true;
}

}  // namespace

Task<BuiltInOutcome> GroupSettings::press(BuiltInCallPtr call) {
    if (!call->update.message || call->in_private()) co_return std::nullopt;
    auto turn = co_await turns_.enter(call->update.chat_id);
    const auto says = co_await admins_.allow(call);
    if (says == ChatAdmins::Says::no)
        co_return alert(*call, "Only administrators of this group may change its settings.");
    if (says == ChatAdmins::Says::not_known)
        co_return alert(*call, "Telegram does not tell me who the administrators are right now.");
    auto words = words_of_data(call->data);
    auto outcome = co_await pressed(call, std::move(words));
    if (outcome) outcome->held = std::move(turn);
    co_return outcome;
}

Task<BuiltInOutcome> GroupSettings::pressed(BuiltInCallPtr call, std::vector<std::string> words) {
    const auto verb = word_at(words, 0);
    const auto& handler = verb == "ask" || verb == "do"       ? &GroupSettings::press_retention
                          : verb == "close" || verb == "page" ? &GroupSettings::press_page
                                                              : &GroupSettings::press_set;
    if (verb == "wipe") return press_wipe(std::move(call));
    return (this->*handler)(std::move(call), std::move(words));
}

Task<BuiltInOutcome> GroupSettings::press_page(BuiltInCallPtr call,
                                               std::vector<std::string> words) {
    const auto chat_id = call->update.chat_id;
    const auto now = co_await view(chat_id);
    auto page = page_named(now, word_at(words, 1));
    std::string told;
    if (word_at(words, 0) == "close")
        page = {"<b>Settings of this group</b>\n\n" + summary_text(now), {}};
    if (word_at(words, 1) == "stored") {
        const auto stored = co_await stored_texts(chat_id);
        if (stored.nothing())
            told = "No texts are stored.";
        else
            page = stored_texts_page(stored);
    }
    co_await tell_press(call, told);
    co_return replace(*call, page);
}

Task<BuiltInOutcome> GroupSettings::press_set(BuiltInCallPtr call, std::vector<std::string> words) {
    const auto chat_id = call->update.chat_id;
    auto now = co_await view(chat_id);
    if (!set_by(words, now.settings)) co_return std::nullopt;
    const auto verb = word_at(words, 0);
    auto page = page_named(now, verb == "text" || verb == "react" ? "main" : verb);
    if (verb == "text" && !now.settings.store_text) {
        const auto stored = co_await stored_texts(chat_id);
        if (!stored.nothing()) page.html += "\n\n🗑" + still_stored(stored);
    }
    co_await tell_press(call, "Saved");
    auto answer = replace(*call, page);
    answer.also = [words, chat_id](Store& store) {
        auto settings = store.settings(chat_id);
        const bool known = set_by(words, settings) && store.set_settings(chat_id, settings);
        static_cast<void>(known);
    };
    co_return answer;
}

// All texts that are stored.
Task<BuiltInOutcome> GroupSettings::press_wipe(BuiltInCallPtr call) {
    const auto chat_id = call->update.chat_id;
    co_await tell_press(call, "");
    auto answer = replace(*call, {"✅ The stored texts of this group are being deleted.", {}});
    answer.also = [chat_id](Store& store) {
        note_erasure(store, {chat_id, 0, Erasure::Kind::texts});
    };
    answer.kept = [this] { parts_.sweeper.wake(); };
    co_return answer;
}

// ask:KIND:DAYS and do:KIND:DAYS
Task<BuiltInOutcome> GroupSettings::press_retention(BuiltInCallPtr call,
                                                    std::vector<std::string> words) {
    const auto kept = kept_named(word_at(words, 1));
    const auto days = days_named(word_at(words, 2), retention_days_max);
    if (!kept || !days) co_return std::nullopt;
    const RetentionWish wish{*kept, *days};
    const auto lost = co_await loss(call, wish);
    if (word_at(words, 0) == "ask" && !lost.nothing()) {
        co_await tell_press(call, "");
        co_return replace(*call, loss_page(lost));
    }
    const auto chat_id = call->update.chat_id;
    auto now = co_await view(chat_id);
    (*kept == Kept::text ? now.policy.text_days : now.policy.metadata_days) = *days;
    const std::string note = lost.nothing() ? "Saved" : "Saved; deleting";
    co_await tell_press(call, note);
    auto page = retention_page(now, *kept);
    if (!lost.nothing()) page.html += "\n\n🗑 " + loss_text(lost);
    auto answer = replace(*call, page);
    keep_for(answer, chat_id, wish);
    co_return answer;
}

}  // namespace tgstats
