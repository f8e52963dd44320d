#pragma once
// What a plain YAML scalar means (YAML 1.2 core schema): truth values and numbers.

#include <optional>
#include <string_view>

#include <boost/json/value.hpp>

namespace hotreload {

std::optional<bool> yaml_boolean(std::string_view text);
// An integer where it fits one, else a finite or infinite double; nullopt for what is no number.
std::optional<boost::json::value> yaml_number(std::string_view text);

}  // namespace hotreload
