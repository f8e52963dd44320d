#include "workers/native/plugin_library.h"

#include <dlfcn.h>

#include <cstddef>
#include <exception>

namespace hotreload::native {

namespace {

constexpr const char* entry_symbol = "hotreload_plugin";
constexpr std::size_t first_table_bytes = offsetof(hr_plugin, migrate);  // as it was at first

RpcError refusal(const char* type, std::string message) {
    json::value data{{"type", type}, {"message", message}};
    return {rpc_code::plugin_error, std::move(message), std::move(data)};
}

// The words the linker uses already name the file.
std::string linker_words() {
    const char* words = ::dlerror();
    return words ? words : "the dynamic linker gave no reason";
}

std::string wrong_table(const hr_plugin* table) {
    if (!table) return "returned no function table";
    if (table->abi != HR_PLUGIN_ABI) {
        return "is for plugin ABI " + std::to_string(table->abi) + ", this worker speaks " +
               std::to_string(HR_PLUGIN_ABI) + ": build it against this hotreload/plugin.h";
    }
    if (table->size < first_table_bytes) {
        return "has a function table of " + std::to_string(table->size) + " bytes where " +
               std::to_string(first_table_bytes) + " are needed";
    }
    const bool whole = table->create && table->load && table->probe && table->handle &&
                       table->shutdown && table->destroy;
    return whole ? "" : "leaves a function of its table empty";
}

// Runs one function of the plugin. None may throw, but a plugin not made with the SDK might: that
// is its failure, too.
template <class Function>
Result<json::value, RpcError> ask(HostTable& host, Function function) {
    host.begin();
    hr_value* out = nullptr;
    try {
        if (function(&out) != 0) {
            auto failure = host.failure();
            host.end();
            return failure;
        }
    } catch (const std::exception& exception) {
        host.end();
        return refusal("exception", std::string("an exception left it: ") + exception.what());
    }
    json::value result = out ? std::move(*known(out)) : json::value();
    host.end();
    return result;
}

}  // namespace

Result<PluginLibrary, RpcError> PluginLibrary::open(const std::string& path) {
    void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library) return refusal("dlopen", linker_words());
    auto* symbol = ::dlsym(library, entry_symbol);
    if (!symbol) {
        return refusal("entry", path + " exports no \"" + entry_symbol +
                                    "\": a plugin's main file ends with its entry macro");
    }
    const auto* table = reinterpret_cast<const hr_plugin* (*)()>(symbol)();
    if (auto wrong = wrong_table(table); !wrong.empty()) return refusal("abi", path + " " + wrong);
    return PluginLibrary(table);
}

PluginLibrary::~PluginLibrary() {
    if (plugin_) functions_->destroy(plugin_);
}

Result<json::value, RpcError> PluginLibrary::load(HostTable& host, const json::value& params) {
    return ask(host, [&](hr_value** out) {
        plugin_ = functions_->create(host.table());
        return plugin_ ? functions_->load(plugin_, opaque(params), out) : 1;
    });
}

bool PluginLibrary::migrates() const {
    constexpr auto needed = offsetof(hr_plugin, migrate) + sizeof(functions_->migrate);
    return functions_->size >= needed && functions_->migrate;
}

Result<json::value, RpcError> PluginLibrary::migrate(HostTable& host, const json::value& params) {
    return ask(host,
               [&](hr_value** out) { return functions_->migrate(plugin_, opaque(params), out); });
}

Result<json::value, RpcError> PluginLibrary::probe(HostTable& host) {
    return ask(host, [&](hr_value** out) { return functions_->probe(plugin_, out); });
}

Result<json::value, RpcError> PluginLibrary::handle(HostTable& host, const hr_event& event) {
    return ask(host, [&](hr_value** out) { return functions_->handle(plugin_, &event, out); });
}

void PluginLibrary::shutdown(HostTable& host) {
    const auto ended = ask(host, [&](hr_value**) {
        functions_->shutdown(plugin_);
        return 0;
    });
    static_cast<void>(ended);
}

}  // namespace hotreload::native
