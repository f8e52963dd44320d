#pragma once
// The life of an update: recorded first, then (if it is a command) answered by whoever serves that
// command now, or by the bot's own table; so are presses on its buttons. Replies, the plugin's
// changed state and the note that the update has been dealt with are kept together, and only then
// go out.

#include <functional>
#include <vector>

#include "hotreload/base/condition.h"
#include "hotreload/base/task_group.h"
#include "hotreload/reload/engine.h"
#include "tgstats/dispatch/built_ins.h"
#include "tgstats/dispatch/chat_scopes.h"
#include "tgstats/dispatch/help_text.h"
#include "tgstats/dispatch/lanes.h"
#include "tgstats/dispatch/outgoing.h"
#include "tgstats/dispatch/record_batch.h"
#include "tgstats/telegram/commands.h"
#include "tgstats/telegram/update.h"

namespace tgstats {

// Further updates wait to be taken. Commands whose answers the limits hold do not count: a flood in
// one chat is not to keep the others waiting.
inline constexpr std::size_t commands_in_flight_max = 256;
inline constexpr std::size_t answers_waiting_max = outgoing_max / 2;  // in all
inline constexpr std::size_t answers_held_max = 100;  // of one chat; further commands are dropped
inline constexpr Millis command_deadline{30'000};
inline constexpr Millis command_wait{60'000};  // for a command that may still be loading
inline constexpr Millis lane_wait{600'000};    // for the same command, asked before in the chat
inline constexpr Millis chat_patience{3'000};  // for its other commands; then they are overtaken
inline constexpr int answer_attempts_max = 3;  // where an answer could not be kept
inline constexpr std::chrono::seconds answer_age_max{3'600};  // then nobody expects it any more

class Dispatcher {
public:
    struct Parts {
        asio::any_io_executor executor;
        hotreload::Engine& engine;
        StoreThread& store;
        Outgoing& outgoing;
        ChatScopes& scopes;
        BuiltIns& built_ins;  // /start and /help are added here
        hotreload::EventLog& events;
        RecordUpdate record;
        std::function<void(std::int64_t last_seq)> on_recorded;  // the journal has grown
    };
    explicit Dispatcher(Parts parts);

    void set_identity(BotIdentity identity) { bot_ = std::move(identity); }
    [[nodiscard]] const BotIdentity& identity() const { return bot_; }
    // Completes when the batch is durable; commands go on in the background. Throws what the disk
    // or the store has against it: then the batch is to come again. An update whose own content
    // cannot be recorded is told (update_not_recorded) and does not.
    Task<void> take(std::vector<Update> batch);
    // Answers these again: a restart takes up what the last run had recorded and not answered.
    Task<void> take_up(std::vector<Update> unanswered);
    // These are not answered any more: tells so (command_failed) and notes them as dealt with.
    Task<void> give_up(std::vector<Update> unanswered, std::string reason);
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
    struct Turn;
    using TurnPtr = std::shared_ptr<Turn>;

    [[nodiscard]] std::optional<Command> command_in(const Update& update) const;
    [[nodiscard]] bool has_room() const;
    [[nodiscard]] bool waits_for_answer(const Update& update) const;
    void add_own_words();
    Task<BuiltInOutcome> say_help(BuiltInCallPtr call, bool start);
    [[nodiscard]] HelpTopics help_topics() const;
    Task<void> wait_for_room();
    void begin(Update update);
    Task<void> answer(TurnPtr turn);
    Task<void> answer_once(TurnPtr turn);
    Task<bool> worth_another_try(TurnPtr turn);
    Task<void> drop(TurnPtr turn);
    Task<void> answer_command(TurnPtr turn);
    Task<void> answer_press(TurnPtr turn);
    Task<bool> answer_own(TurnPtr turn, BuiltInHandler handler, std::string data);
    Task<void> say_before(TurnPtr turn, std::vector<Effect> effects);
    Task<void> keep_own(TurnPtr turn, BuiltInAnswer answer);
    Task<bool> find_command(std::string name);
    [[nodiscard]] std::string out_of_order(const std::string& command) const;
    Task<void> say_out_of_order(TurnPtr turn, std::string plugin);
    void report_overtaking(const Turn& turn, std::size_t overtaken);
    void report_failure(const Turn& turn, std::string reason);
    void report_failed_task(const std::string& name, std::string reason);
    Task<void> call_plugin(TurnPtr turn);
    Task<Result<void, hotreload::RpcError>> handle(TurnPtr turn);
    Task<Result<void, StateError>> keep(TurnPtr turn, hotreload::Handled handled);
    void report_not_kept(const Turn& turn, std::string reason);
    Task<void> say(TurnPtr turn, std::string html);
    Task<void> say_failure(TurnPtr turn, hotreload::RpcError error);
    Task<json::object> settings(std::int64_t chat_id);

    Parts parts_;
    BotIdentity bot_;
    hotreload::TaskGroup tasks_;
    hotreload::Condition less_work_;
    Lanes lanes_;
};

}  // namespace tgstats
