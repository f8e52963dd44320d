#include "hotreload/reload/confinement.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "hotreload/base/path_order.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;

// Where programs find their libraries, fonts, time zones and names. Only what the distribution
// installs: no folder in which an operator keeps things.
constexpr std::array runtime_paths{"/usr/bin",
                                   "/usr/sbin",
                                   "/usr/lib",
                                   "/usr/lib32",
                                   "/usr/lib64",
                                   "/usr/libexec",
                                   "/usr/share",
                                   "/usr/local/bin",
                                   "/usr/local/lib",
                                   "/usr/local/share",
                                   "/bin",
                                   "/sbin",
                                   "/lib",
                                   "/lib32",
                                   "/lib64",
                                   "/etc/ld.so.cache",
                                   "/etc/ld.so.preload",
                                   "/etc/fonts",
                                   "/etc/localtime",
                                   "/etc/timezone",
                                   "/etc/mime.types",
                                   "/etc/nsswitch.conf",
                                   "/etc/passwd",
                                   "/etc/group",
                                   "/etc/ssl/certs",
                                   "/etc/ssl/openssl.cnf",
                                   "/etc/locale.alias",
                                   "/etc/python3",
                                   "/etc/python3.11",
                                   "/var/cache/fontconfig",
                                   "/sys/devices/system/cpu",
                                   "/proc/cpuinfo",
                                   "/proc/meminfo",
                                   "/proc/stat",
                                   "/proc/version",
                                   "/proc/filesystems",
                                   "/proc/sys/kernel",
                                   "/proc/sys/vm/overcommit_memory",
                                   "/sys/kernel/mm/transparent_hugepage",
                                   "/dev/urandom",
                                   "/dev/random",
                                   "/dev/zero"};  // who may write to it may share its memory
constexpr std::array network_paths{"/etc/resolv.conf", "/etc/hosts",    "/etc/host.conf",
                                   "/etc/gai.conf",    "/etc/services", "/etc/protocols"};
constexpr std::array devices{"/dev/null", "/dev/full"};
// What a program and its dynamic linker are started from.
constexpr std::array program_paths{"/usr/lib", "/usr/lib64", "/lib", "/lib64"};
constexpr std::array all_program_paths{
    "/usr/bin", "/usr/sbin", "/usr/libexec", "/usr/local/bin", "/usr/local/lib", "/bin", "/sbin"};
constexpr std::uint64_t megabyte = 1u << 20;

// A folder that holds `name` and is none of the runtime's own: where the interpreter is installed.
fs::path installation_of(const fs::path& program) {
    std::error_code ignored;
    const auto real = fs::canonical(program, ignored);
    return ignored ? fs::path() : real.parent_path().parent_path();
}

template <class Paths>
void append(std::vector<fs::path>& all, const Paths& more) {
    all.insert(all.end(), more.begin(), more.end());
}

bool really_in(const fs::path& file, const fs::path& package) {
    if (package.empty()) return true;
    std::error_code error;
    const auto folder = fs::canonical(package, error);
    const auto real = error ? fs::path() : fs::canonical(file, error);
    return !error && is_below(real, folder);
}

std::vector<fs::path> unshared_of(const EngineOptions& options) {
    auto paths = options.unshared;
    paths.push_back(options.cache_dir);
    paths.push_back(options.data_dir);
    return paths;
}

ResourceLimits limits_of(const PluginLimits& limits) {
    return {.memory_bytes = limits.memory_mb * megabyte,
            .files = limits.files,
            .file_bytes = limits.file_mb * megabyte,
            .cpu_seconds = limits.cpu_seconds,
            .processes = limits.processes,
            .threads = limits.threads};
}

std::vector<std::string> names_of(const Grants& grants) {
    std::vector<std::string> names;
    if (grants.network) names.emplace_back("network");
    if (grants.exec) names.emplace_back("exec");
    for (const auto& path : grants.read) names.push_back("read:" + path.native());
    for (const auto& path : grants.write) names.push_back("write:" + path.native());
    for (const auto& word : grants.permissions) names.push_back(word);
    return names;
}

bool granted_path(const std::string& path, const std::vector<fs::path>& granted) {
    return std::ranges::any_of(granted, [&](const fs::path& folder) {
        return is_below(fs::path(path).lexically_normal(), folder);
    });
}

bool granted(const std::string& word, const Grants& grants) {
    if (word == "network") return grants.network;
    if (word == "exec") return grants.exec;
    if (word.starts_with("write:")) return granted_path(word.substr(6), grants.write);
    if (word.starts_with("read:"))
        return granted_path(word.substr(5), grants.read) ||
               granted_path(word.substr(5), grants.write);
    return std::ranges::find(grants.permissions, word) != grants.permissions.end();
}

}  // namespace

Confinement::Confinement(const EngineOptions& options, const Catalog& catalog, EventLog& events)
    : options_(options),
      catalog_(catalog),
      events_(events),
      sandboxes_(probe_sandbox()),
      shared_(catalog, unshared_of(options)) {
    for (const auto* path : runtime_paths) runtime_.add(path);
    runtime_.add(options.python_sdk);
    if (const auto python = installation_of(options.python); !python.empty() && python != "/usr")
        runtime_.add(python);
}

std::string Confinement::level() const {
    if (catalog_.settings().sandbox == SandboxMode::off)
        return "off (settings.sandbox): plugins can do whatever the bot's user can";
    return sandboxes_.support().text();
}

void Confinement::tell_level() {
    const auto now = level();
    if (now == told_) return;
    told_ = now;
    const bool off = catalog_.settings().sandbox == SandboxMode::off;
    const auto missing =
        off ? std::vector<std::string>{"everything"} : sandboxes_.support().missing();
    const auto how = off ? Level::error : missing.empty() ? Level::info : Level::warning;
    events_.emit(EventType::sandbox_level, how, {{"level", now}, {"missing", missing}});
}

Result<std::string, Failure> Confinement::confine(const CatalogEntry& plugin, const Opened& opened,
                                                  WorkerOptions& worker) {
    tell_level();
    const auto mode = catalog_.settings().sandbox;
    if (mode == SandboxMode::off) return level();
    const auto& support = sandboxes_.support();
    if (mode == SandboxMode::required && !support.full())
        return Failure{Stage::starting,
                       fmt::format("settings.sandbox is 'required', but here a sandbox does not "
                                   "hold: {}; use another kernel, or say best_effort",
                                   fmt::join(support.missing(), "; ")),
                       {},
                       {}};
    const auto runtime = runtime_.open();
    if (!runtime) return Failure{Stage::starting, runtime.error(), {}, {}};
    auto limited = policy(plugin, opened);
    limited.read_open = *runtime;
    auto made = sandboxes_.make(limited);
    if (!made) return Failure{Stage::starting, made.error(), {}, {}};
    worker.sandbox = std::make_shared<const Sandbox>(*std::move(made));
    worker.refuse_exec = support.seccomp && !plugin.config.grants.exec;
    const auto grants = names_of(plugin.config.grants);
    return grants.empty() ? level()
                          : fmt::format("{}; granted: {}", level(), fmt::join(grants, ", "));
}

SandboxPolicy Confinement::policy(const CatalogEntry& plugin, const Opened& opened) {
    const auto& grants = plugin.config.grants;
    SandboxPolicy policy;
    policy.network = grants.network;
    policy.exec = grants.exec || plugin.source.language != Language::python;
    policy.limits = limits_of(plugin.config.limits);
    policy.read.push_back(opened.entry);
    append(policy.read, opened.beside);
    append(policy.read, grants.read);
    if (grants.network) append(policy.read, network_paths);
    if (policy.exec) {
        policy.execute.push_back(options_.native_worker);
        append(policy.execute, program_paths);
    }
    if (grants.exec) {
        append(policy.execute, all_program_paths);
        append(policy.execute, grants.read);
    }
    append(policy.write, devices);
    policy.write.push_back(options_.data_dir / plugin.source.name);
    append(policy.write, grants.write);
    append(policy.list, catalog_.roots());
    add_sources(plugin, policy.read);
    return policy;
}

// Its own files, the code of plugins that it depends on, and what lies between plugins for all. A
// link in a package leads where its author wants: only what really lies there belongs to it.
void Confinement::add_sources(const CatalogEntry& plugin, std::vector<fs::path>& read) {
    append(read, shared_.now());
    if (plugin.source.folder.empty())
        append(read, plugin.source.files);
    else
        read.push_back(plugin.source.folder);
    for (const auto& other : catalog_.sources()) {
        const auto& needed = plugin.config.depends_on;
        if (std::ranges::find(needed, other.name) == needed.end()) continue;
        for (const auto& file : other.files)
            if (file != other.config_file && really_in(file, other.folder)) read.push_back(file);
    }
}

bool Confinement::may_read(const CatalogEntry& plugin, const fs::path& file) {
    const auto holds = [&](const fs::path& path) { return is_below(file, path); };
    return std::ranges::any_of(build_access(plugin).read, holds);
}

BuildAccess Confinement::build_access(const CatalogEntry& plugin) {
    if (catalog_.settings().sandbox == SandboxMode::off) return {.read = {"/"}, .terms = "all"};
    BuildAccess access;
    add_sources(plugin, access.read);
    const auto& grants = plugin.config.grants;
    for (const auto* granted : {&grants.read, &grants.write})
        for (const auto& path : *granted) {
            access.read.push_back(path);
            access.terms += path.native() + '\n';
        }
    for (const auto& needed : plugin.config.depends_on) access.terms += needed + '\n';
    return access;
}

std::vector<std::string> missing_permissions(const std::vector<std::string>& wanted,
                                             const Grants& grants) {
    std::vector<std::string> missing;
    for (const auto& word : wanted)
        if (!granted(word, grants)) missing.push_back(word);
    return missing;
}

std::string granting_line(const std::vector<std::string>& missing) {
    std::vector<std::string> read, write, other, members;
    for (const auto& word : missing) {
        if (word == "network" || word == "exec")
            members.push_back(word + ": true");
        else if (word.starts_with("read:"))
            read.push_back("'" + word.substr(5) + "'");
        else if (word.starts_with("write:"))
            write.push_back("'" + word.substr(6) + "'");
        else
            other.push_back("'" + word + "'");
    }
    if (!read.empty()) members.push_back(fmt::format("read: [{}]", fmt::join(read, ", ")));
    if (!write.empty()) members.push_back(fmt::format("write: [{}]", fmt::join(write, ", ")));
    if (!other.empty()) members.push_back(fmt::format("permissions: [{}]", fmt::join(other, ", ")));
    return fmt::format("grants: {{{}}}", fmt::join(members, ", "));
}

}  // namespace hotreload
