#include "hotreload/reload/entry_point.h"

#include <unistd.h>

#include <map>
#include <set>
#include <string>

#include <fmt/format.h>

#include "hotreload/base/sha256.h"

namespace hotreload {
namespace fs = std::filesystem;

std::string module_name(const EngineOptions& options, const PluginSource& source) {
    return options.module_prefix.empty() ? source.name : options.module_prefix + "." + source.name;
}

Result<fs::path, Failure> keep_prebuilt(const PluginSource& source, const fs::path& cache_dir) {
    const auto failure = [&](const std::string& reason) {
        return Failure{
            Stage::building, fmt::format("{}: {}", source.entry.string(), reason), {}, {}};
    };
    const auto digest = sha256_file(source.entry);
    if (!digest) return failure("cannot be read");
    const auto folder = cache_dir / "prebuilt";
    const auto kept = folder / fmt::format("{}-{}.so", source.name, digest->hex());
    std::error_code error;
    if (fs::exists(kept, error)) return kept;
    fs::create_directories(folder, error);
    const auto temporary = fs::path(fmt::format("{}.{}.tmp", kept.string(), ::getpid()));
    fs::copy_file(source.entry, temporary, fs::copy_options::overwrite_existing, error);
    if (error) return failure("cannot be copied: " + error.message());
    if (sha256_file(temporary) != digest) return failure("changed while it was copied");
    fs::rename(temporary, kept, error);
    if (error) return failure("cannot be kept: " + error.message());
    return kept;
}

std::vector<fs::path> stale_bytecode(const PluginSource& source) {
    std::map<fs::path, std::set<std::string>> modules;  // by folder
    for (const auto& file : source.files)
        if (file.extension() == ".py") modules[file.parent_path()].insert(file.stem().native());
    std::vector<fs::path> stale;
    for (const auto& [folder, names] : modules) {
        std::error_code error;
        for (fs::directory_iterator entry(folder / "__pycache__", error), end;
             !error && entry != end; entry.increment(error)) {
            const auto name = entry->path().filename().native();
            if (name.ends_with(".pyc") && names.contains(name.substr(0, name.find('.'))))
                stale.push_back(entry->path());
        }
    }
    return stale;
}

}  // namespace hotreload
