#pragma once
// One opened `.so` and the plugin made from it.

#include <string>

#include <hotreload/plugin.h>

#include "workers/native/host_table.h"

namespace hotreload::native {

class PluginLibrary {
public:
    // Opens the file and checks its function table before anything in it is called.
    static Result<PluginLibrary, RpcError> open(const std::string& path);

    PluginLibrary(PluginLibrary&& other) noexcept
        : functions_(other.functions_), plugin_(std::exchange(other.plugin_, nullptr)) {}
    PluginLibrary& operator=(PluginLibrary&&) = delete;
    ~PluginLibrary();

    Result<json::value, RpcError> load(HostTable& host, const json::value& params);
    // Whether the plugin can bring its state from one version to another; an older plugin's table
    // ends before the function.
    [[nodiscard]] bool migrates() const;
    Result<json::value, RpcError> migrate(HostTable& host, const json::value& params);
    Result<json::value, RpcError> probe(HostTable& host);
    Result<json::value, RpcError> handle(HostTable& host, const hr_event& event);
    void shutdown(HostTable& host);

private:
    explicit PluginLibrary(const hr_plugin* functions) : functions_(functions) {}

    // The library is never closed: the process is one generation and ends with it.
    const hr_plugin* functions_;
    void* plugin_ = nullptr;
};

}  // namespace hotreload::native
