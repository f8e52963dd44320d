#pragma once
// `tgstats import FILE`: an export into the database, with a progress bar on terminals.

#include <filesystem>

namespace tgstats {

struct ImportCommand {
    std::filesystem::path file;
    std::filesystem::path data = "data";
    bool shift_to_now = false;
};

int run_import(const ImportCommand& command);  // the process's exit status

}  // namespace tgstats
