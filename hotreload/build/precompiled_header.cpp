#include "hotreload/build/precompiled_header.h"

#include <system_error>
#include <utility>

#include "hotreload/build/compile_command.h"
#include "hotreload/build/run_folder.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;

// Each is tens of megabytes, and none but the present one is of use.
void remove_others(const fs::path& kept) {
    std::error_code error;
    for (fs::directory_iterator it(kept.parent_path(), error);
         !error && it != fs::directory_iterator(); it.increment(error)) {
        std::error_code ignored;
        if (it->path() != kept) fs::remove_all(it->path(), ignored);
    }
}

}  // namespace

PrecompiledHeader::PrecompiledHeader(Compiler& compiler, const ObjectCache& cache,
                                     const fs::path& header)
    : compiler_(compiler), cache_(cache) {
    if (header.empty()) return;
    header_ = fs::absolute(header).lexically_normal();
    for (const auto& dir : compiler.include_dirs()) {
        auto name = header_.lexically_relative(dir);
        if (name.empty() || *name.begin() == "..") continue;
        name_ = std::move(name);
        return;
    }
}

Digest PrecompiledHeader::key(const std::string& identity, const Digest& sdk) const {
    Sha256 hash;
    hash.field("precompiled header").field(identity).field(sdk.hex()).field(header_.native());
    for (const auto& flag : base_compile_flags()) hash.field(flag);
    return hash.finish();
}

fs::path PrecompiledHeader::folder(const std::string& identity, const Digest& sdk) const {
    if (name_.empty()) return {};
    auto dir = cache_.precompiled_dir(key(identity, sdk));
    std::error_code ignored;
    return fs::exists(dir / (name_.native() + ".gch"), ignored) ? dir : fs::path();
}

Task<bool> PrecompiledHeader::make(std::string identity, Digest sdk, MonotonicTime deadline) {
    if (name_.empty()) co_return false;
    if (!folder(identity, sdk).empty()) co_return true;
    const RunFolder folder_of_run(cache_.temporary_dir());
    if (folder_of_run.path().empty()) co_return false;
    const auto made = folder_of_run.path() / "pch";
    const auto output = made / (name_.native() + ".gch");
    std::error_code error;
    fs::create_directories(output.parent_path(), error);
    CompilerRun run{.argv = precompile_argv({.compiler = compiler_.name(),
                                             .include_dirs = compiler_.include_dirs(),
                                             .header = header_,
                                             .output = output}),
                    .working_dir = {},
                    .folder = folder_of_run.path(),
                    .read = {},
                    .deadline = deadline};
    auto outcome = co_await compiler_.run(std::move(run));
    if (!outcome || outcome->timed_out || !outcome->status.success()) co_return false;
    // The SDK may have changed meanwhile; then this is of no content that has a name.
    if (compiler_.sdk() != sdk) co_return false;
    const auto kept = cache_.precompiled_dir(key(identity, sdk));
    fs::rename(made, kept, error);
    if (error && folder(identity, sdk).empty()) co_return false;
    remove_others(kept);
    co_return true;
}

}  // namespace hotreload
