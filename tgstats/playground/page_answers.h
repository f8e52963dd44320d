#pragma once
// How the people's side of HTTP reads and answers, whatever it is about.

#include <string>
#include <string_view>

#include "tgstats/http/message.h"
#include "tgstats/playground/arguments.h"
#include "tgstats/playground/people.h"

namespace tgstats::playground {

using Response = http::Response;
using Request = http::Request;

Response fail(const std::string& why, int status = 400);
Response fail(const ApiError& error);
Response succeed(const json::value& value);
Response succeed(const Posted& posted);  // {update_id, message_id}
// For one that is not there: null.
json::value id_or_null(const std::optional<std::int64_t>& id);

User user_from(const json::value& value);
// The parameter `name` as a user; the known names stay where none are given.
Outcome<User> user_of(const Arguments& arguments, std::string_view name);

}  // namespace tgstats::playground
