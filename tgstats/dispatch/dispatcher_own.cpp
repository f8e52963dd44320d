// What the bot answers itself: its own commands and buttons.
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include "hotreload/base/reason.h"
#include "hotreload/base/unix_time.h"
#include "tgstats/dispatch/dispatcher_turn.h"
#include "tgstats/store/journal.h"
#include "tgstats/telegram/html.h"

namespace tgstats {
namespace {

constexpr const char* own_name = "tgstats";  // in the place of a plugin's name

std::string data_of(const json::object* query) {
    const auto* data = query == nullptr ? nullptr : query->if_contains("data");
    return data != nullptr && data->is_string() ? std::string(data->get_string()) : std::string();
}

// What went wrong is the operators' business; the person gets the bot's word that nothing happened.
std::vector<Effect> words_of_failure(const BuiltInCall& call, const EffectTarget& target) {
    if (call.query() != nullptr)
        return {answer_to_press(call, "❌ That failed, and nothing was changed.", true)};
    return {message_effect(target,
                           fmt::format("❌ /{} failed. Nothing was changed; the details are in the "
                                       "log.",
                                       escape_html(call.command.name)))};
}

}  // namespace

// A press that nobody knows (an old keyboard, another version) is answered, too: the button waits.
Task<void> Dispatcher::answer_press(TurnPtr turn) {
    auto call = std::make_shared<BuiltInCall>();
    call->update = turn->update;
    auto data = data_of(call->query());
    const auto* buttons = parts_.built_ins.find_button(data);
    if (buttons != nullptr) {
        const bool answered = co_await answer_own(turn, *buttons, std::move(data));
        if (answered) co_return;
    }
    BuiltInAnswer answer;
    answer.effects.push_back(answer_to_press(*call));
    co_await keep_own(turn, std::move(answer));
}

// False: it was not for this handler, and nothing has been said.
Task<bool> Dispatcher::answer_own(TurnPtr turn, BuiltInHandler handler, std::string data) {
    auto call = std::make_shared<BuiltInCall>();
    call->update = turn->update;
    call->command = turn->command;
    call->data = std::move(data);
    call->bot = bot_;
    call->now = hotreload::unix_now();
    call->say_now = [this, turn](std::vector<Effect> effects) {
        return say_before(turn, std::move(effects));
    };
    std::string fault;
    BuiltInOutcome answer;
    try {
        answer = co_await handler(call);
    } catch (const boost::system::system_error& error) {
        if (error.code() == asio::error::operation_aborted) throw;
        fault = error.what();
    } catch (const std::exception& error) {
        fault = error.what();
    }
    if (!fault.empty()) {
        report_failure(*turn, std::move(fault));
        answer.emplace();
        answer->effects = words_of_failure(*call, target_of(turn->update));
    }
    if (!answer) co_return false;
    co_await keep_own(turn, std::move(*answer));
    co_return true;
}

Task<void> Dispatcher::say_before(TurnPtr turn, std::vector<Effect> effects) {
    Decision decision{.plugin = own_name,
                      .update_id = turn->update.update_id,
                      .effects = std::move(effects),
                      .changes = {},
                      .also = {}};
    const auto kept = co_await parts_.outgoing.keep(std::move(decision));
    if (kept.has_error()) report_not_kept(*turn, kept.error().reason);
}

Task<void> Dispatcher::keep_own(TurnPtr turn, BuiltInAnswer answer) {
    const auto id = turn->update.update_id;
    Decision decision{.plugin = own_name,
                      .update_id = id,
                      .effects = std::move(answer.effects),
                      .changes = {},
                      .also = {}};
    decision.also = [id, also = std::move(answer.also)](Store& store) -> Result<void, StateError> {
        if (also) also(store);
        journal_mark_handled(store, id);
        return {};
    };
    auto kept = co_await parts_.outgoing.keep(std::move(decision));
    answer.held.reset();
    if (kept.has_error()) {
        report_not_kept(*turn, kept.error().reason);
        co_return;
    }
    turn->settled = true;
    if (answer.kept) answer.kept();
    turn->leave_lanes();
    const bool sent = co_await parts_.outgoing.sent(*kept);
    static_cast<void>(sent);
}

void Dispatcher::report_not_kept(const Turn& turn, std::string reason) {
    parts_.events.emit_host("effect_failed", hotreload::Level::error,
                            {{"plugin", std::string(own_name)},
                             {"method", std::string("sendMessage")},
                             {"chat_id", turn.update.chat_id},
                             {"update_id", turn.update.update_id},
                             {"reason", std::move(reason)}});
}

}  // namespace tgstats
