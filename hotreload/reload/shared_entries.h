#pragma once
// What lies directly in the plugin folders and is no plugin's: files that all of them may read.
// Kept from one start to the next, because all plugins of a large folder may start at once.

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <vector>

#include "hotreload/reload/catalog.h"

namespace hotreload {

class SharedEntries {
public:
    // The catalog must outlive it. What is `unshared`, lies below it or holds it is nobody's.
    SharedEntries(const Catalog& catalog, std::vector<std::filesystem::path> unshared);

    // Hidden entries, plugins.yaml and folders with a plugin folder below them are left out, too.
    const std::vector<std::filesystem::path>& now();

private:
    // A folder as it was when it was read; what is made in it later changes its times.
    struct Seen {
        std::filesystem::path root;
        struct stat facts{};
        bool settled = false;  // the clock of its times has gone on since it was changed last
    };
    static Seen see(const std::filesystem::path& root);
    [[nodiscard]] bool still_so() const;
    void read(const std::filesystem::path& root);

    [[nodiscard]] std::vector<std::filesystem::path> unshared_in(
        const std::filesystem::path& root) const;

    const Catalog& catalog_;
    std::vector<std::filesystem::path> unshared_;
    std::uint64_t looks_ = 0;
    std::vector<Seen> seen_;
    std::vector<std::filesystem::path> entries_;
};

}  // namespace hotreload
