#include "tgstats/dispatch/outgoing.h"

#include <algorithm>

#include <boost/asio/steady_timer.hpp>

#include "hotreload/base/reason.h"
#include "hotreload/base/unix_time.h"
#include "tgstats/dispatch/outgoing_letter.h"

namespace tgstats {
namespace {

using hotreload::Level;
using hotreload::unix_now;

constexpr Millis cancel_deadline{100};  // coroutines end at their next suspension

// On the store's thread: all of the decision, or nothing.
Result<void, StateError> commit(Store& store, const Decision& decision, Outgoing::Batch& batch) {
    Transaction transaction(store.database());
    auto kept = apply_state(store, decision.plugin, decision.changes);
    if (!kept) return kept;
    std::int64_t number = 0;
    for (const auto& letter : batch.letters) {
        auto entry = to_entry(*letter->effect);
        entry.batch = number;
        entry.update_id = decision.update_id;
        entry.plugin = decision.plugin;
        entry.created = letter->created;
        entry.sending = letter->begun ? letter->created : 0;
        letter->id = outbox_put(store, entry);
        if (number == 0) number = letter->id;
    }
    batch.number = number;
    if (decision.also) {
        auto more = decision.also(store);
        if (!more) return more;
    }
    transaction.commit();
    return {};
}

}  // namespace

Outgoing::Outgoing(Parts parts)
    : parts_(std::move(parts)),
      tasks_(parts_.executor, [this](const std::string& name, const std::exception_ptr& error) {
          parts_.events.emit_host("sending_failed", Level::error,
                                  {{"task", name}, {"reason", hotreload::reason_of(error)}});
      }) {}

Task<Result<Outgoing::BatchPtr, StateError>> Outgoing::keep(Decision decision) {
    if (full() && !decision.effects.empty())
        co_return StateError{std::to_string(waiting_) + " calls wait to be sent to Telegram"};
    auto fitted = fit(decision);
    if (fitted.has_error()) co_return fitted.error();
    // A place that is not released would hold up its chat: whatever happens below, it is.
    struct Place {
        ~Place() { outgoing.release(*batch, kept); }
        Outgoing& outgoing;
        BatchPtr batch;
        bool kept = false;
    };
    Place place{*this, reserve(decision)};
    auto work = [batch = place.batch, decision = std::move(decision)](Store& store) {
        return commit(store, decision, *batch);
    };
    std::string fault;
    try {
        auto outcome = co_await parts_.store.run(work);
        if (!outcome) co_return outcome.error();
        place.kept = true;
        co_return place.batch;
    } catch (const SqlError& error) {
        fault = error.what();
    } catch (const StoreBusy& error) {
        fault = error.what();
    }
    co_return StateError{std::move(fault)};
}

// The bot's limits are not its plugins' business: they may decide more than one message holds.
Result<void, StateError> Outgoing::fit(Decision& decision) {
    std::vector<Effect> all;
    for (auto& effect : decision.effects) {
        auto fitted = fit_effect(std::move(effect));
        if (!fitted) return StateError{fitted.error()};
        for (const auto& change : fitted->changes)
            parts_.sender.tell(change, decision.plugin, fitted->effects.front());
        std::ranges::move(fitted->effects, std::back_inserter(all));
    }
    if (all.size() > fitted_effects_max)
        return StateError{std::to_string(all.size()) + " messages; at most " +
                          std::to_string(fitted_effects_max) + " go out for one event"};
    decision.effects = std::move(all);
    return {};
}

Outgoing::BatchPtr Outgoing::reserve(Decision& decision) {
    auto batch = std::make_shared<Batch>(parts_.executor);
    batch->left = decision.effects.size();
    for (auto& effect : decision.effects) {
        auto letter = std::make_shared<Letter>();
        letter->batch = batch;
        letter->plugin = decision.plugin;
        letter->method = effect.method;
        letter->update_id = decision.update_id;
        letter->make(unix_now());
        letter->chat_id = chat_of(effect);
        const auto sending = sending_of(effect.method, effect.params);
        letter->line = sending.chat_id;
        letter->answer = decision.update_id != 0;
        // Who finds the way free is noted as under way in the same transaction.
        if (!lines_.contains(letter->line))
            letter->pass = parts_.sender.gate().try_pass(sending, letter->answer);
        letter->begun = letter->pass.has_value();
        letter->effect = std::move(effect);
        batch->letters.push_back(letter);
        join(letter->line, letter);
    }
    return batch;
}

void Outgoing::join(std::int64_t key, const LetterPtr& letter) {
    auto& line = lines_[key];
    const bool idle = !line;
    if (idle) line = std::make_shared<Line>(parts_.executor);
    line->letters.push_back(letter);
    ++waiting_;
    if (letter->answer) {
        ++line->answers;
        if (line->asked != 0) parts_.sender.gate().hurry(line->asked);
    }
    if (idle) tasks_.spawn("send to " + std::to_string(key), run(line, key));
}

void Outgoing::release(Batch& batch, bool kept) {
    for (const auto& letter : batch.letters) {
        letter->stage = kept ? Letter::Stage::ready : Letter::Stage::dropped;
        if (!kept) letter->pass.reset();
        const auto line = lines_.find(letter->line);
        if (line == lines_.end()) continue;
        const auto& letters = line->second->letters;
        if (letters.size() > effects_at_hand_max && letters.front() != letter)
            letter->effect.reset();
        line->second->changed.notify_all();
    }
    batch.letters.clear();
}

std::size_t Outgoing::held(std::int64_t chat_id) const {
    const auto line = lines_.find(chat_id);
    return line == lines_.end() || line->second->asked == 0 ? 0 : line->second->answers;
}

std::size_t Outgoing::held() const {
    std::size_t all = 0;
    for (const auto& [chat_id, line] : lines_) all += line->asked == 0 ? 0 : line->answers;
    return all;
}

Task<bool> Outgoing::sent(BatchPtr batch) {
    while (batch->left > 0) {
        const bool told = co_await batch->changed.wait_until(hotreload::MonotonicTime::max());
        static_cast<void>(told);
    }
    co_return batch->well;
}

// The order of the ids is the order in which they were decided.
Task<void> Outgoing::resume() {
    auto work = [](Store& store) { return outbox_waiting(store); };
    auto entries = co_await parts_.store.run(work);
    std::map<std::int64_t, BatchPtr> batches;
    for (auto& entry : entries) {
        auto& batch = batches[entry.batch];
        if (!batch) batch = std::make_shared<Batch>(parts_.executor);
        batch->number = entry.batch;
        ++batch->left;
        auto letter = std::make_shared<Letter>();
        letter->id = entry.id;
        letter->batch = batch;
        letter->plugin = std::move(entry.plugin);
        letter->method = std::move(entry.method);
        letter->chat_id = letter->line = entry.chat_id;
        letter->update_id = entry.update_id;
        letter->answer = entry.update_id != 0;
        letter->make(entry.created);
        letter->stage = entry.sending != 0 && !repeatable(letter->method)
                            ? Letter::Stage::lost_sight_of
                            : Letter::Stage::ready;
        join(letter->chat_id, letter);
    }
    if (!entries.empty())
        parts_.events.emit_host("outbox_taken_up", Level::info,
                                {{"count", static_cast<std::int64_t>(entries.size())}});
}

Task<bool> Outgoing::finish(Millis deadline) {
    const bool all = co_await tasks_.joined(deadline);
    if (!all) {
        tasks_.cancel();
        const bool ended = co_await tasks_.joined(cancel_deadline);
        static_cast<void>(ended);
    }
    co_return all;
}

}  // namespace tgstats
