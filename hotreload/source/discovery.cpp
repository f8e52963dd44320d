#include "hotreload/source/discovery.h"

#include <algorithm>
#include <set>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "hotreload/base/path_order.h"
#include "hotreload/config/patterns.h"
#include "hotreload/model/limits.h"
#include "hotreload/source/folder_reader.h"
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

std::optional<Language> language_of(std::string_view file) {
    if (file.ends_with(".cpp")) return Language::cpp;
    if (file.ends_with(".py")) return Language::python;
    if (file.ends_with(".so")) return Language::prebuilt;
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
        return file.native().ends_with(extension);
    });
    return found == files.end() ? nullptr : &*found;
}

const fs::path* exactly(const std::vector<fs::path>& sorted, const fs::path& file) {
    const auto found = std::lower_bound(sorted.begin(), sorted.end(), file, path_less);
    return found == sorted.end() || found->native() != file.native() ? nullptr : &*found;
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
    RootScan(Discovery& discovery, const ReloadSettings& settings)
        : discovery_(discovery), settings_(settings) {}

    // A root that lies in another one is no package of that one.
    void add_root(const fs::path& root) {
        if (const auto identity = FolderReader::identity_of(root)) roots_.insert(*identity);
    }

    void scan(const fs::path& root) {
        FolderReader reader(root);
        std::vector<Found> entries;
        while (reader.next()) {
            if (entries.size() == limits::source_files_max) {
                problem(root, "", "too many files in a plugin folder: the rest is left out");
                break;
            }
            look_at(reader, entries);
        }
        if (!reader.reason().empty()) {
            problem(root, "", reader.reason());
            if (!FolderReader::is_gone(root)) discovery_.unreadable.push_back(root);
        }
        std::sort(entries.begin(), entries.end(),
                  [](const Found& a, const Found& b) { return a.name < b.name; });
        for (auto& entry : entries) {
            if (entry.kind == EntryKind::folder)
                package(root, root / entry.name);
            else
                single_file(root, std::move(entry));
        }
    }

private:
    struct Found {
        std::string name;
        EntryKind kind;
        std::string unreadable;
    };

    void look_at(const FolderReader& reader, std::vector<Found>& entries) const {
        const auto& name = reader.name();
        if (!enterable_name(name, settings_.ignore_patterns)) return;
        const auto kind = reader.kind();
        if (kind == EntryKind::folder) {
            const auto identity = reader.entry_identity();
            if (!identity || !roots_.contains(*identity)) entries.push_back({name, kind, {}});
            return;
        }
        // Neither a fifo nor a socket; dangling links are told.
        if (kind == EntryKind::other || !matches_any(name, settings_.watch_patterns)) return;
        entries.push_back({name, kind, reader.unreadable_reason()});
    }

    void single_file(const fs::path& root, Found found) {
        const auto language = language_of(found.name);
        if (!language) return;
        auto name = found.name.substr(0, found.name.rfind('.'));
        PluginSource source{.name = std::move(name), .language = *language, .root = root};
        source.entry = root / found.name;
        source.files.push_back(source.entry);
        if (!found.unreadable.empty())
            problem(source.entry, source.name, std::move(found.unreadable));
        offer(std::move(source));
    }

    void package(const fs::path& root, const fs::path& folder) {
        auto found = package_files(folder, settings_, limits::source_files_max);
        PluginSource source{.name = folder.filename(), .root = root, .folder = folder};
        for (auto& note : found.problems)
            problem(std::move(note.path), source.name, std::move(note.reason));
        for (auto& closed : found.unreadable) discovery_.unreadable.push_back(std::move(closed));
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
        const auto [place, fresh] = places_.try_emplace(source.name, plugins.size());
        if (fresh) return plugins.push_back(std::move(source));
        auto* known = &plugins[place->second];
        if (known->root == source.root && rank(source) < rank(*known)) std::swap(*known, source);
        problem(source.folder.empty() ? source.entry : source.folder, source.name,
                "not used: " + shown(*known) + " " + std::string(order_of_precedence));
    }

    void problem(fs::path path, std::string plugin, std::string reason) {
        discovery_.problems.push_back({std::move(path), std::move(plugin), std::move(reason)});
    }

    Discovery& discovery_;
    const ReloadSettings& settings_;
    std::set<FolderReader::Identity> roots_;
    std::unordered_map<std::string, std::size_t> places_;  // in discovery_.plugins, by name
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
    RootScan scan(discovery, settings);
    for (const auto& root : distinct) scan.add_root(root);
    for (const auto& root : distinct) scan.scan(root);
    std::sort(discovery.plugins.begin(), discovery.plugins.end(),
              [](const PluginSource& a, const PluginSource& b) { return a.name < b.name; });
    return discovery;
}

}  // namespace hotreload
