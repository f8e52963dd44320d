#pragma once
// The store's verbs (docs/protocol.md, section 6): what plugins may ask, with every parameter
// checked.

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "hotreload/base/result.h"
#include "tgstats/store/store.h"

namespace tgstats {

namespace json = boost::json;

struct VerbError {
    enum class Kind { unknown_verb, bad_params, unknown_chat };
    Kind kind = Kind::bad_params;
    std::string message;  // says what was expected

    [[nodiscard]] int code() const {
        return kind == Kind::unknown_verb ? -32601 : -32602;
    }  // JSON-RPC
};

// `verb` with or without its "store." in front. `now` is Unix seconds: the window of `days` reaches
// back from it.
hotreload::Result<json::value, VerbError> run_verb(Store& store, std::string_view verb,
                                                   const json::object& params, std::int64_t now);

}  // namespace tgstats
