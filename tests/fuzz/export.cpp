// Exports as Telegram Desktop or anybody else might write them: read and brought into a store.

#include "tests/fuzz/fuzz.h"
#include "tgstats/record/import_export.h"

namespace {

constexpr std::int64_t now = 1'764'000'000;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static fuzz::FreshStore<tgstats::Store> stores;
    const fuzz::MemoryFile file(fuzz::text_of(data, size));
    tgstats::ImportOptions options;
    options.shift_to_now = size % 2 == 1;
    options.now = now;
    auto& store = stores.open();
    const auto summary = tgstats::import_export(store, file.path(), options);
    if (!summary) {
        fuzz::hold(!summary.error().empty(), "a refused export says why");
        return 0;
    }
    fuzz::hold(!summary->text().empty(), "an import says what it did");
    return 0;
}
