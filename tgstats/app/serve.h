#pragma once
// The whole bot as one object: wires the parts, starts them in order, stops them in reverse.

#include <memory>
#include <optional>
#include <string>

#include "hotreload/base/asio.h"
#include "tgstats/app/settings.h"

namespace tgstats {

struct ServeOptions {
    Settings settings;
    std::string version;
    bool playground = false;  // talk to the built-in Bot API server instead of Telegram
    bool quiet = false;
};

// Runs until SIGINT or SIGTERM. The result is the process's exit status; what went wrong has been
// printed.
int serve(const ServeOptions& options);

// The Bot API server and its web chat alone.
int serve_playground(const std::string& listen, bool quiet);

}  // namespace tgstats
