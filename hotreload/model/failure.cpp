#include "hotreload/model/failure.h"

namespace hotreload {

namespace {

std::string_view to_string(Severity severity) {
    switch (severity) {
        case Severity::error:
            return "error";
        case Severity::warning:
            return "warning";
        case Severity::note:
            return "note";
    }
    return "unknown";
}

}  // namespace

std::string Diagnostic::text() const {
    std::string result;
    if (!file.empty()) {
        result += file + ':';
        if (line > 0) result += std::to_string(line) + ':';
        if (line > 0 && column > 0) result += std::to_string(column) + ':';
        result += ' ';
    }
    return result.append(to_string(severity)).append(": ").append(message);
}

}  // namespace hotreload
