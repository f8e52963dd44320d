// Real plugins of both languages try what a sandbox forbids, and again with the grant for it.

#include "hotreload/reload/confinement.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <fstream>
#include <iterator>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "hotreload/reload/engine_fixture_test.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

// Does what the text of the event says, and answers "done …" or "errno N".
constexpr const char* python_plugin = R"(
import ctypes, os, signal, socket, threading, time
offers = [{'kind': 'command', 'name': 'try_python'}]
kept = []

def read(path):
    return open(path, errors='replace').read()

def write(path):
    open(path, 'w').write('written')

def connect(port):
    socket.create_connection(('127.0.0.1', int(port)), 5).close()

def kill(pid):
    os.kill(int(pid), 0)

def ptrace(pid):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(16, int(pid), None, None) < 0:
        raise OSError(ctypes.get_errno(), 'ptrace')

def run(program):
    pid = os.posix_spawn(program, [program], {})
    return os.waitpid(pid, 0)[1]

def environ(_):
    return sorted(os.environ)

def eat(megabytes):
    return len(bytearray(int(megabytes) << 20))

def open_files(count):
    for _ in range(int(count)):
        kept.append(open('/dev/null'))

def fork(count):
    children = []
    try:
        for _ in range(int(count)):
            pid = os.fork()
            if pid == 0:
                time.sleep(60)
                os._exit(0)
            children.append(pid)
    except BlockingIOError:
        pass
    for pid in children:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return len(children)

def thread(_):
    thread = threading.Thread(target=lambda: kept.append('ran'))
    thread.start()
    thread.join()
    return kept.pop()

def handle(offer, event):
    what, _, rest = event['text'].partition(' ')
    try:
        return f'done {globals()[what](rest)}'
    except OSError as error:
        if error.errno == 24:
            raise
        return f'errno {error.errno}'
)";

constexpr const char* cpp_plugin = R"(
#include <tgstats/plugin.hpp>
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

extern char** environ;

namespace {

struct Refused { int error; };

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
    if (what == "kill") return std::to_string(must(::kill(std::stoi(rest), 0)));
    if (what == "ptrace")
        return std::to_string(must(::ptrace(PTRACE_ATTACH, std::stoi(rest), nullptr, nullptr)));
    if (what == "run") return run_program(rest);
    if (what == "fork") return make_processes(std::stoi(rest));
    if (what == "eat")
        return std::to_string(std::string(std::stoul(rest) << 20, 'x').size());
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

class Trying : public tgstats::CommandPlugin {
public:
    tgstats::Metadata metadata() const override { return {.name = "in_cpp"}; }
    void commands(tgstats::Commands& commands) override {
        commands.add("try_cpp", "Tries", [](tgstats::Call& call) {
            const std::string text = call.event()["text"].as_string();
            const auto space = text.find(' ');
            const auto rest = space == std::string::npos ? "" : text.substr(space + 1);
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
)";

// Listens on loopback for as long as it lives.
class Listener {
public:
    Listener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t bytes = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        if (::bind(socket_.get(), generic, bytes) != 0 || ::listen(socket_.get(), 16) != 0 ||
            ::getsockname(socket_.get(), generic, &bytes) != 0)
            throw std::runtime_error("cannot listen on loopback");
        port_ = ntohs(address.sin_port);
    }
    [[nodiscard]] int port() const { return port_; }

private:
    UniqueFd socket_;
    int port_ = 0;
};

class ConfinementTest : public EngineTest, public testing::WithParamInterface<const char*> {
protected:
    void SetUp() override {
        EngineTest::SetUp();
        if (const auto support = probe_sandbox(); !support.full())
            GTEST_SKIP() << "this kernel offers " << support.text();
        save(python_language() ? "in_python.py" : "in_cpp.cpp",
             python_language() ? python_plugin : cpp_plugin);
        save("other/__init__.py", python("other", "other"));
        save("other/secret.txt", "secret beside the code");
        save("words.txt", "words for all");
        save("shared/words.txt", "words for all");
        std::ofstream(folder_ / "foreign.txt") << "foreign";
        fs::create_directories(folder_ / "data" / "other");
        std::ofstream(folder_ / "data" / "other" / "kept.txt") << "kept";
    }
    [[nodiscard]] bool python_language() const { return std::string_view(GetParam()) == "python"; }
    [[nodiscard]] std::string name() const { return python_language() ? "in_python" : "in_cpp"; }
    void start_with(const std::string& more) {
        save("plugins.yaml", fmt::format("plugins:\n  {}: {{{}}}\n", name(), more));
        start();
    }

    // The plugin's own words, or "error: …".
    std::string attempt(const std::string& text) {
        HandleRequest request{.offer = {.kind = "command",
                                        .name = python_language() ? "try_python" : "try_cpp",
                                        .description = {}},
                              .event = {{"text", text}, {"message", {{"chat", {{"id", 1}}}}}}};
        const auto outcome = await(engine_->handle(std::move(request)));
        if (outcome.has_error()) return "error: " + outcome.error().message;
        return json::serialize(*outcome);
    }
    std::string attempt(const std::string& verb, const fs::path& path) {
        return attempt(verb + " " + path.native());
    }
    [[nodiscard]] std::string content(const fs::path& file) const {
        std::ifstream stream(file);
        return {std::istreambuf_iterator<char>(stream), {}};
    }
};

constexpr const char* not_permitted = "errno 1\"";
constexpr const char* refused_file = "errno 13\"";

TEST_P(ConfinementTest, WhatIsForbiddenFailsAndTheRestWorks) {
    ASSERT_NO_FATAL_FAILURE(start_with("limits: {memory_mb: 128, files: 64, processes: 5}"));
    EXPECT_THAT(status(name()).sandbox, HasSubstr("full (Landlock ABI"));
    const Listener listener;
    const auto host = std::to_string(::getpid());

    EXPECT_THAT(attempt(fmt::format("connect {}", listener.port())), HasSubstr(not_permitted));
    EXPECT_THAT(attempt("kill " + host), HasSubstr(not_permitted));
    EXPECT_THAT(attempt("ptrace " + host), HasSubstr(not_permitted));
    EXPECT_THAT(attempt("run /usr/bin/true"), HasSubstr(not_permitted));
    for (const auto& foreign : {folder_ / "foreign.txt", folder_ / "data" / "other" / "kept.txt",
                                plugins() / "other" / "secret.txt", plugins() / "plugins.yaml",
                                fs::path("/proc") / host / "environ", fs::path("/etc/shadow")})
        EXPECT_THAT(attempt("read", foreign), HasSubstr(refused_file)) << foreign;
    for (const auto& foreign : {folder_ / "foreign.txt", folder_ / "data" / "other" / "kept.txt",
                                folder_ / "data" / "other" / "new.txt", plugins() / "words.txt",
                                fs::path("/tmp/x"), plugins() / "new.py"})
        EXPECT_THAT(attempt("write", foreign), HasSubstr(refused_file)) << foreign;
    EXPECT_EQ(content(folder_ / "data" / "other" / "kept.txt"), "kept");

    for (const auto& shared : {plugins() / "words.txt", plugins() / "shared" / "words.txt"})
        EXPECT_THAT(attempt("read", shared), HasSubstr("done words for all")) << shared;
    EXPECT_THAT(attempt("read", "/proc/self/status"), HasSubstr("done "));
    EXPECT_THAT(attempt("read", "/etc/localtime"), HasSubstr("done "));
    EXPECT_THAT(attempt("write", folder_ / "data" / name() / "mine.txt"), HasSubstr("done "));
    EXPECT_EQ(content(folder_ / "data" / name() / "mine.txt"), "written");
    EXPECT_THAT(attempt("thread"), HasSubstr("done ran"));
}

TEST_P(ConfinementTest, LimitsHoldAndAreNamed) {
    ASSERT_NO_FATAL_FAILURE(start_with("limits: {memory_mb: 128, files: 64, processes: 5}"));
    EXPECT_THAT(attempt("eat 16"), HasSubstr("done"));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    EXPECT_THAT(attempt("eat 256"),
                AllOf(HasSubstr("error: "), HasSubstr("its limit is limits.memory_mb: 128")));
#endif
    EXPECT_THAT(attempt("fork 3"), HasSubstr("done 3"));
    const auto seq = now();
    EXPECT_THAT(attempt("fork 50"), HasSubstr("done 4"));  // the worker itself is one
    EXPECT_THAT(attempt("fork 4"), HasSubstr("done 4"));
    bool told = false;
    for (const auto& event : events_.after(seq, 1000).events)
        told = told || (event.type == EventType::plugin_log &&
                        to_json(event).find("limits.processes") != std::string::npos);
    EXPECT_TRUE(told);
    EXPECT_THAT(attempt("open_files 100"),
                AllOf(HasSubstr("Too many open files"), HasSubstr("limits.files: 64")));
}

TEST_P(ConfinementTest, EachThingIsAllowedByItsGrant) {
    const Listener listener;
    const auto foreign = folder_ / "foreign.txt";
    ASSERT_NO_FATAL_FAILURE(start_with(fmt::format(
        "grants: {{network: true, exec: true, read: ['{}'], write: ['{}']}}, depends_on: [other]",
        foreign.native(), (folder_ / "data" / "other").native())));
    EXPECT_THAT(attempt(fmt::format("connect {}", listener.port())), HasSubstr("done"));
    EXPECT_THAT(attempt("run /usr/bin/true"), HasSubstr("done 0"));
    EXPECT_THAT(attempt("read", foreign), HasSubstr("done foreign"));
    EXPECT_THAT(attempt("write", foreign), HasSubstr(refused_file));
    EXPECT_THAT(attempt("write", folder_ / "data" / "other" / "kept.txt"), HasSubstr("done"));
    EXPECT_THAT(attempt("read", plugins() / "other" / "__init__.py"), HasSubstr("done"));
    EXPECT_THAT(attempt("read", plugins() / "other" / "secret.txt"), HasSubstr(refused_file));
    EXPECT_THAT(status(name()).sandbox, HasSubstr("; granted: network, exec, read:"));
}

TEST_P(ConfinementTest, TheEnvironmentHoldsNothingOfTheHosts) {
    ::setenv("BOT_TOKEN", "12345:the-token", 1);
    ASSERT_NO_FATAL_FAILURE(start_with("enabled: true"));
    const auto environment = attempt("environ");
    EXPECT_THAT(environment, AllOf(HasSubstr("HOME"), HasSubstr("TMPDIR")));
    EXPECT_THAT(environment, Not(AnyOf(HasSubstr("TOKEN"), HasSubstr("the-token"))));
    EXPECT_THAT(attempt("read", "/proc/self/environ"), Not(HasSubstr("the-token")));
    ::unsetenv("BOT_TOKEN");
}

INSTANTIATE_TEST_SUITE_P(Languages, ConfinementTest, testing::Values("python", "cpp"),
                         [](const auto& language) { return std::string(language.param); });

}  // namespace
}  // namespace hotreload
