#include "tgstats/dispatch/observers.h"

#include <algorithm>
#include <array>

#include <boost/asio/steady_timer.hpp>

#include "hotreload/base/reason.h"
#include "hotreload/base/unix_time.h"
#include "tgstats/store/plugin_state.h"
#include "tgstats/telegram/json_fields.h"
#include "tgstats/telegram/update.h"

namespace tgstats {
namespace {

namespace code = hotreload::rpc_code;
using hotreload::Level;
using hotreload::unix_now;

constexpr Millis settled_patience{300'000};  // for plugins that are built at the start
// With the plugin's state, under a key that is not the plugin's: what has been passed over and is
// not told yet.
constexpr const char* untold_key = ".skipped";

void put_untold(Store& store, const std::string& plugin, std::optional<json::value> skipped) {
    const auto put = apply_state(store, plugin, {{untold_key, std::move(skipped)}});
    static_cast<void>(put);  // refused only for its own content: then it is told this once
}

// The offer's name for a kind of update; empty for one that is not offered.
std::string_view name_of(std::string_view kind) {
    using Named = std::pair<std::string_view, std::string_view>;
    static constexpr std::array names{Named{"message", "message"},
                                      Named{"channel_post", "message"},
                                      Named{"edited_message", "edited_message"},
                                      Named{"edited_channel_post", "edited_message"},
                                      Named{"message_reaction", "reaction"},
                                      Named{"message_reaction_count", "reaction"},
                                      Named{"chat_member", "member"},
                                      Named{"my_chat_member", "member"}};
    for (const auto& [one, name] : names)
        if (one == kind) return name;
    return "";
}

std::set<std::string> observed_by(const hotreload::Generation& generation) {
    std::set<std::string> names;
    for (const auto& offer : generation.manifest().offers)
        if (offer.kind == "observer") names.insert(offer.name);
    return names;
}

}  // namespace

struct Observers::Reader {
    std::string plugin;
    std::set<std::string> names;      // what it observes now
    std::int64_t first = 0;           // the journal's end at its first publication
    std::optional<std::int64_t> at;   // read up to here; nullopt: not looked up yet
    std::int64_t kept = 0;            // and kept in the store
    std::uint64_t failed_number = 0;  // of a generation that ended during a call
    std::string reason;               // of the last failure
};

// Updates of one kind of offer, without a gap of another kind that the plugin observes.
struct Observers::Batch {
    std::string name;
    std::vector<JournalEntry> entries;
    // As the updates name them: a plugin knows no other id of a chat that has moved meanwhile.
    ChatScopes::Chats chats;
};

struct Observers::Turn {
    ReaderPtr reader;
    std::shared_ptr<Batch> batch;
    bool kept = false;
    bool could_not_keep = false;  // not the plugin's fault
};

Observers::Observers(Parts parts)
    : parts_(std::move(parts)),
      serving_(parts_.executor, parts_.engine),
      grown_(parts_.executor),
      housekeeping_({.executor = parts_.executor,
                     .store = parts_.store,
                     .events = parts_.events,
                     .readers = [this] { return readers_here(); },
                     .on_forgotten =
                         [this](const std::vector<std::string>& plugins) { begin_anew(plugins); }},
                    {}),
      tasks_(parts_.executor, [this](const std::string& name, const std::exception_ptr& error) {
          parts_.events.emit_host("observer_task_failed", Level::error,
                                  {{"task", name}, {"reason", hotreload::reason_of(error)}});
      }) {}

Task<void> Observers::start() {
    auto work = [](Store& store) { return journal_last_seq(store); };
    const auto last = co_await parts_.store.run(work);
    journal_has_grown(last);
    tasks_.spawn("housekeeping", housekeeping_.run());
}

void Observers::set_routes(const hotreload::Routes& routes) {
    if (finished_) return;
    for (const auto& generation : routes.serving()) {
        const auto& plugin = generation->plugin();
        auto names = observed_by(*generation);
        auto& reader = readers_[plugin];
        if (reader) {
            reader->names = std::move(names);
            continue;
        }
        if (names.empty()) {
            readers_.erase(plugin);
            continue;
        }
        reader = std::make_shared<Reader>();
        reader->plugin = plugin;
        reader->names = std::move(names);
        reader->first = journal_end_;
        tasks_.spawn("observer " + plugin, follow(reader));
    }
    serving_.notify();
    grown_.notify_all();
}

void Observers::journal_has_grown(std::int64_t last_seq) {
    journal_end_ = std::max(journal_end_, last_seq);
    grown_.notify_all();
}

Task<bool> Observers::finish(Millis deadline) {
    finished_ = true;
    tasks_.cancel();
    const bool ended = co_await tasks_.joined(deadline);
    co_return ended;
}

// A fault of the store ends one turn of the reader, not the reader.
Task<void> Observers::follow(ReaderPtr reader) {
    for (;;) {
        std::string fault;
        try {
            if (!reader->at) co_await begin(reader);
            auto batch = co_await next_batch(reader);
            co_await digest(reader, std::move(batch));
        } catch (const SqlError& error) {
            fault = error.what();
        } catch (const StoreBusy& error) {
            fault = error.what();
        }
        if (fault.empty()) continue;
        parts_.events.emit_host("observer_task_failed", Level::error,
                                {{"task", reader->plugin}, {"reason", fault}});
        co_await pause();
    }
}

Task<void> Observers::begin(ReaderPtr reader) {
    auto work = [plugin = reader->plugin, first = reader->first](Store& store) {
        const auto known = cursor(store, plugin);
        set_cursor(store, plugin, known.value_or(first), unix_now());
        const auto untold = state_value(store, plugin, untold_key);
        const auto* skipped = untold ? untold->if_object() : nullptr;
        return std::pair(known.value_or(first), skipped == nullptr ? json::object() : *skipped);
    };
    const auto [kept, untold] = co_await parts_.store.run(work);
    reader->kept = kept;
    reader->at = kept;
    if (!untold.empty()) co_await tell_skipped(reader, untold);
}

Task<Observers::Batch> Observers::next_batch(ReaderPtr reader) {
    for (;;) {
        auto work = [after = *reader->at](Store& store) {
            return journal_after(store, after, observer_batch_max);
        };
        const auto end = journal_end_;
        auto entries = co_await parts_.store.run(work);
        Batch batch;
        bool passed_private = false;
        for (auto& entry : entries) {
            const std::string name(name_of(entry.kind));
            const bool wanted = reader->names.contains(name);
            if (wanted && !batch.entries.empty() && name != batch.name) break;
            if (!wanted && batch.entries.empty() && !reader->names.empty()) reader->at = entry.seq;
            passed_private = passed_private || (!wanted && entry.is_private);
            if (!wanted) continue;
            batch.name = name;
            batch.entries.push_back(std::move(entry));
        }
        if (!batch.entries.empty()) co_return batch;
        if (!reader->names.empty()) co_await pass_over(reader, *reader->at, passed_private);
        const bool more = !entries.empty() && !reader->names.empty();
        if (more || journal_end_ != end) continue;
        const bool told = co_await grown_.wait_until(hotreload::MonotonicTime::max());
        static_cast<void>(told);
    }
}

// The place is kept with what a batch leads to; where nothing is of interest, now and then, but at
// once where private updates wait to be erased.
Task<void> Observers::pass_over(ReaderPtr reader, std::int64_t seq, bool at_once) {
    const auto passed = seq - reader->kept;
    if (passed <= 0 || (!at_once && passed < static_cast<std::int64_t>(observer_batch_max)))
        co_return;
    auto work = [plugin = reader->plugin, seq](Store& store) {
        set_cursor(store, plugin, seq, unix_now());
    };
    co_await parts_.store.run(work);
    reader->kept = seq;
}

// Whole, whole again, then one by one; what fails alone, too, is passed over. Where nothing could
// be tried the journal is read anew: the reader's place has not moved.
Task<void> Observers::digest(ReaderPtr reader, Batch batch) {
    const auto whole = std::make_shared<Batch>(std::move(batch));
    const auto outcome = co_await tried(reader, whole, false);
    if (outcome == Outcome::not_now) co_await pause();
    if (outcome != Outcome::failed) co_return;
    if (whole->entries.size() == 1) {
        co_await skip(reader, whole);
        co_return;
    }
    for (const auto& entry : whole->entries) {
        const auto one = std::make_shared<Batch>(Batch{whole->name, {entry}, {}});
        const auto alone = co_await tried(reader, one, true);
        if (alone == Outcome::not_now) co_return;
        if (alone == Outcome::failed) co_await skip(reader, one);
    }
}

// An update that has ended two workers in company and now one alone is not given a fourth: a plugin
// that crashes too often is not started again.
Task<Observers::Outcome> Observers::tried(ReaderPtr reader, std::shared_ptr<Batch> batch,
                                          bool in_company_before) {
    for (int failures = 0; failures < 2;) {
        const auto outcome = co_await call(reader, batch);
        if (outcome != Outcome::failed) co_return outcome;
        const bool ended_worker = reader->failed_number != 0;
        failures += in_company_before && ended_worker ? 2 : 1;
    }
    co_return Outcome::failed;
}

Task<Observers::Outcome> Observers::call(ReaderPtr reader, std::shared_ptr<Batch> batch) {
    const auto number = co_await serving_.wait(reader->plugin, reader->failed_number);
    if (parts_.outgoing.full()) co_return Outcome::not_now;
    json::object event;
    json::array updates;
    batch->chats.clear();
    for (const auto& entry : batch->entries) {
        auto update = read_update(entry.body);
        if (!update || !update->fault.empty()) {
            reader->failed_number = 0;
            reader->reason = "what was kept of it cannot be read";
            co_return Outcome::failed;
        }
        if (update->chat_id != 0) batch->chats.insert(update->chat_id);
        updates.push_back(std::move(update->raw));
    }
    event["updates"] = std::move(updates);
    event["bot"] = parts_.bot();
    event["now"] = unix_now();
    const auto turn = std::make_shared<Turn>();
    turn->reader = reader;
    turn->batch = batch;
    const auto pass = parts_.scopes.open(batch->chats);
    hotreload::HandleRequest request{
        .offer = {.kind = "observer", .name = batch->name, .description = {}},
        .plugin = reader->plugin,
        .event = std::move(event),
        .deadline = observer_deadline,
        .scope = pass.scope(),
        .commit = [this, turn](hotreload::Handled handled) {
            return keep(turn, std::move(handled));
        }};
    const auto outcome = co_await parts_.engine.handle(std::move(request));
    if (turn->kept) co_return Outcome::kept;
    if (turn->could_not_keep || !outcome.has_error()) co_return Outcome::not_now;
    const auto& error = outcome.error();
    if (error.code == code::unknown_method || error.code == code::busy) co_return Outcome::not_now;
    const bool ended = error.code == code::disconnected || error.code == code::deadline;
    reader->failed_number = ended ? number : 0;
    reader->reason = error.message;
    co_return Outcome::failed;
}

Task<Result<void, StateError>> Observers::keep(std::shared_ptr<Turn> turn,
                                               hotreload::Handled handled) {
    const auto& chats = turn->batch->chats;
    const EffectTarget target{.chat_id = chats.size() == 1 ? *chats.begin() : 0, .thread_id = 0};
    auto effects = parse_effects(handled.result, target);
    if (effects.has_error()) co_return StateError{effects.error()};
    const auto reader = turn->reader;
    const auto last = turn->batch->entries.back().seq;
    Decision decision{.plugin = std::move(handled.plugin),
                      .update_id = 0,
                      .effects = std::move(*effects),
                      .changes = std::move(handled.changes),
                      .also = {}};
    decision.also = [plugin = reader->plugin, kept = reader->kept,
                     last](Store& store) -> Result<void, StateError> {
        if (cursor(store, plugin) != kept) return StateError{"the batch has been kept before"};
        set_cursor(store, plugin, last, unix_now());
        return {};
    };
    auto kept = co_await parts_.outgoing.keep(std::move(decision));
    turn->could_not_keep = kept.has_error();
    if (kept.has_error()) co_return kept.error();
    turn->kept = true;
    reader->kept = last;
    reader->at = last;
    co_return boost::system::in_place_value;
}

// Told when it can no longer come again; by the next start where the bot ends in between.
Task<void> Observers::skip(ReaderPtr reader, std::shared_ptr<Batch> batch) {
    const auto& entry = batch->entries.front();
    json::object skipped{{"update_id", entry.update_id}, {"reason", reader->reason}};
    auto work = [plugin = reader->plugin, seq = entry.seq, skipped](Store& store) {
        Transaction transaction(store.database());
        set_cursor(store, plugin, seq, unix_now());
        put_untold(store, plugin, skipped);
        transaction.commit();
    };
    co_await parts_.store.run(work);
    reader->kept = entry.seq;
    reader->at = entry.seq;
    co_await tell_skipped(reader, std::move(skipped));
}

Task<void> Observers::tell_skipped(ReaderPtr reader, json::object skipped) {
    const auto* reason = skipped.if_contains("reason");
    const auto* text = reason == nullptr ? nullptr : reason->if_string();
    parts_.events.emit_host("observer_skipped", Level::error,
                            {{"plugin", reader->plugin},
                             {"update_id", integer_in(skipped, "update_id")},
                             {"reason", std::string(text == nullptr ? "" : text->c_str())}});
    auto work = [plugin = reader->plugin](Store& store) { put_untold(store, plugin, {}); };
    co_await parts_.store.run(work);
}

// Once it is clear which plugins there are: one that is still being built has not gone.
Task<std::vector<std::string>> Observers::readers_here() {
    const bool settled = co_await parts_.engine.settled(settled_patience);
    static_cast<void>(settled);
    std::vector<std::string> here;
    for (const auto& generation : parts_.engine.routes()->serving())
        if (!observed_by(*generation).empty()) here.push_back(generation->plugin());
    co_return here;
}

void Observers::begin_anew(const std::vector<std::string>& forgotten) {
    for (const auto& plugin : forgotten) {
        const auto found = readers_.find(plugin);
        if (found == readers_.end()) continue;
        found->second->at.reset();
        found->second->first = journal_end_;
    }
}

Task<void> Observers::pause() {
    asio::steady_timer timer(parts_.executor, observer_pause);
    co_await timer.async_wait(asio::use_awaitable);
}

}  // namespace tgstats
