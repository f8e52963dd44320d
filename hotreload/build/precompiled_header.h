#pragma once
// The SDK's header, compiled once: most of what a small plugin's compile would otherwise spend its
// time on.

#include <filesystem>

#include "hotreload/build/compiler.h"
#include "hotreload/build/object_cache.h"

namespace hotreload {

class PrecompiledHeader {
public:
    PrecompiledHeader(Compiler& compiler, const ObjectCache& cache,
                      const std::filesystem::path& header);

    // The folder to look through before the SDK, when the header was precompiled from exactly this
    // SDK by exactly this compiler; else empty.
    [[nodiscard]] std::filesystem::path folder(const std::string& identity,
                                               const Digest& sdk) const;
    // Makes it unless it is there. False when it could not be made.
    Task<bool> make(std::string identity, Digest sdk, MonotonicTime deadline);

private:
    [[nodiscard]] Digest key(const std::string& identity, const Digest& sdk) const;

    Compiler& compiler_;
    const ObjectCache& cache_;
    std::filesystem::path header_;
    std::filesystem::path
        name_;  // as plugins include it; empty when it lies in none of the include folders
};

}  // namespace hotreload
