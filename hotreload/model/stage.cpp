#include "hotreload/model/stage.h"

namespace hotreload {

std::string_view to_string(Stage stage) {
    switch (stage) {
        case Stage::planned:
            return "planned";
        case Stage::building:
            return "building";
        case Stage::starting:
            return "starting";
        case Stage::probing:
            return "probing";
        case Stage::serving:
            return "serving";
        case Stage::draining:
            return "draining";
        case Stage::retired:
            return "retired";
        case Stage::failed:
            return "failed";
    }
    return "unknown";
}

bool legal(Stage from, Stage to) {
    if (from == Stage::retired || from == Stage::failed) return false;
    if (to == Stage::failed) return true;
    if (from == Stage::planned && to == Stage::starting) return true;
    return static_cast<int>(to) == static_cast<int>(from) + 1;
}

}  // namespace hotreload
