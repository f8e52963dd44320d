#pragma once
// What a plugin can reach anywhere: its configuration, the log, what the host keeps for it, other
// plugins' services; and, with an event at hand, the host's data.

#include <tgstats/error.hpp>
#include <tgstats/value.hpp>

namespace tgstats {

namespace detail {

// Asks the host and waits. Throws tgstats::Error when it refuses or fails.
[[gnu::noinline]] inline Value ask(const hr_host* host, std::string_view method,
                                   const Object& params, Where where) {
    const hr_value* result = nullptr;
    hr_error error{};
    if (host->call(host, raw(method), params.build(host), &result, &error) != 0) {
        throw Error(std::string(method) + ": " + std::string(view(error.message)), error.code,
                    where);
    }
    return {host, result};
}

}  // namespace detail

// Lines for the log of this plugin.
class Log {
public:
    explicit Log(const hr_host* host) : host_(host) {}
    void debug(std::string_view message, const Object& fields = {}) const {
        write(HR_DEBUG, message, fields);
    }
    void info(std::string_view message, const Object& fields = {}) const {
        write(HR_INFO, message, fields);
    }
    void warning(std::string_view message, const Object& fields = {}) const {
        write(HR_WARNING, message, fields);
    }
    void error(std::string_view message, const Object& fields = {}) const {
        write(HR_ERROR, message, fields);
    }

private:
    void write(hr_level level, std::string_view message, const Object& fields) const {
        host_->log(host_, level, raw(message), fields.build(host_));
    }
    const hr_host* host_;
};

// What the host keeps for the plugin across reloads, crashes and restarts, by key: any JSON values.
// Changes become real when the handler has succeeded, and not at all when it fails.
class State {
public:
    explicit State(const hr_host* host) : host_(host) {}

    // Null when there is no such key, so: state.get("count").as_int().
    [[nodiscard]] Value get(std::string_view key, Where where = Where::here()) const {
        return detail::ask(host_, "state.get", Object().set("key", key), where)["value"];
    }
    [[nodiscard]] bool has(std::string_view key, Where where = Where::here()) const {
        return detail::ask(host_, "state.get", Object().set("key", key), where)["found"].as_bool();
    }
    void set(std::string_view key, Node value, Where where = Where::here()) const {
        detail::ask(host_, "state.set", Object().set("key", key).set("value", std::move(value)),
                    where);
    }
    void remove(std::string_view key, Where where = Where::here()) const {
        detail::ask(host_, "state.delete", Object().set("key", key), where);
    }
    // All keys, or those that begin with `prefix`, in order.
    [[nodiscard]] std::vector<std::string> keys(std::string_view prefix = {},
                                                Where where = Where::here()) const {
        Object params;
        if (!prefix.empty()) params.set("prefix", prefix);
        std::vector<std::string> keys;
        for (const Value key : detail::ask(host_, "state.keys", params, where)["keys"]) {
            keys.push_back(key.as_string());
        }
        return keys;
    }

private:
    const hr_host* host_;
};

// What every handler can reach.
class Context {
public:
    Context(const hr_host* host, Value load) : host_(host), load_(load) {}

    // The merged configuration. Unlike other values it stays valid as long as the plugin does.
    [[nodiscard]] Value config() const { return load_["config"]; }
    // A private folder that the plugin may write to.
    [[nodiscard]] std::string data_dir() const { return load_["data_dir"].as_string(); }
    [[nodiscard]] Log log() const { return Log(host_); }
    [[nodiscard]] State state() const { return State(host_); }

    // Another plugin's service. Throws tgstats::Error when nobody offers it, when it fails, or when
    // the calls form a circle; its code() says which (docs/protocol.md, section 3).
    Value call_service(std::string_view service, Object params = {},
                       Where where = Where::here()) const {
        const auto asked = Object().set("service", service).set("params", std::move(params));
        return request("service.call", asked, where)["result"];
    }
    // Asks the host: `method` in full ("store.chat").
    Value request(std::string_view method, const Object& params = {},
                  Where where = Where::here()) const {
        return detail::ask(host_, method, params, where);
    }

protected:
    const hr_host* host_;

private:
    Value load_;
};

// A context with an event to answer.
class Work : public Context {
public:
    Work(const Context& context, Value event) : Work(context, event, event["message"]) {}
    Work(const Context& context, Value event, Value message)
        : Context(context), event_(event), message_(message) {}
    Work(const Work&) = delete;
    Work& operator=(const Work&) = delete;

    [[nodiscard]] Value event() const { return event_; }
    [[nodiscard]] Value settings() const { return event_["settings"]; }
    [[nodiscard]] std::string timezone() const { return settings()["timezone"].as_string("UTC"); }
    [[nodiscard]] std::string locale() const { return settings()["locale"].as_string("en"); }
    [[nodiscard]] std::int64_t now() const { return event_["now"].as_int(); }  // Unix seconds
    // The chat at hand; 0 where there is none.
    [[nodiscard]] std::int64_t chat_id() const {
        if (const Value own = event_["chat_id"]) return own.as_int();
        if (const Value asked = event_["params"]["chat_id"]) return asked.as_int();
        return message_["chat"]["id"].as_int();
    }
    // The Bot API message of the event; null when it has none.
    [[nodiscard]] Value message() const { return message_; }

    // A query by verb: store("activity", Object().set("by", "hour").set("days", 7)). The chat is
    // the one at hand unless `params` names one. Throws tgstats::Error when the host refuses.
    Value store(std::string_view verb, Object params = {}, Where where = Where::here()) const {
        if (!params.has("chat_id") && chat_id() != 0) params.set("chat_id", chat_id());
        return request("store." + std::string(verb), params, where);
    }

private:
    Value event_;
    Value message_;
};

}  // namespace tgstats
