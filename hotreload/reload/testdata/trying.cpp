// A plugin that tries what the text of its event names, and answers "done …" or "errno N".

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <future>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <tgstats/plugin.hpp>

extern char** environ;

namespace {

struct Refused {
    int error;
};

long must(long result) {
    if (result < 0) throw Refused{errno};
    return result;
}

std::string read_file(const std::string& path) {
    const int file = static_cast<int>(must(::open(path.c_str(), O_RDONLY)));
    std::string text(65536, ' ');
    text.resize(static_cast<std::size_t>(must(::read(file, text.data(), text.size()))));
    ::close(file);
    return text;
}

std::string connect_to(const std::string& port) {
    const int own = static_cast<int>(must(::socket(AF_INET, SOCK_STREAM, 0)));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<unsigned short>(std::stoi(port)));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must(::connect(own, reinterpret_cast<sockaddr*>(&address), sizeof address));
    ::close(own);
    return "";
}

std::string send_datagram(const std::string& path) {
    int ends[2];
    must(::socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    must(::sendto(ends[0], "x", 1, 0, reinterpret_cast<sockaddr*>(&address), sizeof address));
    return "";
}

std::string make_processes(int count) {
    std::vector<pid_t> children;
    for (int i = 0; i < count; ++i) {
        const pid_t pid = ::fork();
        if (pid == 0) {
            ::sleep(60);
            ::_exit(0);
        }
        if (pid < 0) break;
        children.push_back(pid);
    }
    for (const pid_t pid : children) {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
    }
    return std::to_string(children.size());
}

// With small stacks, which no limit of memory would keep from being many.
std::string make_threads(int count) {
    pthread_attr_t small;
    ::pthread_attr_init(&small);
    ::pthread_attr_setstacksize(&small, 64 << 10);
    std::promise<void> enough;
    const auto wait = [](void* future) -> void* {
        static_cast<std::future<void>*>(future)->wait();
        return nullptr;
    };
    auto future = enough.get_future();
    std::vector<pthread_t> threads;
    for (pthread_t made{}; count > 0; --count) {
        if (::pthread_create(&made, &small, wait, &future) != 0) break;
        threads.push_back(made);
    }
    enough.set_value();
    for (const auto thread : threads) ::pthread_join(thread, nullptr);
    return std::to_string(threads.size());
}

std::string run_program(std::string program) {
    char* argv[] = {program.data(), nullptr};
    pid_t pid = -1;
    if (const int error = ::posix_spawn(&pid, program.c_str(), nullptr, nullptr, argv, environ))
        throw Refused{error};
    int status = 0;
    ::waitpid(pid, &status, 0);
    return std::to_string(status);
}

std::string act(const std::string& what, const std::string& rest) {
    if (what == "read") return read_file(rest);
    if (what == "write") {
        const int file = static_cast<int>(must(::open(rest.c_str(), O_WRONLY | O_CREAT, 0644)));
        must(::write(file, "written", 7));
        ::close(file);
        return "";
    }
    if (what == "connect") return connect_to(rest);
    if (what == "datagram") return send_datagram(rest);
    if (what == "memory_file") return std::to_string(must(::memfd_create("x", 0)));
    if (what == "share_zeros") return std::to_string(must(::open("/dev/zero", O_RDWR)));
    if (what == "share_memory") {
        const auto kind = MAP_SHARED | MAP_ANONYMOUS;
        must(::mmap(nullptr, 1 << 20, PROT_READ, kind, -1, 0) == MAP_FAILED ? -1 : 0);
        return "";
    }
    if (what == "kill") return std::to_string(must(::kill(std::stoi(rest), 0)));
    if (what == "ptrace")
        return std::to_string(must(::ptrace(PTRACE_ATTACH, std::stoi(rest), nullptr, nullptr)));
    if (what == "limit") {
        rlimit held{};
        return std::to_string(must(::prlimit(std::stoi(rest), RLIMIT_NOFILE, nullptr, &held)));
    }
    if (what == "schedule") {
        const sched_param plain{};
        return std::to_string(must(::sched_setscheduler(0, SCHED_BATCH, &plain)));
    }
    if (what == "run") return run_program(rest);
    if (what == "fork") return make_processes(std::stoi(rest));
    if (what == "threads") return make_threads(std::stoi(rest));
    if (what == "eat") return std::to_string(std::string(std::stoul(rest) << 20, 'x').size());
    if (what == "open_files") {
        for (int i = 0; i < std::stoi(rest); ++i)
            if (::open("/dev/null", O_RDONLY) < 0) throw tgstats::Error(std::strerror(errno));
        return "";
    }
    if (what == "thread") {
        std::string said;
        std::thread([&] { said = "ran"; }).join();
        return said;
    }
    std::string names;
    for (char** name = environ; *name != nullptr; ++name) names += std::string(*name) + "\n";
    return names;
}

// As the standard library reports it.
void uncaught(const std::string& text) {
    const auto space = text.find(' ');
    try {
        act(text.substr(0, space), text.substr(space + 1));
    } catch (const Refused& refused) {
        throw std::system_error(refused.error, std::generic_category(), text);
    }
}

class Trying : public tgstats::CommandPlugin {
public:
    tgstats::Metadata metadata() const override { return {.name = "in_cpp"}; }
    void commands(tgstats::Commands& commands) override {
        commands.add("try_cpp", "Tries", [](tgstats::Call& call) {
            const std::string text = call.event()["text"].as_string();
            const auto space = text.find(' ');
            const auto rest = space == std::string::npos ? "" : text.substr(space + 1);
            if (text.starts_with("uncaught ")) return uncaught(rest);
            try {
                call.reply_text("done " + act(text.substr(0, space), rest));
            } catch (const Refused& refused) {
                call.reply_text("errno " + std::to_string(refused.error));
            }
        });
    }
};

}  // namespace

TGSTATS_PLUGIN(Trying)
