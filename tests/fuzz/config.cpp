// plugins.yaml and a package's plugin.yaml: whatever stands there, it is a configuration or an
// error with a reason.

#include "hotreload/config/config.h"

#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const fuzz::MemoryFile file(fuzz::text_of(data, size));
    const auto plugins = hotreload::read_plugins_config(file.path());
    if (!plugins) fuzz::hold(!plugins.error().text().empty(), "an error has words");
    const auto package = hotreload::read_plugin_config(file.path(), {});
    if (!package) fuzz::hold(!package.error().text().empty(), "an error has words");
    return 0;
}
