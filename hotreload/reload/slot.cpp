#include "hotreload/reload/slot.h"

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
    status.restored = generation.restored().has_value();
    status.stderr_tail = generation.worker().diagnose().stderr_tail;
}

}  // namespace

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
    if (attempt && !attempt->committed && !attempt->superseded) {
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
    if (serving)
        describe(status, *serving);
    else if (failure)
        status.stage = Stage::failed;
    if (!serving) status.last_offers = last_offers;
    if (attempt && !attempt->committed) status.stage = attempt->stage;
    status.reason = reason;
    status.error = failure;
    if (status.stderr_tail.empty()) status.stderr_tail = stderr_tail;
    status.last_reload = last_reload;
    status.last_change = last_change;
    return status;
}

}  // namespace hotreload
