#pragma once
// One generation of a plugin: what it was made of, what it offers, its worker, and the gate that
// counts calls inside it.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "hotreload/base/clock.h"
#include "hotreload/base/gate.h"
#include "hotreload/config/config.h"
#include "hotreload/model/plugin.h"
#include "hotreload/model/stage.h"
#include "hotreload/reload/turnstile.h"
#include "hotreload/source/fingerprint.h"
#include "hotreload/worker/worker.h"

namespace hotreload {

class Generation {
public:
    struct Parts {
        std::string plugin;
        std::uint64_t number = 0;
        Language language = Language::cpp;
        std::string module;
        Fingerprinted content;
        Manifest manifest;
        std::unique_ptr<Worker> worker;
        std::string sandbox;  // its level, for people
        PluginLimits limits;
    };

    Generation(asio::any_io_executor executor, Parts parts);

    // One event, in its turn. `scope` is the embedding program's note for this call; host calls
    // made by the worker during it can read it back.
    Task<Result<json::value, RpcError>> handle(Offer offer, json::object event, Millis deadline,
                                               std::int64_t scope);

    [[nodiscard]] const std::string& plugin() const { return parts_.plugin; }
    [[nodiscard]] std::uint64_t number() const { return parts_.number; }
    [[nodiscard]] Language language() const { return parts_.language; }
    [[nodiscard]] const std::string& module() const { return parts_.module; }
    [[nodiscard]] const Fingerprinted& content() const { return parts_.content; }
    [[nodiscard]] const Manifest& manifest() const { return parts_.manifest; }
    [[nodiscard]] const std::string& sandbox() const { return parts_.sandbox; }
    // How long one event may take: the plugin's own limit, else the caller's.
    [[nodiscard]] Millis deadline(Millis otherwise) const;
    [[nodiscard]] Worker& worker() { return *parts_.worker; }
    [[nodiscard]] const Worker& worker() const { return *parts_.worker; }
    [[nodiscard]] Gate& gate() { return gate_; }
    [[nodiscard]] Stage stage() const { return stage_; }
    [[nodiscard]] std::int64_t scope() const { return scope_; }
    [[nodiscard]] bool dead() const { return dead_; }

    void advance(Stage next);  // asserts that the step is legal
    void mark_dead() { dead_ = true; }

private:
    Parts parts_;
    Gate gate_;
    Turnstile turnstile_;
    Stage stage_ = Stage::probing;
    std::int64_t scope_ = 0;
    bool dead_ = false;
};

}  // namespace hotreload
