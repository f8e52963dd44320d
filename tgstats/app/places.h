#pragma once
// Where the program's own parts lie: beside the binary in a build tree, under PREFIX/share/tgstats
// when installed.

#include <filesystem>

namespace tgstats {

struct Places {
    std::filesystem::path native_worker;  // hotreload-native-worker
    std::filesystem::path python_sdk;     // sdk/python
    std::filesystem::path cpp_sdk;        // sdk/cpp
};

// Throws std::runtime_error naming what is missing.
Places find_places();

}  // namespace tgstats
