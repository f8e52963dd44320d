#pragma once
// The life of an update: recorded first, then (if it is a command) answered by whoever serves that
// command now. Replies go out only when the handler has succeeded.

#include <functional>
#include <vector>

#include "hotreload/base/condition.h"
#include "hotreload/base/task_group.h"
#include "hotreload/reload/engine.h"
#include "tgstats/dispatch/bot_identity.h"
#include "tgstats/dispatch/effects.h"
#include "tgstats/telegram/commands.h"
#include "tgstats/telegram/update.h"

namespace tgstats {

inline constexpr std::size_t commands_in_flight_max = 256;  // further updates wait to be taken
inline constexpr Millis command_deadline{30'000};
inline constexpr Millis command_wait{60'000};  // for a command that may still be loading

// Records a batch in one transaction; gives those updates that had not been recorded before. Runs
// on the store's thread.
using RecordBatch = std::function<std::vector<Update>(Store& store, std::vector<Update> batch)>;
// An update's command has been dealt with. Runs on the store's thread.
using MarkHandled = std::function<void(Store& store, std::int64_t update_id)>;

class Dispatcher {
public:
    struct Parts {
        asio::any_io_executor executor;
        hotreload::Engine& engine;
        StoreThread& store;
        EffectSender& sender;
        hotreload::EventLog& events;
        RecordBatch record;
        MarkHandled mark_handled;
    };
    explicit Dispatcher(Parts parts);

    void set_identity(BotIdentity identity) { bot_ = std::move(identity); }
    // Completes when the batch is durable; commands go on in the background.
    Task<void> take(std::vector<Update> batch);
    // Answers these again: a restart takes up what the last run had recorded and not answered.
    Task<void> take_up(std::vector<Update> unanswered);
    // Completes when no command is being answered any more (true), or at the deadline (false).
    Task<bool> finish(Millis deadline);

    struct StatisticRequest {
        std::string name;
        std::int64_t chat_id = 0;
        json::object params;
    };
    // A plugin's statistic for a chat; the result's JSON.
    Task<Result<json::value, hotreload::RpcError>> statistic(StatisticRequest request);

private:
    void begin(Update update);
    Task<void> answer(Update update, Command command);
    Task<bool> find_command(std::string name);
    Task<void> call_plugin(Update update, Command command);
    Task<Result<json::value, hotreload::RpcError>> handle(const Update& update,
                                                          const Command& command);
    Task<void> say(Update update, std::string html);
    Task<void> say_failure(Update update, std::string command, hotreload::RpcError error);
    Task<void> handled(std::int64_t update_id);
    Task<json::object> settings(std::int64_t chat_id);

    Parts parts_;
    BotIdentity bot_;
    hotreload::TaskGroup tasks_;
    hotreload::Condition less_work_;
};

}  // namespace tgstats
