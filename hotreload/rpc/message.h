#pragma once
// One line of the worker protocol (docs/protocol.md): parsed into a closed set of shapes, printed
// from them.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "hotreload/base/result.h"

namespace hotreload {

namespace json = boost::json;

namespace rpc_code {
inline constexpr int parse_error = -32700;
inline constexpr int invalid_request = -32600;
inline constexpr int unknown_method = -32601;
inline constexpr int bad_params = -32602;
inline constexpr int internal_error = -32603;
inline constexpr int plugin_error = -32000;
inline constexpr int deadline = -32001;
inline constexpr int cancelled = -32002;
inline constexpr int not_permitted = -32003;
inline constexpr int busy = -32004;
// Ours, never on the wire: the conversation ended before the reply.
inline constexpr int disconnected = -32099;
}  // namespace rpc_code

struct RpcError {
    int code = rpc_code::internal_error;
    std::string message;
    json::value data;
};

struct RpcRequest {
    std::int64_t id = 0;
    std::string method;
    json::object params;
};
struct RpcNotification {
    std::string method;
    json::object params;
};
struct RpcReply {
    std::int64_t id = 0;
    Result<json::value, RpcError> outcome;
};
using RpcMessage = std::variant<RpcRequest, RpcNotification, RpcReply>;

// `line` comes without its newline. The error says what is wrong, for the log. A number beyond the
// range of double is taken as infinite, or as none: see unprintable_reason().
Result<RpcMessage, std::string> parse_message(std::string_view line);
// Why `message` is not what a line of the protocol may say: "a number in it is not finite", "it is
// nested too deep"; empty when it can.
std::string unprintable_reason(const RpcMessage& message);
// One line with its newline; ill-formed UTF-8 inside strings is replaced. The line is valid unless
// there is an unprintable_reason().
std::string print(const RpcMessage& message);

}  // namespace hotreload

// Result needs to know what value() on an error does: a programmer's error, so it throws.
namespace hotreload {
[[noreturn]] void throw_exception_from_error(const RpcError& error,
                                             const boost::source_location& where);
}
