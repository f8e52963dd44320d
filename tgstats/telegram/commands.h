#pragma once
// Commands in messages: "/top@some_bot 7 \"two words\"" is the command "top" with two arguments.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

namespace tgstats {

namespace json = boost::json;

inline constexpr std::size_t command_name_chars_max = 32;
inline constexpr std::size_t command_args_max = 64;  // further words are dropped
inline constexpr std::size_t command_arg_bytes_max =
    1024;  // a longer argument is cut at a whole character

struct Command {
    std::string name;  // lower case, without the slash and the bot's name
    std::vector<std::string> args;
    std::string rest;  // everything after the command word, as written, spaces around it removed

    bool operator==(const Command&) const = default;
};

// The command at the very start of a text. nullopt when there is none, or when it names another
// bot. `bot_username` is without the @ and compared without regard to case.
std::optional<Command> parse_command(std::string_view text, std::string_view bot_username);
// The same for a Message (text or caption). Where the message has entities, a bot_command entity at
// offset 0 is needed.
std::optional<Command> parse_command(const json::object& message, std::string_view bot_username);
// Words apart by white space; "…", '…' and typographic quotes keep words together, a backslash
// takes the next character as it is. A quote opens only at the start of a word; one that is never
// closed is a character like any other.
std::vector<std::string> split_args(std::string_view text);

}  // namespace tgstats
