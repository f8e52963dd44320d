#pragma once
// What an exception or an error number says, for events and messages.

#include <cstring>
#include <exception>
#include <string>

namespace hotreload {

inline std::string reason_of(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& known) {
        return known.what();
    } catch (...) {
        return "an unknown exception";
    }
}

inline std::string error_text(int error) {
    const char* text = ::strerrordesc_np(error);
    return text != nullptr ? text : "unknown error";
}

}  // namespace hotreload
