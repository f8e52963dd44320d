#include "tgstats/settings/chat_view.h"

#include <array>

#include <fmt/format.h>

#include "tgstats/telegram/html.h"

namespace tgstats {
namespace {

constexpr std::array<std::int64_t, 5> days_offered{7, 30, 90, 365, 0};
constexpr std::array zones_offered{"UTC",           "Europe/London",     "Europe/Berlin",
                                   "Europe/Kyiv",   "Europe/Istanbul",   "America/New_York",
                                   "Asia/Kolkata",  "America/Sao_Paulo", "America/Los_Angeles",
                                   "Asia/Shanghai", "Asia/Tokyo",        "Australia/Sydney"};
constexpr std::array locales_offered{"en", "de", "es", "fr", "it", "pt", "ru", "uk"};

std::string marked(bool on, std::string text) { return (on ? "✅ " : "") + std::move(text); }

const Button back{"« Back", "s1:page:main"};

struct Choices {
    std::string_view verb;
    std::vector<const char*> offered;
    std::string chosen;
    std::size_t columns = 1;
};

Page choice_page(std::string html, const Choices& choices) {
    Page page{std::move(html), {}};
    for (std::size_t at = 0; at < choices.offered.size(); ++at) {
        if (at % choices.columns == 0) page.rows.emplace_back();
        const auto* one = choices.offered[at];
        page.rows.back().push_back({marked(one == choices.chosen, one),
                                    settings_data(fmt::format("{}:{}", choices.verb, one))});
    }
    page.rows.push_back({back});
    return page;
}

}  // namespace

ChatView read_view(Store& store, std::int64_t chat_id) {
    return {store.settings(chat_id), chat_policy(store, chat_id), stop_words(store, chat_id)};
}

std::string settings_data(std::string_view rest) {
    return std::string(settings_prefix) + std::string(rest);
}

std::string word_for(Kept kept) { return kept == Kept::text ? "text" : "metadata"; }

std::optional<Kept> kept_named(std::string_view word) {
    if (word == "text" || word == "texts") return Kept::text;
    if (word == "metadata" || word == "meta") return Kept::metadata;
    return std::nullopt;
}

std::string days_text(std::int64_t days) {
    if (days == 0) return "without limit";
    return days == 1 ? "1 day" : fmt::format("{} days", grouped(days));
}

std::string summary_text(const ChatView& view) {
    return fmt::format(
        "Texts are stored: <b>{}</b>\n"
        "Texts are kept: <b>{}</b>\n"
        "Messages, reactions and joins are kept: <b>{}</b>\n"
        "Time zone: <b>{}</b>\n"
        "Locale: <b>{}</b>\n"
        "Reactions are counted: <b>{}</b>\n"
        "Stop words of this group: <b>{}</b>",
        view.settings.store_text ? "yes" : "no", days_text(view.policy.text_days),
        days_text(view.policy.metadata_days), escape_html(view.settings.timezone),
        escape_html(view.settings.locale), view.settings.capture_reactions ? "yes" : "no",
        view.stops.size());
}

Page main_page(const ChatView& view) {
    const auto& [text_on, reactions_on] =
        std::pair(view.settings.store_text, view.settings.capture_reactions);
    Page page;
    page.html = "<b>Settings of this group</b>\n\n" + summary_text(view);
    if (!view.policy.set_up)
        page.html += "\n\nThis group is not set up yet; /setup by an administrator does it.";
    page.rows = {{{marked(text_on, "Store texts"), settings_data(text_on ? "text:0" : "text:1")},
                  {marked(reactions_on, "Count reactions"),
                   settings_data(reactions_on ? "react:0" : "react:1")}},
                 {{"Keep texts: " + days_text(view.policy.text_days), settings_data("page:text")}},
                 {{"Keep the rest: " + days_text(view.policy.metadata_days),
                   settings_data("page:metadata")}},
                 {{"🕒 " + view.settings.timezone, settings_data("page:zone")},
                  {"🌐 " + view.settings.locale, settings_data("page:locale")}},
                 {{"Close", settings_data("close")}}};
    if (!text_on)
        page.rows.insert(page.rows.begin() + 1,
                         {{"🗑 Delete the stored texts", settings_data("page:stored")}});
    return page;
}

Page retention_page(const ChatView& view, Kept kept) {
    Page page;
    page.html = kept == Kept::text
                    ? "<b>How long are texts kept?</b>\n\nThe text of an older message is deleted; "
                      "that it was written stays counted."
                    : "<b>How long is the rest kept?</b>\n\nOlder messages, reactions and notes of "
                      "who came and went are deleted whole. The sums behind the statistics (how "
                      "many a day, by whom) stay.";
    page.html +=
        "\n\nNow: " + days_text(view.days(kept)) +
        fmt::format(". Any other number: <code>/set_retention {} DAYS</code>", word_for(kept));
    page.rows.emplace_back();
    for (const auto days : days_offered)
        page.rows.back().push_back(
            {marked(view.days(kept) == days, days == 0 ? "no limit" : std::to_string(days)),
             settings_data(fmt::format("ask:{}:{}", word_for(kept), days))});
    page.rows.push_back({back});
    return page;
}

Page zone_page(const ChatView& view) {
    return choice_page(
        "<b>In which time zone are days and hours counted?</b>\n\nNow: " +
            escape_html(view.settings.timezone) + ". Any other: <code>/set_timezone NAME</code>",
        {"zone", {zones_offered.begin(), zones_offered.end()}, view.settings.timezone, 3});
}

Page locale_page(const ChatView& view) {
    return choice_page(
        "<b>Which language do people write here?</b>\n\nNow: " + escape_html(view.settings.locale) +
            ". Any other: <code>/set_locale TAG</code>",
        {"locale", {locales_offered.begin(), locales_offered.end()}, view.settings.locale, 4});
}

}  // namespace tgstats
