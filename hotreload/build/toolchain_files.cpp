#include "hotreload/build/toolchain_files.h"

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

#include "hotreload/build/compiler.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;

// Only what the distribution installs: no folder in which an operator keeps things.
constexpr std::array system_files{"/usr/bin",
                                  "/usr/sbin",
                                  "/usr/lib",
                                  "/usr/lib32",
                                  "/usr/lib64",
                                  "/usr/libx32",
                                  "/usr/libexec",
                                  "/usr/include",
                                  "/usr/share",
                                  "/usr/local/bin",
                                  "/usr/local/lib",
                                  "/usr/local/libexec",
                                  "/usr/local/include",
                                  "/usr/local/share",
                                  "/bin",
                                  "/sbin",
                                  "/lib",
                                  "/lib32",
                                  "/lib64",
                                  "/libx32",
                                  "/etc/ld.so.cache",
                                  "/etc/ld.so.preload",
                                  "/etc/ld.so.conf",
                                  "/etc/ld.so.conf.d",
                                  "/etc/localtime",
                                  "/etc/locale.alias",
                                  "/etc/ssl/openssl.cnf",
                                  "/proc/cpuinfo",
                                  "/proc/meminfo",
                                  "/proc/stat",
                                  "/proc/sys/vm/overcommit_memory",
                                  "/sys/devices/system/cpu",
                                  "/sys/kernel/mm/transparent_hugepage",
                                  "/dev/random",
                                  "/dev/urandom"};
// What a compiler starts by name.
constexpr std::array programs{"as", "ld", "ld.bfd", "ld.gold", "ld.mold", "mold", "ccache"};

// The lines after the one that begins so.
std::string_view after(std::string_view text, std::string_view beginning) {
    const auto at = text.find(beginning);
    if (at == text.npos) return {};
    const auto end = text.find('\n', at);
    return end == text.npos ? std::string_view() : text.substr(end + 1);
}

std::string_view first_line(std::string_view text) { return text.substr(0, text.find('\n')); }

// "NAME=a:b:c", at the beginning of a line.
void add_list(std::string_view verbose, std::string_view name, std::vector<fs::path>& folders) {
    const auto start = "\n" + std::string(name) + "=";
    const auto at = verbose.find(start);
    if (at == verbose.npos) return;
    auto list = first_line(verbose.substr(at + start.size()));
    while (!list.empty()) {
        const auto end = std::min(list.find(':'), list.size());
        folders.emplace_back(list.substr(0, end));
        list.remove_prefix(std::min(end + 1, list.size()));
    }
}

}  // namespace

std::vector<fs::path> folders_of_compiler(std::string_view verbose) {
    std::vector<fs::path> folders;
    auto lines = after(verbose, "#include <...> search starts here:");
    for (; lines.starts_with(' '); lines = after(lines, ""))
        folders.emplace_back(first_line(lines).substr(1));
    for (const auto* name : {"COMPILER_PATH", "LIBRARY_PATH"}) add_list(verbose, name, folders);
    std::erase_if(folders, [](const fs::path& folder) {
        return !folder.is_absolute() || folder.lexically_normal() == "/";
    });
    return folders;
}

ToolchainFiles::ToolchainFiles(const std::string& compiler) {
    for (const auto* path : system_files) paths_.add(path);
    const auto add = [&](const fs::path& program) {
        std::error_code ignored;
        paths_.add(program);
        paths_.add(fs::canonical(program, ignored));
    };
    for (const auto* name : programs)
        if (const auto program = find_program(name)) add(*program);
    if (compiler.find('/') != compiler.npos)
        add(fs::absolute(compiler));
    else if (const auto program = find_program(compiler))
        add(*program);
}

void ToolchainFiles::learn(std::string_view verbose) {
    for (auto& folder : folders_of_compiler(verbose)) paths_.add(std::move(folder));
}

}  // namespace hotreload
