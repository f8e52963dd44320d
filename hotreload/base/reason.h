#pragma once
// What an exception says, for events and messages.

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

}  // namespace hotreload
