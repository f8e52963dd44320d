#pragma once
// What a handler is given: a Call for a command, a Query for a statistic, an Observation for a
// message that passes by, a Request for a service.

#include <tgstats/error.hpp>
#include <tgstats/value.hpp>

namespace tgstats {

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

// What every handler can reach: its configuration, the host's data, the log.
class Context {
public:
    Context(const hr_host* host, Value load) : host_(host), load_(load) {}

    // The merged configuration. Unlike other values it stays valid as long as the plugin does.
    [[nodiscard]] Value config() const { return load_["config"]; }
    // A private folder that the plugin may write to.
    [[nodiscard]] std::string data_dir() const { return load_["data_dir"].as_string(); }
    [[nodiscard]] Log log() const { return Log(host_); }

    // Asks the host: `method` in full ("service.call"). Throws tgstats::Error when it refuses or
    // fails.
    Value request(std::string_view method, const Object& params = {},
                  Where where = Where::here()) const {
        const hr_value* result = nullptr;
        hr_error error{};
        if (host_->call(host_, raw(method), params.build(host_), &result, &error) != 0) {
            throw Error(std::string(method) + ": " + std::string(view(error.message)), error.code,
                        where);
        }
        return {host_, result};
    }

protected:
    const hr_host* host_;

private:
    Value load_;
};

// A context with an event to answer.
class Work : public Context {
public:
    Work(const Context& context, Value event) : Context(context), event_(event) {}
    Work(const Work&) = delete;
    Work& operator=(const Work&) = delete;

    [[nodiscard]] Value event() const { return event_; }
    [[nodiscard]] Value settings() const { return event_["settings"]; }
    [[nodiscard]] std::string timezone() const { return settings()["timezone"].as_string("UTC"); }
    [[nodiscard]] std::string locale() const { return settings()["locale"].as_string("en"); }
    [[nodiscard]] std::int64_t now() const { return event_["now"].as_int(); }  // Unix seconds
    [[nodiscard]] std::int64_t chat_id() const {
        const Value own = event_["chat_id"];
        return own ? own.as_int() : message()["chat"]["id"].as_int();
    }
    // The Bot API message of the event; null when it has none.
    [[nodiscard]] Value message() const { return event_["message"]; }

    // A query by verb: store("activity", Object().set("by", "hour").set("days", 7)). The chat is
    // this event's unless `params` names one. Throws tgstats::Error when the host refuses.
    Value store(std::string_view verb, Object params = {}, Where where = Where::here()) const {
        if (!params.has("chat_id")) params.set("chat_id", chat_id());
        return request("store." + std::string(verb), params, where);
    }

private:
    Value event_;
};

struct ReplyOptions {
    std::string parse_mode = {};  // "HTML", "MarkdownV2" or none
    bool quote = false;           // as an answer to the very message
};

// Work that can speak. Replies are collected and go out only when the handler ends without an
// exception.
class Conversation : public Work {
public:
    using Work::Work;

    [[nodiscard]] std::string chat_type() const { return message()["chat"]["type"].as_string(); }
    [[nodiscard]] bool in_private() const { return chat_type() == "private"; }
    [[nodiscard]] std::int64_t user_id() const { return message()["from"]["id"].as_int(); }
    // "@name", else the first and last name.
    [[nodiscard]] std::string user_name() const {
        const Value from = message()["from"];
        if (const auto username = from["username"].as_string(); !username.empty())
            return "@" + username;
        const auto last = from["last_name"].as_string();
        return from["first_name"].as_string() + (last.empty() ? "" : " " + last);
    }
    // The forum topic; 0 outside of one.
    [[nodiscard]] std::int64_t thread_id() const {
        return message()["is_topic_message"].as_bool() ? message()["message_thread_id"].as_int()
                                                       : 0;
    }

    void reply_text(std::string_view text, const ReplyOptions& options = {}) {
        effect("sendMessage", reply_params(options).set("text", text));
    }
    // `png` or `jpeg` bytes.
    void reply_photo(std::string bytes, std::string_view caption = {},
                     const ReplyOptions& options = {}) {
        const bool jpeg = bytes.size() > 1 && bytes[0] == '\xff';
        effect("sendPhoto", captioned(caption, options),
               Object().set("photo", file({jpeg ? "photo.jpg" : "photo.png",
                                           jpeg ? "image/jpeg" : "image/png", std::move(bytes)})));
    }
    void reply_document(std::string bytes, std::string_view filename,
                        std::string_view caption = {}) {
        effect("sendDocument", captioned(caption, {}),
               Object().set("document",
                            file({filename, "application/octet-stream", std::move(bytes)})));
    }
    // Any Bot API call, sent with the replies and in order.
    void effect(std::string_view method, Object params, Object files = {}) {
        auto made = Object().set("method", method).set("params", std::move(params));
        if (!files.empty()) made.set("files", std::move(files));
        effects_.push(std::move(made));
    }
    // Sent at once, before the handler ends: for progress messages. Returns the Bot API's result.
    Value send_now(std::string_view method, Object params, Where where = Where::here()) {
        if (!params.has("chat_id")) params.set("chat_id", chat_id());
        const auto call = Object().set("method", method).set("params", std::move(params));
        return request("telegram.call", call, where);
    }

    [[nodiscard]] const Array& effects() const { return effects_; }

private:
    struct File {
        std::string_view name;
        const char* type;
        std::string bytes;
    };
    static Object file(File file) {
        return Object()
            .set("name", file.name)
            .set("type", file.type)
            .set("base64", Bytes{std::move(file.bytes)});
    }
    [[nodiscard]] Object reply_params(const ReplyOptions& options) const {
        auto params = Object().set("chat_id", chat_id());
        if (thread_id() != 0) params.set("message_thread_id", thread_id());
        if (!options.parse_mode.empty()) params.set("parse_mode", options.parse_mode);
        if (options.quote) {
            params.set("reply_parameters", Object().set("message_id", message()["message_id"]));
        }
        return params;
    }
    [[nodiscard]] Object captioned(std::string_view caption, const ReplyOptions& options) const {
        auto params = reply_params(options);
        if (!caption.empty()) params.set("caption", caption);
        return params;
    }

    Array effects_;
};

// A whole number among a command's arguments. False when it was given but is no number, or out of
// range.
struct IntArg {
    std::int64_t value = 0;
    bool given = false;
    bool valid = true;
    explicit operator bool() const { return valid; }
};

class Call : public Conversation {
public:
    using Conversation::Conversation;

    [[nodiscard]] std::string command() const { return event()["command"].as_string(); }
    [[nodiscard]] std::vector<std::string> args() const {
        std::vector<std::string> all;
        for (const Value argument : event()["args"]) all.push_back(argument.as_string());
        return all;
    }
    [[nodiscard]] std::string arg(std::size_t index, std::string_view otherwise = {}) const {
        return event()["args"].at(index).as_string(otherwise);
    }
    // if (auto days = call.arg_int(0, 30, 1, 365); !days) { … } else use(days.value);
    [[nodiscard]] IntArg arg_int(std::size_t index, std::int64_t otherwise,
                                 std::int64_t min = INT32_MIN, std::int64_t max = INT32_MAX) const {
        const Value argument = event()["args"].at(index);
        if (!argument) return {otherwise};
        IntArg parsed{0, true, false};
        auto text = argument.as_view();
        const bool negative = !text.empty() && text[0] == '-';
        if (negative) text.remove_prefix(1);
        constexpr std::size_t digits_max = 18;  // more would overflow
        if (text.empty() || text.size() > digits_max) return parsed;
        for (const char digit : text) {
            if (digit < '0' || digit > '9') return parsed;
            parsed.value = parsed.value * 10 + (digit - '0');
        }
        if (negative) parsed.value = -parsed.value;
        parsed.valid = parsed.value >= min && parsed.value <= max;
        return parsed;
    }
};

// A statistic to compute: read params(), give result().
class Query : public Work {
public:
    using Work::Work;
    [[nodiscard]] Value params() const { return event()["params"]; }
    void result(Node result) { result_ = std::move(result); }
    [[nodiscard]] const Node& result() const { return result_; }

private:
    Node result_;
};

// Another plugin asks: read params(), give result().
class Request : public Query {
public:
    using Query::Query;
};

// Something that happened in a chat; it may be answered.
class Observation : public Conversation {
public:
    using Conversation::Conversation;
};

}  // namespace tgstats
