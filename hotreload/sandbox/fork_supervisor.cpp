#include "hotreload/sandbox/fork_supervisor.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <exception>
#include <set>
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
constexpr int answers_at_once = 32;  // then the loop's other work has its turn
constexpr std::size_t stat_bytes_max = 512;

std::uint64_t left(std::uint64_t most, std::uint64_t used) { return most - std::min(most, used); }

ForkSupervisor::Kind kind_of(const seccomp_data& call) {
    const bool thread = call.nr == SYS_clone && (call.args[0] & CLONE_THREAD) != 0;
    return thread ? ForkSupervisor::Kind::thread : ForkSupervisor::Kind::process;
}

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

// Adds the process, if it is a living one of the group.
void add_if_in_group(int proc, const char* pid, pid_t group, GroupSize& size) {
    std::array<char, 32> path{};
    std::snprintf(path.data(), path.size(), "%.16s/stat", pid);
    const UniqueFd file(::openat(proc, path.data(), O_RDONLY | O_CLOEXEC));
    if (!file.valid()) return;
    std::array<char, stat_bytes_max> text{};
    if (::read(file.get(), text.data(), text.size() - 1) <= 0) return;
    const char* after_name = std::strrchr(text.data(), ')');
    char state = 0;
    int its_group = 0;
    std::uint64_t threads = 0;
    if (after_name == nullptr ||
        std::sscanf(after_name + 1,
                    " %c %*d %d %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %" SCNu64,
                    &state, &its_group, &threads) != 3)
        return;
    // The first thread may have ended before others.
    const bool ended = (state == 'Z' || state == 'X') && threads <= 1;
    if (its_group != group || ended) return;
    ++size.processes;
    size.threads += threads - std::min<std::uint64_t>(threads, 1);
}

}  // namespace

GroupSize count_group(pid_t group) {
    GroupSize size;
    DIR* proc = ::opendir("/proc");
    if (proc == nullptr) return size;
    while (const dirent* entry = ::readdir(proc))
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
            add_if_in_group(::dirfd(proc), entry->d_name, group, size);
    ::closedir(proc);
    return size;
}

struct ForkSupervisor::State {
    State(asio::any_io_executor executor, Setting its_setting)
        : setting(std::move(its_setting)),
          socket(executor, setting.socket.release()),
          listener(executor),
          timer(std::move(executor)),
          room{.processes = left(setting.most.processes, 1), .threads = setting.most.threads} {}

    static Task<void> run(std::shared_ptr<State> self);
    static Task<void> pause(std::shared_ptr<State> self, Millis time);
    void close();
    [[nodiscard]] short ready();
    static Task<bool> answer_some(std::shared_ptr<State> self);
    [[nodiscard]] bool hear();
    [[nodiscard]] std::uint64_t& room_for_it();
    void answer(bool allow);
    void tell(Kind kind);

    Setting setting;
    asio::posix::stream_descriptor socket;
    asio::posix::stream_descriptor listener;
    asio::steady_timer timer;
    GroupSize room;  // what may be made before it is counted again
    seccomp_notif question{};
    std::set<Kind> told;
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
        const bool refused = co_await answer_some(self);
        if (refused) co_await pause(self, refusal_pause);
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

// Answers those who ask now. Whether one was refused.
Task<bool> ForkSupervisor::State::answer_some(std::shared_ptr<State> self) {
    bool counted = false;
    bool refused = false;
    for (int asked = 0; asked < answers_at_once && self->hear(); ++asked) {
        if (self->room_for_it() == 0 && !std::exchange(counted, true)) {
            co_await pause(self, birth_time);
            if (!self->listener.is_open()) co_return false;
            const auto living = count_group(self->setting.group);
            self->room = {.processes = left(self->setting.most.processes, living.processes),
                          .threads = left(self->setting.most.threads, living.threads)};
        }
        const bool allow = self->room_for_it() > 0;
        self->answer(allow);
        refused = refused || !allow;
    }
    co_return refused;
}

// Takes the next question; false when there is none, also because who asked has been killed.
bool ForkSupervisor::State::hear() {
    question = {};
    return ready() == POLLIN &&
           ::ioctl(listener.native_handle(), SECCOMP_IOCTL_NOTIF_RECV, &question) == 0;
}

std::uint64_t& ForkSupervisor::State::room_for_it() {
    return kind_of(question.data) == Kind::thread ? room.threads : room.processes;
}

void ForkSupervisor::State::answer(bool allow) {
    seccomp_notif_resp reply{};
    reply.id = question.id;
    if (allow)
        reply.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    else
        reply.error = -EAGAIN;
    const int sent = ::ioctl(listener.native_handle(), SECCOMP_IOCTL_NOTIF_SEND, &reply);
    if (allow && sent == 0) --room_for_it();
    if (!allow) tell(kind_of(question.data));
}

void ForkSupervisor::State::tell(Kind kind) {
    if (told.insert(kind).second && setting.refused) setting.refused(kind);
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
