#include "hotreload/reload/catalog.h"

#include <algorithm>
#include <iterator>

#include <boost/json/serialize.hpp>

#include "hotreload/base/path_order.h"
#include "hotreload/model/limits.h"

namespace hotreload {
namespace {

// JSON objects keep their order of insertion; sorted keys make equal configurations equal text.
boost::json::value sorted(const boost::json::value& value) {
    if (const auto* array = value.if_array()) {
        boost::json::array copy;
        for (const auto& item : *array) copy.push_back(sorted(item));
        return copy;
    }
    const auto* object = value.if_object();
    if (object == nullptr) return value;
    std::map<std::string, boost::json::value> members;
    for (const auto& member : *object) members.emplace(member.key(), sorted(member.value()));
    boost::json::object copy;
    for (auto& [key, member] : members) copy.emplace(key, std::move(member));
    return copy;
}

const std::vector<std::filesystem::path>& dependencies_of(const KnownDependencies& known,
                                                          const std::string& plugin) {
    static const std::vector<std::filesystem::path> none;
    const auto found = known.find(plugin);
    return found == known.end() ? none : found->second;
}

// Whether a file that was there is not any more.
bool lost_files(const CatalogEntry& before, const CatalogEntry& now) {
    const auto changed = changed_paths(before.content.files, now.content.files);
    return std::ranges::any_of(changed, [&](const std::filesystem::path& path) {
        const auto* was = find_file(before.content.files, path);
        const auto* is = find_file(now.content.files, path);
        if (was == nullptr || !was->digest || (is != nullptr && is->digest)) return false;
        std::error_code ignored;
        return !std::filesystem::exists(path, ignored);
    });
}

bool has_files_below(const CatalogEntry& entry, const std::vector<std::filesystem::path>& folders) {
    return std::ranges::any_of(folders, [&](const std::filesystem::path& folder) {
        return std::ranges::any_of(
            entry.content.files, [&](const FileHash& file) { return is_below(file.path, folder); });
    });
}

std::optional<Digest> digest_of_nothing() {
    static const auto digest = sha256({});
    return digest;
}

// Whether a package's plugin.yaml has just become empty: its writer empties it first.
bool config_emptied(const CatalogEntry& before, const CatalogEntry& now) {
    const auto digest_in = [&](const CatalogEntry& entry) -> std::optional<Digest> {
        if (!now.source.config_file) return std::nullopt;
        const auto* found = find_file(entry.content.files, *now.source.config_file);
        return found == nullptr ? std::nullopt : found->digest;
    };
    return digest_in(now) == digest_of_nothing() && digest_in(before) != digest_of_nothing();
}

boost::json::array words(const std::vector<std::string>& list) {
    return boost::json::array(list.begin(), list.end());
}

boost::json::array words(const std::vector<std::filesystem::path>& list) {
    boost::json::array texts;
    for (const auto& path : list) texts.emplace_back(path.native());
    return texts;
}

boost::json::object canonical(const Grants& grants) {
    return {{"network", grants.network},
            {"exec", grants.exec},
            {"read", words(grants.read)},
            {"write", words(grants.write)},
            {"permissions", words(grants.permissions)}};
}

boost::json::object canonical(const PluginLimits& limits) {
    return {{"memory_mb", limits.memory_mb},
            {"files", limits.files},
            {"processes", limits.processes},
            {"threads", limits.threads},
            {"file_mb", limits.file_mb},
            {"cpu_seconds", limits.cpu_seconds.value_or(0)},
            {"handle_seconds", limits.handle_seconds.value_or(0)}};
}

std::string canonical(const PluginConfig& config, SandboxMode sandbox) {
    return boost::json::serialize(boost::json::object{{"config", sorted(config.config)},
                                                      {"packages", words(config.build.packages)},
                                                      {"flags", words(config.build.flags)},
                                                      {"depends_on", words(config.depends_on)},
                                                      {"grants", canonical(config.grants)},
                                                      {"limits", canonical(config.limits)},
                                                      {"sandbox", static_cast<int>(sandbox)}});
}

// A file that says something else than it did when somebody switched by hand is the later word. One
// that says nothing any more is none.
bool overruled(Switch& by_hand, const CatalogEntry& entry) {
    if (!entry.switched || entry.vanishing || entry.config_broken) return false;
    const auto& said = entry.config.enabled_said;
    if (!by_hand.compared || !said) by_hand.over = said;
    by_hand.compared = true;
    return said != by_hand.over;
}

}  // namespace

std::string CatalogEntry::switch_text() const {
    const auto word = [](bool on) { return std::string(on ? "enabled" : "disabled"); };
    const auto& said = config.enabled_said;
    if (switched && said && *said != config.enabled)
        return word(config.enabled) +
               " by hand, over the file's enabled: " + (*said ? "true" : "false");
    if (switched) return word(config.enabled) + " by hand";
    if (!said) return {};
    return word(*said) + " in plugins.yaml or its own plugin.yaml";
}

Catalog::Catalog(CatalogOptions options) : options_(std::move(options)) {}

// A writer empties the file before it fills it, and an empty plugins.yaml switches on what was
// disabled: it is believed only when it stays empty.
Catalog::ConfigChange Catalog::refresh_config() {
    std::error_code ignored;
    const auto status = std::filesystem::symlink_status(options_.config_file, ignored);
    const bool there = std::filesystem::exists(status);
    const auto digest = cache_.hash(options_.config_file);
    const bool whole = there && (digest != digest_of_nothing() || digest == config_digest_);
    if (config_there_ && still_believed({}, whole)) return {};
    if (config_read_ && there == config_there_ && digest == config_digest_) return {};
    auto read = read_plugins_config(options_.config_file);
    // Written again while it was read: what was read is nobody's, and its writer's end is a hint.
    if (config_read_ && cache_.hash(options_.config_file) != digest) return {};
    config_read_ = true;
    config_there_ = there;
    config_digest_ = digest;
    if (!read) return {.changed = false, .error = read.error()};
    config_ = std::move(*read);
    settings_changed_ = true;
    return {.changed = true, .error = std::nullopt};
}

std::vector<std::filesystem::path> Catalog::roots() const {
    auto roots = options_.roots;
    const auto base = options_.config_file.parent_path();
    for (const auto& dir : config_.settings.additional_dirs)
        roots.push_back(std::filesystem::absolute(base / dir).lexically_normal());
    return roots;
}

void Catalog::configure(CatalogEntry& entry, std::vector<ConfigError>& errors) {
    const auto& name = entry.source.name;
    const auto listed = config_.plugins.find(name);
    if (listed != config_.plugins.end()) entry.config = listed->second;
    if (entry.source.config_file) {
        auto read = read_plugin_config(*entry.source.config_file, entry.config);
        entry.config_broken = !read;
        if (read)
            entry.config = std::move(*read);
        else
            errors.push_back(read.error());
    }
    const auto by_hand = switched_.find(name);
    entry.switched = by_hand != switched_.end();
    if (entry.switched) entry.config.enabled = by_hand->second.enabled;
}

Fingerprinted Catalog::content_now(const CatalogEntry& entry,
                                   const std::vector<std::filesystem::path>& dependencies) {
    const bool compiled = entry.source.language == Language::cpp;
    const FingerprintInput input{.source = entry.source,
                                 .dependencies = dependencies,
                                 .config_text = canonical(entry.config, config_.settings.sandbox),
                                 .toolchain = compiled ? options_.toolchain : std::string()};
    return fingerprint(input, cache_);
}

void Catalog::set_toolchain(std::string toolchain) {
    options_.toolchain = std::move(toolchain);
    settings_changed_ = true;
}

void Catalog::set_enabled(const std::string& plugin, bool enabled) {
    const auto entry = last_.entries.find(plugin);
    switched_[plugin] = {.enabled = enabled};
    if (entry != last_.entries.end())
        switched_[plugin] = {enabled, entry->second->config.enabled_said, true};
    settings_changed_ = true;
}

const Catalog::Look& Catalog::look(const KnownDependencies& dependencies) {
    Look look;
    auto discovery = discover(roots(), config_.settings);
    look.problems = std::move(discovery.problems);
    look.unreadable = std::move(discovery.unreadable);
    sources_ = discovery.plugins;
    for (auto& source : discovery.plugins) {
        CatalogEntry entry;
        entry.source = std::move(source);
        configure(entry, look.config_errors);
        entry.content = content_now(entry, dependencies_of(dependencies, entry.source.name));
        auto name = entry.source.name;
        look.entries.emplace(std::move(name),
                             std::make_shared<const CatalogEntry>(std::move(entry)));
    }
    index_users(look);
    hold_what_vanished(look);
    compare_switches(look);
    last_ = std::move(look);
    ++looks_;
    last_dependencies_ = dependencies;
    settings_changed_ = false;
    return last_;
}

// True while something that was there is away, but not for so long that it must be gone.
bool Catalog::still_believed(const std::string& what, bool there) {
    if (there) {
        gone_since_.erase(what);
        return false;
    }
    const auto since = gone_since_.try_emplace(what, monotonic_now()).first->second;
    if (monotonic_now() < since + options_.vanish_grace) return true;
    gone_since_.erase(what);
    return false;
}

void Catalog::hold_what_vanished(Look& look) {
    for (const auto& [name, before] : last_.entries) {
        const auto now = look.entries.find(name);
        const bool whole = now != look.entries.end() && !lost_files(*before, *now->second) &&
                           !config_emptied(*before, *now->second) &&
                           !now->second->content.unsettled;
        // What cannot be read is not gone: what served goes on, for as long as that lasts.
        const bool hidden = !whole && has_files_below(*before, look.unreadable);
        if (hidden) gone_since_.erase(name);
        if (!hidden && !still_believed(name, whole)) continue;
        auto held = *before;
        held.vanishing = true;
        look.entries[name] = std::make_shared<const CatalogEntry>(std::move(held));
        add_users(name, *before);
    }
}

void Catalog::compare_switches(Look& look) {
    for (auto at = switched_.begin(); at != switched_.end();) {
        auto& [name, by_hand] = *at;
        const auto found = look.entries.find(name);
        const bool taken_back = found != look.entries.end() && overruled(by_hand, *found->second);
        if (taken_back) {
            auto entry = *found->second;
            entry.switched = false;
            entry.config.enabled = *entry.config.enabled_said;
            found->second = std::make_shared<const CatalogEntry>(std::move(entry));
            look.taken_back.push_back(name);
        }
        at = taken_back ? switched_.erase(at) : std::next(at);
    }
}

// Made anew only when plugins or their content have changed: most looks find nothing.
void Catalog::index_users(const Look& look) {
    const auto same = [](const auto& before, const auto& now) {
        return before.first == now.first && !before.second->vanishing &&
               before.second->source.root == now.second->source.root &&
               before.second->content.fingerprint == now.second->content.fingerprint;
    };
    if (std::ranges::equal(last_.entries, look.entries, same)) return;
    users_.clear();
    for (const auto& [name, entry] : look.entries) add_users(name, *entry);
}

void Catalog::add_users(const std::string& name, const CatalogEntry& entry) {
    for (const auto& file : entry.content.files) users_[file.path.native()].insert(name);
}

const std::set<std::string>& Catalog::users_of(const std::filesystem::path& file) const {
    static const std::set<std::string> nobody;
    const auto found = users_.find(file.native());
    return found == users_.end() ? nobody : found->second;
}

std::optional<MonotonicTime> Catalog::look_again_at() const {
    if (gone_since_.empty()) return std::nullopt;
    auto first = MonotonicTime::max();
    for (const auto& [what, since] : gone_since_) first = std::min(first, since);
    return first + options_.vanish_grace;
}

void Catalog::noticed(const std::vector<std::filesystem::path>& files) {
    for (const auto& file : files) cache_.forget(file);
    for (auto& [what, since] : gone_since_) {
        const auto concerns = [&](const std::filesystem::path& file) {
            if (what.empty()) return file == options_.config_file;
            return users_of(file).contains(what);
        };
        if (std::ranges::any_of(files, concerns)) since = monotonic_now();
    }
}

void Catalog::trust_nothing_of(const std::string& plugin) {
    const auto entry = last_.entries.find(plugin);
    if (entry == last_.entries.end()) return;
    for (const auto& file : entry->second->content.files) cache_.forget(file.path);
}

// A package's plugin.yaml is more than content, and a file that nobody knows may be a new plugin.
bool Catalog::only_contents(const std::vector<std::filesystem::path>& files) const {
    return std::ranges::all_of(files, [&](const std::filesystem::path& file) {
        std::error_code ignored;
        return !users_of(file).empty() && file.filename() != "plugin.yaml" &&
               std::filesystem::is_regular_file(file, ignored);
    });
}

const Catalog::Look& Catalog::look_at(const std::vector<std::filesystem::path>& files,
                                      const KnownDependencies& dependencies) {
    const bool calm = !settings_changed_ && gone_since_.empty();
    if (!calm || files.empty() || !only_contents(files)) return look(dependencies);
    last_.taken_back.clear();
    std::set<std::string> touched;
    for (const auto& file : files) touched.insert(users_of(file).begin(), users_of(file).end());
    for (const auto& [name, entry] : last_.entries)
        if (dependencies_of(dependencies, name) != dependencies_of(last_dependencies_, name))
            touched.insert(name);
    for (const auto& name : touched) {
        auto entry = *last_.entries.at(name);
        entry.content = content_now(entry, dependencies_of(dependencies, name));
        if (entry.content.unsettled) return look(dependencies);  // which waits for its writer
        add_users(name, entry);
        last_.entries[name] = std::make_shared<const CatalogEntry>(std::move(entry));
    }
    last_dependencies_ = dependencies;
    return last_;
}

}  // namespace hotreload
