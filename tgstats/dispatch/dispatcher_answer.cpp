// A turn until it is dealt with: what keeps its answer from being kept is waited for, not left to
// the next start.
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>

#include "tgstats/dispatch/dispatcher_turn.h"
#include "tgstats/store/journal.h"
#include "tgstats/telegram/backoff.h"

namespace tgstats {
namespace {

constexpr Millis answer_pause_first{1'000};
constexpr Millis answer_pause_max{30'000};

enum class Waiting {
    yes,
    no,       // somebody has dealt with it
    unknown,  // the store takes no changes now
};

// Writes, so that a store that can only be read is no store.
Task<Waiting> still_waits(StoreThread& store, std::int64_t update_id) {
    auto work = [update_id](Store& opened) { return journal_still_unhandled(opened, update_id); };
    Waiting waiting = Waiting::unknown;
    try {
        const bool unhandled = co_await store.run(work);
        waiting = unhandled ? Waiting::yes : Waiting::no;
    } catch (const SqlError&) {  // told when the answer could not be kept
    } catch (const StoreBusy&) {
    }
    co_return waiting;
}

}  // namespace

Task<void> Dispatcher::answer(TurnPtr turn) {
    // In this order: one that waits for its like is overtaken together with it.
    co_await turn->of_command.first(hotreload::deadline_after(lane_wait));
    const auto overtaken = co_await turn->in_chat.first_or_overtake(chat_patience);
    if (overtaken != 0) report_overtaking(*turn, overtaken);
    for (int attempt = 1; !turn->settled; ++attempt) {
        co_await answer_once(turn);
        if (turn->settled) break;
        const bool again = co_await worth_another_try(turn);
        if (turn->settled || (again && attempt < answer_attempts_max)) continue;
        std::vector<Update> unanswered(1, turn->update);
        co_await give_up(std::move(unanswered), "its answer could not be kept");
        break;
    }
    less_work_.notify_all();
}

Task<void> Dispatcher::answer_once(TurnPtr turn) {
    std::string fault;
    try {
        if (turn->update.kind == UpdateKind::callback_query)
            co_await answer_press(turn);
        else if (parts_.outgoing.held(turn->update.chat_id) >= answers_held_max)
            co_await drop(turn);
        else
            co_await answer_command(turn);
    } catch (const boost::system::system_error& error) {
        if (error.code() == asio::error::operation_aborted) throw;
        fault = error.what();
    } catch (const std::exception& error) {
        fault = error.what();
    }
    if (!fault.empty()) report_failed_task("/" + turn->command.name, std::move(fault));
}

// Completes when the store takes changes again (true), or when nobody expects an answer any more.
Task<bool> Dispatcher::worth_another_try(TurnPtr turn) {
    for (Backoff pauses(answer_pause_first, answer_pause_max);;) {
        asio::steady_timer timer(parts_.executor, pauses.next());
        co_await timer.async_wait(asio::use_awaitable);
        const auto waiting = co_await still_waits(parts_.store, turn->update.update_id);
        turn->settled = waiting == Waiting::no;
        if (waiting != Waiting::unknown) co_return true;
        if (turn->watch.total() > answer_age_max) co_return false;
    }
}

Task<void> Dispatcher::give_up(std::vector<Update> unanswered, std::string reason) {
    for (auto& update : unanswered) {
        Turn turn;
        if (auto command = command_in(update)) turn.command = std::move(*command);
        turn.update = std::move(update);
        report_failure(turn, reason);
        auto work = [id = turn.update.update_id](Store& store) { journal_mark_handled(store, id); };
        co_await parts_.store.run(work);
    }
}

}  // namespace tgstats
