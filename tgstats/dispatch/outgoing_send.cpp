// One chat's line of calls, each sent in its turn.
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>

#include "hotreload/base/unix_time.h"
#include "tgstats/dispatch/outgoing_letter.h"
#include "tgstats/telegram/backoff.h"

namespace tgstats {

using hotreload::Level;
using hotreload::unix_now;

namespace {

constexpr Millis store_pause_first{250};  // before a store that failed is asked again
constexpr Millis store_pause_max{30'000};

}  // namespace

Task<void> Outgoing::run(std::shared_ptr<Line> line, std::int64_t key) {
    while (!line->letters.empty()) {
        const auto letter = line->letters.front();
        while (letter->stage == Letter::Stage::reserved) {
            const bool told = co_await line->changed.wait_until(hotreload::MonotonicTime::max());
            static_cast<void>(told);
        }
        for (Backoff pauses(store_pause_first, store_pause_max);;) {
            const bool over = co_await tried(line, letter);
            if (over) break;
            asio::steady_timer timer(parts_.executor, pauses.next());
            co_await timer.async_wait(asio::use_awaitable);
        }
        line->letters.pop_front();
        if (letter->answer) --line->answers;
    }
    lines_.erase(key);
}

// False: the store has failed. The letter stays at the head of its line, so that the order does,
// and goes on from where it is.
Task<bool> Outgoing::tried(std::shared_ptr<Line> line, LetterPtr letter) {
    std::string fault;
    bool of_store = true;
    try {
        co_await deliver(line, letter);
    } catch (const SqlError& error) {
        fault = error.what();
    } catch (const StoreBusy& error) {
        fault = error.what();
    } catch (const boost::system::system_error& error) {
        if (error.code() == asio::error::operation_aborted) throw;
        fault = error.what();
        of_store = false;
    } catch (const std::exception& error) {
        fault = error.what();
        of_store = false;
    }
    if (fault.empty()) co_return true;
    letter->pass.reset();
    if (!of_store) {  // it stays in the store, and the next start finds it
        tell("effect_failed", *letter, std::move(fault));
        done(*letter, false);
    } else if (!std::exchange(letter->put_off, true)) {
        tell("effect_put_off", *letter, std::move(fault));
    }
    co_return !of_store;
}

Task<void> Outgoing::deliver(std::shared_ptr<Line> line, LetterPtr letter) {
    if (letter->result) {
        co_await taken(letter);
        co_return;
    }
    if (letter->end) {
        co_await forget(letter);
        co_return;
    }
    if (letter->stage == Letter::Stage::lost_sight_of) {
        ApiError ended;
        ended.description = letter->method + ": the bot ended before Telegram's answer";
        const bool settled = co_await settle_failure(letter, std::move(ended), 1);
        static_cast<void>(settled);
        co_return;
    }
    for (int attempt = 1; letter->stage == Letter::Stage::ready; ++attempt) {
        if (!letter->begun && letter->age() >= send_age_max) {
            co_await end(letter, false, "it has waited too long: nobody expects it any more");
            co_return;
        }
        const bool there = co_await prepare(line, letter);
        if (!there) break;
        auto pass = std::move(*letter->pass);
        letter->pass.reset();
        auto result = co_await parts_.sender.attempt(*letter->effect, std::move(pass));
        if (result.has_value()) {
            letter->result = std::move(*result);
            co_await taken(letter);
            co_return;
        }
        const bool plainer = co_await leave_markup_out(letter, result.error());
        if (plainer) continue;
        const bool moved = co_await follow_chat(letter, result.error());
        if (moved) continue;
        const bool settled = co_await settle_failure(letter, result.error(), attempt);
        if (settled) co_return;
    }
    done(*letter, false);
}

// At hand, let through by the limits, and noted as under way: in this order, so that what the end
// of the bot finds waiting for the limits is known not to have been sent. False when it is not to
// go out any more.
Task<bool> Outgoing::prepare(std::shared_ptr<Line> line, LetterPtr letter) {
    if (letter->batch->given_up) co_return false;
    if (!letter->effect) {
        auto work = [id = letter->id](Store& store) { return outbox_get(store, id); };
        auto entry = co_await parts_.store.run(work);
        if (!entry) co_return false;
        letter->effect = from_entry(std::move(*entry));
    }
    if (!letter->pass) co_await pass_gate(line, letter);
    if (letter->batch->given_up) co_return false;  // meanwhile, in another chat
    if (!letter->begun) {
        auto work = [id = letter->id](Store& store) { outbox_begin(store, id, unix_now()); };
        co_await parts_.store.run(work);
        letter->begun = true;
    }
    co_return true;
}

Task<void> Outgoing::pass_gate(std::shared_ptr<Line> line, LetterPtr letter) {
    auto& gate = parts_.sender.gate();
    const auto sending = sending_of(letter->method, letter->effect->params);
    line->asked = gate.ask(sending, line->answers > 0);
    if (on_held_) on_held_();
    auto pass = co_await gate.wait(line->asked, hotreload::MonotonicTime::max());
    line->asked = 0;
    letter->pass = std::move(pass);
}

// True when it is to be sent again without the markup that Telegram refused.
Task<bool> Outgoing::leave_markup_out(LetterPtr letter, ApiError error) {
    auto plain = without_refused_markup(*letter->effect, error);
    if (!plain) co_return false;
    parts_.sender.tell({"as_plain_text", error.text()}, letter->plugin, *letter->effect);
    letter->effect = std::move(*plain);
    co_await put_back(letter);
    co_return true;
}

// True when the group has become a supergroup meanwhile, and it is to be sent to that. What speaks
// of a message (edits, deletions) ends with the group: the new one counts its own from 1.
Task<bool> Outgoing::follow_chat(LetterPtr letter, ApiError error) {
    const auto to = error.migrate_to_chat_id.value_or(0);
    const auto from = chat_of(*letter->effect);
    if (to == 0 || to == from || !letter->method.starts_with("send")) co_return false;
    auto work = [from, to](Store& store) { store.migrate_chat(from, to); };
    co_await put_back(letter);
    co_await parts_.store.run(work);
    auto& params = letter->effect->params;
    params["chat_id"] = to;
    params.erase("reply_parameters");  // a message of the old group is none of the new one
    params.erase("reply_to_message_id");
    co_return true;
}

Task<void> Outgoing::put_back(LetterPtr letter) {
    auto work = [id = letter->id](Store& store) { outbox_put_back(store, id); };
    co_await parts_.store.run(work);
    letter->begun = false;
}

Task<void> Outgoing::taken(LetterPtr letter) {
    auto fault = co_await note_taken(letter, true);
    if (!fault.empty()) {
        tell("message_not_recorded", *letter, std::move(fault));
        fault = co_await note_taken(letter, false);
    }
    done(*letter, true);
}

// Why the message that Telegram made of it cannot be recorded, if it is by its own content.
Task<std::string> Outgoing::note_taken(LetterPtr letter, bool whole) {
    auto work = [&sender = parts_.sender, id = letter->id, chat_id = letter->chat_id, whole,
                 result = *letter->result, deleted = deleted_by(*letter->effect)](Store& store) {
        Transaction transaction(store.database());
        if (whole) sender.record(store, result);
        if (!deleted.empty()) store.delete_messages(chat_id, deleted, unix_now());
        outbox_remove(store, id);
        transaction.commit();
    };
    std::string fault;
    try {
        co_await parts_.store.run(work);
    } catch (const SqlError& error) {
        if (!whole || error.may_pass()) throw;
        fault = error.what();
    }
    co_return fault;
}

// False when it is to be sent again, after the pause that has then passed.
Task<bool> Outgoing::settle_failure(LetterPtr letter, ApiError error, int attempt) {
    const auto fate = fate_of(error, letter->method, attempt, letter->age());
    if (fate.kind == Fate::Kind::again) {
        co_await put_back(letter);
        if (error.retry_after_s) co_return false;  // the gate has the pause
        asio::steady_timer timer(parts_.executor, fate.pause);
        co_await timer.async_wait(asio::use_awaitable);
        co_return false;
    }
    co_await end(letter, fate.kind == Fate::Kind::unknown, error.text());
    co_return true;
}

// Told before it is removed: what is removed has been told, whatever ends the bot in between.
Task<void> Outgoing::end(LetterPtr letter, bool unknown, std::string reason) {
    tell(unknown ? "effect_unknown" : "effect_failed", *letter, std::move(reason));
    letter->end = unknown ? Letter::End::unknown : Letter::End::refused;
    letter->batch->given_up = letter->batch->given_up || !unknown;
    co_await forget(letter);
}

// What may have been sent counts for the limits, also after a restart.
Task<void> Outgoing::forget(LetterPtr letter) {
    const bool unknown = letter->end == Letter::End::unknown;
    auto work = [unknown, id = letter->id, batch = letter->batch->number](Store& store) {
        return unknown ? outbox_lose(store, id, unix_now() - longest_rate_window.count())
                       : outbox_remove_batch(store, batch);
    };
    co_await parts_.store.run(work);
    done(*letter, false);
}

void Outgoing::tell(std::string name, const Letter& letter, std::string reason) {
    parts_.events.emit_host(std::move(name), Level::error,
                            {{"plugin", letter.plugin},
                             {"method", letter.method},
                             {"chat_id", letter.chat_id},
                             {"update_id", letter.update_id},
                             {"reason", std::move(reason)}});
}

void Outgoing::done(Letter& letter, bool well) {
    --waiting_;
    auto& batch = *letter.batch;
    --batch.left;
    batch.well = batch.well && well;
    letter.effect.reset();
    letter.pass.reset();
    letter.result.reset();
    if (batch.left == 0) batch.changed.notify_all();
}

}  // namespace tgstats
