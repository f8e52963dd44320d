// The last part of a reload: candidates that belong together wait for each other, what they keep is
// brought to the new version, and one assignment makes them serve.

#include <fmt/format.h>

#include "hotreload/model/limits.h"
#include "hotreload/model/requirement.h"
#include "hotreload/reload/reloader.h"
#include "hotreload/reload/report.h"

namespace hotreload {
namespace {

// For the event that the serving generation is busy with, before its state can be taken over.
constexpr Millis state_turn_deadline = limits::handle_deadline;

Failure probing_failure(std::string reason) {
    return {.stage = Stage::probing, .reason = std::move(reason)};
}

json::object without_reserved(const PluginState& state) {
    json::object values;
    for (const auto& [key, value] : state.values)
        if (!key.starts_with(state_reserved_prefix)) values[key] = value;
    return values;
}

}  // namespace

Task<Reloader::Done> Reloader::join(std::shared_ptr<Slot> slot, std::shared_ptr<Attempt> attempt,
                                    std::shared_ptr<Generation> generation) {
    Stopwatch watch;
    const auto transaction = attempt->transaction;
    Transaction::Member member{slot, attempt, std::move(generation), {}};
    auto verdict = co_await transaction->ready(std::move(member));
    if (verdict == Transaction::Verdict::publish) {
        co_await publish_all(transaction);
        verdict =
            transaction->fallen() ? Transaction::Verdict::fallen : Transaction::Verdict::published;
    }
    attempt->times.published = watch.lap();
    if (verdict == Transaction::Verdict::published) co_return Done{};

    const auto& fallen = *transaction->fallen();
    if (fallen.plugin == slot->name && !fallen.superseded) co_return fallen.failure;
    if (fallen.superseded) {
        attempt->superseded = true;
        if (slot->attempt == attempt) parts_.look_again(slot->name);
        co_return probing_failure("superseded");
    }
    attempt->waits_for = {fallen.plugin};
    co_return probing_failure(fmt::format(
        "held back: it belongs together with '{}', which failed; mend that one", fallen.plugin));
}

// From here to the assignment the members cannot be superseded: newer content comes after them.
Task<void> Reloader::publish_all(std::shared_ptr<Transaction> transaction) {
    if (auto unmet = check_versions(*transaction)) {
        transaction->fall_out(std::move(*unmet));
        co_return;
    }
    for (auto& member : transaction->members()) member.attempt->settling = true;
    std::vector<std::optional<Turnstile::Turn>> turns(transaction->members().size());
    for (std::size_t i = 0; i < turns.size(); ++i) {
        const auto& member = transaction->members()[i];
        auto settled = co_await settle_state(member, turns[i]);
        if (settled) continue;
        for (auto& each : transaction->members()) each.attempt->settling = false;
        transaction->fall_out({member.slot->name, false, settled.error()});
        co_return;
    }
    for (auto& member : transaction->members()) member.attempt->committed = true;
    parts_.publish(transaction->members());
    for (auto& member : transaction->members()) {
        report_published(parts_.events, member.previous.get(), *member.generation);
    }
    transaction->published();
}

// A need names a version: that of the member beside it, or of who serves.
std::optional<Transaction::FallenOut> Reloader::check_versions(
    const Transaction& transaction) const {
    const auto version_of = [&](const std::string& plugin) -> std::optional<std::string> {
        for (const auto& name : transaction.plugins())
            if (name == plugin) return transaction.member(name).generation->manifest().version;
        if (const auto serving = parts_.serving(plugin)) return serving->manifest().version;
        return std::nullopt;
    };
    for (const auto& name : transaction.plugins()) {
        const auto& member = transaction.member(name);
        if (member.attempt->restart || member.attempt->restored) continue;
        auto texts = member.generation->manifest().dependencies;
        const auto& configured = member.attempt->entry.config.depends_on;
        texts.insert(texts.end(), configured.begin(), configured.end());
        for (const auto& text : texts) {
            const auto need = Requirement::parse(text);
            if (!need) return Transaction::FallenOut{name, false, probing_failure(need.error())};
            const auto version = version_of(need->plugin);
            if (version && need->met_by(*version)) continue;
            member.attempt->waits_for.insert(need->plugin);
            auto reason = version ? fmt::format("needs {}, but {} has version '{}'", need->text(),
                                                need->plugin, *version)
                                  : fmt::format("needs {}, which does not serve", need->text());
            return Transaction::FallenOut{name, false, probing_failure(std::move(reason))};
        }
    }
    return std::nullopt;
}

// What the candidate keeps, or must bring to its own version, changes while nobody else speaks to
// the plugin: who has the turn of the serving generation is alone.
Task<Reloader::Done> Reloader::settle_state(const Transaction::Member& member,
                                            std::optional<Turnstile::Turn>& turn) {
    auto* state = parts_.options.state;
    if (state == nullptr) co_return Done{};
    const auto wanted = member.generation->manifest().state_version;
    if (!member.slot->state_version) {
        const auto kept = co_await state->read(member.slot->name);
        if (!kept) co_return probing_failure("its state: " + kept.error().reason);
        member.slot->state_version = kept->version;
    }
    const bool changed = member.attempt->session->changed();
    if (*member.slot->state_version == wanted && !changed) co_return Done{};

    if (member.slot->serving && !member.slot->serving->dead()) {
        turn = co_await member.slot->serving->turnstile().next_turn(state_turn_deadline);
        if (!turn)
            co_return probing_failure(
                "the serving generation did not finish its event; its state could not be taken");
    }
    auto kept = co_await state->read(member.slot->name);
    if (!kept) co_return probing_failure("its state: " + kept.error().reason);
    auto done = co_await change_state(member, *std::move(kept));
    co_return done;
}

Task<Reloader::Done> Reloader::change_state(const Transaction::Member& member, PluginState kept) {
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
    const auto values = without_reserved(kept);
    if (from != to && !values.empty()) {
        auto migrated = co_await member.generation->worker().migrate(from, to, values);
        if (!migrated) co_return migrated.error();
        std::erase_if(kept.values, [](const auto& item) {
            return !item.first.starts_with(state_reserved_prefix);
        });
        for (const auto& item : *migrated) kept.values[item.key()] = item.value();
    }
    kept.version = to;
    const auto replaced = co_await parts_.options.state->replace(name, std::move(kept));
    if (!replaced) co_return probing_failure("its state: " + replaced.error().reason);
    member.slot->state_version = to;
    if (from != to && !values.empty())
        parts_.events.emit(EventType::plugin_state_migrated,
                           {{"plugin", name},
                            {"from", from},
                            {"to", to},
                            {"ms", static_cast<double>(watch.total().count()) / 1000.0}});
    co_return Done{};
}

}  // namespace hotreload
