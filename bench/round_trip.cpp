// One event to a worker and its answer back: host → worker → host, with an event of 1 KB.
//
//   round_trip [CALLS] [--json]      (default 2000; the floor makes as many)
//
// The floor is 1 KB over a bare socket pair to another process and back.

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "bench/stage.h"

namespace {

using namespace bench;

constexpr std::size_t event_bytes = 1'024;
constexpr int first_calls = 100;  // not counted

double microseconds(MonotonicTime since) {
    return std::chrono::duration<double, std::micro>(monotonic_now() - since).count();
}

Task<void> measure(Bench& bench, std::string command, int calls, Row& row) {
    const std::string text(event_bytes, 'x');
    for (int call = -first_calls; call < calls; ++call) {
        const json::object chat{{"id", 1}};
        const json::object message{{"chat", chat}, {"text", text}};
        HandleRequest request{.offer = {.kind = "command", .name = command, .description = {}},
                              .event = {{"message", message}}};
        const auto begin = monotonic_now();
        const auto answer = co_await bench.engine.handle(std::move(request));
        if (!answer.has_value()) throw std::runtime_error("error " + answer.error().message);
        if (call >= 0) row.samples.push_back(microseconds(begin));
    }
}

Task<void> measure_both(Bench& bench, int calls, Table& table) {
    co_await measure(bench, "in_cpp", calls, table.row("C++ worker"));
    co_await measure(bench, "in_python", calls, table.row("Python worker"));
}

bool pass(int from, int to, std::array<char, event_bytes>& bytes) {
    for (std::size_t got = 0; got < bytes.size();) {
        const auto count = ::read(from, bytes.data() + got, bytes.size() - got);
        if (count <= 0) return false;
        got += static_cast<std::size_t>(count);
    }
    return ::write(to, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
}

// The other end gives back what comes until the socket is closed.
void ping_pong(int calls, Row& row) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0) return;
    std::array<char, event_bytes> bytes{};
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(ends[0]);
        while (pass(ends[1], ends[1], bytes)) continue;
        ::_exit(0);
    }
    ::close(ends[1]);
    bool whole = ::write(ends[0], bytes.data(), bytes.size()) > 0;
    for (int call = -first_calls; whole && call < calls; ++call) {
        const auto begin = monotonic_now();
        whole = pass(ends[0], ends[0], bytes);
        if (call >= 0) row.samples.push_back(microseconds(begin));
    }
    ::close(ends[0]);
    ::waitpid(child, nullptr, 0);
}

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments(argc, argv);
    const int calls = arguments.number(0, 2'000);
    Table table{.title = "1 KB to a worker and back", .unit = "us", .rows = {}};
    table.rows = {{"floor: a bare socket pair", {}, ""},
                  {"C++ worker", {}, "promised: p50 at most 80"},
                  {"Python worker", {}, ""}};
    ping_pong(calls, table.row("floor: a bare socket pair"));
    const auto fill = [&](const fs::path& plugins) {
        save(plugins / "in_cpp.cpp", cpp_content("in_cpp", 0));
        save(plugins / "in_python.py", python_content("in_python", 0));
    };
    const auto both = [&](Bench& bench) { return measure_both(bench, calls, table); };
    const int status = run(fill, both);
    if (status == 0) print({table}, arguments.json);
    return status;
}
