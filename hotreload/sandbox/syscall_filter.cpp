#include "hotreload/sandbox/syscall_filter.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <system_error>
#include <utility>

#include <seccomp.h>

#include "hotreload/base/unique_fd.h"
#include "hotreload/sandbox/support.h"

namespace hotreload {

namespace {

// Nothing that computes statistics needs these; each is a way to the kernel, to other processes, or
// around the rules. By name: those that a libseccomp does not know are left out.
constexpr std::array never{
    // other processes
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "process_madvise",
    "process_mrelease",
    "kcmp",
    "pidfd_getfd",
    "move_pages",
    "migrate_pages",
    // turns at the processor and the disk, ahead of others
    "sched_setscheduler",
    "sched_setattr",
    "sched_setparam",
    "ioprio_set",
    // leaving the group, by which all of it is ended
    "setsid",
    "setpgid",
    // what all programs of a machine, or of a user, share by number or name
    "shmget",
    "shmat",
    "shmdt",
    "shmctl",
    "semget",
    "semop",
    "semtimedop",
    "semctl",
    "msgget",
    "msgsnd",
    "msgrcv",
    "msgctl",
    "mq_open",
    "mq_unlink",
    "mq_notify",
    "mq_timedsend",
    "mq_timedreceive",
    "mq_getsetattr",
    // names in folders that are not its own: Landlock does not look at it
    "inotify_init",
    "inotify_init1",
    "inotify_add_watch",
    // memory that no limit counts
    "memfd_create",
    "memfd_secret",
    // name spaces and mounts
    "mount",
    "umount",
    "umount2",
    "pivot_root",
    "chroot",
    "move_mount",
    "open_tree",
    "fsopen",
    "fsconfig",
    "fsmount",
    "fspick",
    "mount_setattr",
    "setns",
    "unshare",
    // large and seldom needed parts of the kernel
    "bpf",
    "perf_event_open",
    "userfaultfd",
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    "keyctl",
    "add_key",
    "request_key",
    "fanotify_init",
    "lookup_dcookie",
    "open_by_handle_at",
    "name_to_handle_at",
    "vmsplice",
    "remap_file_pages",
    "modify_ldt",
    // the machine itself
    "kexec_load",
    "kexec_file_load",
    "init_module",
    "finit_module",
    "delete_module",
    "reboot",
    "swapon",
    "swapoff",
    "sethostname",
    "setdomainname",
    "settimeofday",
    "clock_settime",
    "clock_adjtime",
    "adjtimex",
    "acct",
    "quotactl",
    "quotactl_fd",
    "syslog",
    "iopl",
    "ioperm",
    "vhangup",
    "nfsservctl",
    "personality",
    "uselib",
    "ustat",
    "sysfs",
    "_sysctl",
    // of other people's files: Landlock does not look at them
    "chown",
    "fchown",
    "lchown",
    "fchownat",
    "setxattr",
    "lsetxattr",
    "fsetxattr",
    "setxattrat",
    "removexattr",
    "lremovexattr",
    "fremovexattr",
    "removexattrat",
    "file_setattr",
};

// Landlock does not look at these either, but ordinary programs call them on files of their own and
// give up when they fail: they succeed and do nothing.
constexpr std::array without_effect{"chmod", "fchmod", "fchmodat",  "fchmodat2",
                                    "utime", "utimes", "futimesat", "utimensat"};

// Name spaces; and a sibling, whose parent would be the host, who would never hear of its end.
constexpr std::uint64_t refused_flags = CLONE_PARENT | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC |
                                        CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET |
                                        CLONE_NEWCGROUP;
constexpr unsigned first_unknown_call = 451;  // those of Linux 5.17 and before are known
constexpr int landlock_abi_truncate = 3;
constexpr int terminal_input = 0x5412;           // TIOCSTI
constexpr int terminal_linux = 0x541C;           // TIOCLINUX
constexpr std::uint64_t negative = 1U << 31;     // of an int
constexpr std::uint64_t socket_type_bits = 0xF;  // the rest of the argument are flags

class Filter {
public:
    Filter() : context_(::seccomp_init(SCMP_ACT_ALLOW)) {
        if (context_ == nullptr) error_ = -ENOMEM;
        check(::seccomp_attr_set(context_, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS));
        check(::seccomp_attr_set(context_, SCMP_FLTATR_CTL_OPTIMIZE, 2));
    }
    ~Filter() { ::seccomp_release(context_); }
    Filter(const Filter&) = delete;
    Filter& operator=(const Filter&) = delete;

    void refuse(const char* name) { rule(name, SCMP_ACT_ERRNO(EPERM), {}); }
    void refuse_when(const char* name, std::vector<scmp_arg_cmp> when) {
        rule(name, SCMP_ACT_ERRNO(EPERM), std::move(when));
    }
    void rule(const char* name, std::uint32_t action, std::vector<scmp_arg_cmp> when) {
        const int number = ::seccomp_syscall_resolve_name(name);
        if (number == __NR_SCMP_ERROR) return;
        check(::seccomp_rule_add_array(context_, action, number, static_cast<unsigned>(when.size()),
                                       when.data()));
    }

    Result<FilterProgram, std::string> program() {
        const UniqueFd file(::memfd_create("filter", MFD_CLOEXEC));
        if (!file.valid()) error_ = -errno;
        if (error_ == 0) check(::seccomp_export_bpf(context_, file.get()));
        const auto bytes = ::lseek(file.get(), 0, SEEK_END);
        FilterProgram program(bytes > 0 ? static_cast<std::size_t>(bytes) / sizeof(sock_filter)
                                        : 0);
        if (error_ == 0 &&
            ::pread(file.get(), program.data(), static_cast<std::size_t>(bytes), 0) != bytes)
            error_ = -EIO;
        if (error_ == 0 && !program.empty()) return with_known_calls_only(std::move(program));
        return "cannot compile the system call filter: " +
               std::error_code(-error_, std::generic_category()).message();
    }

private:
    // A list of what is refused is a list of its time: newer ways to change a file's mode, or to
    // share memory, would pass it, and libseccomp knows the names of its own time only. Programs
    // are prepared for a kernel that is older than they are.
    static FilterProgram with_known_calls_only(FilterProgram program) {
        const std::array first{
            sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
            sock_filter BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, first_unknown_call, 0, 1),
            sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        };
        program.insert(program.begin(), first.begin(), first.end());
        return program;
    }
    void check(int result) {
        if (result < 0 && error_ == 0) error_ = result;
    }

    scmp_filter_ctx context_;
    int error_ = 0;
};

scmp_arg_cmp equal(unsigned argument, std::uint64_t value) {
    return {argument, SCMP_CMP_EQ, value, 0};
}
scmp_arg_cmp unequal(unsigned argument, std::uint64_t value) {
    return {argument, SCMP_CMP_NE, value, 0};
}
scmp_arg_cmp masked(unsigned argument, std::uint64_t mask, std::uint64_t value) {
    return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

// The kernel looks at the lower half alone.
scmp_arg_cmp of_int(unsigned argument, int value) {
    return masked(argument, 0xFFFFFFFF, static_cast<std::uint32_t>(value));
}

// Ends that are connected for good: a datagram socket of a pair could still send to any path.
void hold_pairs(Filter& filter) {
    filter.refuse_when("socketpair", {unequal(0, AF_UNIX)});
    for (std::uint64_t type = 0; type <= socket_type_bits; ++type)
        if (type != SOCK_STREAM && type != SOCK_SEQPACKET)
            filter.refuse_when("socketpair", {masked(1, socket_type_bits, type)});
}

// Without the grant there is no socket but the two ends of a pair, so that nothing can be connected
// to: no address, no local service either. With it, the internet by TCP and UDP.
void hold_network(Filter& filter, bool granted) {
    hold_pairs(filter);
    if (!granted) return filter.refuse("socket");
    for (int family = 0; family < AF_MAX; ++family) {
        const auto number = static_cast<std::uint64_t>(family);
        if (family == AF_NETLINK) {  // how the resolver asks for the machine's addresses
            filter.refuse_when("socket", {equal(0, number), unequal(2, NETLINK_ROUTE)});
        } else if (family == AF_INET || family == AF_INET6) {
            for (std::uint64_t type = 0; type <= socket_type_bits; ++type)
                if (type != SOCK_STREAM && type != SOCK_DGRAM)
                    filter.refuse_when("socket",
                                       {equal(0, number), masked(1, socket_type_bits, type)});
        } else {
            filter.refuse_when("socket", {equal(0, number)});
        }
    }
    filter.refuse_when("socket", {{0, SCMP_CMP_GE, AF_MAX, 0}});
}

// Of the caller's own limits, place and turn at the processor these may tell and change. Its own
// number counts as another's: a filter's rule cannot say "neither 0 nor this".
void hold_resources(Filter& filter) {
    for (const char* name : {"prlimit64", "sched_setaffinity"})
        filter.refuse_when(name, {unequal(0, 0)});
    filter.refuse_when("setpriority", {unequal(0, PRIO_PROCESS)});
    filter.refuse_when("setpriority", {unequal(1, 0)});
    filter.refuse_when("setpriority", {masked(2, negative, negative)});
}

// RLIMIT_DATA counts private memory but for stacks; so nothing else may be had that is no file's.
void hold_memory(Filter& filter) {
    constexpr std::uint64_t shared_and_no_file = MAP_SHARED | MAP_ANONYMOUS;
    filter.refuse_when("mmap", {masked(3, MAP_TYPE | MAP_ANONYMOUS, shared_and_no_file)});
    filter.refuse_when("mmap", {masked(3, MAP_GROWSDOWN, MAP_GROWSDOWN)});
}

// What Landlock holds by itself from some version on.
void hold_for_old_landlock(Filter& filter, int abi) {
    if (abi < landlock_abi_truncate) {
        filter.refuse("truncate");
        for (const char* name : {"open", "openat"}) {
            const unsigned flags = name == std::string_view("open") ? 1 : 2;
            filter.refuse_when(name, {masked(flags, O_ACCMODE | O_TRUNC, O_TRUNC)});
        }
        // Its flags lie in memory, where a filter cannot look; the C library does without.
        filter.rule("openat2", SCMP_ACT_ERRNO(ENOSYS), {});
    }
    if (abi < landlock_abi_scopes) {
        for (const char* name : {"kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"})
            filter.refuse_when(name, {unequal(0, own_pid_placeholder)});
        filter.refuse("pidfd_send_signal");
        filter.refuse("tkill");
        // Whoever owns a descriptor is signalled when it becomes ready.
        for (const int command : {F_SETOWN, F_SETOWN_EX, F_SETSIG})
            filter.refuse_when("fcntl", {of_int(1, command)});
        for (const int command : {FIOSETOWN, SIOCSPGRP})
            filter.refuse_when("ioctl", {of_int(1, command)});
    }
}

void hold_processes(Filter& filter, bool supervised) {
    for (std::uint64_t flag = 1; flag <= refused_flags; flag <<= 1)
        if ((refused_flags & flag) != 0) filter.refuse_when("clone", {masked(0, flag, flag)});
    // Its flags lie in memory; with this answer everybody falls back to clone.
    filter.rule("clone3", SCMP_ACT_ERRNO(ENOSYS), {});
    if (!supervised) return;
    filter.rule("fork", SCMP_ACT_NOTIFY, {});
    filter.rule("vfork", SCMP_ACT_NOTIFY, {});
    filter.rule("clone", SCMP_ACT_NOTIFY, {masked(0, refused_flags, 0)});
}

}  // namespace

Result<FilterProgram, std::string> compile_filter(const FilterChoice& choice) {
    Filter filter;
    for (const char* name : never) filter.refuse(name);
    for (const char* name : without_effect) filter.rule(name, SCMP_ACT_ERRNO(0), {});
    for (const auto command : {terminal_input, terminal_linux, static_cast<int>(FS_IOC_SETFLAGS),
                               static_cast<int>(FS_IOC_FSSETXATTR)})
        filter.refuse_when("ioctl", {of_int(1, command)});
    hold_network(filter, choice.network);
    hold_resources(filter);
    hold_memory(filter);
    hold_for_old_landlock(filter, choice.landlock_abi);
    hold_processes(filter, choice.supervised);
    if (!choice.exec) {
        filter.refuse("execve");
        filter.refuse("execveat");
    }
    return filter.program();
}

}  // namespace hotreload
