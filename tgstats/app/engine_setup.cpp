#include "tgstats/app/engine_setup.h"

#include <stdexcept>

#include <fmt/format.h>

#include "tgstats/app/places.h"

namespace tgstats {
namespace fs = std::filesystem;

namespace {

fs::path plugin_folder(const fs::path& named) {
    std::error_code error;
    const auto folder = fs::absolute(named, error).lexically_normal();
    if (!fs::is_directory(folder, error))
        throw std::runtime_error(
            fmt::format("{}: there is no such folder; name the plugins' folder with --plugins",
                        named.string()));
    return folder.has_filename() ? folder : folder.parent_path();
}

}  // namespace

hotreload::EngineOptions engine_options(const fs::path& plugins, const fs::path& data) {
    const auto places = find_places();
    const auto folder = plugin_folder(plugins);
    const auto kept = fs::absolute(data);
    hotreload::EngineOptions options;
    options.roots = {folder};
    options.config_file = folder / "plugins.yaml";
    options.cache_dir = kept / "cache";
    options.data_dir = kept / "plugins";
    options.native_worker = places.native_worker;
    options.python_sdk = places.python_sdk;
    options.include_dirs = {places.cpp_sdk};
    options.precompiled_header = places.cpp_sdk / "tgstats" / "plugin.hpp";
    options.module_prefix = "tgstats.plugins";
    options.adapter = "tgstats.adapter";
    options.preload = {"tgstats.adapter", "tgstats.plugins.base"};
    return options;
}

std::vector<fs::path> unshared_files(const Settings& settings) {
    std::vector<fs::path> files{settings.data, settings.log};
    if (!settings.file.empty()) files.push_back(settings.file);
    // `data` may be the plugins' folder itself, and so may be that of the log.
    for (const auto* name :
         {"tgstats.db", "tgstats.db-wal", "tgstats.db-shm", "tgstats.db-journal", "webhook_secret"})
        files.push_back(settings.data / name);
    const auto& log = settings.log;
    for (std::size_t i = 1; i <= log_files_max; ++i)
        files.push_back(log.parent_path() /
                        fmt::format("{}.{}{}", log.stem().string(), i, log.extension().string()));
    return files;
}

}  // namespace tgstats
