#include "tgstats/playground/page_answers.h"

#include <boost/json/serialize.hpp>

namespace tgstats::playground {

Response fail(const std::string& why, int status) {
    return Response::json(json::serialize(json::object{{"error", why}}), status);
}

Response fail(const ApiError& error) { return fail(error.description, error.code); }

Response succeed(const json::value& value) { return Response::json(json::serialize(value)); }

Response succeed(const Posted& posted) {
    return succeed(json::object{{"update_id", id_or_null(posted.update_id)},
                                {"message_id", posted.message_id}});
}

json::value id_or_null(const std::optional<std::int64_t>& id) {
    return id ? json::value(*id) : json::value(nullptr);
}

User user_from(const json::value& value) {
    const auto* object = value.if_object();
    const Arguments fields(object ? *object : json::object());
    User user;
    user.id = fields.integer("id").value_or(0);
    user.first_name = fields.text("first_name").value_or("");
    user.last_name = fields.text("last_name").value_or("");
    user.username = fields.text("username").value_or("");
    return user;
}

Outcome<User> user_of(const Arguments& arguments, std::string_view name) {
    const auto value = arguments.structure(name);
    if (!value) return value.error();
    return user_from(*value);
}

}  // namespace tgstats::playground
