#include "hotreload/build/package_flags.h"

#include <algorithm>

namespace hotreload {
namespace {

// A package is a name, never an option or a path; what ends with .pc would be a file.
bool valid_name(const std::string& name) {
    return !name.empty() && name.front() != '-' && !name.ends_with(".pc") &&
           std::all_of(name.begin(), name.end(), [](unsigned char c) {
               return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == '+';
           });
}

std::string unknown(const std::string& package, const std::string& plugin) {
    return "pkg-config knows no package '" + package + "' (named in plugins.yaml → " + plugin +
           " → build.packages): install its -dev package";
}

}  // namespace

std::vector<std::string> split_flags(std::string_view text) {
    std::vector<std::string> words;
    std::string word;
    bool inside = false;
    char quote = '\0';
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '\\' && quote != '\'' && at + 1 < text.size()) {
            word += text[++at];
            inside = true;
        } else if (quote != '\0') {
            if (c == quote)
                quote = '\0';
            else
                word += c;
        } else if (c == '"' || c == '\'') {
            quote = c;
            inside = true;
        } else if (c == ' ' || c == '\t' || c == '\n') {
            if (inside) words.push_back(std::move(word));
            word.clear();
            inside = false;
        } else {
            word += c;
            inside = true;
        }
    }
    if (inside) words.push_back(std::move(word));
    return words;
}

Task<Result<PackageFlags, std::string>> package_flags(Compiler& compiler,
                                                      std::vector<std::string> packages,
                                                      std::string plugin, MonotonicTime deadline) {
    PackageFlags flags;
    if (packages.empty()) co_return flags;
    for (const auto& package : packages) {
        if (!valid_name(package)) co_return unknown(package, plugin);
        std::vector<std::string> argv{"pkg-config", "--modversion", package};
        auto version = co_await compiler.ask(std::move(argv), deadline);
        if (!version)
            co_return version.error() + ": install pkg-config (Debian: apt-get install pkg-config)";
        if (!version->status.success()) co_return unknown(package, plugin);
        flags.versions += package + " " + version->standard_output;
    }
    for (auto* into : {&flags.compile, &flags.link}) {
        std::vector<std::string> argv{"pkg-config", into == &flags.compile ? "--cflags" : "--libs"};
        argv.insert(argv.end(), packages.begin(), packages.end());
        auto printed = co_await compiler.ask(std::move(argv), deadline);
        if (!printed) co_return printed.error();
        if (!printed->status.success())
            co_return "pkg-config failed for " + plugin + ": " + printed->output;
        *into = split_flags(printed->standard_output);
    }
    co_return flags;
}

}  // namespace hotreload
