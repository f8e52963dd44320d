#pragma once
// The command lines of a build, as pure functions: what is compiled how.

#include <filesystem>
#include <string>
#include <vector>

namespace hotreload {

// Everything that decides what an object contains, apart from the files themselves.
struct CompileFlags {
    std::vector<std::filesystem::path> include_dirs;        // the SDK
    std::vector<std::filesystem::path> quote_include_dirs;  // relative to the plugin folder
    std::vector<std::string> extra;                         // pkg-config's and the plugin's own
};

// -std=c++20 and the like: the same for every plugin and for the precompiled header.
const std::vector<std::string>& base_compile_flags();

struct CompileCommand {
    std::string compiler;
    CompileFlags flags;
    std::filesystem::path precompiled_dir;  // looked through before the SDK; empty: none
    std::filesystem::path source;           // relative to the folder the compiler runs in
    std::filesystem::path object;
    std::filesystem::path depfile;
};
std::vector<std::string> compile_argv(const CompileCommand& command);

// The files and folders that flags name: -I, -L, -include, objects and the like. Relative ones are
// below `working_dir`.
std::vector<std::filesystem::path> paths_in_flags(const std::vector<std::string>& flags,
                                                  const std::filesystem::path& working_dir);

struct LinkCommand {
    std::string compiler;
    std::string linker_flag;  // "-fuse-ld=mold" or empty
    std::vector<std::filesystem::path> objects;
    std::vector<std::string> extra;  // the plugin's flags, then pkg-config's libraries
    std::filesystem::path output;
};
std::vector<std::string> link_argv(const LinkCommand& command);

struct PrecompileCommand {
    std::string compiler;
    std::vector<std::filesystem::path> include_dirs;
    std::filesystem::path header;
    std::filesystem::path output;
};
std::vector<std::string> precompile_argv(const PrecompileCommand& command);

}  // namespace hotreload
