// Back to earlier generations: at the start, after a fall, and when the operator says so.

#include <algorithm>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "hotreload/reload/engine_state.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;

// For files that are just being kept, perhaps behind those of many other plugins.
constexpr Millis keeping_deadline{2'000};

json::object stage_times(const StageTimes& times) {
    const auto ms = [](Micros time) { return static_cast<double>(time.count()) / 1000.0; };
    return {{"noticed", ms(times.noticed)},  {"fingerprinted", ms(times.fingerprinted)},
            {"built", ms(times.built)},      {"started", ms(times.started)},
            {"loaded", ms(times.loaded)},    {"probed", ms(times.probed)},
            {"live", ms(times.until_live())}};
}

bool can_serve(const GenerationRecord& record) {
    std::error_code ignored;
    return !record.crashed && fs::is_regular_file(record.entry, ignored);
}

// The newest record that may serve in place of the content `instead_of`.
std::optional<GenerationRecord> last_good(const PluginHistory* known, const Slot& target,
                                          const Fingerprint& instead_of) {
    if (known == nullptr) return std::nullopt;
    const auto found = std::ranges::find_if(known->records, [&](const GenerationRecord& record) {
        return can_serve(record) && record.fingerprint != instead_of &&
               record.fingerprint != target.held_back;
    });
    if (found == known->records.end()) return std::nullopt;
    return *found;
}

GenerationRecord record_of(const Generation& generation, const std::vector<fs::path>& roots) {
    GenerationRecord record;
    if (generation.restored()) {
        record = *generation.restored();
    } else {
        record.entry = generation.entry();
        record.files = generation.content().files;
        record.config = generation.origin().config.config;
        record.roots = roots;
    }
    record.number = generation.number();
    record.fingerprint = generation.content().fingerprint;
    record.language = generation.language();
    record.version = generation.manifest().version;
    record.state_version = generation.manifest().state_version;
    record.end.clear();
    record.crashed = false;
    return record;
}

}  // namespace

// What brings this very generation back without building anything, however its files have changed
// since; nothing where its files could not be kept.
Task<std::optional<GenerationRecord>> Engine::State::kept(std::shared_ptr<Generation> generation) {
    if (generation->restored()) co_return generation->restored();
    if (generation->language() != Language::python)
        co_return record_of(*generation, catalog.roots());
    const auto recorded = [&]() -> std::optional<GenerationRecord> {
        const auto* known = history.find(generation->plugin());
        if (known == nullptr) return std::nullopt;
        const auto found = std::ranges::find_if(known->records, [&](const GenerationRecord& each) {
            return can_serve(each) && each.fingerprint == generation->content().fingerprint;
        });
        return found == known->records.end() ? std::nullopt : std::optional(*found);
    };
    auto record = recorded();
    if (record) co_return record;
    const bool written = co_await history.finished(keeping_deadline);
    static_cast<void>(written);
    co_return recorded();
}

// At the program's start: what is built need not be built again, and what serves until a
// changed file is built is what served last. Python needs no building: it starts from the disk.
std::optional<GenerationRecord> Engine::State::record_to_start_with(
    const Slot& target, const CatalogEntry& entry) const {
    const auto* known = history.find(target.name);
    if (known == nullptr || target.serving || target.cannot_go_back) return std::nullopt;
    const auto& content = entry.content.fingerprint;
    if (target.held_back == content) return last_good(known, target, content);
    if (first_look_taken) return std::nullopt;  // what was away comes as it is on disk
    if (entry.source.language != Language::cpp || target.failed) return std::nullopt;
    const auto same = std::ranges::find(known->records, content, &GenerationRecord::fingerprint);
    if (same != known->records.end()) return can_serve(*same) ? std::optional(*same) : std::nullopt;
    return last_good(known, target, content);
}

// What served well before comes back in place of what fell or never came up. `hold`: why what
// serves is not to be brought up by itself again; empty: it may be.
bool Engine::State::fall_back(std::shared_ptr<Slot> target, const std::string& hold) {
    if (!target->entry || !target->entry->config.enabled || target->cannot_go_back) return false;
    const auto instead_of = target->serving ? target->serving->content().fingerprint
                                            : target->entry->content.fingerprint;
    auto record = last_good(history.find(target->name), *target, instead_of);
    if (!record) return false;
    const auto content = target->entry->content.fingerprint;
    if (!hold.empty() && instead_of == content) hold_back(*target, content, hold);
    events.emit(EventType::plugin_rolled_back,
                {{"plugin", target->name},
                 {"generation", static_cast<std::int64_t>(record->number)},
                 {"reason", target->failure ? target->failure->reason : target->reason}});
    Beginning back{
        .entry = *target->entry,
        .reason = fmt::format("back to generation {}, which served well", record->number)};
    back.restored = std::move(record);
    back.stands_in = target->serving != nullptr;
    target->reason = back.reason;
    begin(std::move(target), std::move(back));
    return true;
}

void Engine::State::hold_back(Slot& target, const Fingerprint& content, const std::string& why) {
    target.held_back = content;
    history.hold_back(target.name, content, why);
}

void Engine::State::release(Slot& target) {
    if (!target.held_back) return;
    target.held_back.reset();
    history.hold_back(target.name, std::nullopt, {});
}

void Engine::State::remember(const Transaction::Member& member) {
    const auto& generation = *member.generation;
    const auto& attempt = *member.attempt;
    const auto& source = attempt.entry.source;
    auto record = record_of(generation, catalog.roots());
    record.published = std::chrono::system_clock::now();
    record.reason = attempt.reason;
    record.times = stage_times(attempt.times);
    if (member.previous)
        history.ended(source.name, member.previous->number(),
                      attempt.restart           ? "crashed and was started again"
                      : member.previous->dead() ? "crashed"
                                                : "replaced",
                      false);
    if (attempt.restored) return history.add(source.name, std::move(record), std::nullopt);
    std::optional<KeptFrom> files;
    if (generation.language() == Language::python)
        files = KeptFrom{.source = source, .contents = catalog.contents_of(record.files)};
    history.add(source.name, std::move(record), std::move(files));
}

Result<void, std::string> Engine::State::roll_back(const std::string& plugin,
                                                   std::uint64_t generation) {
    const auto target = slot(plugin);
    if (!target->entry) return fmt::format("the files of '{}' are gone", plugin);
    if (!target->entry->config.enabled) return fmt::format("'{}' is disabled", plugin);
    const auto* known = history.find(plugin);
    const auto serving = target->serving ? target->serving->content().fingerprint : Fingerprint();
    const auto wanted = [&](const GenerationRecord& record) {
        if (generation != 0) return record.number == generation;
        return !record.crashed && record.fingerprint != serving;
    };
    const auto found = known == nullptr ? std::vector<GenerationRecord>::const_iterator()
                                        : std::ranges::find_if(known->records, wanted);
    if (known == nullptr || found == known->records.end()) {
        if (generation == 0) return fmt::format("'{}' has no earlier generation", plugin);
        return fmt::format("'{}' has no generation {} in its history", plugin, generation);
    }
    if (found->entry.empty())
        return fmt::format(
            "generation {} of '{}' was not kept: newer content came before its files were copied",
            found->number, plugin);
    std::error_code ignored;
    if (!fs::is_regular_file(found->entry, ignored))
        return fmt::format("generation {} of '{}' is no longer kept: {} is missing", found->number,
                           plugin, found->entry.string());
    if (target->serving && found->fingerprint == serving)
        return fmt::format("generation {} of '{}' is what serves", found->number, plugin);
    Beginning back{.entry = *target->entry,
                   .reason = fmt::format("rolled back to generation {}", found->number)};
    back.restored = *found;
    const auto content = target->entry->content.fingerprint;
    if (found->fingerprint != content) hold_back(*target, content, back.reason);
    events.emit(EventType::plugin_rolled_back,
                {{"plugin", plugin},
                 {"generation", static_cast<std::int64_t>(found->number)},
                 {"reason", "asked for by the operator"}});
    target->reason = back.reason;
    target->failure.reset();
    begin(target, std::move(back));
    return {};
}

// What the compiler says of itself is part of each fingerprint: without a compiler, what it said
// last.
Task<std::string> Engine::State::learn_toolchain() {
    const auto file = options.cache_dir / "toolchain.txt";
    std::ifstream before(file);
    std::string known{std::istreambuf_iterator<char>(before), {}};
    std::string problem;
    try {
        auto now = co_await builder.toolchain();
        if (now == known) co_return now;
        std::error_code ignored;
        fs::create_directories(options.cache_dir, ignored);
        std::ofstream(file, std::ios::trunc) << now;
        co_return now;
    } catch (const std::runtime_error& error) {
        problem = error.what();
    }
    events.emit(EventType::compiler_missing, {{"reason", problem}});
    co_return known.empty() ? "no compiler" : known;
}

}  // namespace hotreload
