#include "hotreload/sandbox/sandbox.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "hotreload/base/process.h"
#include "hotreload/sandbox/landlock.h"

namespace hotreload {

namespace {

constexpr std::size_t filter_instructions_max = 2048;

// A sanitizer reserves terabytes for its shadow: its processes run without a memory limit.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool memory_can_be_limited = false;
#else
constexpr bool memory_can_be_limited = true;
#endif

int limit(int resource, std::optional<std::uint64_t> most) {
    if (!most) return 0;
    const rlimit both{*most, *most};
    return ::prlimit(0, static_cast<__rlimit_resource>(resource), &both, nullptr) == 0 ? 0 : errno;
}

int apply(const ResourceLimits& limits) {
    if (const int error = limit(RLIMIT_CORE, 0); error != 0) return error;
    if (const int error = limit(RLIMIT_FSIZE, limits.file_bytes); error != 0) return error;
    if (const int error = limit(RLIMIT_CPU, limits.cpu_seconds); error != 0) return error;
    if (!memory_can_be_limited || !limits.memory_bytes) return 0;
    if (const int error = limit(RLIMIT_DATA, limits.memory_bytes); error != 0) return error;
    return limit(RLIMIT_AS, *limits.memory_bytes + address_room_bytes);
}

// Of root's powers one is kept: to open what another user owns. Which files is Landlock's matter,
// and a bot of root may run plugins from a user's folder. no_new_privs keeps programs from getting
// any back.
int drop_capabilities() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> held{};
    if (::syscall(SYS_capget, &header, held.data()) != 0) return errno;
    const auto kept = held[0].permitted & (1U << CAP_DAC_OVERRIDE);
    held = {};
    held[0].permitted = held[0].effective = kept;
    return ::syscall(SYS_capset, &header, held.data()) == 0 ? 0 : errno;
}

int send_descriptor(int socket, int descriptor) {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> ancillary{};
    char byte = 0;
    iovec part{&byte, 1};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = ancillary.data();
    message.msg_controllen = ancillary.size();
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    return ::sendmsg(socket, &message, MSG_NOSIGNAL) == 1 ? 0 : errno;
}

}  // namespace

std::string_view Sandbox::filter() const {
    if (!program_) return {};
    return {reinterpret_cast<const char*>(program_->data()),
            program_->size() * sizeof(sock_filter)};
}

int Sandbox::enforce(int supervisor) const noexcept {
    if (const int error = apply(limits_); error != 0) return error;
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
    if (ruleset_.valid()) {
        const int added = own_proc_ ? landlock::allow_own_proc(ruleset_.get(), landlock_abi_) : 0;
        if (added != 0) return added;
        if (const int error = landlock::restrict_self(ruleset_.get()); error != 0) return error;
    }
    if (program_)
        if (const int error = install_filter(supervisor); error != 0) return error;
    // Late: until exec the host's descriptors count.
    if (const int error = limit(RLIMIT_NOFILE, limits_.files); error != 0) return error;
    return drop_capabilities();  // last, since limits may lie above the host's own
}

int Sandbox::install_filter(int supervisor) const noexcept {
    std::array<sock_filter, filter_instructions_max> code{};
    if (program_->size() > code.size()) return E2BIG;
    const auto end = std::copy(program_->begin(), program_->end(), code.begin());
    for (auto at = code.begin(); at != end; ++at)
        if (at->k == own_pid_placeholder) at->k = static_cast<std::uint32_t>(::getpid());
    const sock_fprog program{static_cast<unsigned short>(program_->size()), code.data()};
    const unsigned flags = supervised_ ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0;
    const auto listener = ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
    if (listener < 0) return errno;
    if (!supervised_) return 0;
    const int error = send_descriptor(supervisor, static_cast<int>(listener));
    ::close(static_cast<int>(listener));
    return error;
}

Result<Sandbox, std::string> Sandboxes::make(const SandboxPolicy& policy) {
    Sandbox made;
    made.limits_ = policy.limits;
    made.own_proc_ = policy.own_proc;
    made.landlock_abi_ = support_.landlock_abi;
    if (support_.landlock_abi > 0) {
        auto ruleset = landlock::ruleset(policy, support_.landlock_abi);
        if (!ruleset) return ruleset.error();
        // Out of the way of the numbers that a child's own descriptors get.
        made.ruleset_ = UniqueFd(::fcntl(ruleset->get(), F_DUPFD_CLOEXEC, first_descriptor_kept));
        if (!made.ruleset_.valid())
            return std::string("cannot keep a Landlock ruleset: too many open files");
    }
    if (!support_.seccomp) return made;
    made.supervised_ = support_.supervision && policy.limits.processes.has_value();
    auto compiled = program({.landlock_abi = support_.landlock_abi,
                             .network = policy.network,
                             .exec = policy.exec,
                             .supervised = made.supervised_});
    if (!compiled) return compiled.error();
    made.program_ = *std::move(compiled);
    return made;
}

Result<std::shared_ptr<const FilterProgram>, std::string> Sandboxes::program(
    const FilterChoice& choice) {
    auto& known = programs_[choice];
    if (!known) {
        auto compiled = compile_filter(choice);
        if (!compiled) return compiled.error();
        known = std::make_shared<const FilterProgram>(*std::move(compiled));
    }
    return known;
}

}  // namespace hotreload
