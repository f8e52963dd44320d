#pragma once
// What to tell when the state that a plugin keeps has one version, its code wants another, and the
// code has no migrate hook.

#include <cstdint>
#include <string>

namespace hotreload {

std::string no_migration(std::int64_t kept, std::int64_t wanted);

}  // namespace hotreload
