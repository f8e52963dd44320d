#include "hotreload/reload/catalog.h"

#include <boost/json/serialize.hpp>

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

}  // namespace

Catalog::Catalog(CatalogOptions options) : options_(std::move(options)) {}

Catalog::ConfigChange Catalog::refresh_config() {
    const auto digest = cache_.hash(options_.config_file);
    if (config_read_ && digest == config_digest_) return {};
    config_read_ = true;
    config_digest_ = digest;
    auto read = read_plugins_config(options_.config_file);
    if (!read) return {.changed = false, .error = read.error()};
    config_ = std::move(*read);
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
    if (by_hand != switched_.end()) entry.config.enabled = by_hand->second;
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

Catalog::Look Catalog::look(const KnownDependencies& dependencies) {
    Look look;
    auto discovery = discover(roots(), config_.settings);
    look.problems = std::move(discovery.problems);
    sources_ = discovery.plugins;
    for (auto& source : discovery.plugins) {
        CatalogEntry entry;
        entry.source = std::move(source);
        configure(entry, look.config_errors);
        const auto known = dependencies.find(entry.source.name);
        entry.content =
            content_now(entry, known == dependencies.end() ? std::vector<std::filesystem::path>{}
                                                           : known->second);
        auto name = entry.source.name;
        look.entries.emplace(std::move(name), std::move(entry));
    }
    return look;
}

}  // namespace hotreload
