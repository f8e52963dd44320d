#include "hotreload/build/precompiled_header.h"

#include <stdlib.h>

#include <system_error>
#include <utility>

#include "hotreload/build/compile_command.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;

// A folder that goes away with its owner, unless it was renamed meanwhile.
class TemporaryFolder {
public:
    explicit TemporaryFolder(const fs::path& in) {
        auto name = (in / "pch-XXXXXX").native();
        if (::mkdtemp(name.data()) != nullptr) path_ = name;
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() {
        std::error_code ignored;
        if (!path_.empty()) fs::remove_all(path_, ignored);
    }
    [[nodiscard]] const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

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
    const TemporaryFolder made(cache_.temporary_dir());
    if (made.path().empty()) co_return false;
    const auto output = made.path() / (name_.native() + ".gch");
    std::error_code error;
    fs::create_directories(output.parent_path(), error);
    auto argv = precompile_argv({.compiler = compiler_.name(),
                                 .include_dirs = compiler_.include_dirs(),
                                 .header = header_,
                                 .output = output});
    auto outcome = co_await compiler_.run(std::move(argv), {}, deadline);
    if (!outcome || outcome->timed_out || !outcome->status.success()) co_return false;
    // The SDK may have changed meanwhile; then this is of no content that has a name.
    if (compiler_.sdk() != sdk) co_return false;
    const auto kept = cache_.precompiled_dir(key(identity, sdk));
    fs::rename(made.path(), kept, error);
    if (error && folder(identity, sdk).empty()) co_return false;
    remove_others(kept);
    co_return true;
}

}  // namespace hotreload
