#include "hotreload/build/object_build.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <set>
#include <utility>

#include "hotreload/base/path_order.h"
#include "hotreload/base/reason.h"
#include "hotreload/base/unix_time.h"
#include "hotreload/build/run_folder.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t depfile_bytes_max = 16u << 20;
constexpr int attempts_max = 3;  // while somebody keeps writing to the files

std::string read_depfile(const fs::path& file) {
    if (!plain_file(file, depfile_bytes_max)) return {};
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// Headers of the distribution: known by the versions of the compiler and of the packages.
bool of_the_system(const fs::path& file) {
    constexpr std::array<std::string_view, 4> dirs{"/usr/include/", "/usr/lib/",
                                                   "/usr/local/include/", "/usr/local/lib/"};
    return std::any_of(dirs.begin(), dirs.end(),
                       [&](auto dir) { return file.native().starts_with(dir); });
}

class ObjectBuild {
public:
    ObjectBuild(Compiler& compiler, const ObjectCache& cache, ObjectRequest request)
        : compiler_(compiler), cache_(cache), request_(std::move(request)) {}

    Task<ObjectOutcome> run() {
        for (int attempt = 0; attempt < attempts_max; ++attempt) {
            if (!look_into_cache()) co_return std::move(outcome_);
            const bool settled = co_await compile();
            if (settled) co_return std::move(outcome_);
        }
        outcome_.problem =
            shown() + " or a header of it was written to during each of several compiles";
        co_return std::move(outcome_);
    }

private:
    std::string shown() const { return request_.source.lexically_relative(request_.root).native(); }

    // True when there is something to compile.
    bool look_into_cache() {
        errno = 0;
        source_ = file_state(request_.source);
        if (!source_.digest) {
            outcome_.problem = "cannot read " + request_.source.native() + ": " +
                               (errno == 0 ? "not a file" : error_text(errno));
            return false;
        }
        source_key_ = Sha256()
                          .field("source")
                          .field(request_.base_key.hex())
                          .field(shown())
                          .field(source_.digest->hex())
                          .finish();
        auto known = cache_.dependencies(source_key_);
        before_ = file_states(known.value_or(std::vector<fs::path>()));
        // An object that was made of what may no longer be read is not for this plugin.
        if (known &&
            std::ranges::all_of(*known, [&](const fs::path& file) { return may_read(file); })) {
            const auto key = ObjectCache::object_key(source_key_, before_);
            if (usable_elf(cache_.object_path(key))) {
                succeed(key, before_);
                return false;
            }
        }
        auto likely = known.value_or(std::vector<fs::path>());
        likely.insert(likely.end(), request_.headers.begin(), request_.headers.end());
        before_ = file_states(std::move(likely));
        return true;
    }

    // False when what was compiled is not what was hashed.
    Task<bool> compile() {
        const RunFolder folder(cache_.temporary_dir());
        if (folder.path().empty()) {
            outcome_.problem = "cannot write to the build cache: " + error_text(errno);
            co_return true;
        }
        CompileCommand command;
        command.compiler = compiler_.name();
        command.flags = request_.flags;
        command.precompiled_dir = request_.precompiled_dir;
        command.source = shown();
        command.object = folder.path() / "object.o";
        command.depfile = folder.path() / "depfile";
        CompilerRun start{.argv = compile_argv(command),
                          .working_dir = request_.root,
                          .folder = folder.path(),
                          .read = request_.read,
                          .deadline = request_.deadline};
        if (!request_.precompiled_dir.empty()) start.read.push_back(request_.precompiled_dir);
        const auto started_ns = unix_now_ns();
        auto run = co_await compiler_.run(std::move(start));
        outcome_.compiled = true;
        if (!run || run->timed_out) {
            outcome_.problem = run ? "the deadline passed while compiling " + shown() : run.error();
            co_return true;
        }
        const auto after = file_states(project_files(read_depfile(command.depfile)));
        const bool same = file_state(request_.source) == source_ &&
                          std::all_of(after.begin(), after.end(), [&](const FileState& state) {
                              return unchanged(state, before_, started_ns);
                          });
        if (!same) co_return false;
        if (!run->status.success())
            fail(*run, after);
        else
            store(command.object, after);
        co_return true;
    }

    void store(const fs::path& object, const std::vector<FileState>& dependencies) {
        const auto key = ObjectCache::object_key(source_key_, dependencies);
        std::vector<fs::path> paths;
        for (const auto& state : dependencies) paths.push_back(state.path);
        if (!keep(object, cache_.object_path(key)) ||
            !cache_.store_dependencies(source_key_, paths))
            outcome_.problem = "cannot write to the build cache: " + error_text(errno);
        else
            succeed(key, dependencies);
    }

    void succeed(const Digest& key, const std::vector<FileState>& dependencies) {
        outcome_.key = key;
        outcome_.object = cache_.object_path(key);
        for (const auto& state : dependencies) outcome_.dependencies.push_back(state.path);
    }

    void fail(RunOutcome& run, const std::vector<FileState>& dependencies) {
        outcome_.output = std::move(run.output);
        if (outcome_.output.empty())
            outcome_.problem = compiler_.name() + " ended with " + run.status.text();
        for (const auto& state : dependencies) outcome_.dependencies.push_back(state.path);
        for (auto& file : files_in_complaints(request_, outcome_.output))
            if (of_the_project(file)) outcome_.dependencies.push_back(std::move(file));
    }

    bool may_read(const fs::path& file) const {
        const auto named = [&](const fs::path& allowed) { return is_below(file, allowed); };
        if (std::ranges::any_of(request_.read, named)) return true;
        // Reached by another name.
        std::error_code ignored;
        const auto real = fs::canonical(file, ignored);
        return std::ranges::any_of(request_.read, [&](const fs::path& allowed) {
            const auto folder = fs::canonical(allowed, ignored);
            return !folder.empty() && is_below(real, folder);
        });
    }

    bool of_the_project(const fs::path& file) const {
        return file != request_.source && !of_the_system(file) && !compiler_.in_sdk(file);
    }

    std::vector<fs::path> project_files(const std::string& depfile) const {
        std::vector<fs::path> files;
        for (const auto& named : parse_depfile(depfile)) {
            auto file = (request_.root / named).lexically_normal();
            if (of_the_project(file)) files.push_back(std::move(file));
        }
        return files;
    }

    Compiler& compiler_;
    const ObjectCache& cache_;
    ObjectRequest request_;
    FileState source_;
    Digest source_key_;
    std::vector<FileState> before_;
    ObjectOutcome outcome_;
};

// "In file included from heatmap/grid.hpp:3," and the lines that go on with "from".
std::optional<std::string> includer(std::string_view line) {
    constexpr std::string_view word = "from ";
    const auto at = line.find(word);
    if (at == std::string_view::npos) return std::nullopt;
    const auto lead = line.substr(0, at);
    if (lead != "In file included " && lead.find_first_not_of(' ') != std::string_view::npos)
        return std::nullopt;
    const auto name = line.substr(at + word.size());
    return std::string(name.substr(0, name.find(':')));
}

}  // namespace

std::vector<fs::path> files_in_complaints(const ObjectRequest& request, const std::string& output) {
    std::set<fs::path> files;
    const auto add = [&](const fs::path& file) {
        files.insert((request.root / file).lexically_normal());
    };
    for (std::size_t at = 0; at < output.size();) {
        const auto end = std::min(output.find('\n', at), output.size());
        if (const auto file = includer(std::string_view(output).substr(at, end - at))) add(*file);
        at = end + 1;
    }
    constexpr std::string_view not_found = ": No such file or directory";
    for (const auto& diagnostic : parse_compiler_output(output)) {
        if (diagnostic.file.empty()) continue;
        add(diagnostic.file);
        if (!diagnostic.message.ends_with(not_found)) continue;
        const auto name =
            diagnostic.message.substr(0, diagnostic.message.size() - not_found.size());
        add(fs::path(diagnostic.file).parent_path() / name);
        for (const auto& dir : request.flags.quote_include_dirs) add(dir / name);
    }
    return {files.begin(), files.end()};
}

Task<ObjectOutcome> build_object(Compiler& compiler, const ObjectCache& cache,
                                 ObjectRequest request) {
    ObjectBuild build(compiler, cache, std::move(request));
    auto outcome = co_await build.run();
    co_return outcome;
}

}  // namespace hotreload
