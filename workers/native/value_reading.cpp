#include <limits>

#include "workers/native/host_table.h"

namespace hotreload::native {

namespace {

hr_kind kind(const hr_value* value) {
    if (!value) return HR_NULL;
    switch (known(value)->kind()) {
        case json::kind::null:
            return HR_NULL;
        case json::kind::bool_:
            return HR_BOOLEAN;
        case json::kind::int64:
            return HR_INTEGER;
        case json::kind::uint64:  // Boost.JSON uses it only for what int64 cannot hold
        case json::kind::double_:
            return HR_NUMBER;
        case json::kind::string:
            return HR_STRING;
        case json::kind::array:
            return HR_ARRAY;
        case json::kind::object:
            return HR_OBJECT;
    }
    return HR_NULL;
}

double number(const hr_value* value) {
    if (!value) return 0;
    if (const auto* integer = known(value)->if_int64()) return static_cast<double>(*integer);
    if (const auto* large = known(value)->if_uint64()) return static_cast<double>(*large);
    const auto* real = known(value)->if_double();
    return real ? *real : 0;
}

std::int64_t integer(const hr_value* value) {
    if (!value) return 0;
    if (const auto* exact = known(value)->if_int64()) return *exact;
    constexpr double limit = 9223372036854775808.0;  // 2^63: the conversion beyond it is undefined
    const double real = number(value);
    if (real >= limit) return std::numeric_limits<std::int64_t>::max();
    if (real < -limit) return std::numeric_limits<std::int64_t>::min();
    return real == real ? static_cast<std::int64_t>(real) : 0;
}

int boolean(const hr_value* value) {
    const auto* truth = value ? known(value)->if_bool() : nullptr;
    return truth && *truth ? 1 : 0;
}

hr_string string(const hr_value* value) {
    const auto* text = value ? known(value)->if_string() : nullptr;
    return text ? hr_string{text->data(), text->size()} : hr_string{"", 0};
}

std::size_t count(const hr_value* value) {
    if (!value) return 0;
    if (const auto* array = known(value)->if_array()) return array->size();
    const auto* object = known(value)->if_object();
    return object ? object->size() : 0;
}

const hr_value* at(const hr_value* value, std::size_t index) {
    if (index >= count(value)) return nullptr;
    if (const auto* array = known(value)->if_array()) return opaque((*array)[index]);
    return opaque((known(value)->get_object().begin() + index)->value());
}

hr_string key(const hr_value* value, std::size_t index) {
    const auto* object = value ? known(value)->if_object() : nullptr;
    if (!object || index >= object->size()) return {"", 0};
    return raw((object->begin() + index)->key());
}

const hr_value* get(const hr_value* value, hr_string name) {
    const auto* object = value ? known(value)->if_object() : nullptr;
    const auto* found = object ? object->if_contains(view(name)) : nullptr;
    return found ? opaque(*found) : nullptr;
}

}  // namespace

void fill_reading(hr_host& table) {
    table.kind = kind;
    table.integer = integer;
    table.number = number;
    table.boolean = boolean;
    table.string = string;
    table.count = count;
    table.at = at;
    table.key = key;
    table.get = get;
}

}  // namespace hotreload::native
