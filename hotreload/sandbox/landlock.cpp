#include "hotreload/sandbox/landlock.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <cstdint>

#include "hotreload/base/reason.h"

namespace hotreload::landlock {

namespace {

// From linux/landlock.h, whose copy in the distribution may be older than the kernel.
enum Right : std::uint64_t {
    execute_file = 1u << 0,
    write_file = 1u << 1,
    read_file = 1u << 2,
    read_dir = 1u << 3,
    remove_dir = 1u << 4,
    remove_file = 1u << 5,
    make_char = 1u << 6,
    make_dir = 1u << 7,
    make_reg = 1u << 8,
    make_sock = 1u << 9,
    make_fifo = 1u << 10,
    make_block = 1u << 11,
    make_sym = 1u << 12,
    refer = 1u << 13,          // from ABI 2: rename and link to another folder
    truncate_file = 1u << 14,  // from ABI 3
    ioctl_dev = 1u << 15,      // from ABI 5
};
constexpr std::uint64_t all_of_abi_1 = (1u << 13) - 1;
constexpr std::uint64_t tcp = 1u << 0 | 1u << 1;     // bind, connect; from ABI 4
constexpr std::uint64_t scopes = 1u << 0 | 1u << 1;  // abstract sockets, signals; from ABI 6
constexpr std::uint64_t of_files =
    execute_file | write_file | read_file | truncate_file | ioctl_dev;

constexpr std::uint64_t reading = read_file | read_dir;
constexpr std::uint64_t writing = reading | write_file | remove_dir | remove_file | make_dir |
                                  make_reg | make_sock | make_fifo | make_sym | refer |
                                  truncate_file;

struct RulesetAttributes {
    std::uint64_t files = 0;
    std::uint64_t net = 0;
    std::uint64_t scoped = 0;
};

struct [[gnu::packed]] PathBeneath {
    std::uint64_t allowed = 0;
    std::int32_t parent = -1;
};

constexpr int rule_path_beneath = 1;
constexpr unsigned create_version = 1;

std::uint64_t file_rights(int abi) {
    std::uint64_t rights = all_of_abi_1;
    if (abi >= 2) rights |= refer;
    if (abi >= 3) rights |= truncate_file;
    if (abi >= 5) rights |= ioctl_dev;
    return rights;
}

int add_rule(int ruleset, int path, std::uint64_t rights) {
    const PathBeneath rule{rights, path};
    return ::syscall(SYS_landlock_add_rule, ruleset, rule_path_beneath, &rule, 0) == 0 ? 0 : errno;
}

class Builder {
public:
    Builder(int ruleset, std::uint64_t handled) : ruleset_(ruleset), handled_(handled) {}

    // What is not there needs no rule. One after another: there may be more than descriptors.
    void allow(const std::vector<std::filesystem::path>& paths, std::uint64_t rights) {
        for (const auto& path : paths) {
            const auto opened = OpenPaths::open({path});
            if (!opened) problem_ = opened.error();
            if (opened) allow(*opened, rights);
        }
    }
    void allow(const OpenPaths& paths, std::uint64_t rights) {
        for (const auto& path : paths.entries()) {
            const auto possible = path.folder ? rights : rights & of_files;
            const int error = add_rule(ruleset_, path.fd.get(), possible & handled_);
            if (error != 0) problem_ = "Landlock refuses a rule: " + error_text(error);
        }
    }
    [[nodiscard]] const std::string& problem() const { return problem_; }

private:
    int ruleset_;
    std::uint64_t handled_;
    std::string problem_;
};

}  // namespace

int abi() {
    const auto version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, create_version);
    return version > 0 ? static_cast<int>(version) : 0;
}

Result<UniqueFd, std::string> ruleset(const SandboxPolicy& policy, int abi) {
    RulesetAttributes attributes{.files = file_rights(abi)};
    if (abi >= 4 && !policy.network) attributes.net = tcp;
    if (abi >= 6) attributes.scoped = scopes;
    // Fields that an old kernel does not know are zero, and then it does not mind them.
    UniqueFd made(static_cast<int>(
        ::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0)));
    if (!made.valid()) return "Landlock refuses a ruleset: " + error_text(errno);
    Builder rules(made.get(), attributes.files);
    rules.allow(policy.list, read_dir);
    rules.allow(policy.read, reading);
    if (policy.read_open) rules.allow(*policy.read_open, reading);
    rules.allow(policy.execute, reading | execute_file);
    if (policy.execute_open) rules.allow(*policy.execute_open, reading | execute_file);
    rules.allow(policy.write, writing);
    if (!rules.problem().empty()) return rules.problem();
    return made;
}

int allow_own_proc(int ruleset, int abi) {
    const int own = ::open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (own < 0) return errno == ENOENT ? 0 : errno;
    const int error = add_rule(ruleset, own, reading & file_rights(abi));
    ::close(own);
    return error;
}

int restrict_self(int ruleset) {
    return ::syscall(SYS_landlock_restrict_self, ruleset, 0) == 0 ? 0 : errno;
}

}  // namespace hotreload::landlock
