#pragma once
// The engine as the bot uses it: where its parts lie and what its plugins are called.

#include <cstddef>
#include <filesystem>
#include <vector>

#include "hotreload/reload/engine.h"
#include "tgstats/app/settings.h"

namespace tgstats {

// Throws std::runtime_error when the plugins' folder or a part of the program is missing. `data`
// holds the build cache and the plugins' private folders.
hotreload::EngineOptions engine_options(const std::filesystem::path& plugins,
                                        const std::filesystem::path& data);

// The bot's own files, which are no plugin's even where they lie in the plugins' folder.
std::vector<std::filesystem::path> unshared_files(const Settings& settings);

inline constexpr std::size_t log_files_max = 5;  // besides the one that is written

}  // namespace tgstats
