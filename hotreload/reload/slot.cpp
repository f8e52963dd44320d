#include "hotreload/reload/slot.h"

#include <utility>

namespace hotreload {
namespace {

void describe(PluginStatus& status, const Generation& generation) {
    const auto& manifest = generation.manifest();
    status.serving = true;
    status.stage = generation.stage();
    status.generation = generation.number();
    status.pid = generation.worker().pid();
    status.kinds = manifest.kinds;
    status.version = manifest.version;
    status.description = manifest.description;
    status.class_name = manifest.class_name;
    status.offers = manifest.offers;
    status.fingerprint = generation.content().fingerprint.short_hex();
    status.language = generation.language();
    status.sandbox = generation.sandbox();
    status.stderr_tail = generation.worker().diagnose().stderr_tail;
}

bool under_way(const std::shared_ptr<Attempt>& attempt) {
    return attempt && !attempt->committed && !attempt->superseded;
}

}  // namespace

bool stop_attempt(std::shared_ptr<Attempt>& place, bool final) {
    if (place && place->settling) {
        place->overtaken = true;
        place->superseded = final;
        return false;
    }
    const auto attempt = std::exchange(place, nullptr);
    if (!attempt || attempt->committed) return false;
    attempt->superseded = true;
    attempt->task.cancel();
    return true;
}

std::shared_ptr<Attempt> Slot::attempt_of(asio::any_io_executor executor, Beginning beginning) {
    auto made = std::make_shared<Attempt>();
    made->number = ++last_number;
    made->reason = std::move(beginning.reason);
    made->times = beginning.times;
    made->stands_in = beginning.stands_in;
    made->transaction = std::move(beginning.transaction);
    if (!made->transaction)
        made->transaction =
            std::make_shared<Transaction>(std::move(executor), std::vector<std::string>{name});
    made->entry = std::move(beginning.entry);
    if (beginning.restored) {
        made->entry.content = {beginning.restored->fingerprint, beginning.restored->files};
        made->entry.source.language = beginning.restored->language;
        made->restored = std::move(beginning.restored);
    }
    return made;
}

void Slot::forget_failures(const Attempt& published, const Generation& next) {
    passing_failure = false;
    overtaken = 0;
    stderr_tail.clear();
    last_crash.reset();
    last_failed_call.reset();
    if (published.restored) return;
    failure.reset();
    failed.reset();
    files = next.content().files;
}

bool Slot::busy() const { return under_way(attempt) || under_way(stand_in); }

bool Slot::on_disk(const Fingerprint& content) const {
    return entry && !entry->vanishing && entry->content.fingerprint == content;
}

const std::set<std::filesystem::path>& Slot::follow_what_it_read() {
    if (followed.size() > Generation::read_later_max) followed.clear();
    if (serving)
        for (const auto& [file, digest] : serving->read_later()) followed.insert(file);
    return followed;
}

void Slot::forget_undone(const Fingerprinted& content) {
    const bool serves_it = serving && serving->content().fingerprint == content.fingerprint;
    if (!failure || attempt || !serves_it || failed == content.fingerprint) return;
    failure.reset();
    failed.reset();
    files = content.files;
    last_change = std::chrono::system_clock::now();
}

ActualPlugin Slot::actual() const {
    ActualPlugin actual;
    if (serving) actual.serving = serving->content().fingerprint;
    if (under_way(attempt)) {
        // What comes back from the history is there for the content that cannot be: it counts as
        // it.
        actual.attempted = attempt->restored && entry ? entry->content.fingerprint
                                                      : attempt->entry.content.fingerprint;
        if (attempt->transaction)
            actual.companions.insert(attempt->transaction->plugins().begin(),
                                     attempt->transaction->plugins().end());
        actual.companions.erase(name);
    }
    actual.failed = failed;
    actual.held_back = held_back;
    actual.waits_for = waits_for;
    return actual;
}

PluginStatus Slot::status() const {
    PluginStatus status;
    status.name = name;
    if (entry) {
        status.language = entry->source.language;
        status.enabled = entry->config.enabled;
        for (const auto& file : entry->source.files) status.files.push_back(file.string());
    }
    if (serving) {
        describe(status, *serving);
        const auto& content = serving->content().fingerprint;
        status.restored = serving->restored() && !(entry && entry->content.fingerprint == content);
    } else if (failure) {
        status.stage = Stage::failed;
    }
    if (!serving) status.last_offers = last_offers;
    if (attempt && !attempt->committed)
        status.stage = attempt->stage;
    else if (stand_in)
        status.stage = stand_in->stage;
    status.reason = reason;
    if (entry && (entry->switched || !entry->config.enabled)) {
        const auto by = entry->switch_text();
        if (reason.find(by) == std::string::npos)
            status.reason += (reason.empty() ? "" : "; ") + by;
    }
    status.error = failure;
    if (status.stderr_tail.empty()) status.stderr_tail = stderr_tail;
    status.last_crash = last_crash;
    status.last_failed_call = last_failed_call;
    status.last_reload = last_reload;
    status.last_change = last_change;
    return status;
}

}  // namespace hotreload
