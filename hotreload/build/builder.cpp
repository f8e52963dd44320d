#include "hotreload/build/builder.h"

#include <algorithm>
#include <cerrno>
#include <exception>
#include <set>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>

#include "hotreload/base/path_order.h"
#include "hotreload/base/reason.h"
#include "hotreload/build/compile_command.h"
#include "hotreload/build/compiler.h"
#include "hotreload/build/object_build.h"
#include "hotreload/build/object_cache.h"
#include "hotreload/build/package_flags.h"
#include "hotreload/build/precompiled_header.h"
#include "hotreload/build/run_folder.h"
#include "hotreload/model/limits.h"

namespace hotreload {

namespace fs = std::filesystem;

constexpr std::uint64_t artifact_bytes_max = 2ULL << 30;

struct Builder::State {
    State(asio::any_io_executor its_executor, BuilderOptions its_options)
        : executor(std::move(its_executor)),
          options(std::move(its_options)),
          compiler(executor, options),
          cache(fs::absolute(options.cache_dir).lexically_normal()),
          precompiled(compiler, cache, options.precompiled_header_source) {}

    asio::any_io_executor executor;
    BuilderOptions options;
    Compiler compiler;
    ObjectCache cache;
    PrecompiledHeader precompiled;
};

namespace {

// The machine's fault, unless said otherwise: a full disk, a deadline, a missing program.
Failure failed(std::string reason) {
    Failure failure;
    failure.passing = true;
    failure.stage = Stage::building;
    failure.reason = std::move(reason);
    return failure;
}

// The first error says it; the others are counted.
std::string summary(const std::vector<Diagnostic>& diagnostics, const std::string& otherwise) {
    const auto is_error = [](const Diagnostic& diagnostic) {
        return diagnostic.severity == Severity::error;
    };
    const auto first = std::find_if(diagnostics.begin(), diagnostics.end(), is_error);
    if (first == diagnostics.end()) return otherwise;
    const auto more = std::count_if(first, diagnostics.end(), is_error) - 1;
    return first->text() + (more == 0 ? "" : " (and " + std::to_string(more) + " more)");
}

// What the sandbox refuses looks like any other file that cannot be read; the assembler does not
// even say that it is there.
bool of_sandbox(std::string_view message) {
    constexpr std::string_view not_found = "file not found: ";
    const auto at = message.find(not_found);
    std::error_code ignored;
    return message.ends_with(": Permission denied") ||
           (at != message.npos && fs::exists(message.substr(at + not_found.size()), ignored));
}

void explain(std::vector<Diagnostic>& diagnostics) {
    for (auto& diagnostic : diagnostics)
        if (of_sandbox(diagnostic.message))
            diagnostic.message +=
                "; the sandbox does not allow a build what its plugin may not read: see "
                "grants.read in plugins.yaml (docs/sandbox.md)";
}

Failure refused(std::string output, const std::string& otherwise) {
    if (output.size() > limits::compiler_output_bytes_max)
        output.resize(limits::compiler_output_bytes_max);
    auto failure = failed({});
    failure.passing = false;
    failure.diagnostics = parse_compiler_output(output);
    explain(failure.diagnostics);
    failure.reason = summary(failure.diagnostics, otherwise);
    failure.output = std::move(output);
    return failure;
}

// Names of what lies directly in the folder and may be included.
std::set<std::string> headers_in(const fs::path& folder) {
    static const std::set<std::string_view> endings{".h", ".hh", ".hpp", ".hxx", ".inc"};
    std::set<std::string> names;
    std::error_code error;
    fs::directory_iterator entries(folder, error);
    for (; !error && entries != fs::directory_iterator(); entries.increment(error))
        if (endings.contains(entries->path().extension().native()))
            names.insert(entries->path().filename().native());
    return names;
}

void sort_once(std::vector<fs::path>& files) {
    std::sort(files.begin(), files.end());
    files.erase(std::unique(files.begin(), files.end()), files.end());
}

// One build of one plugin; the sequence is run().
class PluginBuild {
public:
    PluginBuild(Builder::State& state, BuildJob job)
        : state_(state), job_(std::move(job)), deadline_(deadline_after(state.options.deadline)) {}

    Task<Result<Artifact, Failure>> run() {
        if (auto problem = state_.cache.create_folders(); !problem.empty())
            co_return failed(std::move(problem));
        auto identity = co_await state_.compiler.identity();
        if (!identity) co_return failed(identity.error().reason);
        identity_ = identity->text;
        auto packages = co_await package_flags(state_.compiler, job_.build.packages,
                                               job_.source.name, deadline_);
        if (!packages) co_return failed(packages.error());
        packages_ = std::move(*packages);
        prepare();
        if (requests_.empty())
            co_return failed("no .cpp file in " + job_.source.entry.parent_path().native());
        co_await compile_all();
        if (auto failure = compile_failure()) co_return std::move(*failure);
        auto artifact = co_await link();
        co_return artifact;
    }

private:
    void prepare() {
        const auto& source = job_.source;
        const auto sdk = state_.compiler.sdk();
        ObjectRequest request;
        request.root = source.root;
        request.folder = source.folder;
        request.flags.include_dirs = state_.compiler.include_dirs();
        request.flags.quote_include_dirs = {"."};
        if (!source.folder.empty())
            request.flags.quote_include_dirs.insert(request.flags.quote_include_dirs.begin(),
                                                    source.folder.filename());
        request.flags.extra = packages_.compile;
        const auto& own = job_.build.flags;
        request.flags.extra.insert(request.flags.extra.end(), own.begin(), own.end());
        request.precompiled_dir = state_.precompiled.folder(identity_, sdk);
        request.deadline = deadline_;
        request.read = readable();
        for (const auto& file : source.files)
            if (file.extension() != ".cpp") request.headers.push_back(file);
        request.base_key = base_key(request, sdk);
        for (const auto& file : source.files) {
            if (file.extension() != ".cpp") continue;
            request.source = file;
            requests_.push_back(request);
        }
        objects_.resize(requests_.size());
    }

    // What pkg-config and the operator name is meant to be read; what a package names lies in it.
    std::vector<fs::path> readable() const {
        auto read = job_.access.read;
        const auto& source = job_.source;
        for (const auto* flags : {&packages_.compile, &packages_.link, &job_.build.flags})
            for (auto& path : paths_in_flags(*flags, source.root))
                if (source.folder.empty() || !is_below(path, source.folder))
                    read.push_back(std::move(path));
        return read;
    }

    Digest base_key(const ObjectRequest& request, const Digest& sdk) const {
        Sha256 hash;
        hash.field("base").field(identity_).field(sdk.hex()).field(packages_.versions);
        hash.field(job_.access.terms);
        for (const auto& flag : base_compile_flags()) hash.field(flag);
        for (const auto& dir : request.flags.quote_include_dirs) hash.field(dir.native());
        for (const auto& flag : request.flags.extra) hash.field(flag);
        // Names of headers count: a new one may be found before the one that was included so far.
        for (const auto& header : request.headers)
            hash.field(header.lexically_relative(request.root).native());
        hash.field("beside");
        for (const auto& name : headers_in(request.root)) hash.field(name);
        return hash.finish();
    }

    Task<void> compile_one(std::size_t index) {
        objects_[index] = co_await build_object(state_.compiler, state_.cache, requests_[index]);
    }

    Task<void> compile_all() {
        if (requests_.size() == 1) {
            co_await compile_one(0);
            co_return;
        }
        const auto executor = co_await asio::this_coro::executor;
        const auto operation = [&](std::size_t index) {
            return asio::co_spawn(executor, compile_one(index), asio::deferred);
        };
        std::vector<decltype(operation(0))> operations;
        for (std::size_t index = 0; index < requests_.size(); ++index)
            operations.push_back(operation(index));
        auto group = asio::experimental::make_parallel_group(std::move(operations));
        // All of them, so that people see the errors of all files at once. Cancelling this cancels
        // them.
        auto [order, errors] =
            co_await group.async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
        for (const auto& error : errors)
            if (error) std::rethrow_exception(error);
    }

    std::optional<Failure> compile_failure() {
        std::string output;
        std::string problem;
        std::vector<fs::path> dependencies;
        for (auto& object : objects_) {
            output += object.output;
            if (problem.empty()) problem = object.problem;
            dependencies.insert(dependencies.end(), object.dependencies.begin(),
                                object.dependencies.end());
        }
        dependencies_ = outside_the_source_set(std::move(dependencies));
        if (output.empty() && problem.empty()) return std::nullopt;
        auto failure = refused(std::move(output), "the compiler failed");
        if (!problem.empty() && failure.diagnostics.empty()) {
            failure.reason = problem;
            failure.passing = true;
        }
        failure.dependencies = dependencies_;
        return failure;
    }

    std::vector<fs::path> outside_the_source_set(std::vector<fs::path> files) const {
        sort_once(files);
        std::erase_if(files, [&](const fs::path& file) {
            return std::find(job_.source.files.begin(), job_.source.files.end(), file) !=
                   job_.source.files.end();
        });
        return files;
    }

    LinkCommand link_command() const {
        LinkCommand command;
        command.compiler = state_.compiler.name();
        command.linker_flag = state_.compiler.linker_flag();
        for (const auto& object : objects_) command.objects.push_back(object.object);
        command.extra = job_.build.flags;
        command.extra.insert(command.extra.end(), packages_.link.begin(), packages_.link.end());
        return command;
    }

    Digest link_key(const LinkCommand& command) const {
        Sha256 hash;
        hash.field("link").field(identity_).field(command.linker_flag).field(packages_.versions);
        for (const auto& object : objects_) hash.field(object.key.hex());
        for (const auto& flag : command.extra) hash.field(flag);
        return hash.finish();
    }

    Artifact artifact_at(const fs::path& path) const {
        Artifact artifact;
        artifact.path = path;
        artifact.dependencies = dependencies_;
        for (const auto& object : objects_) artifact.compiled += object.compiled ? 1 : 0;
        artifact.compile_time = watch_.total();
        return artifact;
    }

    Task<Result<Artifact, Failure>> link() {
        auto command = link_command();
        const auto path = state_.cache.artifact_path(job_.source.name, link_key(command));
        if (usable_elf(path)) co_return artifact_at(path);
        const RunFolder folder(state_.cache.temporary_dir());
        if (folder.path().empty())
            co_return failed("cannot write to the build cache: " + error_text(errno));
        command.output = folder.path() / "plugin.so";
        CompilerRun start{.argv = link_argv(command),
                          .working_dir = job_.source.root,
                          .folder = folder.path(),
                          .read = readable(),
                          .deadline = deadline_};
        start.read.insert(start.read.end(), command.objects.begin(), command.objects.end());
        auto run = co_await state_.compiler.run(std::move(start));
        if (!run) co_return with_dependencies(failed(run.error()));
        if (run->timed_out)
            co_return with_dependencies(failed("the deadline passed while linking"));
        if (!run->status.success())
            co_return with_dependencies(
                refused(std::move(run->output), "the linker ended with " + run->status.text()));
        if (!plain_file(command.output, artifact_bytes_max) || !usable_elf(command.output))
            co_return failed("the linker wrote no usable file: is the disk full?");
        if (!keep(command.output, path))
            co_return failed("cannot write " + path.native() + ": " + error_text(errno));
        co_return artifact_at(path);
    }

    Failure with_dependencies(Failure failure) const {
        failure.dependencies = dependencies_;
        return failure;
    }

    Builder::State& state_;
    BuildJob job_;
    MonotonicTime deadline_;
    Stopwatch watch_;
    std::string identity_;
    PackageFlags packages_;
    std::vector<ObjectRequest> requests_;
    std::vector<ObjectOutcome> objects_;
    std::vector<fs::path> dependencies_;
};

}  // namespace

void throw_exception_from_error(const Failure& failure, const boost::source_location&) {
    throw std::runtime_error(failure.reason);
}

Builder::Builder(asio::any_io_executor executor, BuilderOptions options)
    : state_(std::make_unique<State>(std::move(executor), std::move(options))) {}
Builder::~Builder() = default;

Task<std::string> Builder::toolchain() {
    const auto identity = co_await state_->compiler.identity();
    if (!identity) throw std::runtime_error(identity.error().reason);
    std::string text = state_->options.compiler + ": " + identity->text + ";";
    for (const auto& flag : base_compile_flags()) text += " " + flag;
    co_return text + "; SDK " + state_->compiler.sdk().hex();
}

Task<void> Builder::warm_up() {
    if (!state_->cache.create_folders().empty()) co_return;
    const auto& kept = state_->options.kept_artifacts;
    state_->cache.prune(kept ? kept() : std::set<fs::path>());
    auto identity = co_await state_->compiler.identity();
    if (!identity) co_return;
    const auto deadline = deadline_after(state_->options.deadline);
    co_await state_->precompiled.make(identity->text, state_->compiler.sdk(), deadline);
}

Task<Result<Artifact, Failure>> Builder::build(BuildJob job) {
    PluginBuild build(*state_, std::move(job));
    auto result = co_await build.run();
    co_return result;
}

}  // namespace hotreload
