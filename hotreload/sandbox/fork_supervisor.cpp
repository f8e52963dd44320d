#include "hotreload/sandbox/fork_supervisor.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "hotreload/base/clock.h"

namespace hotreload {

namespace {

// From the kernel's being answered to the new process being there to be counted.
constexpr Millis birth_time{20};
// Who was refused may try again after this: one that tries for ever costs the host next to nothing.
constexpr Millis refusal_pause{100};
constexpr std::size_t stat_bytes_max = 512;

// Nothing came yet where errno is EAGAIN afterwards.
UniqueFd receive_descriptor(int socket) {
    errno = 0;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> ancillary{};
    char byte = 0;
    iovec part{&byte, 1};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = ancillary.data();
    message.msg_controllen = ancillary.size();
    if (::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != 1) return {};
    const cmsghdr* header = CMSG_FIRSTHDR(&message);
    if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return {};
    int descriptor = -1;
    std::memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
    return UniqueFd(descriptor);
}

// Whether the process is a living one of the group.
bool in_group(int proc, const char* pid, pid_t group) {
    std::array<char, 32> path{};
    std::snprintf(path.data(), path.size(), "%.16s/stat", pid);
    const UniqueFd file(::openat(proc, path.data(), O_RDONLY | O_CLOEXEC));
    if (!file.valid()) return false;
    std::array<char, stat_bytes_max> text{};
    if (::read(file.get(), text.data(), text.size() - 1) <= 0) return false;
    const char* after_name = std::strrchr(text.data(), ')');
    char state = 0;
    int parent = 0;
    int its_group = 0;
    if (after_name == nullptr ||
        std::sscanf(after_name + 1, " %c %d %d", &state, &parent, &its_group) != 3)
        return false;
    return its_group == group && state != 'Z' && state != 'X';
}

}  // namespace

std::uint64_t count_group(pid_t group) {
    DIR* proc = ::opendir("/proc");
    if (proc == nullptr) return 0;
    std::uint64_t count = 0;
    while (const dirent* entry = ::readdir(proc))
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
            in_group(::dirfd(proc), entry->d_name, group))
            ++count;
    ::closedir(proc);
    return count;
}

struct ForkSupervisor::State {
    State(asio::any_io_executor executor, Setting its_setting)
        : setting(std::move(its_setting)),
          socket(executor, setting.socket.release()),
          listener(executor),
          timer(std::move(executor)),
          room(setting.processes_max - std::min<std::uint64_t>(setting.processes_max, 1)) {}

    static Task<void> run(std::shared_ptr<State> self);
    static Task<void> pause(std::shared_ptr<State> self, Millis time);
    void close();
    [[nodiscard]] short ready();
    void answer_all();
    void answer(bool allow);

    Setting setting;
    asio::posix::stream_descriptor socket;
    asio::posix::stream_descriptor listener;
    asio::steady_timer timer;
    std::uint64_t room;  // processes that may be made before they are counted again
    bool told = false;
};

Task<void> ForkSupervisor::State::run(std::shared_ptr<State> self) {
    UniqueFd received;
    while (!received.valid()) {
        co_await self->socket.async_wait(asio::posix::stream_descriptor::wait_read, as_values);
        if (!self->socket.is_open()) co_return;
        received = receive_descriptor(self->socket.native_handle());
        // A wait may complete for nothing: the loop is told of a descriptor that had this place
        // before.
        const bool nothing_yet = errno == EAGAIN;
        if (!received.valid() && !nothing_yet) break;  // it ended before it had a sandbox
    }
    self->socket.close();
    if (!received.valid()) co_return;
    self->listener.assign(received.release());
    while (self->listener.is_open()) {
        co_await self->listener.async_wait(asio::posix::stream_descriptor::wait_read, as_values);
        // A hang-up says that the last process is gone.
        if (!self->listener.is_open() || (self->ready() & POLLHUP) != 0) break;
        if (self->room == 0) co_await pause(self, birth_time);
        if (!self->listener.is_open()) break;
        const bool full = self->room == 0;
        self->answer_all();
        if (full && self->room == 0) co_await pause(self, refusal_pause);
    }
    self->close();
}

Task<void> ForkSupervisor::State::pause(std::shared_ptr<State> self, Millis time) {
    self->timer.expires_after(time);
    co_await self->timer.async_wait(as_values);
}

void ForkSupervisor::State::close() {
    boost::system::error_code ignored;
    socket.close(ignored);
    listener.close(ignored);
    timer.cancel();
}

short ForkSupervisor::State::ready() {
    pollfd wanted{.fd = listener.native_handle(), .events = POLLIN, .revents = 0};
    return ::poll(&wanted, 1, 0) > 0 ? wanted.revents : short{0};
}

void ForkSupervisor::State::answer_all() {
    if (room == 0) {
        const auto living = count_group(setting.group);
        room = living < setting.processes_max ? setting.processes_max - living : 0;
    }
    const bool allow = room > 0;
    if (!allow && !std::exchange(told, true) && setting.refused) setting.refused();
    for (auto left = allow ? room : setting.processes_max; left > 0 && ready() == POLLIN; --left)
        answer(allow);
}

void ForkSupervisor::State::answer(bool allow) {
    seccomp_notif question{};
    // Nothing to answer when the one who asked has been killed meanwhile.
    if (::ioctl(listener.native_handle(), SECCOMP_IOCTL_NOTIF_RECV, &question) != 0) return;
    seccomp_notif_resp reply{};
    reply.id = question.id;
    if (allow)
        reply.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    else
        reply.error = -EAGAIN;
    const int sent = ::ioctl(listener.native_handle(), SECCOMP_IOCTL_NOTIF_SEND, &reply);
    if (allow && sent == 0) --room;
}

ForkSupervisor::ForkSupervisor(asio::any_io_executor executor, Setting setting)
    : state_(std::make_shared<State>(executor, std::move(setting))) {
    // Ends when the descriptors are closed, by the destructor or because the processes are gone.
    asio::co_spawn(executor, State::run(state_), [state = state_](const std::exception_ptr& error) {
        if (error) state->close();
    });
}

ForkSupervisor::~ForkSupervisor() { state_->close(); }

}  // namespace hotreload
