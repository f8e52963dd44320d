// The state's part of a publication: what members keep, or must bring to their own version, is
// prepared on copies while nobody else speaks to their plugins, and kept for all of them at once.

#include "hotreload/reload/takeover.h"

#include <algorithm>

#include "hotreload/model/limits.h"

namespace hotreload {
namespace {

// For the events that the serving generations are busy with, before their state can be taken over.
constexpr Millis state_turns_deadline = limits::handle_deadline;
// For a publication before this one, which may wait as long and then has its migration to do.
constexpr Millis publication_deadline = 2 * limits::handle_deadline + limits::migrate_deadline;

// A disk that is full now may have room later; a state that is too large stays so.
Failure store_failure(const StateError& error) {
    auto failure = probing_failure("its state: " + error.reason);
    failure.passing = !error.refused;
    return failure;
}

json::object without_reserved(const PluginState& state) {
    json::object values;
    for (const auto& [key, value] : state.values)
        if (!is_reserved(key)) values[key] = value;
    return values;
}

// From here to the publication the members cannot be superseded.
class Settling {
public:
    explicit Settling(std::vector<Transaction::Member>& members) : members_(members) { mark(true); }
    ~Settling() { mark(false); }
    Settling(const Settling&) = delete;
    Settling& operator=(const Settling&) = delete;

private:
    void mark(bool settling) {
        for (auto& member : members_) member.attempt->settling = settling;
    }
    std::vector<Transaction::Member>& members_;
};

// In one order everywhere, so that two transactions never wait for each other.
std::vector<Transaction::Member> in_order(std::vector<Transaction::Member> members) {
    std::ranges::sort(members, {}, [](const auto& member) { return member.slot->name; });
    return members;
}

}  // namespace

Task<Reloader::Fallen> Reloader::prepare(std::shared_ptr<Transaction> transaction,
                                         Takeover& takeover) {
    using FallenOut = Transaction::FallenOut;
    const auto members = in_order(transaction->members());
    for (const auto& member : members) {
        auto turn = co_await member.slot->publication.next_turn(publication_deadline);
        if (!turn)
            co_return FallenOut{member.slot->name, false,
                                probing_failure("the publication before it did not end")};
        takeover.publications.push_back(*std::move(turn));
    }
    std::vector<Transaction::Member> changing;
    std::vector<Turnstile*> turnstiles;
    for (const auto& member : members) {
        const auto takes = co_await takes_over(member);
        if (!takes) co_return FallenOut{member.slot->name, false, takes.error()};
        if (!*takes) continue;
        changing.push_back(member);
        // What it began before the publication before is the last that could change state unseen.
        if (const auto before = member.slot->draining)
            co_await before->gate().drained(limits::drain_deadline);
        const auto& serving = member.slot->serving;
        if (serving && !serving->dead()) turnstiles.push_back(&serving->turnstile());
    }
    if (changing.empty()) co_return std::nullopt;
    takeover.events = co_await Turnstile::next_turns(std::move(turnstiles), state_turns_deadline);
    if (!takeover.events)
        co_return FallenOut{changing.front().slot->name, false,
                            probing_failure("the serving generation did not finish its event; "
                                            "its state could not be taken")};
    for (const auto& member : changing) {
        const auto taken = co_await take_state(member, takeover);
        if (!taken) co_return FallenOut{member.slot->name, false, taken.error()};
    }
    co_return std::nullopt;
}

Task<Result<bool, Failure>> Reloader::takes_over(Transaction::Member member) {
    auto* state = parts_.options.state;
    if (state == nullptr) co_return false;
    if (!member.slot->state_version) {
        const auto kept = co_await state->read(member.slot->name);
        if (!kept) co_return store_failure(kept.error());
        member.slot->state_version = kept->version;
    }
    co_return *member.slot->state_version != member.generation->manifest().state_version ||
        member.attempt->session->changed();
}

Task<Reloader::Done> Reloader::take_state(Transaction::Member member, Takeover& takeover) {
    auto kept = co_await parts_.options.state->read(member.slot->name);
    if (!kept) co_return store_failure(kept.error());
    auto done = co_await change_state(member, *std::move(kept), takeover);
    co_return done;
}

Task<Reloader::Done> Reloader::change_state(Transaction::Member member, PluginState kept,
                                            Takeover& takeover) {
    Stopwatch watch;
    const auto& name = member.slot->name;
    const auto from = kept.version;
    const auto to = member.generation->manifest().state_version;
    for (auto& [key, value] : member.attempt->session->take_changes()) {
        if (value)
            kept.values[key] = *std::move(value);
        else
            kept.values.erase(key);
    }
    auto values = without_reserved(kept);
    if (from != to && !values.empty()) {
        auto migrated = co_await member.generation->worker().migrate(from, to, values);
        if (!migrated) co_return migrated.error();
        values = *std::move(migrated);
        takeover.migrations.push_back({name, from, to, watch.total()});
    }
    PluginState next{.version = to, .values = {}};
    for (auto& item : values) {
        if (is_reserved(item.key()))
            co_return probing_failure("its migration gives the key '" + std::string(item.key()) +
                                      "': keys that begin so are the host's");
        next.values[item.key()] = std::move(item.value());
    }
    takeover.states[name] = std::move(next);
    co_return Done{};
}

Task<Reloader::Fallen> Reloader::keep(std::shared_ptr<Transaction> transaction,
                                      Takeover& takeover) {
    if (takeover.states.empty()) co_return std::nullopt;
    const Settling settling(transaction->members());
    const auto kept = co_await parts_.options.state->replace_all(takeover.states);
    for (auto& member : transaction->members()) {
        const auto state = takeover.states.find(member.slot->name);
        if (state == takeover.states.end()) continue;
        if (kept)
            member.slot->state_version = state->second.version;
        else
            member.slot->state_version.reset();
    }
    if (!kept)
        co_return Transaction::FallenOut{takeover.states.begin()->first, false,
                                         store_failure(kept.error())};
    for (const auto& member : transaction->members())
        if (member.attempt->superseded)  // the engine stops
            co_return Transaction::FallenOut{member.slot->name, true, {}};
    co_return std::nullopt;
}

void Reloader::report_migrations(const Takeover& takeover) {
    for (const auto& done : takeover.migrations)
        parts_.events.emit(EventType::plugin_state_migrated,
                           {{"plugin", done.plugin},
                            {"from", done.from},
                            {"to", done.to},
                            {"ms", static_cast<double>(done.took.count()) / 1000.0}});
}

}  // namespace hotreload
