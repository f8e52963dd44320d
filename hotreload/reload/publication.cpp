// The last part of a reload: candidates that belong together wait for each other, and one
// assignment makes them serve.

#include <fmt/format.h>

#include "hotreload/model/requirement.h"
#include "hotreload/reload/reloader.h"
#include "hotreload/reload/report.h"
#include "hotreload/reload/takeover.h"

namespace hotreload {
namespace {

// Who has died, or has been overtaken by newer content, while the others came so far.
std::optional<Transaction::FallenOut> unfit_member(Transaction& transaction) {
    for (const auto& member : transaction.members()) {
        if (member.attempt->superseded) return Transaction::FallenOut{member.slot->name, true, {}};
        if (member.generation->worker().talking()) continue;
        const auto last = member.generation->worker().diagnose();
        auto failure = probing_failure("the process ended before its publication: " +
                                       (last.exit ? last.exit->text() : last.conversation));
        failure.output = last.stderr_tail;
        return Transaction::FallenOut{member.slot->name, false, std::move(failure)};
    }
    return std::nullopt;
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

// Until what the members keep is written, each of them may fall out and nothing has happened. From
// there to the assignment nothing can be stopped any more: newer content comes after them.
Task<void> Reloader::publish_all(std::shared_ptr<Transaction> transaction) {
    Takeover takeover;
    auto fallen = check_versions(*transaction);
    if (!fallen) fallen = co_await prepare(transaction, takeover);
    if (!fallen) fallen = unfit_member(*transaction);
    if (!fallen) fallen = co_await keep(transaction, takeover);
    if (fallen) {
        transaction->fall_out(*std::move(fallen));
        co_return;
    }
    for (auto& member : transaction->members()) member.attempt->committed = true;
    parts_.publish(transaction->members());
    report_migrations(takeover);
    for (auto& member : transaction->members()) {
        report_published(parts_.events, member.previous.get(), *member.generation);
    }
    transaction->published();
    for (auto& member : transaction->members())
        if (member.attempt->overtaken) parts_.look_again(member.slot->name);
}

// A need names a version: that of the member beside it, or of who serves.
Reloader::Fallen Reloader::check_versions(const Transaction& transaction) const {
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

}  // namespace hotreload
