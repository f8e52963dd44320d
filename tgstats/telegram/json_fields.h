#pragma once
// Reading fields of Telegram's objects.

#include <cstdint>
#include <string_view>
#include <utility>

#include <boost/json/object.hpp>

namespace tgstats {

// 0 when it is not there or no integer of 64 bits with a sign.
inline std::int64_t integer_in(const boost::json::object& parent, std::string_view name) {
    const auto* value = parent.if_contains(name);
    if (value == nullptr) return 0;
    if (value->is_int64()) return value->get_int64();
    return value->is_uint64() && std::in_range<std::int64_t>(value->get_uint64())
               ? static_cast<std::int64_t>(value->get_uint64())
               : 0;
}

inline constexpr std::int64_t date_max = 253'402'300'799;  // the end of the year 9999

// Seconds since 1970; 0 when it is not there or no date that calendars know.
inline std::int64_t date_in(const boost::json::object& parent, std::string_view name) {
    const auto date = integer_in(parent, name);
    return date < 0 || date > date_max ? 0 : date;
}

inline constexpr std::int64_t message_id_max = std::int64_t{1} << 53;  // JSON's largest integer

// 0 when there is none, or what no message has.
inline std::int64_t message_id_in(const boost::json::object& parent) {
    const auto id = integer_in(parent, "message_id");
    return id < 0 || id > message_id_max ? 0 : id;
}

}  // namespace tgstats
