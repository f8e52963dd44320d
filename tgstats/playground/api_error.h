#pragma once
// How a Bot API method ends: with a JSON value, or with Telegram's error code and words.

#include <string>
#include <utility>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "hotreload/base/result.h"

namespace tgstats::playground {

namespace json = boost::json;

struct ApiError {
    int code = 400;
    std::string description;
    json::object parameters;  // ResponseParameters: retry_after
};

template <class T>
using Outcome = hotreload::Result<T, ApiError>;

inline ApiError bad_request(std::string what) {
    return {400, "Bad Request: " + std::move(what), {}};
}
inline ApiError forbidden(std::string what) { return {403, "Forbidden: " + std::move(what), {}}; }
inline ApiError conflict(std::string what) { return {409, "Conflict: " + std::move(what), {}}; }

}  // namespace tgstats::playground
