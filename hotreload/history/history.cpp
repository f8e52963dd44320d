#include "hotreload/history/history.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "hotreload/base/durable_file.h"
#include "hotreload/history/record_file.h"
#include "hotreload/history/snapshots.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view file_ending = ".json";

// Ours to read or to set aside; hidden files and what was set aside before are left alone.
bool of_interest(const fs::directory_entry& entry) {
    const auto name = entry.path().filename().native();
    std::error_code error;
    return entry.is_regular_file(error) && !name.starts_with('.') &&
           name.find(".damaged") == std::string::npos;
}

bool on_disk(const fs::path& file) {
    std::error_code error;
    return fs::exists(file, error);
}

}  // namespace

History::History(fs::path dir)
    : dir_(std::move(dir)), snapshots_(std::make_unique<Snapshots>(dir_)) {}
History::History(History&&) noexcept = default;
History& History::operator=(History&&) noexcept = default;
History::~History() = default;

History::Opened History::open(fs::path dir) {
    Opened opened{.history = History(fs::absolute(dir).lexically_normal()), .problems = {}};
    auto& history = opened.history;
    if (auto made = history.snapshots_->prepare(); !made) {
        opened.problems.push_back(made.error());
        return opened;
    }
    remove_unfinished(history.dir_);
    history.read_all(opened.problems);
    // A file that was set aside may be mended by hand: what it names must still be there then.
    if (!opened.problems.empty()) return opened;
    std::set<std::string> used;
    for (const auto& [name, count] : history.uses_) used.insert(name);
    history.snapshots_->remove_all_but(used);
    return opened;
}

void History::read_all(std::vector<std::string>& problems) {
    std::vector<fs::path> files;
    std::error_code error;
    for (fs::directory_iterator entry(dir_, error), end; !error && entry != end;
         entry.increment(error))
        if (of_interest(*entry)) files.push_back(entry->path());
    if (error) problems.push_back("cannot read " + dir_.native() + ": " + error.message());
    std::sort(files.begin(), files.end());
    for (const auto& file : files) read(file, problems);
}

void History::read(const fs::path& file, std::vector<std::string>& problems) {
    const auto refuse = [&](const std::string& reason) {
        problems.push_back(file.native() + ": " + reason + ": " + set_aside(file));
    };
    if (file.extension() != file_ending || !is_plugin_name(file.stem().native()))
        return refuse("not a plugin's history");
    const auto text = read_whole_file(file);
    if (!text) return refuse(std::error_code(errno, std::generic_category()).message());
    auto history = parse_history(*text);
    if (!history) return refuse(history.error().reason);
    if (history->plugin != file.stem().native())
        return refuse("it is the history of '" + history->plugin + "'");
    for (const auto& record : history->records) use(snapshots_of(record));
    plugins_.emplace(history->plugin, std::move(*history));
}

Result<void, std::string> History::write(const PluginHistory& history) const {
    const auto file = dir_ / (history.plugin + std::string(file_ending));
    if (!is_plugin_name(history.plugin)) return "'" + history.plugin + "' is no plugin name";
    const auto text = history_text(history);
    if (!text) return "cannot write " + file.native() + ": " + text.error().reason;
    return replace_file(file, *text);
}

Result<void, std::string> History::changed(const std::string& plugin,
                                           const std::set<std::string>& dropped_snapshots) {
    unwritten_[plugin].insert(dropped_snapshots.begin(), dropped_snapshots.end());
    if (behind_) return {};
    const auto problems = flush();
    if (problems.empty()) return {};
    return problems.begin()->second;
}

std::map<std::string, std::string> History::flush() {
    std::map<std::string, std::string> problems;
    const auto unwritten = std::exchange(unwritten_, {});
    for (const auto& [plugin, dropped] : unwritten)
        if (auto written = write(plugins_.at(plugin)); !written)
            problems.emplace(plugin, written.error());
    if (problems.size() == unwritten.size()) return problems;
    if (auto synced = sync_folder(dir_); !synced) {
        for (const auto& [plugin, dropped] : unwritten) problems.emplace(plugin, synced.error());
        return problems;
    }
    for (const auto& [plugin, dropped] : unwritten)
        if (!problems.contains(plugin)) remove_unused(dropped);
    return problems;
}

const PluginHistory* History::find(const std::string& plugin) const {
    const auto found = plugins_.find(plugin);
    return found == plugins_.end() ? nullptr : &found->second;
}

Result<void, std::string> History::add(const std::string& plugin, GenerationRecord record) {
    auto& history = plugins_[plugin];
    history.plugin = plugin;
    auto& records = history.records;
    std::set<std::string> dropped;
    const auto drop = [&](const GenerationRecord& old) {
        const auto snapshots = snapshots_of(old);
        let_go(snapshots);
        dropped.insert(snapshots.begin(), snapshots.end());
    };
    use(snapshots_of(record));
    if (!records.empty() && records.front().fingerprint == record.fingerprint) {
        drop(records.front());
        records.erase(records.begin());
    }
    records.insert(records.begin(), std::move(record));
    for (; records.size() > history_generations_max; records.pop_back()) drop(records.back());
    return changed(plugin, dropped);
}

Result<void, std::string> History::ended(const std::string& plugin, std::uint64_t number,
                                         std::string how, bool crashed) {
    const auto history = plugins_.find(plugin);
    if (history == plugins_.end()) return {};
    auto& records = history->second.records;
    const auto record =
        std::find_if(records.begin(), records.end(),
                     [&](const GenerationRecord& known) { return known.number == number; });
    if (record == records.end()) return {};
    record->end = std::move(how);
    record->crashed = crashed;
    return changed(plugin, {});
}

Result<void, std::string> History::hold_back(const std::string& plugin,
                                             std::optional<Fingerprint> content,
                                             std::string reason) {
    auto& history = plugins_[plugin];
    history.plugin = plugin;
    history.held_back = content;
    history.held_back_reason = std::move(reason);
    return changed(plugin, {});
}

const GenerationRecord* History::last_good(const std::string& plugin,
                                           const Fingerprint& except) const {
    const auto* history = find(plugin);
    if (history == nullptr) return nullptr;
    const auto good = [&](const GenerationRecord& record) {
        return !record.crashed && record.fingerprint != except && on_disk(record.entry);
    };
    const auto& records = history->records;
    const auto found = std::find_if(records.begin(), records.end(), good);
    return found == records.end() ? nullptr : &*found;
}

Result<Snapshot, NotKept> History::keep_sources(const PluginSource& source,
                                                const std::vector<FileHash>& files,
                                                const std::vector<fs::path>& roots,
                                                const Contents& contents) {
    auto kept =
        snapshots_->keep({.source = source, .files = files, .roots = roots, .contents = contents});
    if (!kept) return kept;
    auto name = snapshots_->name_of(kept->entry);
    use({name});
    auto before = std::exchange(newest_snapshots_[source.name], std::move(name));
    if (before.empty()) return kept;
    let_go({before});
    // What the file on disk may still name stays until that has been written.
    if (const auto due = unwritten_.find(source.name); due != unwritten_.end())
        due->second.insert(std::move(before));
    else
        remove_unused({std::move(before)});
    return kept;
}

std::set<fs::path> History::kept_artifacts() const {
    std::set<fs::path> kept;
    for (const auto& [plugin, history] : plugins_)
        for (const auto& record : history.records)
            if (record.language != Language::python) kept.insert(record.entry);
    return kept;
}

std::set<std::string> History::snapshots_of(const GenerationRecord& record) const {
    std::set<std::string> names{snapshots_->name_of(record.entry),
                                snapshots_->name_of(record.folder)};
    for (const auto& root : record.roots) names.insert(snapshots_->name_of(root));
    names.erase("");
    return names;
}

void History::use(const std::set<std::string>& snapshots) {
    for (const auto& name : snapshots) ++uses_[name];
}

void History::let_go(const std::set<std::string>& snapshots) {
    for (const auto& name : snapshots) {
        const auto known = uses_.find(name);
        if (known != uses_.end() && --known->second == 0) uses_.erase(known);
    }
}

void History::remove_unused(const std::set<std::string>& snapshots) {
    std::set<std::string> unused;
    for (const auto& name : snapshots)
        if (!uses_.contains(name)) unused.insert(name);
    snapshots_->remove(unused);
}

void History::sweep() { snapshots_->sweep(); }

}  // namespace hotreload
