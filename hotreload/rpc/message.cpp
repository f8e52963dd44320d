#include "hotreload/rpc/message.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <stdexcept>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "hotreload/base/json_text.h"
#include "hotreload/base/utf8.h"
#include "hotreload/model/limits.h"

namespace hotreload {

namespace {

using Parsed = Result<RpcMessage, std::string>;

Parsed malformed(std::string reason) { return Parsed(in_place_error, std::move(reason)); }
Parsed message(RpcMessage parsed) { return Parsed(in_place_value, std::move(parsed)); }

// The first member that the shape does not know.
std::optional<std::string> stranger(const json::object& object,
                                    std::initializer_list<std::string_view> known) {
    for (const auto& member : object) {
        const std::string_view name(member.key().data(), member.key().size());
        if (std::find(known.begin(), known.end(), name) == known.end()) return to_utf8(name);
    }
    return std::nullopt;
}

std::optional<std::int64_t> id_of(const json::value& value) {
    const auto* id = value.if_int64();
    return id != nullptr && *id > 0 ? std::optional(*id) : std::nullopt;
}

Parsed parse_call(json::object& object, const json::value* id) {
    if (const auto name = stranger(object, {"jsonrpc", "id", "method", "params"})) {
        return malformed(fmt::format("a request has an unknown member '{}'", *name));
    }
    const auto* method = object.if_contains("method")->if_string();
    if (method == nullptr || method->empty())
        return malformed("'method' is not a non-empty string");
    json::object params;
    if (auto* given = object.if_contains("params")) {
        if (!given->is_object()) return malformed("'params' is not an object");
        params = std::move(given->get_object());
    }
    std::string name(method->data(), method->size());
    if (id == nullptr) return message(RpcNotification{std::move(name), std::move(params)});
    const auto number = id_of(*id);
    if (!number) return malformed("'id' is not a positive integer");
    return message(RpcRequest{*number, std::move(name), std::move(params)});
}

Parsed parse_error_reply(json::value& error, std::int64_t id) {
    auto* object = error.if_object();
    if (object == nullptr) return malformed("'error' is not an object");
    if (const auto name = stranger(*object, {"code", "message", "data"})) {
        return malformed(fmt::format("an error has an unknown member '{}'", *name));
    }
    const auto* code = object->if_contains("code");
    const auto* text = object->if_contains("message");
    const auto* number = code != nullptr ? code->if_int64() : nullptr;
    if (number == nullptr || *number != static_cast<int>(*number))
        return malformed("'error.code' is not an integer");
    if (text == nullptr || !text->is_string()) return malformed("'error.message' is not a string");
    RpcError parsed{static_cast<int>(*number), std::string(text->get_string()), nullptr};
    if (auto* data = object->if_contains("data")) parsed.data = std::move(*data);
    return message(RpcReply{id, Result<json::value, RpcError>(in_place_error, std::move(parsed))});
}

Parsed parse_reply(json::object& object, const json::value* id) {
    if (const auto name = stranger(object, {"jsonrpc", "id", "result", "error"})) {
        return malformed(fmt::format("a reply has an unknown member '{}'", *name));
    }
    auto* result = object.if_contains("result");
    auto* error = object.if_contains("error");
    if (result == nullptr && error == nullptr)
        return malformed("no 'method', no 'result' and no 'error'");
    if (result != nullptr && error != nullptr)
        return malformed("a reply has both 'result' and 'error'");
    const auto number = id != nullptr ? id_of(*id) : std::nullopt;
    if (!number) return malformed("a reply without a positive integer as 'id'");
    if (error != nullptr) return parse_error_reply(*error, *number);
    return message(
        RpcReply{*number, Result<json::value, RpcError>(in_place_value, std::move(*result))});
}

void append_member(std::string& line, std::string_view name, const std::string& printed) {
    line.append(",\"").append(name).append("\":").append(printed);
}

void append_call(std::string& line, const std::string& method, const json::object& params) {
    line += ",\"method\":";
    append_json_string(line, method);
    append_member(line, "params", json::serialize(params));
}

void append(std::string& line, const RpcRequest& request) {
    append_member(line, "id", std::to_string(request.id));
    append_call(line, request.method, request.params);
}

void append(std::string& line, const RpcNotification& notification) {
    append_call(line, notification.method, notification.params);
}

void append(std::string& line, const RpcReply& reply) {
    append_member(line, "id", std::to_string(reply.id));
    if (reply.outcome) return append_member(line, "result", json::serialize(*reply.outcome));
    const auto error = reply.outcome.error();
    line += ",\"error\":{\"code\":" + std::to_string(error.code) + ",\"message\":";
    append_json_string(line, error.message);
    if (!error.data.is_null()) append_member(line, "data", json::serialize(error.data));
    line += '}';
}

// Above params or a result lies the message, above an error's data the error, too.
constexpr std::size_t depth_left = limits::message_depth_max - 1;

std::string unprintable(const RpcRequest& request) {
    return unwritable_reason(request.params, depth_left);
}

std::string unprintable(const RpcNotification& notification) {
    return unwritable_reason(notification.params, depth_left);
}

std::string unprintable(const RpcReply& reply) {
    return reply.outcome ? unwritable_reason(*reply.outcome, depth_left)
                         : unwritable_reason(reply.outcome.error().data, depth_left - 1);
}

}  // namespace

Result<RpcMessage, std::string> parse_message(std::string_view line) {
    json::parse_options options;
    options.max_depth = limits::message_depth_max;
    boost::system::error_code error;
    auto value = json::parse({line.data(), line.size()}, error, {}, options);
    if (error) return malformed(fmt::format("not JSON: {}", error.message()));
    auto* object = value.if_object();
    if (object == nullptr) return malformed("not a JSON object");
    const auto* version = object->if_contains("jsonrpc");
    if (version == nullptr || *version != "2.0") return malformed("'jsonrpc' is not \"2.0\"");
    const auto* id = object->if_contains("id");
    return object->contains("method") ? parse_call(*object, id) : parse_reply(*object, id);
}

std::string unprintable_reason(const RpcMessage& message) {
    return std::visit([](const auto& shape) { return unprintable(shape); }, message);
}

std::string print(const RpcMessage& message) {
    std::string line = R"({"jsonrpc":"2.0")";
    std::visit([&](const auto& shape) { append(line, shape); }, message);
    line += "}\n";
    // Boost.JSON checks strings when it parses, not when it prints.
    if (!is_utf8(line)) line = to_utf8(line);
    return line;
}

void throw_exception_from_error(const RpcError& error, const boost::source_location& where) {
    throw std::logic_error(fmt::format("{}:{}: value of a failed call: {} ({})", where.file_name(),
                                       where.line(), error.message, error.code));
}

}  // namespace hotreload
