#include "tgstats/dispatch/schedules.h"

#include <boost/json/array.hpp>

#include "hotreload/base/unix_time.h"

namespace tgstats {

Task<json::object> Schedules::event(hotreload::DueSchedule due) {
    auto work = [](Store& store) { return store.chat_ids(); };
    const auto known = co_await parts_.store.run(work);
    json::object event;
    event["schedule"] = due.name;
    event["due"] = due.due;
    event["now"] = hotreload::unix_now();
    event["chats"] = json::array(known.begin(), known.end());
    event["bot"] = parts_.bot();
    co_return event;
}

Task<Result<void, StateError>> Schedules::commit(hotreload::DueSchedule due,
                                                 hotreload::Handled handled) {
    auto effects = parse_effects(handled.result, {});
    if (effects.has_error()) co_return StateError{due.name + ": " + effects.error()};
    Decision decision{.plugin = std::move(handled.plugin),
                      .update_id = 0,
                      .effects = std::move(*effects),
                      .changes = std::move(handled.changes),
                      .also = {}};
    const auto kept = co_await parts_.outgoing.keep(std::move(decision));
    if (kept.has_error()) co_return kept.error();
    co_return boost::system::in_place_value;
}

}  // namespace tgstats
