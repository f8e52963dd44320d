#pragma once
// `tgstats plugins …` and `tgstats why NAME`: asks the running bot over HTTP and prints tables for
// people, JSON for scripts.

#include <string>

namespace tgstats {

struct PluginsCommand {
    std::string verb = "list";  // list, show, reload, enable, disable, why
    std::string name;           // empty: all
    std::string address = "127.0.0.1:8080";
    std::string admin_token;
    bool json = false;
};

int run_plugins(const PluginsCommand& command);  // the process's exit status

}  // namespace tgstats
