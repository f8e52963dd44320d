#pragma once
// `tgstats plugin new NAME`: a first plugin that works, to be changed while the bot runs.

#include <filesystem>
#include <string>

namespace tgstats {

struct NewCommand {
    std::string name;
    std::string language = "python";  // python or cpp
    std::filesystem::path plugins = "plugins";
};

int run_new(const NewCommand& command);

}  // namespace tgstats
