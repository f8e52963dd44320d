#include "tgstats/settings/loss.h"

#include <algorithm>

#include <fmt/format.h>

#include "tgstats/store/local_clock.h"

namespace tgstats {
namespace {

constexpr std::int64_t seconds_a_day = 86'400;

struct Kind {
    RowCount rows;
    std::string_view one;  // with {} for the number
    std::string_view many;
};

std::string counted(const Kind& kind) {
    const auto& [count, more] = kind.rows;
    const auto number = fmt::format("{}<b>{}</b>", more ? "at least " : "",
                                    grouped(std::min(count, preview_rows_max)));
    return fmt::format(fmt::runtime(count == 1 && !more ? kind.one : kind.many), number);
}

// "a, b and c"; kinds without rows are left out.
std::string enumerated(std::initializer_list<Kind> kinds) {
    std::vector<std::string> parts;
    for (const auto& kind : kinds)
        if (kind.rows.count > 0) parts.push_back(counted(kind));
    std::string text;
    for (std::size_t at = 0; at < parts.size(); ++at)
        text += (at == 0 ? "" : at + 1 == parts.size() ? " and " : ", ") + parts[at];
    return text;
}

// Where nothing was found, but not all could be looked at.
std::string or_whatever(std::string list, std::string_view what) {
    if (!list.empty()) return list;
    return fmt::format("{} among more than {}", what, grouped(preview_rows_max));
}

std::string rest_list(const MetadataPreview& rest) {
    auto list = enumerated(
        {{rest.messages, "{} message", "{} messages"},
         {rest.reactions, "{} reaction", "{} reactions"},
         {rest.service_rows, "{} service message", "{} service messages"},
         {rest.membership_changes, "{} change of who is a member", "{} changes of who is a member"},
         {rest.updates, "{} update as it came", "{} updates as they came"}});
    return or_whatever(std::move(list), "the old ones of the service messages,");
}

}  // namespace

Loss read_loss(Store& store, std::int64_t chat_id, const RetentionWish& wish, std::int64_t now) {
    Loss loss{.kept = wish.kept, .days = wish.days};
    if (wish.days == 0) return loss;
    const auto before = now - wish.days * seconds_a_day;
    loss.before = day_text(store.clock(chat_id).local(before).day);
    if (wish.kept == Kept::text)
        loss.texts = preview_texts(store, chat_id, before);
    else
        loss.rest = preview_metadata(store, chat_id, before);
    return loss;
}

Loss read_stored_texts(Store& store, std::int64_t chat_id) {
    Loss loss{.texts = preview_texts(store, chat_id, INT64_MAX)};
    loss.texts.updates = {};  // where no texts are stored they go by themselves
    return loss;
}

std::string texts_list(const TextPreview& texts) {
    auto list = enumerated({{texts.texts, "the text of {} message", "the texts of {} messages"},
                            {texts.captions, "{} caption", "{} captions"},
                            {texts.file_names, "{} name of a file", "{} names of files"},
                            {texts.service_rows, "the words of {} service message",
                             "the words of {} service messages"},
                            {texts.updates, "{} update as it came", "{} updates as they came"}});
    if (texts.texts.more && !list.empty())
        list +=
            fmt::format(" (only the newest {} messages were looked at)", grouped(preview_rows_max));
    return or_whatever(std::move(list), "what texts there are");
}

std::string loss_text(const Loss& loss) {
    const auto since = loss.before.empty() ? "" : fmt::format(" from before {}", loss.before);
    if (loss.kept == Kept::text)
        return fmt::format("This goes{}: {}.", since, texts_list(loss.texts));
    return fmt::format("This goes{}: {}. What was counted stays in the statistics.", since,
                       rest_list(loss.rest));
}

std::string still_stored(const Loss& loss) {
    return fmt::format(" Stored from before: {}.", texts_list(loss.texts));
}

Page loss_page(const Loss& loss) {
    const auto word = word_for(loss.kept);
    return {fmt::format("<b>Keep {} for {}?</b>\n\n{} This cannot be undone.",
                        loss.kept == Kept::text ? "texts" : "everything", days_text(loss.days),
                        loss_text(loss)),
            {{{"🗑 Delete and keep " + days_text(loss.days),
               settings_data(fmt::format("do:{}:{}", word, loss.days))},
              {"Cancel", settings_data("page:" + word)}}}};
}

Page stored_texts_page(const Loss& loss) {
    return {fmt::format("<b>Delete the stored texts of this group?</b>\n\n{} The messages stay "
                        "counted. This cannot be undone.",
                        loss_text(loss)),
            {{{"🗑 Delete them", settings_data("wipe")}, {"Cancel", settings_data("page:main")}}}};
}

}  // namespace tgstats
