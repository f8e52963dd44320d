#include "tgstats/dispatch/send_rate.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <set>

#include <boost/json/array.hpp>

#include "tgstats/content/json_in.h"

namespace tgstats {
namespace {

namespace json = boost::json;

constexpr Sending::Kind edit_kind = Sending::Kind::edit;
constexpr Sending::Kind message_kind = Sending::Kind::message;
constexpr std::size_t chats_kept = 1'000;  // with more of them the idle ones are forgotten

// How many items a list parameter has; plugins may give a list as JSON text, as forms do.
std::size_t items_of(const json::object& params, std::string_view name) {
    const auto* value = params.if_contains(name);
    if (value == nullptr) return 1;
    if (const auto* list = value->if_array()) return std::max<std::size_t>(list->size(), 1);
    if (!value->is_string()) return 1;
    const auto said = json_in(value->get_string());
    return said && said->is_array() ? std::max<std::size_t>(said->get_array().size(), 1) : 1;
}

// A name ("@channel") stands for a number below 0 that is always the same.
std::int64_t chat_key(const json::object& params) {
    const auto* chat = params.if_contains("chat_id");
    if (chat == nullptr) return 0;
    if (chat->is_int64()) return chat->get_int64();
    if (!chat->is_string()) return 0;
    const std::string_view text = chat->get_string();
    std::int64_t id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error == std::errc() && end == text.data() + text.size()) return id;
    return -1 - static_cast<std::int64_t>(std::hash<std::string_view>()(text) >> 1U);
}

const RateLimit& limit_of(const Sending& sending) {
    if (sending.kind == edit_kind) return rate_of_edits;
    return sending.chat_id < 0 ? rate_of_group : rate_of_private_chat;
}

const RateLimit& limit_of_all(const Sending& sending) {
    return sending.kind == edit_kind ? rate_of_all_edits : rate_of_all;
}

}  // namespace

Sending sending_of(std::string_view method, const json::object& params) {
    Sending sending;
    sending.chat_id = chat_key(params);
    const bool sends = method.starts_with("send") && method != "sendChatAction";
    if (sends || method.starts_with("forward") || method.starts_with("copy")) {
        sending.kind = message_kind;
        sending.messages = method == "sendMediaGroup"     ? items_of(params, "media")
                           : method.ends_with("Messages") ? items_of(params, "message_ids")
                                                          : 1;
    } else if (method.starts_with("edit")) {
        sending.kind = edit_kind;
        sending.messages = 1;
    }
    return sending;
}

void SendRate::Window::forget(MonotonicTime now) {
    for (; !answered.empty() && answered.front().first <= now; answered.pop_front())
        counted -= answered.front().second;
}

// What is more than a limit allows at all goes alone.
bool SendRate::Window::has_room(std::size_t more, const RateLimit& limit) const {
    return counted == 0 || counted + more <= limit.messages;
}

MonotonicTime SendRate::Window::first_end() const {
    return answered.empty() ? MonotonicTime::max() : answered.front().first;
}

struct SendRate::Look {
    MonotonicTime now;
    MonotonicTime again = MonotonicTime::max();
    bool messages_full = false;  // of all chats: who comes later does not slip past who waits
    bool edits_full = false;
    std::set<std::pair<std::int64_t, Sending::Kind>> full;
};

SendRate::Number SendRate::ask(Sending sending, bool answer) {
    (answer ? answers_ : notices_).emplace(++last_, sending);
    return last_;
}

void SendRate::hurry(Number number) {
    if (auto call = notices_.extract(number)) answers_.insert(std::move(call));
}

void SendRate::withdraw(Number number) {
    answers_.erase(number);
    notices_.erase(number);
}

SendRate::Admission SendRate::admit(MonotonicTime now) {
    if (now < paused_until_) return {0, waiting() > 0 ? paused_until_ : MonotonicTime::max()};
    messages_.forget(now);
    edits_.forget(now);
    Look look{.now = now, .full = {}};
    if (notices_.empty()) answers_in_a_row_ = 0;
    const bool notice_first = answers_in_a_row_ >= answers_in_a_row_max;
    auto& first = notice_first ? notices_ : answers_;
    auto& second = notice_first ? answers_ : notices_;
    auto* line = &first;
    auto number = first_of(first, look);
    if (number == 0) {
        line = &second;
        number = first_of(second, look);
    }
    if (number != 0) let_go(*line, number);
    return {number, look.again};
}

SendRate::Number SendRate::first_of(Line& line, Look& look) {
    for (const auto& [number, sending] : line)
        if (may_go(sending, look)) return number;
    return 0;
}

bool SendRate::may_go(const Sending& sending, Look& look) {
    const bool edit = sending.kind == edit_kind;
    auto& all_full = edit ? look.edits_full : look.messages_full;
    if (sending.kind != Sending::Kind::other && all_full) return false;
    const auto known = chats_.find(sending.chat_id);
    const auto until = known == chats_.end() ? MonotonicTime{} : known->second.paused_until;
    if (look.now < until) {
        look.again = std::min(look.again, until);
        return false;
    }
    if (!limited_ || sending.kind == Sending::Kind::other) return true;
    if (known != chats_.end()) {
        auto& window = edit ? known->second.edits : known->second.messages;
        window.forget(look.now);
        const auto place = std::pair(sending.chat_id, sending.kind);
        if (look.full.contains(place)) return false;
        if (!window.has_room(sending.messages, limit_of(sending))) {
            look.full.insert(place);
            look.again = std::min(look.again, window.first_end());
            return false;
        }
    }
    const auto& all = edit ? edits_ : messages_;
    if (all.has_room(sending.messages, limit_of_all(sending))) return true;
    all_full = true;
    look.again = std::min(look.again, all.first_end());
    return false;
}

void SendRate::let_go(Line& line, Number number) {
    auto call = line.extract(number);
    const auto sending = call.mapped();
    under_way_.insert(std::move(call));
    if (&line == &notices_)
        answers_in_a_row_ = 0;
    else
        ++answers_in_a_row_;
    count(sending);
}

void SendRate::count(const Sending& sending) {
    if (sending.kind == Sending::Kind::other) return;
    const bool edit = sending.kind == edit_kind;
    auto& chat = chats_[sending.chat_id];
    (edit ? chat.edits : chat.messages).counted += sending.messages;
    (edit ? edits_ : messages_).counted += sending.messages;
}

void SendRate::remember(const Sending& sending, MonotonicTime at) {
    if (sending.kind == Sending::Kind::other) return;
    count(sending);
    end_later(sending, at);
}

void SendRate::answered(Number number, MonotonicTime now) {
    const auto call = under_way_.extract(number);
    if (call.empty() || call.mapped().kind == Sending::Kind::other) return;
    end_later(call.mapped(), now);
    if (chats_.size() > chats_kept) forget_idle_chats(now);
}

// It counts until one window after its answer.
void SendRate::end_later(const Sending& sending, MonotonicTime answered) {
    const bool edit = sending.kind == edit_kind;
    auto& chat = chats_[sending.chat_id];
    (edit ? chat.edits : chat.messages)
        .answered.emplace_back(answered + limit_of(sending).window, sending.messages);
    (edit ? edits_ : messages_)
        .answered.emplace_back(answered + limit_of_all(sending).window, sending.messages);
}

void SendRate::refused(Number number, MonotonicTime now, Millis retry_after) {
    const auto call = under_way_.find(number);
    if (call == under_way_.end()) return;
    const auto& sending = call->second;
    auto& chat = chats_[sending.chat_id];
    chat.paused_until = std::max(chat.paused_until, now + retry_after);
    chat.messages.forget(now);
    chat.edits.forget(now);
    if (chat.messages.counted + chat.edits.counted > sending.messages) return;
    const bool another = quiet_chat_ != 0 && quiet_chat_ != sending.chat_id;
    if (another && now - quiet_at_ < quiet_refusals_within)
        paused_until_ = std::max(paused_until_, now + retry_after);
    quiet_chat_ = sending.chat_id;
    quiet_at_ = now;
}

void SendRate::forget_idle_chats(MonotonicTime now) {
    for (auto at = chats_.begin(); at != chats_.end();) {
        auto& chat = at->second;
        chat.messages.forget(now);
        chat.edits.forget(now);
        const bool idle = chat.messages.counted + chat.edits.counted == 0;
        at = idle && chat.paused_until <= now ? chats_.erase(at) : std::next(at);
    }
}

}  // namespace tgstats
