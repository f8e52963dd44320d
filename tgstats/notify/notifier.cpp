#include "tgstats/notify/notifier.h"

#include <algorithm>
#include <utility>

namespace tgstats {

using hotreload::MonotonicTime;

Task<void> Notifier::run(std::uint64_t started) {
    ask_settings();
    std::uint64_t seq = 0;
    while (seq < started) seq = std::max(read(seq), seq + 1);
    pass_over(true);
    notes_.start_afresh();
    for (;;) {
        seq = read(seq);
        if (notes_.revision() != told_revision_) ask_settings();
        told_revision_ = notes_.revision();
        const auto next = co_await show();
        pass_over(false);
        auto wait = Millis::max();
        if (next != MonotonicTime::max())
            wait = std::chrono::duration_cast<Millis>(next - hotreload::monotonic_now());
        const bool more = co_await parts_.events.wait_after(seq, std::max(wait, Millis{1}));
        static_cast<void>(more);
    }
}

std::uint64_t Notifier::read(std::uint64_t seq) {
    const auto page = parts_.events.after(seq, notify_page_max);
    if (page.gap) notes_.lost();
    const auto now = hotreload::monotonic_now();
    for (const auto& event : page.events) {
        notes_.take(event, now);
        seq = event.seq;
    }
    return seq;
}

void Notifier::ask_settings() {
    settings_ = parts_.settings();
    for (const auto chat_id : settings_.chats) chats_[chat_id];
}

bool Notifier::wanted(const Note& note) const {
    return settings_.mode == NotifyMode::all ||
           (settings_.mode == NotifyMode::failures && note.failed);
}

void Notifier::pass_over(bool only_failures) {
    for (auto& [chat_id, chat] : chats_)
        for (const auto& note : notes_.all()) {
            const bool told = wanted(note) && (note.failed || !only_failures);
            if (!told && !note.open) chat.shown.try_emplace(note.key, Shown{0, note.html});
        }
}

// At most one call for each chat: between calls new events are read, so that the next one says the
// newest.
Task<MonotonicTime> Notifier::show() {
    auto next = MonotonicTime::max();
    for (const auto chat_id : settings_.chats) {
        auto& chat = chats_[chat_id];
        const auto* note = due(chat);
        if (note == nullptr) continue;
        if (chat.next <= hotreload::monotonic_now()) co_await put(chat_id, *note);
        next = std::min(next, chat.next);
    }
    co_return next;
}

// The oldest note that does not stand in the chat as it should.
Note* Notifier::due(const Chat& chat) {
    if (settings_.mode == NotifyMode::none) return nullptr;
    for (auto& note : notes_.all()) {
        const auto shown = chat.shown.find(note.key);
        const bool stands = shown != chat.shown.end() && shown->second.message_id != 0;
        if (shown != chat.shown.end() && shown->second.html == note.html) continue;
        if (stands || wanted(note)) return &note;
    }
    return nullptr;
}

Task<void> Notifier::put(std::int64_t chat_id, Note note) {
    for (auto& one : notes_.all()) one.shown = one.shown || one.key == note.key;
    const auto message_id = chats_[chat_id].shown[note.key].message_id;
    json::object params{{"chat_id", chat_id},
                        {"text", note.html},
                        {"parse_mode", "HTML"},
                        {"disable_notification", !note.failed}};
    const std::string method = message_id != 0 ? "editMessageText" : "sendMessage";
    if (message_id != 0) {
        params["message_id"] = message_id;
        params.erase("disable_notification");
    }
    const auto result = co_await parts_.call(method, std::move(params));
    auto& chat = chats_[chat_id];
    auto& shown = chat.shown[note.key];
    chat.next = hotreload::monotonic_now() + notify_pause;
    shown.html = note.html;
    if (result.has_error()) {
        failed(chat_id, chat, note, result.error());
        co_return;
    }
    chat.refused = false;
    const auto* message = result->if_object();
    const auto* id = message == nullptr ? nullptr : message->if_contains("message_id");
    if (id != nullptr && id->is_int64()) shown.message_id = id->get_int64();
    while (chat.shown.size() > notes_max) chat.shown.erase(chat.shown.begin());
}

// Said again only where nothing was said for certain; a message that may have arrived is not
// repeated.
void Notifier::failed(std::int64_t chat_id, Chat& chat, const Note& note, const ApiError& error) {
    const bool again = error.not_sent || error.retry_after_s;
    if (again) {
        auto& shown = chat.shown[note.key];
        shown.html.clear();
        if (shown.message_id == 0) chat.shown.erase(note.key);
        const Millis pause = error.retry_after_s ? std::chrono::seconds(*error.retry_after_s)
                                                 : std::chrono::seconds(0);
        chat.next = hotreload::monotonic_now() + std::max(pause, notify_retry);
    }
    if (std::exchange(chat.refused, true)) return;
    parts_.events.emit_host("notify_failed", hotreload::Level::warning,
                            {{"chat_id", chat_id}, {"reason", error.text()}});
}

}  // namespace tgstats
