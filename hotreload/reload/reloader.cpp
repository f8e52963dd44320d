#include "hotreload/reload/reloader.h"

#include <algorithm>

#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "hotreload/model/limits.h"
#include "hotreload/model/requirement.h"
#include "hotreload/reload/entry_point.h"
#include "hotreload/reload/report.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;

constexpr Millis half_written_grace{100};

// Thrown between two stages when newer content has overtaken the attempt.
struct Superseded {};

void enter_stage(Attempt& attempt, Stage stage) {
    if (attempt.superseded) throw Superseded{};
    attempt.stage = stage;
}

// Whether one of its own files holds something else than it was planned with.
bool own_file_changed(const CatalogEntry& planned, const Fingerprinted& now) {
    const auto changed = changed_paths(planned.content.files, now.files);
    return std::ranges::any_of(changed, [&](const std::filesystem::path& path) {
        return contains_path(planned.source.files, path);
    });
}

}  // namespace

Reloader::Reloader(Parts parts)
    : parts_(std::move(parts)), confinement_(parts_.options, parts_.catalog, parts_.events) {}

Task<void> Reloader::run(std::shared_ptr<Slot> slot, std::shared_ptr<Attempt> attempt) {
    const auto transaction = attempt->transaction;
    auto done = co_await guarded(slot, attempt);
    // Until it is judged it belongs to its companions: newer content of theirs brings it up again.
    if (!done && !attempt->superseded && !attempt->restored) co_await let_writers_finish(*attempt);
    attempt->transaction.reset();
    if (!done && !attempt->superseded && source_moved(*attempt)) {
        // It failed on files that are not those it was to be made of.
        attempt->superseded = true;
        parts_.look_again(slot->name);
    }
    if (attempt->superseded) {
        report_superseded(parts_.events, *attempt);
        transaction->fall_out({slot->name, true, {}});
        if (slot->stand_in == attempt) parts_.stand_in_overtaken(*slot, *attempt);
        // What was newer may be what serves: then no other attempt has taken its place.
        if (slot->attempt == attempt) slot->attempt.reset();
        co_return;
    }
    if (!done) {
        transaction->fall_out({slot->name, false, {}});
        fail(*slot, *attempt, done.error());
        co_return;
    }
    const auto& member = transaction->member(slot->name);
    const auto generation = member.generation;
    const auto previous = member.previous;
    if (previous) attempt->times.drained = co_await retire(slot, previous);
    slot->last_reload = attempt->times;
    report_reloaded(parts_.events, *attempt, *generation);
}

// Whatever is thrown on the way to the publication ends this attempt alone.
Task<Reloader::Done> Reloader::guarded(std::shared_ptr<Slot> slot,
                                       std::shared_ptr<Attempt> attempt) {
    try {
        auto done = co_await bring_up_and_publish(slot, attempt);
        co_return done;
    } catch (const Superseded&) {
        attempt->superseded = true;
    } catch (const boost::system::system_error& error) {
        if (error.code() != asio::error::operation_aborted)
            co_return Failure{attempt->stage, error.what(), {}, {}};
        attempt->superseded = true;
    } catch (const std::exception& error) {
        co_return Failure{attempt->stage, error.what(), {}, {}};
    }
    co_return Failure{attempt->stage, "superseded", {}, {}};
}

Task<Reloader::Done> Reloader::bring_up_and_publish(std::shared_ptr<Slot> slot,
                                                    std::shared_ptr<Attempt> attempt) {
    auto generation = co_await bring_up(slot, attempt);
    if (!generation) co_return generation.error();
    auto done = co_await join(slot, attempt, *std::move(generation));
    co_return done;
}

Task<Reloader::Outcome> Reloader::bring_up(std::shared_ptr<Slot> slot,
                                           std::shared_ptr<Attempt> attempt) {
    Candidate candidate;
    if (!attempt->stands_in) co_await wait_out_storm(slot);
    Stopwatch watch;

    enter_stage(*attempt, Stage::building);
    auto built = co_await build(attempt, candidate);
    attempt->times.built = watch.lap();
    if (!built) co_return built.error();

    enter_stage(*attempt, Stage::starting);
    auto started = co_await start(attempt, candidate);
    attempt->times.started = watch.lap();
    if (!started) co_return started.error();

    auto loaded = co_await load(attempt, candidate);
    attempt->times.loaded = watch.lap();
    if (!loaded) {
        slot->stderr_tail = candidate.worker->diagnose().stderr_tail;
        co_return loaded.error();
    }

    enter_stage(*attempt, Stage::probing);
    auto needs = check_needs(*slot, *attempt, candidate.manifest);
    if (!needs) co_return needs.error();
    auto permitted = check_permissions(*attempt, candidate.manifest);
    if (!permitted) co_return permitted.error();
    auto probed = co_await candidate.worker->probe();
    attempt->times.probed = watch.lap();
    if (!probed) co_return probed.error();

    // At most one generation drains: the one before the serving one must be gone first. A crashed
    // one has gone, and what stands in for it takes its place.
    const auto before = attempt->stands_in ? nullptr : slot->draining;
    if (before) co_await before->gate().drained(limits::drain_deadline);
    enter_stage(*attempt, Stage::probing);
    auto content = settle_content(*attempt, candidate);
    if (!content) co_return content.error();

    Generation::Parts parts{.plugin = slot->name,
                            .number = attempt->number,
                            .origin = attempt->entry,
                            .module = module_name(parts_.options, attempt->entry.source),
                            .content = std::move(*content),
                            .manifest = std::move(candidate.manifest),
                            .worker = std::move(candidate.worker),
                            .entry = candidate.entry,
                            .restored = attempt->restored,
                            .sandbox = std::move(candidate.sandbox),
                            .read_later = std::move(attempt->read_later)};
    auto generation = std::make_shared<Generation>(parts_.executor, std::move(parts));
    attempt->generation = generation;
    co_return generation;
}

Task<void> Reloader::wait_out_storm(std::shared_ptr<Slot> slot) {
    if (slot->not_before <= monotonic_now()) co_return;
    asio::steady_timer timer(parts_.executor, slot->not_before);
    co_await timer.async_wait(asio::use_awaitable);
}

Task<Reloader::Done> Reloader::build(std::shared_ptr<Attempt> attempt, Candidate& candidate) {
    const auto& source = attempt->entry.source;
    candidate.entry = source.entry;
    if (attempt->restored) {
        candidate.entry = attempt->restored->entry;
        co_return Done{};
    }
    if (source.language == Language::prebuilt) {
        auto copy = [source, folder = parts_.options.cache_dir] {
            return keep_prebuilt(source, folder);
        };
        if (!copying_) copying_ = std::make_unique<WorkThread>();
        auto copied = co_await copying_->run(copy);
        if (!copied) co_return copied.error();
        candidate.entry = *copied;
    }
    if (source.language != Language::cpp) co_return Done{};

    parts_.events.emit(
        EventType::plugin_build_started,
        {{"plugin", source.name}, {"generation", static_cast<std::int64_t>(attempt->number)}});
    BuildJob job{.source = source,
                 .build = attempt->entry.config.build,
                 .access = confinement_.build_access(attempt->entry)};
    auto artifact = co_await parts_.builder.build(std::move(job));
    if (!artifact) co_return artifact.error();
    candidate.entry = artifact->path;
    candidate.dependencies = artifact->dependencies;
    co_return Done{};
}

Task<Reloader::Done> Reloader::start(std::shared_ptr<Attempt> attempt, Candidate& candidate) {
    const auto& source = attempt->entry.source;
    const auto private_dir = parts_.options.data_dir / source.name;
    WorkerOptions options{
        .identity = {.plugin = source.name,
                     .generation = attempt->number,
                     .language = source.language},
        .native_worker = parts_.options.native_worker,
        .nursery = &parts_.nursery,
        .working_dir = private_dir,
        .host_call =
            [this, attempt, name = source.name](std::string method, json::object params) {
                return parts_.host_call(attempt, name, std::move(method), std::move(params));
            },
        .files_read = follow(attempt),
        .exit_report_grace = parts_.options.exit_report_grace};
    if (parts_.options.state != nullptr)
        attempt->session = std::make_shared<StateSession>(*parts_.options.state, source.name);
    options.temporary_dir = temporary_folders_.take(private_dir);
    Confinement::Opened opened{.entry = candidate.entry, .beside = {}};
    if (attempt->restored && source.language == Language::python)
        opened.beside = attempt->restored->roots;
    auto confined = confinement_.confine(attempt->entry, opened, options);
    if (!confined) co_return confined.error();
    candidate.sandbox = std::move(*confined);
    auto worker = co_await Worker::start(parts_.executor, parts_.events, std::move(options));
    if (!worker) co_return worker.error();
    candidate.worker = std::move(*worker);
    co_return Done{};
}

Task<Reloader::Done> Reloader::load(std::shared_ptr<Attempt> attempt, Candidate& candidate) {
    const auto& source = attempt->entry.source;
    if (source.language == Language::python && attempt->number > 1) clear_bytecode(source);
    LoadRequest request{.entry = candidate.entry,
                        .module = module_name(parts_.options, source),
                        .adapter = parts_.options.adapter,
                        .roots = parts_.catalog.roots(),
                        .config = attempt->entry.config.config,
                        .data_dir = parts_.options.data_dir / source.name};
    if (const auto& record = attempt->restored) {
        request.config = record->config;
        if (!record->roots.empty()) request.roots = record->roots;
    }
    auto manifest = co_await candidate.worker->load(std::move(request));
    if (!manifest) co_return manifest.error();
    candidate.manifest = std::move(*manifest);
    report_loaded(parts_.events, *attempt, candidate.manifest, module_name(parts_.options, source));
    co_return Done{};
}

Reloader::Done Reloader::check_needs(Slot& slot, Attempt& attempt, const Manifest& manifest) {
    std::vector<std::string> missing;
    slot.needs.clear();
    for (const auto& text : manifest.dependencies) {
        const auto need = Requirement::parse(text);
        if (!need) return Failure{Stage::probing, "its dependency " + need.error(), {}, {}};
        slot.needs.insert(need->plugin);
        if (!parts_.known_plugin(need->plugin)) missing.push_back(need->text());
        if (!parts_.known_plugin(need->plugin)) attempt.missing.push_back(need->plugin);
    }
    if (missing.empty() || attempt.restart) return {};
    parts_.events.emit(EventType::plugin_dependencies_not_met,
                       {{"plugin", attempt.entry.source.name}, {"missing", missing}});
    return Failure{Stage::probing,
                   fmt::format("needs plugins that are not there: {}", fmt::join(missing, ", ")),
                   {},
                   {}};
}

Reloader::Done Reloader::check_permissions(Attempt& attempt, const Manifest& manifest) {
    attempt.missing_permissions =
        missing_permissions(manifest.permissions, attempt.entry.config.grants);
    if (attempt.missing_permissions.empty()) return {};
    return Failure{Stage::probing,
                   fmt::format("wants what is not granted: {}; to grant it write `{}` under "
                               "plugins.{} in {}",
                               fmt::join(attempt.missing_permissions, ", "),
                               granting_line(attempt.missing_permissions),
                               attempt.entry.source.name, parts_.options.config_file.string()),
                   {},
                   {}};
}

// The candidate was made from files that may have changed under its hands. Its label must be the
// content it really holds, with the dependencies it was found to have; where that cannot be said,
// newer content is on its way.
Result<Fingerprinted, Failure> Reloader::settle_content(Attempt& attempt,
                                                        const Candidate& candidate) {
    const auto& entry = attempt.entry;
    if (const auto& record = attempt.restored)
        return Fingerprinted{record->fingerprint, record->files};
    auto dependencies = candidate.dependencies;
    const auto read = what_counts(entry, candidate.manifest.files);
    for (const auto& file : read) dependencies.push_back(file.path);
    dependencies = not_among(entry.source.files, std::move(dependencies));

    auto now = parts_.catalog.content_now(entry, dependencies);
    const auto same_as_read = std::ranges::all_of(read, [&](const LoadedFile& file) {
        const auto* after = find_file(now.files, file.path);
        return after != nullptr && after->digest == file.sha256;
    });
    if (own_file_changed(entry, now) || !same_as_read) {
        attempt.superseded = true;
        parts_.look_again(entry.source.name);
        return Failure{Stage::probing, "its files changed while it was loading", {}, {}};
    }
    parts_.dependencies[entry.source.name] = std::move(dependencies);
    return now;
}

// A look may come upon a file that is just being written. What fails on a fresh file is judged when
// its writer has had a moment to finish.
Task<void> Reloader::let_writers_finish(const Attempt& attempt) {
    auto newest = fs::file_time_type::min();
    for (const auto& file : attempt.entry.source.files) {
        std::error_code ignored;
        newest = std::max(newest, fs::last_write_time(file, ignored));
    }
    const auto age = fs::file_time_type::clock::now() - newest;
    if (age < Millis(0) || age >= half_written_grace) co_return;
    asio::steady_timer timer(parts_.executor,
                             std::chrono::duration_cast<Millis>(half_written_grace - age));
    const auto [cancelled] = co_await timer.async_wait(as_values);
    static_cast<void>(cancelled);
}

bool Reloader::source_moved(const Attempt& attempt) {
    const auto& entry = attempt.entry;
    if (attempt.restored) return false;
    return own_file_changed(entry, parts_.catalog.content_now(entry, {}));
}

void Reloader::fail(Slot& slot, Attempt& attempt, Failure failure) {
    report_failed(parts_.events, attempt, failure, slot.serving && !attempt.stands_in);
    if (!attempt.restored) remember_failed_content(slot, attempt, failure);
    if (attempt.stands_in) return parts_.stand_in_failed(slot, attempt, std::move(failure));
    slot.passing_failure = failure.passing;
    slot.overtaken = 0;
    slot.failure = std::move(failure);
    slot.missing = attempt.missing;
    slot.waits_for = attempt.waits_for;
    slot.last_change = std::chrono::system_clock::now();
    parts_.failed(slot);
}

// Recovery is by saving a good file, also when the fault lies in a shared one: what took part in
// the failed build, and the files that the messages name, belong to the plugin's content from now
// on.
void Reloader::remember_failed_content(Slot& slot, const Attempt& attempt, const Failure& failure) {
    auto& known = parts_.dependencies[slot.name];
    auto involved = failure.dependencies;
    for (const auto& diagnostic : failure.diagnostics) {
        std::error_code ignored;
        const std::filesystem::path path = diagnostic.file;
        if (path.is_absolute() && std::filesystem::is_regular_file(path, ignored))
            involved.push_back(path);
    }
    known.insert(known.end(), involved.begin(), involved.end());
    known = not_among(attempt.entry.source.files, std::move(known));
    const auto now = parts_.catalog.content_now(attempt.entry, known);
    const auto changed = changed_paths(attempt.entry.content.files, now.files);
    const auto newly_known = std::ranges::all_of(changed, [&](const auto& path) {
        return find_file(attempt.entry.content.files, path) == nullptr;
    });
    slot.failed = newly_known ? now.fingerprint : attempt.entry.content.fingerprint;
    if (newly_known) slot.files = now.files;
}

Task<Micros> Reloader::retire(std::shared_ptr<Slot> slot, std::shared_ptr<Generation> generation) {
    Stopwatch watch;
    if (!slot->draining || !generation->dead()) slot->draining = generation;
    generation->gate().close();
    co_await generation->gate().drained(limits::drain_deadline);
    const auto drained = watch.total();
    const auto exit = co_await generation->worker().stop();
    generation->advance(Stage::retired);
    if (slot->draining == generation) slot->draining.reset();
    report_retired(parts_.events, *generation, drained, exit);
    co_return watch.total();
}

Task<void> Reloader::dismiss(std::shared_ptr<Slot> slot, std::shared_ptr<Generation> generation) {
    const auto took = co_await retire(slot, generation);
    static_cast<void>(took);
    // A plugin whose files are gone is listed until its last process has ended.
    parts_.look_again(slot->name);
}

void Reloader::clear_bytecode(const PluginSource& source) {
    for (const auto& file : stale_bytecode(source)) {
        std::error_code error;
        if (!std::filesystem::remove(file, error)) continue;
        parts_.events.emit(EventType::cleared_cache_file, {{"file", file.string()}});
    }
}

}  // namespace hotreload
