#pragma once
// One generation of a plugin: what it was made of, what it offers, its worker, and the gate that
// counts calls inside it.

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hotreload/base/clock.h"
#include "hotreload/base/gate.h"
#include "hotreload/config/config.h"
#include "hotreload/history/history.h"
#include "hotreload/model/plugin.h"
#include "hotreload/model/stage.h"
#include "hotreload/reload/catalog.h"
#include "hotreload/reload/turnstile.h"
#include "hotreload/source/fingerprint.h"
#include "hotreload/state/state_session.h"
#include "hotreload/worker/worker.h"

namespace hotreload {

class Generation {
public:
    struct Parts {
        std::string plugin;
        std::uint64_t number = 0;
        CatalogEntry origin;  // as it was planned
        std::string module;
        Fingerprinted content;
        Manifest manifest;
        std::unique_ptr<Worker> worker;
        std::filesystem::path entry;               // what the worker opened
        std::optional<GenerationRecord> restored;  // when it came from the history
        std::string sandbox;                       // its level, for people
        std::vector<LoadedFile> read_later;        // by its worker, between its load and now
    };
    // What is read while it serves beyond so many files is not followed.
    static constexpr std::size_t read_later_max = 10'000;

    Generation(asio::any_io_executor executor, Parts parts);

    // What is known of the event at hand while the worker handles it: host calls that the worker
    // makes meanwhile belong to it.
    struct Call {
        std::int64_t scope = 0;  // the embedding program's note
        MonotonicTime until{};
        std::vector<std::string> callers;       // plugins that wait for this call's result
        std::shared_ptr<StateSession> session;  // none where no state is kept
    };
    // Whoever has the turn is the only one that speaks to the plugin.
    [[nodiscard]] Turnstile& turnstile() { return turnstile_; }
    // One event; the caller has the turn.
    Task<Result<json::value, RpcError>> handle(Offer offer, json::object event, Call call);

    [[nodiscard]] const std::string& plugin() const { return parts_.plugin; }
    [[nodiscard]] std::uint64_t number() const { return parts_.number; }
    [[nodiscard]] Language language() const { return parts_.origin.source.language; }
    [[nodiscard]] const CatalogEntry& origin() const { return parts_.origin; }
    [[nodiscard]] const std::string& module() const { return parts_.module; }
    [[nodiscard]] const Fingerprinted& content() const { return parts_.content; }
    [[nodiscard]] const Manifest& manifest() const { return parts_.manifest; }
    [[nodiscard]] const std::filesystem::path& entry() const { return parts_.entry; }
    [[nodiscard]] const std::optional<GenerationRecord>& restored() const {
        return parts_.restored;
    }
    [[nodiscard]] const std::string& sandbox() const { return parts_.sandbox; }
    // How long one event may take: the plugin's own limit, else the caller's.
    [[nodiscard]] Millis deadline(Millis otherwise) const;
    [[nodiscard]] Worker& worker() { return *parts_.worker; }
    [[nodiscard]] const Worker& worker() const { return *parts_.worker; }
    [[nodiscard]] Gate& gate() { return gate_; }
    [[nodiscard]] Stage stage() const { return stage_; }
    // Of the event at hand; nothing between events.
    [[nodiscard]] const std::optional<Call>& call() const { return call_; }
    [[nodiscard]] bool dead() const { return dead_; }

    // Plugin files that its worker has read since it was loaded, as they were then. They are no
    // part of its content, because the next generation may read others.
    using ReadLater = std::map<std::filesystem::path, std::optional<Digest>>;
    [[nodiscard]] const ReadLater& read_later() const { return read_later_; }
    void has_read(std::vector<LoadedFile> files);

    void advance(Stage next);  // asserts that the step is legal
    void mark_dead() { dead_ = true; }

private:
    Parts parts_;
    Gate gate_;
    Turnstile turnstile_;
    Stage stage_ = Stage::probing;
    std::optional<Call> call_;
    ReadLater read_later_;
    bool dead_ = false;
};

}  // namespace hotreload
