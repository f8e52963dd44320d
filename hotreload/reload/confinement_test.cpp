// Real plugins of both languages try what a sandbox forbids, and again with the grant for it.

#include "hotreload/reload/confinement.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "hotreload/base/loopback_test.h"
#include "hotreload/reload/engine_fixture_test.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

class ConfinementTest : public EngineTest, public testing::WithParamInterface<const char*> {
protected:
    void SetUp() override {
        EngineTest::SetUp();
        if (const auto support = probe_sandbox(); !support.full())
            GTEST_SKIP() << "this kernel offers " << support.text();
        save(python_language() ? "in_python.py" : "in_cpp.cpp",
             content(fs::path(SOURCE_DIR) / "hotreload" / "reload" / "testdata" /
                     (python_language() ? "trying.py" : "trying.cpp")));
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
        auto own = options();
        own.cache_dir = fs::path(BINARY_DIR) / "trying-plugin-cache";  // compiled once
        engine_.emplace(loop_.get_executor(), own, events_);
        await(engine_->start());
        settle();
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
    const LoopbackListener listener;
    const auto host = std::to_string(::getpid());

    EXPECT_THAT(attempt(fmt::format("connect {}", listener.port())), HasSubstr(not_permitted));
    EXPECT_THAT(attempt("datagram", folder_ / "service"), HasSubstr(not_permitted));
    EXPECT_THAT(attempt("kill " + host), HasSubstr(not_permitted));
    EXPECT_THAT(attempt("limit " + host), HasSubstr(not_permitted));
    EXPECT_THAT(attempt("schedule"), HasSubstr(not_permitted));
    EXPECT_THAT(attempt("ptrace " + host), HasSubstr(not_permitted));
    EXPECT_THAT(attempt("memory_file"), HasSubstr(not_permitted));
    EXPECT_THAT(attempt("share_memory"), HasSubstr(not_permitted));
    EXPECT_THAT(attempt("share_zeros"), HasSubstr(refused_file));
    EXPECT_THAT(attempt("run /usr/bin/true"), HasSubstr(not_permitted));
    for (const auto& foreign : {folder_ / "foreign.txt", folder_ / "data" / "other" / "kept.txt",
                                plugins() / "other" / "secret.txt", plugins() / "plugins.yaml",
                                fs::path("/proc") / host / "environ", fs::path("/etc/shadow")})
        EXPECT_THAT(attempt("read", foreign), HasSubstr(refused_file)) << foreign;
    for (const auto& foreign : {folder_ / "foreign.txt", folder_ / "data" / "other" / "kept.txt",
                                folder_ / "data" / "other" / "new.txt", plugins() / "words.txt",
                                fs::temp_directory_path() / ("x" + host), plugins() / "new.py"})
        EXPECT_THAT(attempt("write", foreign), HasSubstr(refused_file)) << foreign;
    EXPECT_EQ(content(folder_ / "data" / "other" / "kept.txt"), "kept");

    for (const auto& shared : {plugins() / "words.txt", plugins() / "shared" / "words.txt"})
        EXPECT_THAT(attempt("read", shared), HasSubstr("done words for all")) << shared;
    const auto own_status = attempt("read", "/proc/self/status");
    for (const auto* left : {"CapPrm:\\t000000000000000", "CapEff:\\t000000000000000"})
        EXPECT_THAT(own_status, AnyOf(HasSubstr(left + std::string("0\\n")),
                                      HasSubstr(left + std::string("2\\n"))));
    EXPECT_THAT(attempt("read", "/etc/localtime"), HasSubstr("done "));
    int own = 0;
    std::ifstream("/proc/self/oom_score_adj") >> own;
    EXPECT_THAT(attempt("read", "/proc/self/oom_score_adj"),
                HasSubstr(fmt::format("done {}\\n", std::min(own + 500, 1000))));
    EXPECT_THAT(attempt("write", "/proc/self/oom_score_adj"), HasSubstr(refused_file));
    EXPECT_THAT(attempt("write", folder_ / "data" / name() / "mine.txt"), HasSubstr("done "));
    EXPECT_EQ(content(folder_ / "data" / name() / "mine.txt"), "written");
    EXPECT_THAT(attempt("thread"), HasSubstr("done ran"));
    if (!python_language()) return;
    EXPECT_THAT(attempt("callback"), HasSubstr("done [7]")) << "ctypes needs no memfd";
}

TEST_P(ConfinementTest, ARefusalThatIsNotCaughtNamesTheSandbox) {
    ASSERT_NO_FATAL_FAILURE(start_with("enabled: true"));
    const auto refusal = [this](const std::string& what) { return attempt("uncaught " + what); };
    for (const auto& foreign : {folder_ / "foreign.txt", fs::path("/etc/shadow")})
        EXPECT_THAT(refusal("read " + foreign.native()),
                    AllOf(HasSubstr("error: "), HasSubstr("Permission denied"),
                          HasSubstr("the sandbox does not allow it"), HasSubstr("grants.read"),
                          HasSubstr("docs/sandbox.md")));
    for (const auto* what : {"connect 9", "run /usr/bin/true"})
        EXPECT_THAT(refusal(what),
                    AllOf(HasSubstr("error: "), HasSubstr("Operation not permitted"),
                          HasSubstr("the sandbox does not allow it"), HasSubstr("see grants")));
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
    const LoopbackListener listener;
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

TEST_P(ConfinementTest, TheEnvironmentIsTheWorkersOwn) {
    ASSERT_NO_FATAL_FAILURE(start_with("enabled: true"));
    const auto environment = attempt("environ");
    const auto own = (folder_ / "data" / name()).native();
    for (const auto& part : {"HOME=" + own, "TMPDIR=" + own, std::string("TZ=UTC")})
        EXPECT_THAT(environment, HasSubstr(part));
    std::size_t count = 0;
    for (char** name = ::environ; *name != nullptr; ++name) {
        const std::string ours = *name;
        if (ours.starts_with("PATH=") || ours.starts_with("LANG=") || ours.starts_with("TZ="))
            continue;
        ++count;
        EXPECT_THAT(environment, Not(HasSubstr(ours)));
    }
    EXPECT_GT(count, 0u) << "there is nothing that could be inherited";
}

#if defined(__SANITIZE_THREAD__)
constexpr int of_the_sanitizer = 1;  // a thread that it starts in each native worker
#else
constexpr int of_the_sanitizer = 0;
#endif

TEST_P(ConfinementTest, ThreadsAreCounted) {
    const int most = 20 - (python_language() ? 0 : of_the_sanitizer);
    ASSERT_NO_FATAL_FAILURE(start_with("limits: {threads: 20, processes: 1}"));
    EXPECT_THAT(attempt("thread"), HasSubstr("done ran"));
    EXPECT_THAT(attempt("threads 15"), HasSubstr("done 15"));
    const auto seq = now();
    EXPECT_THAT(attempt("threads 50"), HasSubstr(fmt::format("done {}\"", most)));
    EXPECT_THAT(attempt("threads 10"), HasSubstr("done 10")) << "those before have ended";
    EXPECT_THAT(attempt("fork 1"), HasSubstr("done 0")) << "they are no processes";
    std::vector<std::string> told;
    for (const auto& event : events_.after(seq, 1000).events)
        if (event.type == EventType::plugin_log) told.push_back(to_json(event));
    EXPECT_THAT(told, testing::Contains(HasSubstr("further thread: it has 20 (limits.threads)")));
    EXPECT_THAT(told, testing::Contains(HasSubstr("further process: it has 1 (limits.processes)")));
    if (!python_language()) return;
    EXPECT_THAT(attempt("one_thread_more_than 20"), HasSubstr("its limit is limits.threads: 20"));
}

INSTANTIATE_TEST_SUITE_P(Languages, ConfinementTest, testing::Values("python", "cpp"),
                         [](const auto& language) { return std::string(language.param); });

}  // namespace
}  // namespace hotreload
