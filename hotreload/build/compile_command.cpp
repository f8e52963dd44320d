#include "hotreload/build/compile_command.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace hotreload {
namespace {

void append(std::vector<std::string>& to, const std::vector<std::string>& from) {
    to.insert(to.end(), from.begin(), from.end());
}

// Longer ones first: each flag is taken by the first that it begins with.
constexpr std::array<std::string_view, 16> path_flags{
    "-idirafter", "-imacros",  "-include",   "-iprefix", "-iquote",          "-isysroot",
    "-isystem",   "-fplugin=", "--sysroot=", "-specs=",  "-Wl,-rpath-link,", "-B",
    "-I",         "-L",        "@",          "-T"};

}  // namespace

const std::vector<std::string>& base_compile_flags() {
    // -pthread is set for all because it defines a macro: a plugin that has it from a package could
    // otherwise not use the precompiled header. -pipe leaves no temporary files behind when a build
    // is cancelled.
    static const std::vector<std::string> flags{
        "-std=c++20", "-O2",   "-fPIC", "-fvisibility=hidden",
        "-pthread",   "-Wall", "-pipe", "-fmax-errors=50"};
    return flags;
}

std::vector<std::string> compile_argv(const CompileCommand& command) {
    std::vector<std::string> argv{command.compiler};
    append(argv, base_compile_flags());
    for (const auto& dir : command.flags.quote_include_dirs)
        append(argv, {"-iquote", dir.native()});
    if (!command.precompiled_dir.empty()) argv.push_back("-I" + command.precompiled_dir.native());
    for (const auto& dir : command.flags.include_dirs) argv.push_back("-I" + dir.native());
    append(argv, command.flags.extra);
    append(argv, {"-MMD", "-MF", command.depfile.native(), "-c", "-o", command.object.native(),
                  command.source.native()});
    return argv;
}

std::vector<std::filesystem::path> paths_in_flags(const std::vector<std::string>& flags,
                                                  const std::filesystem::path& working_dir) {
    std::vector<std::filesystem::path> paths;
    bool is_path = false;
    for (std::string_view word : flags) {
        const auto option = std::ranges::find_if(
            path_flags, [&](std::string_view start) { return word.starts_with(start); });
        const bool begins_option = !is_path && option != path_flags.end();
        if (begins_option) word.remove_prefix(option->size());
        const bool names = is_path || begins_option || !word.starts_with('-');
        is_path = begins_option && word.empty();
        if (names && !word.empty()) paths.push_back((working_dir / word).lexically_normal());
    }
    return paths;
}

std::vector<std::string> link_argv(const LinkCommand& command) {
    std::vector<std::string> argv{command.compiler, "-shared", "-fPIC", "-pthread",
                                  "-Wl,--no-undefined"};
    if (!command.linker_flag.empty()) argv.push_back(command.linker_flag);
    for (const auto& object : command.objects) argv.push_back(object.native());
    append(argv, command.extra);
    append(argv, {"-o", command.output.native()});
    return argv;
}

std::vector<std::string> precompile_argv(const PrecompileCommand& command) {
    std::vector<std::string> argv{command.compiler};
    append(argv, base_compile_flags());
    for (const auto& dir : command.include_dirs) argv.push_back("-I" + dir.native());
    append(argv,
           {"-w", "-x", "c++-header", "-o", command.output.native(), command.header.native()});
    return argv;
}

}  // namespace hotreload
