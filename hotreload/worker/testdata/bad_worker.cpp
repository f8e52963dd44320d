// A worker that does one thing wrong. The plugin's name, its first argument, says what: a name
// listed below, or STAGE:FAULT. Every other name is good.

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

constexpr int socket_fd = 3;

[[noreturn]] void crash() {
    // A sanitizer's handler would turn the signal into an exit status.
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    ::signal(SIGSEGV, SIG_DFL);
    ::raise(SIGSEGV);
    ::_exit(99);
}

[[noreturn]] void wait_for_ever() {
    for (;;) ::pause();
}

void write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(fd, bytes.data(), bytes.size());
        if (count <= 0) ::_exit(98);
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

// The next line of the socket; exits at end of file, as a good worker does.
std::string read_line() {
    static std::string buffer;
    for (;;) {
        if (const auto newline = buffer.find('\n'); newline != std::string::npos) {
            std::string line = buffer.substr(0, newline);
            buffer.erase(0, newline + 1);
            return line;
        }
        char bytes[4096];
        const ssize_t count = ::read(socket_fd, bytes, sizeof bytes);
        if (count <= 0) std::exit(0);
        buffer.append(bytes, static_cast<std::size_t>(count));
    }
}

// Enough of JSON for the host's own messages: the value behind a key, as far as the next comma or
// brace.
std::string value_of(const std::string& line, std::string_view key) {
    const std::string quoted = "\"" + std::string(key) + "\":";
    const auto start = line.find(quoted);
    if (start == std::string::npos) return "";
    const auto from = start + quoted.size();
    return line.substr(from, line.find_first_of(",}", from) - from);
}

void reply(const std::string& id, const std::string& result) {
    write_all(socket_fd, R"({"jsonrpc":"2.0","id":)" + id + R"(,"result":)" + result + "}\n");
}

void reply_error(const std::string& id, const std::string& error) {
    write_all(socket_fd, R"({"jsonrpc":"2.0","id":)" + id + R"(,"error":)" + error + "}\n");
}

std::string manifest(const std::string& description) {
    return R"({"class":"Bad","kinds":["command"],"name":"bad","version":"1","description":")" +
           description +
           R"(","author":"a","dependencies":[],)"
           R"("offers":[{"kind":"command","name":"bad","description":"d"}],)"
           R"("state_version":2,"permissions":["net"],"files":[{"path":"/x/bad.cpp","sha256":")" +
           std::string(64, 'a') + R"("}]})";
}

void flood() {
    for (int i = 0; i < 20'000; ++i) std::printf("line %d\n", i);
    std::fflush(stdout);
}

std::string start_grandchild() {
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::signal(SIGTERM, SIG_IGN);
        wait_for_ever();
    }
    return std::to_string(pid);
}

// STAGE:FAULT does the fault at that stage; false for every other name and stage.
bool misbehave(const std::string& behaviour, std::string_view stage, const std::string& id) {
    const auto colon = behaviour.find(':');
    if (colon == std::string::npos || behaviour.substr(0, colon) != stage) return false;
    const auto fault = behaviour.substr(colon + 1);
    ::signal(SIGPIPE, SIG_IGN);
    if (fault == "crash") crash();
    if (fault == "exit_0") ::_exit(0);
    if (fault == "exit_3") ::_exit(3);
    if (fault == "garbage") write_all(socket_fd, "this is no JSON\n");
    if (fault == "half_a_line") write_all(socket_fd, R"({"jsonrpc":"2.0","id":)");
    if (fault == "no_object") write_all(socket_fd, "[1]\n");
    if (fault == "wrong_version")
        write_all(socket_fd, R"({"jsonrpc":"1.0","id":1})"
                             "\n");
    if (fault == "giant") {
        const std::string piece(1 << 20, 'x');
        for (int i = 0; i < 32; ++i) write_all(socket_fd, piece);
    }
    if (fault == "deep") write_all(socket_fd, std::string(100'000, '[') + "\n");
    if (fault == "error") {
        reply_error(id, R"({"code":-32000,"message":"ValueError: no"})");
        return true;
    }
    if (fault == "descendant") {
        if (::fork() == 0) wait_for_ever();
        ::_exit(4);
    }
    if (fault == "half_a_line" || fault == "close") ::close(socket_fd);
    if (fault == "stop") ::raise(SIGSTOP);
    wait_for_ever();
}

void load(const std::string& behaviour, const std::string& id) {
    if (misbehave(behaviour, "load", id)) return;
    if (behaviour == "silent_at_load") wait_for_ever();
    if (behaviour == "garbage_at_load") return write_all(socket_fd, "this is no JSON\n");
    if (behaviour == "crash_at_load") {
        write_all(2, "about to crash\n");
        crash();
    }
    if (behaviour == "exit_at_load") {
        write_all(2, "no library here");
        ::_exit(7);
    }
    if (behaviour == "early_close") {
        ::close(socket_fd);
        wait_for_ever();
    }
    if (behaviour == "giant_message") {
        const std::string piece(1 << 20, 'x');
        ::signal(SIGPIPE, SIG_IGN);
        for (int i = 0; i < 32; ++i) write_all(socket_fd, piece);
        wait_for_ever();
    }
    if (behaviour == "fail_at_load") {
        write_all(2, "said on stderr\n");
        return reply_error(id, R"({"code":-32000,"message":"ValueError: no",)"
                               R"("data":{"type":"ValueError","message":"no\nmore",)"
                               R"("file":"/p/a.py","line":12,"traceback":"Traceback: a.py:12"}})");
    }
    if (behaviour == "bad_manifest") return reply(id, R"({"class":"Bad","offers":"none"})");
    if (behaviour == "flood_stdout") flood();
    if (behaviour == "log") {
        write_all(
            socket_fd,
            R"({"jsonrpc":"2.0","method":"log","params":{"level":"warning","message":"careful",)"
            R"("fields":{"count":3,"names":["a","b"],"plugin":"x","deep":{"a":1}}}})"
            "\n");
    }
    reply(id, manifest(behaviour == "grandchild" ? start_grandchild() : "a worker"));
}

void migrate(const std::string& behaviour, const std::string& id, const std::string& line) {
    if (behaviour == "crash_at_migrate") crash();
    if (behaviour == "no_migration")
        return reply_error(id, R"({"code":-32601,"message":"no such method"})");
    if (behaviour == "migrate_fails")
        return reply_error(id, R"({"code":-32000,"message":"KeyError: total",)"
                               R"("data":{"type":"KeyError","message":"total",)"
                               R"("file":"/p/a.py","line":3}})");
    if (behaviour == "bad_migration") return reply(id, R"({"state":[1]})");
    reply(id, R"({"state":{"count":)" + value_of(line, "count") + R"(,"from":)" +
                  value_of(line, "from") + R"(,"to":)" + value_of(line, "to") + "}}");
}

void probe(const std::string& behaviour, const std::string& id) {
    if (misbehave(behaviour, "probe", id)) return;
    if (behaviour == "crash_at_probe") crash();
    reply(id,
          behaviour == "probe_fails" ? R"({"ok":false,"reason":"no fonts"})" : R"({"ok":true})");
}

void handle(const std::string& behaviour, const std::string& id, const std::string& line) {
    if (misbehave(behaviour, "handle", id)) return;
    if (behaviour == "crash_mid_call") crash();
    if (behaviour == "never_answers") return;
    if (behaviour == "ask_host") {
        write_all(socket_fd,
                  R"({"jsonrpc":"2.0","id":1,"method":"store.chat","params":{"chat_id":5}})"
                  "\n");
        return reply(id, read_line());
    }
    reply(id, R"({"number":)" + value_of(line, "number") + R"(,"home":")" + std::getenv("HOME") +
                  "\"}");
    if (behaviour == "reply_then_exit") ::_exit(3);
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 3) return 97;
    const std::string behaviour = arguments[1];
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (behaviour == "ignore_term") ::signal(SIGTERM, SIG_IGN);
    for (;;) {
        const std::string line = read_line();
        const std::string id = value_of(line, "id");
        const std::string method = value_of(line, "method");
        if (method == "\"load\"") load(behaviour, id);
        if (method == "\"migrate\"") migrate(behaviour, id, line);
        if (method == "\"probe\"") probe(behaviour, id);
        if (method == "\"handle\"") handle(behaviour, id, line);
        if (behaviour == "ignore_term") wait_for_ever();  // neither end of file nor SIGTERM ends it
    }
}
