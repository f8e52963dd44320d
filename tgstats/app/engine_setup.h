#pragma once
// The engine as the bot uses it: where its parts lie and what its plugins are called.

#include <filesystem>

#include "hotreload/reload/engine.h"

namespace tgstats {

// Throws std::runtime_error when the plugins' folder or a part of the program is missing. `data`
// holds the build cache and the plugins' private folders.
hotreload::EngineOptions engine_options(const std::filesystem::path& plugins,
                                        const std::filesystem::path& data);

}  // namespace tgstats
