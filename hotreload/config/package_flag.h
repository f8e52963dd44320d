#pragma once
// Which compiler flags a package may ask for in its own plugin.yaml. Its author is not the
// operator: what runs other programs in the compiler, reads or writes files elsewhere, or hands
// words to the linker stands in plugins.yaml or nowhere.

#include <filesystem>
#include <string>
#include <string_view>

namespace hotreload {

// `package`: its folder. Compilers run in the folder above, and relative paths start there.
bool package_may_say(std::string_view flag, const std::filesystem::path& package);

// What it may, for people.
inline constexpr std::string_view package_flags_allowed =
    "-D, -U, -O, -g, -std=, -W…, -f…, -m…, -l, -pthread, -pedantic, -w, and -I of its own folders";

}  // namespace hotreload
