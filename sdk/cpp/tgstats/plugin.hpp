#pragma once
// What the author of a C++ plugin includes: derive from one or several of the four kinds, and end
// the file with TGSTATS_PLUGIN(YourClass).

#include <tgstats/offers.hpp>

namespace tgstats {

struct Metadata {
    std::string name = {};
    std::string version = {};
    std::string description = {};
    std::string author = {};
    std::vector<std::string> dependencies = {};  // names of plugins that must be there
};

// A self-test before the plugin goes live: a failed one leaves the generation before it in service.
class Probe : public Context {
public:
    using Context::Context;
    explicit Probe(const Context& context) : Context(context) {}
    void fail(std::string_view reason) {
        if (reason_.empty()) reason_ = reason.empty() ? "the probe failed" : reason;
    }
    void require(bool condition, std::string_view reason) {
        if (!condition) fail(reason);
    }
    [[nodiscard]] const std::string& reason() const { return reason_; }  // empty: passed

private:
    std::string reason_;
};

class Plugin {
public:
    Plugin() = default;
    Plugin(const Plugin&) = delete;
    Plugin& operator=(const Plugin&) = delete;
    virtual ~Plugin() = default;

    [[nodiscard]] virtual Metadata metadata() const = 0;
    virtual void initialize(Context& /*context*/) {}
    virtual void probe(Probe& /*probe*/) {}
    virtual void shutdown() {}
};

class CommandPlugin : public virtual Plugin {
public:
    virtual void commands(Commands& commands) = 0;
};

class StatisticsPlugin : public virtual Plugin {
public:
    virtual void statistics(Statistics& statistics) = 0;
};

class HandlerPlugin : public virtual Plugin {
public:
    virtual void observers(Observers& observers) = 0;
};

class ServicePlugin : public virtual Plugin {
public:
    virtual void services(Services& services) = 0;
};

}  // namespace tgstats

#include <tgstats/entry.hpp>

#define TGSTATS_PLUGIN(Class)                                                                      \
    extern "C" HR_EXPORT const hr_plugin* hotreload_plugin(void) {                                 \
        static const hr_plugin table = ::tgstats::detail::table([](const hr_host* host) -> void* { \
            return ::tgstats::detail::create<Class>(host, #Class);                                 \
        });                                                                                        \
        return &table;                                                                             \
    }
