#pragma once
// One plugin as it should be, and what the operator's own word has to do with it.

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "hotreload/config/config.h"
#include "hotreload/model/plugin.h"
#include "hotreload/source/fingerprint.h"

namespace hotreload {

// One plugin as it should be.
struct CatalogEntry {
    PluginSource source;
    PluginConfig config;  // plugins.yaml's entry with the package's plugin.yaml over it
    Fingerprinted content;
    // Files are away or being written, perhaps for a moment only: it stays as it is.
    bool vanishing = false;
    bool config_broken = false;  // its plugin.yaml cannot be read: what serves stays as it is
    bool switched = false;       // on or off by hand: config.enabled is that switch

    // Who has it on or off; empty where nobody has said anything.
    [[nodiscard]] std::string switch_text() const;
};

// What the operator said of a plugin, and what the files said of it then: it counts until they say
// something else.
struct Switch {
    bool enabled = true;
    std::optional<bool> over;  // absent: they did not mention it
    bool compared = false;     // false: `over` is not known yet
};

// Dependencies found by earlier builds and loads, by plugin: part of the next fingerprint.
using KnownDependencies = std::map<std::string, std::vector<std::filesystem::path>>;

}  // namespace hotreload
