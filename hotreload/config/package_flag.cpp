#include "hotreload/config/package_flag.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "hotreload/base/path_order.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 13> whole_flags{
    "-pthread", "-pedantic", "-pedantic-errors", "-w",     "-g",    "-g0", "-g1", "-g2",
    "-g3",      "-ggdb",     "-ggdb1",           "-ggdb2", "-ggdb3"};
// Of -f: what loads code, chooses programs, and reads or writes files of its own.
constexpr std::array<std::string_view, 25> foreign_features{"plugin",
                                                            "pass-plugin",
                                                            "use-ld",
                                                            "lto",
                                                            "dump",
                                                            "profile",
                                                            "auto-profile",
                                                            "branch-probabilities",
                                                            "save-",
                                                            "compare-debug",
                                                            "module",
                                                            "opt-info",
                                                            "callgraph-info",
                                                            "stack-usage",
                                                            "test-coverage",
                                                            "diagnostics-format",
                                                            "cs-profile",
                                                            "memory-profile",
                                                            "crash-diagnostics",
                                                            "proc-stat-report",
                                                            "time-",
                                                            "build-session",
                                                            "implicit-module",
                                                            "prebuilt-module",
                                                            "no-"};

bool is_word(std::string_view text, std::string_view more) {
    return std::ranges::all_of(text, [&](unsigned char c) {
        return std::isalnum(c) != 0 || more.find(static_cast<char>(c)) != more.npos;
    });
}

// "name" or "name=value"; never a path.
bool is_choice(std::string_view text) {
    const auto name = text.substr(0, text.find('='));
    const auto value =
        name.size() == text.size() ? std::string_view() : text.substr(name.size() + 1);
    return !name.empty() && is_word(name, "-+.") && is_word(value, "-+._,=");
}

bool is_feature(std::string_view text) {
    if (text.starts_with("no-")) text.remove_prefix(3);
    return is_choice(text) && std::ranges::none_of(foreign_features, [&](std::string_view foreign) {
               return text.starts_with(foreign);
           });
}

// -Wl, -Wp and -Wa hand words on; a warning's name has no comma in it.
bool is_warning(std::string_view text) {
    return text.empty() || (is_choice(text) && text.find(',') == text.npos);
}

bool is_macro(std::string_view text) {
    return !text.empty() &&
           (std::isalpha(static_cast<unsigned char>(text.front())) != 0 || text.front() == '_');
}

bool is_library(std::string_view text) { return !text.empty() && is_word(text, "-+._:"); }

bool is_own_folder(std::string_view text, const fs::path& package) {
    if (text.empty()) return false;
    return is_below((package.parent_path() / text).lexically_normal(), package);
}

}  // namespace

bool package_may_say(std::string_view flag, const fs::path& package) {
    const auto rest = [&](std::string_view start) { return flag.substr(start.size()); };
    if (std::ranges::find(whole_flags, flag) != whole_flags.end()) return true;
    if (flag.starts_with("-std=")) return is_choice(rest("-"));
    if (flag.starts_with("-D") || flag.starts_with("-U")) return is_macro(rest("-D"));
    if (flag.starts_with("-O")) return is_word(rest("-O"), "");
    if (flag.starts_with("-W")) return is_warning(rest("-W"));
    if (flag.starts_with("-f")) return is_feature(rest("-f"));
    if (flag.starts_with("-m")) return flag != "-mllvm" && is_choice(rest("-m"));
    if (flag.starts_with("-l")) return is_library(rest("-l"));
    if (flag.starts_with("-I")) return is_own_folder(rest("-I"), package);
    return false;
}

}  // namespace hotreload
