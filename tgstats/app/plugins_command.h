#pragma once
// `tgstats plugins …` and `tgstats why NAME`: asks the running bot over HTTP and prints tables for
// people, JSON for scripts.

#include <cstdint>
#include <string>

namespace tgstats {

struct PluginsCommand {
    // list, show, why, history; reload, enable, disable, rollback
    std::string verb = "list";
    std::string name;              // empty: all
    std::uint64_t generation = 0;  // to go back to; 0: the one before
    std::string address = "127.0.0.1:8080";
    std::string admin_token;
    bool json = false;
};

int run_plugins(const PluginsCommand& command);  // the process's exit status

}  // namespace tgstats
