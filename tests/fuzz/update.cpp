// Updates as Telegram might send them: read, recorded, and recorded again without effect. What is
// kept of them can be read again, and handed to a worker.

#include "tgstats/telegram/update.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "hotreload/rpc/message.h"
#include "tests/fuzz/fuzz.h"
#include "tgstats/record/record_update.h"
#include "tgstats/store/journal.h"
#include "tgstats/store/store.h"

namespace {

namespace json = boost::json;

constexpr std::int64_t now = 1'764'000'000;

// As an observer gets it, which has more around it than a command.
void hold_for_workers(const tgstats::Update& update) {
    json::object event{{"updates", json::array{update.raw}}, {"now", now}};
    const hotreload::RpcRequest request{1, "handle", {{"event", std::move(event)}}};
    const auto line = hotreload::print(request);
    const auto read = hotreload::parse_message({line.data(), line.size() - 1});
    fuzz::hold(read.has_value(), "an update that is kept can be a message's");
}

void hold_in_journal(tgstats::Store& store, const tgstats::Update& update, std::int64_t seq) {
    const auto entries = tgstats::journal_after(store, seq - 1, 1);
    if (entries.empty()) return;  // of no kind that the bot knows
    const auto kept = tgstats::read_update(entries.front().body);
    fuzz::hold(kept && kept->fault.empty(), "what the journal holds can be read again");
    fuzz::hold(kept->raw == update.raw, "and is what came");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static fuzz::FreshStore<tgstats::Store> stores;
    static std::int64_t last_id = 0;
    auto update = tgstats::read_update(fuzz::text_of(data, size));
    if (!update) return 0;
    fuzz::hold(update->fault.empty() || update->raw.empty(), "of what has a fault nothing goes on");
    if (!update->fault.empty()) return 0;
    // A number of its own for each input: one that was seen before is not looked at any more.
    update->update_id = ++last_id;
    update->raw["update_id"] = last_id;
    auto& store = stores.open();
    const auto first = tgstats::record_update(store, update->raw, now);
    fuzz::hold(first.has_value(), "both agree on what an update is");
    const auto again = tgstats::record_update(store, update->raw, now);
    fuzz::hold(again && again->duplicate, "an update is recorded once");
    hold_in_journal(store, *update, first->seq);
    hold_for_workers(*update);
    if (const auto* message = update->message_json()) tgstats::record_own_message(store, *message);
    return 0;
}
