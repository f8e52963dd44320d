#pragma once
// What the disk wants right now: configuration, discovered plugins, and the fingerprint of each.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "hotreload/config/config.h"
#include "hotreload/source/discovery.h"
#include "hotreload/source/fingerprint.h"

namespace hotreload {

// One plugin as it should be.
struct CatalogEntry {
    PluginSource source;
    PluginConfig config;  // plugins.yaml's entry with the package's plugin.yaml over it
    Fingerprinted content;
    bool config_broken = false;  // its plugin.yaml cannot be read: what serves stays as it is
};

struct CatalogOptions {
    std::vector<std::filesystem::path> roots;
    std::filesystem::path config_file;
    std::string toolchain;  // of C++ plugins
};

// Dependencies found by earlier builds and loads, by plugin: part of the next fingerprint.
using KnownDependencies = std::map<std::string, std::vector<std::filesystem::path>>;

class Catalog {
public:
    explicit Catalog(CatalogOptions options);

    // Reads plugins.yaml again if its content changed. A broken file is reported once and leaves
    // the old one in force.
    struct ConfigChange {
        bool changed = false;
        std::optional<ConfigError> error;
    };
    ConfigChange refresh_config();

    struct Look {
        std::map<std::string, CatalogEntry> entries;  // enabled and disabled ones
        std::vector<DiscoveryProblem> problems;
        std::vector<ConfigError> config_errors;  // of packages
    };
    Look look(const KnownDependencies& dependencies);

    // The same plugin's content as it is at this moment, with these dependencies.
    Fingerprinted content_now(const CatalogEntry& entry,
                              const std::vector<std::filesystem::path>& dependencies);

    void set_toolchain(std::string toolchain) { options_.toolchain = std::move(toolchain); }
    // Switched on or off by the operator; wins over the files.
    void set_enabled(const std::string& plugin, bool enabled) { switched_[plugin] = enabled; }
    [[nodiscard]] const std::map<std::string, bool>& switched() const { return switched_; }
    [[nodiscard]] const ReloadSettings& settings() const { return config_.settings; }
    [[nodiscard]] std::vector<std::filesystem::path> roots() const;  // with additional_dirs
    // All plugins that the last look found.
    [[nodiscard]] const std::vector<PluginSource>& sources() const { return sources_; }
    [[nodiscard]] const CatalogOptions& options() const { return options_; }

private:
    void configure(CatalogEntry& entry, std::vector<ConfigError>& errors);

    CatalogOptions options_;
    StatCache cache_;
    PluginsConfig config_;
    std::vector<PluginSource> sources_;
    std::optional<Digest> config_digest_;
    bool config_read_ = false;
    std::map<std::string, bool> switched_;
};

}  // namespace hotreload
