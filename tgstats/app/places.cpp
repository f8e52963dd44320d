#include "tgstats/app/places.h"

#include <stdexcept>

#include <fmt/format.h>

namespace tgstats {
namespace fs = std::filesystem;

Places find_places() {
    const auto binary = fs::read_symlink("/proc/self/exe");
    const auto beside = binary.parent_path();
    Places places;
    places.native_worker = beside / "hotreload-native-worker";
    if (!fs::exists(places.native_worker))
        places.native_worker =
            beside.parent_path() / "libexec" / "tgstats" / "hotreload-native-worker";

    // An installed program looks below its own prefix first: that may lie inside a checkout.
    fs::path sdk = beside.parent_path() / "share" / "tgstats" / "sdk";
    for (auto folder = beside; !fs::exists(sdk) && folder.has_relative_path();
         folder = folder.parent_path())
        if (fs::exists(folder / "sdk" / "python" / "hotreload" / "worker.py")) sdk = folder / "sdk";
    places.python_sdk = sdk / "python";
    places.cpp_sdk = sdk / "cpp";
    for (const auto& needed : {places.native_worker, places.python_sdk, places.cpp_sdk})
        if (!fs::exists(needed))
            throw std::runtime_error(fmt::format(
                "{} is missing: build the whole project (./run does)", needed.string()));
    return places;
}

}  // namespace tgstats
