#pragma once
// What a handler is given: a Call for a command, a Query for a statistic, an Observation or a Batch
// for what happens in chats, a Request for a service, a Tick for a schedule.

#include <tgstats/context.hpp>
#include <tgstats/html.hpp>
#include <tgstats/number.hpp>

namespace tgstats {

struct ReplyOptions {
    std::string parse_mode = {};  // "HTML", "MarkdownV2" or none
    bool quote = false;           // as an answer to the very message
};

// Work that can speak. What is to be sent is collected and goes out only when the handler ends
// without an exception.
class Speaker : public Work {
public:
    using Work::Work;

    void send_text(std::int64_t chat, std::string_view text, const ReplyOptions& options = {}) {
        effect("sendMessage", to(chat, options).set("text", text));
    }
    // `png` or `jpeg` bytes.
    void send_photo(std::int64_t chat, std::string bytes, std::string_view caption = {},
                    const ReplyOptions& options = {}) {
        photo(to(chat, options), std::move(bytes), caption);
    }
    // Any Bot API call, sent with the others and in order.
    void effect(std::string_view method, Object params, Object files = {}) {
        auto made = Object().set("method", method).set("params", std::move(params));
        if (!files.empty()) made.set("files", std::move(files));
        effects_.push(std::move(made));
    }
    // Sent at once, before the handler ends: for progress messages. Returns the Bot API's result.
    Value send_now(std::string_view method, Object params, Where where = Where::here()) {
        if (!params.has("chat_id") && chat_id() != 0) params.set("chat_id", chat_id());
        const auto call = Object().set("method", method).set("params", std::move(params));
        return request("telegram.call", call, where);
    }

    [[nodiscard]] const Array& effects() const { return effects_; }

protected:
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
    static Object to(std::int64_t chat, const ReplyOptions& options) {
        auto params = Object().set("chat_id", chat);
        if (!options.parse_mode.empty()) params.set("parse_mode", options.parse_mode);
        return params;
    }
    void photo(Object params, std::string bytes, std::string_view caption) {
        const bool jpeg = bytes.size() > 1 && bytes[0] == '\xff';
        if (!caption.empty()) params.set("caption", caption);
        effect("sendPhoto", std::move(params),
               Object().set("photo", file({jpeg ? "photo.jpg" : "photo.png",
                                           jpeg ? "image/jpeg" : "image/png", std::move(bytes)})));
    }
    void take(const Array& effects) { effects_.extend(effects); }

private:
    Array effects_;
};

// Work about one message, or whatever else happened in a chat, that can be answered there.
class Conversation : public Speaker {
public:
    using Speaker::Speaker;

    [[nodiscard]] std::string chat_type() const { return message()["chat"]["type"].as_string(); }
    [[nodiscard]] bool in_private() const { return chat_type() == "private"; }
    [[nodiscard]] std::int64_t user_id() const { return sender()["id"].as_int(); }
    // "@name", else the first and last name.
    [[nodiscard]] std::string user_name() const {
        const Value from = sender();
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
    // reply_html("<b>{}</b> wrote {}", {name, words}): each {} becomes a value, escaped.
    void reply_html(std::string_view pattern, std::initializer_list<std::string_view> values = {},
                    ReplyOptions options = {}) {
        options.parse_mode = "HTML";
        reply_text(html(pattern, values), options);
    }
    // `png` or `jpeg` bytes.
    void reply_photo(std::string bytes, std::string_view caption = {},
                     const ReplyOptions& options = {}) {
        photo(reply_params(options), std::move(bytes), caption);
    }
    void reply_document(std::string bytes, std::string_view filename,
                        std::string_view caption = {}) {
        auto params = reply_params({});
        if (!caption.empty()) params.set("caption", caption);
        effect("sendDocument", std::move(params),
               Object().set("document",
                            file({filename, "application/octet-stream", std::move(bytes)})));
    }

private:
    // Reactions name their sender otherwise.
    [[nodiscard]] Value sender() const {
        const Value from = message()["from"];
        return from ? from : message()["user"];
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
    [[nodiscard]] std::string caller() const { return event()["caller"].as_string(); }
};

// One thing that happened in a chat; it may be answered. message() is what the update carries: a
// message, a reaction (MessageReactionUpdated), a change of membership (ChatMemberUpdated).
class Observation : public Conversation {
public:
    Observation(const Context& context, Value event, Value update)
        : Conversation(context, event, carried(update)), update_(update) {}

    [[nodiscard]] Value update() const { return update_; }  // the Bot API's Update

private:
    // An update has its id and one thing more.
    static Value carried(Value update) {
        for (std::size_t i = 0; i < update.size(); ++i) {
            if (update.key(i) != "update_id") return update.at(i);
        }
        return {};
    }

    Value update_;
};

// Up to 100 updates at once, in order, of any chats.
class Batch : public Speaker {
public:
    using Speaker::Speaker;
    [[nodiscard]] Value updates() const { return event()["updates"]; }

    // Each by itself, in order; what it sends is sent with the batch.
    template <class Callable>
    void each(Callable& callable) {
        for (const Value update : updates()) {
            Observation observation(*this, event(), update);
            callable(observation);
            take(observation.effects());
        }
    }
};

// A schedule is due. No chat is at hand: what is sent and asked names its chat.
class Tick : public Speaker {
public:
    using Speaker::Speaker;
    [[nodiscard]] std::string schedule() const { return event()["schedule"].as_string(); }
    [[nodiscard]] std::int64_t due() const { return event()["due"].as_int(); }  // Unix seconds
    // The chats that the bot serves.
    [[nodiscard]] std::vector<std::int64_t> chats() const {
        std::vector<std::int64_t> chats;
        for (const Value chat : event()["chats"]) chats.push_back(chat.as_int());
        return chats;
    }
};

}  // namespace tgstats
