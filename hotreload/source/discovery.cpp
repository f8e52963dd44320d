#include "hotreload/source/discovery.h"

#include <algorithm>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "hotreload/config/patterns.h"
#include "hotreload/model/limits.h"
#include "hotreload/source/package_files.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view order_of_precedence =
    "has the same name and goes first (earlier plugin folders, then folder, .cpp, .py, .so)";

std::string name_problem(const std::string& name, Language language) {
    if (!is_plugin_name(name))
        return "'" + name +
               "' is no plugin name: use letters, digits, '_' and '-', starting with a letter";
    if (language == Language::python && name.find('-') != std::string::npos)
        return "'" + name + "' cannot be imported by Python: use '_' instead of '-'";
    return {};
}

std::optional<Language> language_of(const fs::path& file) {
    if (file.extension() == ".cpp") return Language::cpp;
    if (file.extension() == ".py") return Language::python;
    if (file.extension() == ".so") return Language::prebuilt;
    return std::nullopt;
}

// Lower goes first.
int rank(const PluginSource& source) {
    if (!source.folder.empty()) return 0;
    switch (source.language) {
        case Language::cpp:
            return 1;
        case Language::python:
            return 2;
        case Language::prebuilt:
            break;
    }
    return 3;
}

std::string shown(const PluginSource& source) {
    return source.folder.empty() ? source.entry.native() : source.folder.native() + "/";
}

const fs::path* first_with(const std::vector<fs::path>& files, std::string_view extension) {
    const auto found = std::find_if(files.begin(), files.end(), [&](const fs::path& file) {
        return file.extension() == extension;
    });
    return found == files.end() ? nullptr : &*found;
}

const fs::path* exactly(const std::vector<fs::path>& files, const fs::path& file) {
    const auto found = std::find(files.begin(), files.end(), file);
    return found == files.end() ? nullptr : &*found;
}

// Decides what a folder is; false when it holds no plugin.
bool classify_package(PluginSource& source) {
    const auto set = [&](Language language, const fs::path* entry) {
        if (entry == nullptr) return false;
        source.language = language;
        source.entry = *entry;
        return true;
    };
    const auto prebuilt = [&] {
        const auto* own = exactly(source.files, source.folder / (source.name + ".so"));
        return own != nullptr ? own : first_with(source.files, ".so");
    };
    return set(Language::python, exactly(source.files, source.folder / "__init__.py")) ||
           set(Language::cpp, first_with(source.files, ".cpp")) ||
           set(Language::prebuilt, prebuilt());
}

class RootScan {
public:
    RootScan(Discovery& discovery, const ReloadSettings& settings, const std::set<fs::path>& roots)
        : discovery_(discovery), settings_(settings), roots_(roots) {}

    void scan(const fs::path& root) {
        std::error_code error;
        std::vector<fs::directory_entry> entries;
        for (fs::directory_iterator it(root, error); !error && it != fs::directory_iterator();
             it.increment(error)) {
            if (entries.size() == limits::source_files_max) {
                problem(root, "", "too many files in a plugin folder: the rest is left out");
                break;
            }
            entries.push_back(*it);
        }
        if (error) problem(root, "", error.message());
        std::sort(entries.begin(), entries.end());
        for (const auto& entry : entries) look_at(root, entry);
    }

private:
    void look_at(const fs::path& root, const fs::directory_entry& entry) {
        if (!enterable(entry.path().filename(), settings_.ignore_patterns)) return;
        std::error_code error;
        if (entry.is_directory(error)) {
            if (!roots_.contains(fs::weakly_canonical(entry.path(), error)))
                package(root, entry.path());
            return;
        }
        if (entry.exists(error) && !entry.is_regular_file(error))
            return;  // a fifo or socket; dangling links are told
        if (wanted(root, entry.path(), settings_.watch_patterns, settings_.ignore_patterns))
            single_file(root, entry.path());
    }

    void single_file(const fs::path& root, const fs::path& file) {
        const auto language = language_of(file);
        if (!language) return;
        PluginSource source{
            .name = file.stem(), .language = *language, .root = root, .entry = file};
        source.files.push_back(file);
        if (auto reason = unreadable_reason(file); !reason.empty())
            problem(file, source.name, std::move(reason));
        offer(std::move(source));
    }

    void package(const fs::path& root, const fs::path& folder) {
        auto found = package_files(folder, settings_, limits::source_files_max);
        PluginSource source{.name = folder.filename(), .root = root, .folder = folder};
        for (auto& note : found.problems)
            problem(std::move(note.path), source.name, std::move(note.reason));
        source.files = std::move(found.files);
        if (const auto* config = exactly(source.files, folder / "plugin.yaml"))
            source.config_file = *config;
        if (classify_package(source)) return offer(std::move(source));
        if (first_with(source.files, ".py") != nullptr)
            problem(folder, source.name, "no plugin: it has Python files but no __init__.py");
        else if (source.config_file)
            problem(folder, source.name,
                    "no plugin: it has a plugin.yaml but no __init__.py, .cpp or .so");
    }

    void offer(PluginSource source) {
        if (auto reason = name_problem(source.name, source.language); !reason.empty())
            return problem(source.folder.empty() ? source.entry : source.folder, "",
                           std::move(reason));
        auto& plugins = discovery_.plugins;
        const auto known =
            std::find_if(plugins.begin(), plugins.end(),
                         [&](const PluginSource& other) { return other.name == source.name; });
        if (known == plugins.end()) return plugins.push_back(std::move(source));
        if (known->root == source.root && rank(source) < rank(*known)) std::swap(*known, source);
        problem(source.folder.empty() ? source.entry : source.folder, source.name,
                "not used: " + shown(*known) + " " + std::string(order_of_precedence));
    }

    void problem(fs::path path, std::string plugin, std::string reason) {
        discovery_.problems.push_back({std::move(path), std::move(plugin), std::move(reason)});
    }

    Discovery& discovery_;
    const ReloadSettings& settings_;
    const std::set<fs::path>& roots_;
};

fs::path without_trailing_slash(const fs::path& path) {
    const auto normal = fs::absolute(path).lexically_normal();
    return normal.has_filename() ? normal : normal.parent_path();
}

}  // namespace

Discovery discover(const std::vector<std::filesystem::path>& roots,
                   const ReloadSettings& settings) {
    std::set<fs::path> canonical;
    std::vector<fs::path> distinct;
    for (const auto& root : roots) {
        std::error_code error;
        if (canonical.insert(fs::weakly_canonical(root, error)).second)
            distinct.push_back(without_trailing_slash(root));
    }
    Discovery discovery;
    RootScan scan(discovery, settings, canonical);
    for (const auto& root : distinct) scan.scan(root);
    std::sort(discovery.plugins.begin(), discovery.plugins.end(),
              [](const PluginSource& a, const PluginSource& b) { return a.name < b.name; });
    return discovery;
}

}  // namespace hotreload
