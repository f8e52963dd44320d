#include "hotreload/model/plugin.h"

namespace hotreload {

std::string_view to_string(Language language) {
    switch (language) {
        case Language::cpp:
            return "cpp";
        case Language::python:
            return "python";
        case Language::prebuilt:
            return "prebuilt";
    }
    return "unknown";
}

}  // namespace hotreload
