#include <algorithm>

#include <fmt/format.h>

#include "hotreload/base/reason.h"
#include "hotreload/base/unix_time.h"
#include "tgstats/dispatch/dispatcher_turn.h"
#include "tgstats/store/chat_policy.h"
#include "tgstats/store/journal.h"
#include "tgstats/telegram/html.h"

namespace tgstats {
namespace {

namespace code = hotreload::rpc_code;
using hotreload::Level;
using hotreload::reason_of;
using hotreload::RpcError;
using hotreload::unix_now;

constexpr Millis intake_pause_max{
    60'000};  // how long a batch may wait for running commands to become fewer

// Whoever writes as a group or a channel does so through a bot of Telegram's.
bool may_hold_command(const Update& update) {
    if (update.kind != UpdateKind::message || !update.message) return false;
    return !update.message->from_bot || update.message_json()->contains("sender_chat");
}

bool worth_one_more_try(const RpcError& error) { return error.code == code::disconnected; }

double milliseconds(hotreload::Micros time) { return static_cast<double>(time.count()) / 1000.0; }

}  // namespace

Dispatcher::Dispatcher(Parts parts)
    : parts_(std::move(parts)),
      tasks_(parts_.executor,
             [this](const std::string& name, const std::exception_ptr& error) {
                 report_failed_task(name, reason_of(error));
             }),
      less_work_(parts_.executor),
      lanes_(parts_.executor) {
    parts_.outgoing.set_on_held([this] { less_work_.notify_all(); });
    add_own_words();
}

// Built once, by name: see built_ins.h.
void Dispatcher::add_own_words() {
    parts_.built_ins.add({.name = "start",
                          .description = "What this bot is",
                          .listed = Listed::nowhere,
                          .plugins_go_before = true,
                          .answer = [this](BuiltInCallPtr call) { return say_help(call, true); }});
    parts_.built_ins.add({.name = "help",
                          .description = "This list",
                          .listed = Listed::for_all,
                          .plugins_go_before = true,
                          .answer = [this](BuiltInCallPtr call) { return say_help(call, false); }});
}

HelpTopics Dispatcher::help_topics() const {
    return {.plugins = parts_.engine.routes()->offers("command"), .own = parts_.built_ins.listed()};
}

Task<BuiltInOutcome> Dispatcher::say_help(BuiltInCallPtr call, bool start) {
    const auto topics = help_topics();
    BuiltInAnswer answer;
    answer.effects.push_back(message_effect(
        call->target(), start ? start_text(topics, call->in_private()) : help_text(topics)));
    co_return answer;
}

std::optional<Command> Dispatcher::command_in(const Update& update) const {
    const auto* message = update.message_json();
    if (!may_hold_command(update) || message == nullptr) return std::nullopt;
    return parse_command(*message, bot_.username);
}

bool Dispatcher::waits_for_answer(const Update& update) const {
    return update.kind == UpdateKind::callback_query || command_in(update).has_value();
}

Task<void> Dispatcher::take(std::vector<Update> batch) {
    std::vector<Arrival> arrivals;
    for (auto& update : batch) {
        parts_.built_ins.saw(update);
        const bool waits = waits_for_answer(update);
        arrivals.push_back({std::move(update), waits});
    }
    auto work = [record = parts_.record, arrivals = std::move(arrivals)](Store& store) mutable {
        return record_batch(store, record, std::move(arrivals));
    };
    auto recorded = co_await parts_.store.run(work);
    parts_.on_recorded(recorded.last_seq);
    for (auto& one : recorded.not_recorded)
        parts_.events.emit_host("update_not_recorded", Level::error,
                                {{"update_id", one.update_id}, {"reason", std::move(one.reason)}});
    for (auto& update : recorded.unanswered) {
        co_await wait_for_room();
        begin(std::move(update));
    }
    if (recorded.fault) std::rethrow_exception(recorded.fault);
}

bool Dispatcher::has_room() const {
    if (tasks_.size() < commands_in_flight_max) return true;
    const auto& outgoing = parts_.outgoing;
    return outgoing.waiting() < answers_waiting_max &&
           tasks_.size() < commands_in_flight_max + outgoing.held();
}

Task<void> Dispatcher::wait_for_room() {
    const auto until = hotreload::monotonic_now() + intake_pause_max;
    while (!has_room()) {
        const bool in_time = co_await less_work_.wait_until(until);
        if (!in_time) co_return;
    }
}

Task<void> Dispatcher::take_up(std::vector<Update> unanswered) {
    for (auto& update : unanswered) begin(std::move(update));
    co_return;
}

Task<bool> Dispatcher::finish(Millis deadline) {
    const bool done = co_await tasks_.joined(deadline);
    if (!done) tasks_.cancel();
    co_return done;
}

void Dispatcher::begin(Update update) {
    auto command = command_in(update);
    auto turn = std::make_shared<Turn>();
    turn->update = std::move(update);
    turn->command = command ? std::move(*command) : Command{};
    // A chat gets its answers in the order of its questions, also when a worker dies over one of
    // them and it is asked once more. Only a slow command is overtaken, and only by others.
    turn->in_chat = lanes_.take(fmt::format("{}", turn->update.chat_id));
    turn->of_command = lanes_.take(fmt::format("{} {}", turn->update.chat_id, turn->command.name));
    tasks_.spawn("/" + turn->command.name, answer(turn));
}

Task<void> Dispatcher::drop(TurnPtr turn) {
    report_failure(*turn, "too many answers wait for this chat: Telegram takes no more");
    co_await say(turn, "");
}

Task<void> Dispatcher::answer_command(TurnPtr turn) {
    const auto& name = turn->command.name;
    const auto* own = parts_.built_ins.find(name);
    const bool plugins_first = own == nullptr || own->plugins_go_before;
    if (!plugins_first) {
        const bool answered = co_await answer_own(turn, own->answer, "");
        if (answered) co_return;
    }
    const bool loaded = co_await find_command(name);
    if (loaded) {
        co_await call_plugin(turn);
    } else if (const auto plugin = out_of_order(name); !plugin.empty()) {
        co_await say_out_of_order(turn, plugin);
    } else if (own != nullptr && plugins_first) {
        const bool answered = co_await answer_own(turn, own->answer, "");
        static_cast<void>(answered);
    } else if (!name.empty() && turn->update.message->chat_type == "private") {
        auto text =
            fmt::format("I do not know /{}.\n\n{}", escape_html(name), help_text(help_topics()));
        co_await say(turn, std::move(text));
    } else {
        co_await say(turn, "");
    }
}

// A command that is not there may be on its way: at the first start, or with the reload that brings
// it.
Task<bool> Dispatcher::find_command(std::string name) {
    if (parts_.engine.routes()->find("command", name) != nullptr) co_return true;
    if (name.empty() || parts_.built_ins.find(name) != nullptr) co_return false;
    const bool settled = co_await parts_.engine.settled(command_wait);
    static_cast<void>(settled);
    co_return parts_.engine.routes()->find("command", name) != nullptr;
}

// The plugin that answered this command until it failed; empty: none.
std::string Dispatcher::out_of_order(const std::string& command) const {
    const auto is_it = [&](const hotreload::Offer& offer) {
        return offer.kind == "command" && offer.name == command;
    };
    for (const auto& status : parts_.engine.status())
        if (!status.serving && status.error && std::ranges::any_of(status.last_offers, is_it))
            return status.name;
    return {};
}

Task<void> Dispatcher::say_out_of_order(TurnPtr turn, std::string plugin) {
    report_failure(*turn, "its plugin " + plugin + " has failed");
    co_await say(turn, fmt::format("❌ /{} is out of order: its plugin has failed. The details are "
                                   "in the log.",
                                   escape_html(turn->command.name)));
}

Task<void> Dispatcher::call_plugin(TurnPtr turn) {
    auto outcome = co_await handle(turn);
    if (outcome.has_error() && worth_one_more_try(outcome.error())) outcome = co_await handle(turn);
    if (outcome.has_error()) {
        co_await say_failure(turn, outcome.error());
        co_return;
    }
    const auto handled = turn->watch.total();
    const bool sent = co_await parts_.outgoing.sent(turn->kept);
    parts_.events.emit_host("command_answered", Level::info,
                            {{"command", turn->command.name},
                             {"chat_id", turn->update.chat_id},
                             {"update_id", turn->update.update_id},
                             {"effects", static_cast<std::int64_t>(turn->effects)},
                             {"sent", sent},
                             {"handled_ms", milliseconds(handled)},
                             {"total_ms", milliseconds(turn->watch.total())}});
}

// Completes when the answer is kept: from then on it is Outgoing's.
Task<Result<void, RpcError>> Dispatcher::handle(TurnPtr turn) {
    const auto& update = turn->update;
    json::object event;
    event["update_id"] = update.update_id;
    event["command"] = turn->command.name;
    event["args"] = json::array(turn->command.args.begin(), turn->command.args.end());
    event["rest"] = turn->command.rest;
    event["message"] = *update.message_json();
    event["bot"] = bot_.json;
    event["settings"] = co_await settings(update.chat_id);
    event["now"] = unix_now();
    const auto pass = parts_.scopes.open({update.chat_id});
    hotreload::HandleRequest request{
        .offer = {.kind = "command", .name = turn->command.name, .description = {}},
        .plugin = {},
        .event = std::move(event),
        .deadline = command_deadline,
        .scope = pass.scope(),
        .commit = [this, turn](hotreload::Handled handled) {
            return keep(turn, std::move(handled));
        }};
    auto outcome = co_await parts_.engine.handle(std::move(request));
    if (turn->kept) co_return boost::system::in_place_value;
    if (outcome.has_error()) co_return outcome.error();
    co_return RpcError{code::internal_error, "the engine kept nothing of the answer", {}};
}

Task<Result<void, StateError>> Dispatcher::keep(TurnPtr turn, hotreload::Handled handled) {
    auto effects = parse_effects(handled.result, target_of(turn->update));
    if (effects.has_error()) co_return StateError{effects.error()};
    turn->effects = effects->size();
    Decision decision{.plugin = std::move(handled.plugin),
                      .update_id = turn->update.update_id,
                      .effects = std::move(*effects),
                      .changes = std::move(handled.changes),
                      .also = {}};
    decision.also = [id = decision.update_id](Store& store) -> Result<void, StateError> {
        journal_mark_handled(store, id);
        return {};
    };
    auto kept = co_await parts_.outgoing.keep(std::move(decision));
    if (kept.has_error()) co_return kept.error();
    turn->kept = *kept;
    turn->settled = true;
    turn->leave_lanes();
    co_return boost::system::in_place_value;
}

Task<Result<json::value, RpcError>> Dispatcher::statistic(StatisticRequest wanted) {
    json::object event;
    event["chat_id"] = wanted.chat_id;
    event["params"] = std::move(wanted.params);
    event["settings"] = co_await settings(wanted.chat_id);
    event["now"] = unix_now();
    const auto pass = parts_.scopes.open({wanted.chat_id});
    hotreload::HandleRequest request{
        .offer = {.kind = "statistic", .name = wanted.name, .description = {}},
        .plugin = {},
        .event = std::move(event),
        .deadline = command_deadline,
        .scope = pass.scope(),
        .commit = {}};
    auto outcome = co_await parts_.engine.handle(std::move(request));
    if (outcome.has_error()) co_return outcome;
    if (const auto* object = outcome->if_object())
        if (const auto* result = object->if_contains("result")) co_return *result;
    co_return RpcError{code::plugin_error, "the statistic gave no \"result\"", {}};
}

Task<json::object> Dispatcher::settings(std::int64_t chat_id) {
    auto work = [chat_id](Store& store) { return store.settings(chat_id); };
    const auto known = co_await parts_.store.run(work);
    auto words = [chat_id](Store& store) { return stop_words(store, chat_id); };
    const auto stops = co_await parts_.store.run(words);
    co_return json::object{{"timezone", known.timezone},
                           {"locale", known.locale},
                           {"stop_words", json::array(stops.begin(), stops.end())}};
}

// The bot's own words (none: nothing is to be said), kept as a plugin's are.
Task<void> Dispatcher::say(TurnPtr turn, std::string html) {
    BuiltInAnswer answer;
    if (!html.empty())
        answer.effects.push_back(message_effect(target_of(turn->update), std::move(html)));
    co_await keep_own(turn, std::move(answer));
}

void Dispatcher::report_failure(const Turn& turn, std::string reason) {
    parts_.events.emit_host("command_failed", Level::error,
                            {{"command", turn.command.name},
                             {"chat_id", turn.update.chat_id},
                             {"update_id", turn.update.update_id},
                             {"reason", std::move(reason)}});
}

void Dispatcher::report_failed_task(const std::string& name, std::string reason) {
    parts_.events.emit_host("command_task_failed", Level::error,
                            {{"task", name}, {"reason", std::move(reason)}});
}

void Dispatcher::report_overtaking(const Turn& turn, std::size_t overtaken) {
    parts_.events.emit_host("commands_overtaken", Level::warning,
                            {{"command", turn.command.name},
                             {"chat_id", turn.update.chat_id},
                             {"update_id", turn.update.update_id},
                             {"overtaken", static_cast<std::int64_t>(overtaken)}});
}

// One honest line. What went wrong is the operators' business; they find it in the log and the
// panel.
Task<void> Dispatcher::say_failure(TurnPtr turn, RpcError error) {
    report_failure(*turn, std::move(error.message));
    const auto* how = error.code == code::deadline ? "took too long and was stopped"
                      : error.code == code::busy ? "has too much to do right now, please try again"
                      : error.code == code::disconnected ? "crashed"
                                                         : "failed";
    co_await say(turn, fmt::format("❌ /{} {}. Nothing was changed; the details are in the log.",
                                   escape_html(turn->command.name), how));
}

}  // namespace tgstats
