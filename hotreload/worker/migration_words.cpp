#include "hotreload/worker/migration_words.h"

#include <fmt/format.h>

namespace hotreload {

std::string no_migration(std::int64_t kept, std::int64_t wanted) {
    const auto found =
        fmt::format("what it keeps is of state version {}, this code has {} and no ", kept, wanted);
    if (wanted > kept) {
        return found + fmt::format("migrate hook: add one, or go back to state version {}", kept);
    }
    return found + fmt::format(
                       "way down from {0} to {1}. Nothing was changed, {0} stays. Choose a "
                       "generation of state version {0} (the history tells them), or save "
                       "code that has state version {0}",
                       kept, wanted);
}

}  // namespace hotreload
