// Updates as Telegram might send them: read, recorded, and recorded again without effect.

#include "tgstats/telegram/update.h"

#include <boost/json/parse.hpp>

#include "tests/fuzz/fuzz.h"
#include "tgstats/record/record_update.h"
#include "tgstats/store/store.h"

namespace {

constexpr std::int64_t now = 1'764'000'000;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static fuzz::FreshStore<tgstats::Store> stores;
    static std::int64_t last_id = 0;
    boost::system::error_code error;
    auto value = boost::json::parse(fuzz::text_of(data, size), error);
    if (error || !value.is_object()) return 0;
    auto& raw = value.get_object();
    // A number of its own for each input: one that was seen before is not looked at any more.
    if (const auto* id = raw.if_contains("update_id"); id && id->is_int64())
        raw["update_id"] = ++last_id;
    const auto update = tgstats::parse_update(raw);
    auto& store = stores.open();
    const auto first = tgstats::record_update(store, raw, now);
    fuzz::hold(update.has_value() == first.has_value(), "both agree on what an update is");
    if (!first) return 0;
    const auto again = tgstats::record_update(store, raw, now);
    fuzz::hold(again && again->duplicate, "an update is recorded once");
    if (const auto* message = update->message_json()) tgstats::record_own_message(store, *message);
    return 0;
}
