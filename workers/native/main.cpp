// The worker of a compiled plugin: hotreload-native-worker PLUGIN GENERATION, with the host's
// socket as descriptor 3. The arguments are for people who look at a process list; everything else
// comes as the first request.

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

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
    if (argc > 1) ::prctl(PR_SET_NAME, argv[1]);
    ::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);  // what a plugin prints becomes log lines at once
    hotreload::native::Session(hotreload::UniqueFd(socket_fd)).run();
    return 0;
}
