#pragma once
// From the C function table to the author's class: runs what is asked, and turns exceptions into
// errors, because none may cross the C interface. Included by plugin.hpp.

#include <cxxabi.h>

#include <new>

#include <tgstats/plugin.hpp>

namespace tgstats::detail {

// One created plugin: the author's object, seen as each of its kinds, and what it offers.
struct Entry {
    Entry(const hr_host* given_host, const char* given_class_name, Plugin* given_plugin)
        : host(given_host),
          class_name(given_class_name),
          plugin(given_plugin),
          command(dynamic_cast<CommandPlugin*>(plugin)),
          statistic(dynamic_cast<StatisticsPlugin*>(plugin)),
          handler(dynamic_cast<HandlerPlugin*>(plugin)),
          service(dynamic_cast<ServicePlugin*>(plugin)) {}
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    ~Entry() { delete plugin; }

    const hr_host* host;
    const char* class_name;
    Plugin* plugin;
    CommandPlugin* command;
    StatisticsPlugin* statistic;
    HandlerPlugin* handler;
    ServicePlugin* service;
    Value params = {};
    Commands commands = {};
    Statistics statistics = {};
    Observers observers = {};
    Services services = {};
    Schedules schedules = {};
};

// Functions that run once in a plugin's life are marked cold: compiled for size, and that much
// faster.
[[gnu::cold]] inline std::string type_name(const std::exception& exception) {
    int status = 0;
    const char* mangled = typeid(exception).name();
    char* readable = abi::__cxa_demangle(mangled, nullptr, nullptr, &status);
    std::string name = readable ? readable : mangled;
    __builtin_free(readable);
    return name;
}

[[gnu::cold]] inline void report(const hr_host* host, const Error& error) {
    hr_error out{};
    out.code = error.code();
    out.type = raw("tgstats::Error");
    out.message = raw(error.what());
    out.file = raw(error.where().file);
    out.line = error.where().line;
    host->fail(host, &out);
}

[[gnu::cold]] inline void report(const hr_host* host, std::string_view type,
                                 std::string_view message) {
    hr_error out{};
    out.type = raw(type);
    out.message = raw(message);
    host->fail(host, &out);
}

// Reports the exception that is being handled.
[[gnu::cold, gnu::noinline]] inline void report_current(const hr_host* host) {
    try {
        throw;
    } catch (const Error& error) {
        report(host, error);
    } catch (const std::exception& exception) {
        report(host, type_name(exception), exception.what());
    } catch (...) {
        report(host, "", "an exception that is not a std::exception was thrown");
    }
}

// Runs the body; 0, or 1 after the exception has been reported.
template <class Body>
int guarded(const hr_host* host, Body body) noexcept {
    try {
        body();
        return 0;
    } catch (...) {
        report_current(host);
    }
    return 1;
}

[[gnu::cold]] inline void list_offers(Array& list, std::string_view kind, const OfferList& offers) {
    for (const auto& offer : offers.all()) {
        list.push(Object()
                      .set("kind", kind)
                      .set("name", offer.name)
                      .set("description", offer.description));
    }
}

[[gnu::cold]] inline Object manifest(const Entry& entry) {
    Array kinds;
    if (entry.command) kinds.push("command");
    if (entry.statistic) kinds.push("statistic");
    if (entry.handler) kinds.push("observer");
    if (entry.service) kinds.push("service");
    Array offers;
    list_offers(offers, "command", entry.commands);
    list_offers(offers, "statistic", entry.statistics);
    list_offers(offers, "observer", entry.observers);
    list_offers(offers, "service", entry.services);
    list_offers(offers, "schedule", entry.schedules);
    const Metadata metadata = entry.plugin->metadata();
    return Object()
        .set("class", entry.class_name)
        .set("kinds", std::move(kinds))
        .set("name", metadata.name)
        .set("version", metadata.version)
        .set("description", metadata.description)
        .set("author", metadata.author)
        .set("dependencies", metadata.dependencies)
        .set("offers", std::move(offers))
        .set("schedules", entry.schedules.timetable())
        .set("state_version", metadata.state_version)
        .set("permissions", metadata.permissions);
}

[[gnu::cold]] inline int load(void* plugin, const hr_value* params, hr_value** out) {
    auto& entry = *static_cast<Entry*>(plugin);
    return guarded(entry.host, [&] {
        entry.params = Value(entry.host, params);
        Context context(entry.host, entry.params);
        entry.plugin->initialize(context);
        if (entry.command) entry.command->commands(entry.commands);
        if (entry.statistic) entry.statistic->statistics(entry.statistics);
        if (entry.handler) entry.handler->observers(entry.observers);
        if (entry.service) entry.service->services(entry.services);
        entry.plugin->schedules(entry.schedules);
        *out = manifest(entry).build(entry.host);
    });
}

[[gnu::cold]] inline int probe(void* plugin, hr_value** out) {
    auto& entry = *static_cast<Entry*>(plugin);
    return guarded(entry.host, [&] {
        Probe probe(Context(entry.host, entry.params));
        entry.plugin->probe(probe);
        auto result = Object().set("ok", probe.reason().empty());
        if (!probe.reason().empty()) result.set("reason", probe.reason());
        *out = result.build(entry.host);
    });
}

inline void run(const OfferList& offers, std::string_view name, void* subject) {
    const auto* offer = offers.find(name);
    if (!offer) throw Error("the plugin does not offer \"" + std::string(name) + "\"");
    offer->action.run(subject);
}

inline Object answer(const Entry& entry, const hr_event& event) {
    const Context context(entry.host, entry.params);
    const Value value(entry.host, event.event);
    const auto kind = view(event.kind);
    const auto name = view(event.name);
    const auto effects = [](Speaker& done) { return Object().set("effects", done.effects()); };
    if (kind == "command") {
        Call call(context, value);
        run(entry.commands, name, &call);
        return effects(call);
    }
    if (kind == "observer") {
        Batch batch(context, value);
        run(entry.observers, name, &batch);
        return effects(batch);
    }
    if (kind == "schedule") {
        Tick tick(context, value);
        run(entry.schedules, name, &tick);
        return effects(tick);
    }
    if (kind == "statistic") {
        Query query(context, value);
        run(entry.statistics, name, &query);
        return Object().set("result", query.result());
    }
    if (kind == "service") {
        Request request(context, value);
        run(entry.services, name, &request);
        return Object().set("result", request.result());
    }
    throw Error("the plugin does not offer \"" + std::string(kind) + "\"");
}

inline int handle(void* plugin, const hr_event* event, hr_value** out) {
    auto& entry = *static_cast<Entry*>(plugin);
    return guarded(entry.host, [&] { *out = answer(entry, *event).build(entry.host); });
}

[[gnu::cold]] inline int migrate(void* plugin, const hr_value* params, hr_value** out) {
    auto& entry = *static_cast<Entry*>(plugin);
    return guarded(entry.host, [&] {
        Migration migration(Context(entry.host, entry.params), Value(entry.host, params));
        entry.plugin->migrate(migration);
        *out = Object().set("state", migration.result()).build(entry.host);
    });
}

[[gnu::cold]] inline void shutdown(void* plugin) {
    auto& entry = *static_cast<Entry*>(plugin);
    const int failed = guarded(entry.host, [&] { entry.plugin->shutdown(); });
    static_cast<void>(failed);  // reported; nothing else can be done about it
}

[[gnu::cold]] inline void destroy(void* plugin) {
    auto* entry = static_cast<Entry*>(plugin);
    const hr_host* host = entry->host;
    static_cast<void>(guarded(host, [&] { delete entry; }));
}

template <class Class>
[[gnu::cold]] void* create(const hr_host* host, const char* class_name) {
    Entry* entry = nullptr;
    static_cast<void>(guarded(host, [&] {
        Plugin* plugin = new Class();
        entry = new Entry(host, class_name, plugin);
    }));
    return entry;
}

// Whether the class, or one between it and Plugin, has a migration of its own.
template <class Class>
constexpr bool migrates() {
    if constexpr (requires { &Class::migrate; }) {
        return !std::is_same_v<decltype(&Class::migrate), void (Plugin::*)(Migration&)>;
    } else {
        return true;  // overridden, and not for others to name
    }
}

template <class Class>
hr_plugin table(void* (*create_function)(const hr_host*)) {
    return {HR_PLUGIN_ABI,
            sizeof(hr_plugin),
            create_function,
            load,
            probe,
            handle,
            shutdown,
            destroy,
            migrates<Class>() ? migrate : nullptr};
}

}  // namespace tgstats::detail
