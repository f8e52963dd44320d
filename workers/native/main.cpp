// The worker of a compiled plugin: hotreload-native-worker PLUGIN GENERATION [no-exec], with the
// host's socket as descriptor 3. The first two arguments are for people who look at a process list;
// with no-exec neither this process nor one it makes can run a program. Everything else comes as
// the first request. The sandbox around it was put up before this program ran.

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <string_view>

#include "workers/native/session.h"

namespace {

constexpr int socket_fd = 3;
constexpr int usage_status = 2;

bool is_socket(int fd) {
    struct stat facts{};
    return ::fstat(fd, &facts) == 0 && S_ISSOCK(facts.st_mode);
}

// A worker never outlives its host, even when the host dies between fork and this line.
bool tie_to_parent() {
    const auto parent = ::getppid();
    return ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::getppid() == parent;
}

// The host could not refuse it: this program was to be run.
bool refuse_exec() {
    std::array code{
        sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execve, 2, 0),
        sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execveat, 1, 0),
        sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
    };
    const sock_fprog program{code.size(), code.data()};
    return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (!is_socket(socket_fd)) {
        std::fputs(
            "hotreload-native-worker is started by its host, which gives it a socket as "
            "descriptor 3; it does nothing when started by hand.\n",
            stderr);
        return usage_status;
    }
    if (!tie_to_parent()) return 0;
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        std::perror("PR_SET_NO_NEW_PRIVS");
        return 1;
    }
    if (argc > 3 && std::string_view(argv[3]) == "no-exec" && !refuse_exec()) {
        std::perror("PR_SET_SECCOMP");
        return 1;
    }
    if (argc > 1) ::prctl(PR_SET_NAME, argv[1]);
    ::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);  // what a plugin prints becomes log lines at once
    hotreload::native::Session(hotreload::UniqueFd(socket_fd)).run();
    return 0;
}
