#include "hotreload/build/compiler.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "hotreload/base/path_order.h"
#include "hotreload/model/limits.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;

// What answers people goes before what compiles. With 10 it got so little of a busy machine that
// seconds of compiling took minutes.
constexpr int compiler_nice = 5;
// Of each compiler: a template that never ends must not take the machine with it.
constexpr std::uint64_t memory_bytes_max = 4ULL << 30;
constexpr std::uint64_t file_bytes_max = 2ULL << 30;
constexpr std::size_t sdk_files_max = 5'000;
constexpr Millis identity_deadline{10'000};

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

void append(std::vector<fs::path>& all, const std::vector<fs::path>& more) {
    all.insert(all.end(), more.begin(), more.end());
}

// The first line that holds the word.
std::string line_with(const std::string& text, std::string_view word) {
    const auto at = text.find(word);
    if (at == std::string::npos) return {};
    const auto start = text.rfind('\n', at) == std::string::npos ? 0 : text.rfind('\n', at) + 1;
    return text.substr(start, text.find('\n', at) - start);
}

}  // namespace

std::optional<fs::path> find_program(const std::string& name) {
    const auto path = environment("PATH");
    for (std::size_t at = 0; at <= path.size();) {
        const auto end = std::min(path.find(':', at), path.size());
        const auto candidate = fs::path(path.substr(at, end - at)) / name;
        if (end > at && ::access(candidate.c_str(), X_OK) == 0) return candidate;
        at = end + 1;
    }
    return std::nullopt;
}

Compiler::Compiler(asio::any_io_executor executor, const BuilderOptions& options)
    : name_(options.compiler),
      cache_dir_(fs::absolute(options.cache_dir)),
      writable_(options.writable),
      sandboxes_(probe_sandbox()),
      toolchain_(options.compiler),
      linker_flag_(find_program("mold") ? "-fuse-ld=mold" : ""),
      slots_(std::move(executor), std::max<std::size_t>(options.parallel_max, 1)) {
    for (const auto& dir : options.include_dirs)
        include_dirs_.push_back(fs::absolute(dir).lexically_normal());
    // A host that was killed leaves the compiler's own children running.
    static_cast<void>(end_orphans(cache_dir_ / "tmp"));
}

Task<Result<CompilerIdentity, CompilerMissing>> Compiler::identity() {
    if (!identity_.text.empty()) co_return identity_;
    std::vector<std::string> argv;
    argv.push_back(name_);
    for (const auto* word : {"-v", "-E", "-x", "c++", "/dev/null"}) argv.emplace_back(word);
    auto outcome = co_await ask(std::move(argv), deadline_after(identity_deadline));
    const std::string advice = "install a C++ compiler (Debian: apt-get install g++)";
    if (!outcome) co_return CompilerMissing{outcome.error() + ": " + advice};
    if (outcome->timed_out || !outcome->status.success())
        co_return CompilerMissing{"cannot run " + name_ + " -v (" + outcome->status.text() +
                                  "): " + advice};
    toolchain_.learn(outcome->output);
    // Everything it says goes into the hash; people see the two lines that matter.
    identity_.text = line_with(outcome->output, " version ") + "; " +
                     line_with(outcome->output, "Target: ") + "; " +
                     sha256(outcome->output + linker_flag_).short_hex();
    co_return identity_;
}

Digest Compiler::sdk() const {
    Sha256 hash;
    hash.field("sdk");
    for (const auto& dir : include_dirs_) {
        std::vector<fs::path> files;
        std::error_code error;
        for (fs::recursive_directory_iterator it(dir, error);
             !error && it != fs::recursive_directory_iterator() && files.size() < sdk_files_max;
             it.increment(error)) {
            std::error_code ignored;
            if (it->is_regular_file(ignored)) files.push_back(it->path());
        }
        std::sort(files.begin(), files.end());
        for (const auto& file : files) {
            const auto digest = sha256_file(file);
            hash.field(file.lexically_relative(dir).native())
                .field(digest ? digest->hex() : std::string("unreadable"));
        }
        hash.field("end");
    }
    return hash.finish();
}

bool Compiler::in_sdk(const fs::path& file) const {
    return std::any_of(include_dirs_.begin(), include_dirs_.end(),
                       [&](const auto& dir) { return is_below(file, dir); });
}

Result<SpawnOptions, std::string> Compiler::child(CompilerRun run, SandboxPolicy policy) {
    append(policy.read, include_dirs_);
    append(policy.read, run.read);
    policy.write = {run.folder, "/dev/null", "/dev/zero"};
    append(policy.write, writable_);
    policy.own_proc = false;
    policy.exec = true;
    policy.limits = {.memory_bytes = memory_bytes_max, .file_bytes = file_bytes_max};
    auto sandbox = sandboxes_.make(policy);
    if (!sandbox) return sandbox.error();

    SpawnOptions options;
    options.batch = true;
    options.memory_goes_first = true;
    options.die_with_parent = true;
    options.before_exec = [held = std::make_shared<const Sandbox>(*std::move(sandbox))] {
        return held->enforce(-1);
    };
    options.before_exec_failure = "its sandbox cannot be applied";
    options.argv = std::move(run.argv);
    options.working_dir = std::move(run.working_dir);
    options.nice = compiler_nice;
    // LC_ALL: the messages are parsed. Where g++ is ccache, what it keeps would be shared by all
    // plugins and could be written to by each; and what is saved is new to it.
    options.env = {{"LC_ALL", "C"}, {"TMPDIR", run.folder.native()}, {"CCACHE_DISABLE", "1"}};
    constexpr std::array<const char*, 4> passed{"PATH", "HOME", "PKG_CONFIG_PATH",
                                                "PKG_CONFIG_LIBDIR"};
    for (const auto* name : passed)
        if (auto value = environment(name); !value.empty()) options.env[name] = std::move(value);
    return options;
}

Task<Result<RunOutcome, std::string>> Compiler::run(CompilerRun run) {
    auto slot = co_await slots_.acquire(run.deadline);
    const auto left = std::chrono::duration_cast<Millis>(run.deadline - monotonic_now());
    if (!slot || left <= Millis{0}) {
        RunOutcome outcome;
        outcome.timed_out = true;
        co_return outcome;
    }
    auto toolchain = toolchain_.open();
    if (!toolchain) co_return toolchain.error();
    SandboxPolicy policy;
    policy.execute_open = *std::move(toolchain);
    auto options = child(std::move(run), std::move(policy));
    if (!options) co_return options.error();
    RunLimits limits{.deadline = left, .output_bytes_max = limits::compiler_output_bytes_max};
    auto outcome = co_await run_process(*std::move(options), limits);
    co_return outcome;
}

Task<Result<RunOutcome, std::string>> Compiler::ask(std::vector<std::string> argv,
                                                    MonotonicTime deadline) {
    const RunFolder folder(cache_dir_ / "tmp");
    CompilerRun run{
        .argv = std::move(argv), .working_dir = {}, .folder = folder.path(), .read = {}};
    SandboxPolicy policy;
    policy.execute = {"/"};
    auto options = child(std::move(run), std::move(policy));
    if (!options) co_return options.error();
    RunLimits limits{.deadline = std::chrono::duration_cast<Millis>(deadline - monotonic_now()),
                     .output_bytes_max = limits::compiler_output_bytes_max,
                     .separate = true};
    auto outcome = co_await run_process(*std::move(options), limits);
    co_return outcome;
}

}  // namespace hotreload
