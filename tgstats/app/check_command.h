#pragma once
// `tgstats check [DIR]`: builds, loads and probes every plugin of a folder without a bot, and says
// what is wrong.

#include <filesystem>

namespace tgstats {

struct CheckCommand {
    std::filesystem::path plugins = "plugins";
    bool json = false;
};

int run_check(const CheckCommand& command);  // 0 when every enabled plugin would serve

}  // namespace tgstats
