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
    std::vector<std::string> permissions = {};   // what the operator has to grant in plugins.yaml
    int state_version = 0;  // of what is kept in state(); a new number makes migrate() run
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

// What is kept has another version than metadata().state_version: read state(), and give all that
// is to be kept from now on to result().
class Migration : public Context {
public:
    Migration(const Context& context, Value params) : Context(context), params_(params) {}
    [[nodiscard]] std::int64_t from() const { return params_["from"].as_int(); }
    [[nodiscard]] std::int64_t to() const { return params_["to"].as_int(); }
    [[nodiscard]] Value state() const { return params_["state"]; }  // key: value
    void result(Object state) { result_ = std::move(state); }
    [[nodiscard]] const Object& result() const { return result_; }

private:
    Value params_;
    Object result_;
};

class Plugin {
public:
    Plugin() = default;
    Plugin(const Plugin&) = delete;
    Plugin& operator=(const Plugin&) = delete;
    virtual ~Plugin() = default;

    [[nodiscard]] virtual Metadata metadata() const = 0;
    virtual void initialize(Context& /*context*/) {}
    // Throwing keeps the generation before this one in service; so does not overriding it.
    virtual void migrate(Migration& /*migration*/) {}
    virtual void probe(Probe& /*probe*/) {}
    virtual void schedules(Schedules& /*schedules*/) {}
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

#define TGSTATS_PLUGIN(Class)                                                  \
    extern "C" HR_EXPORT const hr_plugin* hotreload_plugin(void) {             \
        static const hr_plugin table =                                         \
            ::tgstats::detail::table<Class>([](const hr_host* host) -> void* { \
                return ::tgstats::detail::create<Class>(host, #Class);         \
            });                                                                \
        return &table;                                                         \
    }
