#include "tgstats/notify/notes.h"

#include <algorithm>

#include "tgstats/notify/wording.h"

namespace tgstats {

using hotreload::EventType;
using hotreload::MonotonicTime;

void Notes::take(const hotreload::Event& event, MonotonicTime now) {
    switch (event.type) {
        case EventType::reloading_plugins:
            for (const auto& plugin : texts_in(event, "plugins"))
                tell({plugin, under_way(plugin), "", true, false}, now);
            break;
        case EventType::plugins_reloaded:
        case EventType::plugin_restarted:
            for (const auto& plugin : texts_in(event, "plugins"))
                tell({plugin, live(plugin, event), "", false, false}, now);
            break;
        case EventType::plugin_build_failed:
        case EventType::plugin_load_failed:
        case EventType::plugin_held:
        case EventType::plugin_failed: {
            const auto plugin = text_in(event, "plugin");
            tell({plugin, failure(plugin, event), failure_line(plugin, event), false, true}, now);
            break;
        }
        case EventType::plugin_crashed: {
            const auto plugin = text_in(event, "plugin");
            tell({plugin, crash(plugin, event), failure_line(plugin, event), true, true}, now);
            break;
        }
        case EventType::plugin_rolled_back:
        case EventType::plugin_unloaded: {
            const auto plugin = text_in(event, "plugin");
            tell({plugin, changed(plugin, event), "", false, false}, now);
            break;
        }
        default:
            break;
    }
}

void Notes::start_afresh() {
    begun_.clear();
    digest_ = 0;
    digested_.clear();
}

void Notes::lost() {
    ++revision_;
    for (auto& note : notes_) {
        if (!note.open) continue;
        note.open = false;
        note.html += "\n… how it ended was lost among too many events; see the panel";
    }
    start_afresh();
}

void Notes::tell(const Telling& telling, MonotonicTime now) {
    ++revision_;
    if (digest_ != 0 && digest_over(now)) {
        digest_ = 0;
        digested_.clear();
    }
    if (digest_ != 0 && digested_.contains(telling.plugin)) {
        put_into_digest(telling);
        return;
    }
    if (auto* note = open_note(telling.plugin)) {
        note->html = telling.html;
        note->open = telling.open;
        note->failed = telling.failed;
        for (auto& [begun, earlier] : begun_)
            if (earlier.plugin == telling.plugin) earlier = telling;
        return;
    }
    while (!begun_.empty() && now - begun_.front().first > burst_window) begun_.pop_front();
    begun_.emplace_back(now, telling);
    if (digest_ != 0) {
        put_into_digest(telling);
        return;
    }
    if (begun_.size() > burst_reloads) {
        begin_digest();
        return;
    }
    auto& note = add();
    note.html = telling.html;
    note.open = telling.open;
    note.failed = telling.failed;
    told_[telling.plugin] = note.key;
}

// What nobody has seen yet goes into the digest; what was shown stays a message of its own.
void Notes::begin_digest() {
    digest_ = add().key;
    for (const auto& [begun, telling] : begun_) {
        const auto told = told_.find(telling.plugin);
        auto* own = told == told_.end() ? nullptr : find(told->second);
        if (own != nullptr && own->shown) continue;
        if (own != nullptr) {
            std::erase_if(notes_, [key = own->key](const Note& note) { return note.key == key; });
            told_.erase(telling.plugin);
        }
        put_into_digest(telling);
    }
}

void Notes::put_into_digest(const Telling& telling) {
    auto& entry = digested_[telling.plugin];
    entry = {telling.line, telling.open, telling.failed};
    std::size_t open = 0, failed = 0;
    std::string lines;
    for (const auto& [plugin, one] : digested_) {
        open += one.open ? 1 : 0;
        failed += one.failed ? 1 : 0;
        if (one.failed && lines.size() + one.line.size() < note_bytes_max - 200)
            lines += "\n" + one.line;
    }
    auto* note = find(digest_);
    if (note == nullptr) return;
    note->html = digest({.plugins = digested_.size(),
                         .live = digested_.size() - open - failed,
                         .failed = failed,
                         .under_way = open}) +
                 lines;
    note->failed = failed > 0;
    note->open = open > 0;
}

bool Notes::digest_over(MonotonicTime now) const {
    const bool all_ended =
        std::ranges::none_of(digested_, [](const auto& named) { return named.second.open; });
    return all_ended && (begun_.empty() || now - begun_.back().first > burst_window);
}

Note* Notes::open_note(const std::string& plugin) {
    const auto told = told_.find(plugin);
    auto* note = told == told_.end() ? nullptr : find(told->second);
    return note != nullptr && note->open ? note : nullptr;
}

Note* Notes::find(std::uint64_t key) {
    const auto found = std::ranges::find(notes_, key, &Note::key);
    return found == notes_.end() ? nullptr : &*found;
}

Note& Notes::add() {
    if (notes_.size() >= notes_max) notes_.pop_front();
    return notes_.emplace_back(Note{.key = ++last_key_, .html = {}});
}

}  // namespace tgstats
