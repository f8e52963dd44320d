#include "tgstats/dispatch/dispatcher.h"

#include <fmt/format.h>

#include "hotreload/base/reason.h"
#include "hotreload/base/unix_time.h"
#include "tgstats/dispatch/help_text.h"

namespace tgstats {
namespace {

namespace code = hotreload::rpc_code;
using hotreload::Level;
using hotreload::reason_of;
using hotreload::RpcError;
using hotreload::unix_now;

constexpr Millis intake_pause_max{
    60'000};  // how long a batch may wait for running commands to become fewer

EffectTarget target_of(const Update& update) {
    if (!update.message) return {.chat_id = update.chat_id, .thread_id = 0};
    return {.chat_id = update.message->chat_id, .thread_id = update.message->thread_id};
}

bool may_hold_command(const Update& update) {
    return update.kind == UpdateKind::message && update.message && !update.message->from_bot;
}

bool worth_one_more_try(const RpcError& error) { return error.code == code::disconnected; }

}  // namespace

Dispatcher::Dispatcher(Parts parts)
    : parts_(std::move(parts)),
      tasks_(parts_.executor,
             [this](const std::string& name, const std::exception_ptr& error) {
                 parts_.events.emit_host("command_task_failed", Level::error,
                                         {{"task", name}, {"reason", reason_of(error)}});
             }),
      less_work_(parts_.executor) {}

Task<void> Dispatcher::take(std::vector<Update> batch) {
    auto work = [record = parts_.record, batch = std::move(batch)](Store& store) {
        return record(store, batch);
    };
    auto fresh = co_await parts_.store.run(work);
    for (auto& update : fresh) {
        if (tasks_.size() >= commands_in_flight_max) {
            const auto until = hotreload::monotonic_now() + intake_pause_max;
            while (tasks_.size() >= commands_in_flight_max) {
                const bool in_time = co_await less_work_.wait_until(until);
                if (!in_time) break;
            }
        }
        begin(std::move(update));
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
    const auto* message = update.message_json();
    auto command = may_hold_command(update) && message != nullptr
                       ? parse_command(*message, bot_.username)
                       : std::nullopt;
    const auto id = update.update_id;
    if (command)
        tasks_.spawn("/" + command->name, answer(std::move(update), std::move(*command)));
    else
        tasks_.spawn("record", handled(id));
}

Task<void> Dispatcher::answer(Update update, Command command) {
    const auto id = update.update_id;
    const bool in_private = update.message->chat_type == "private";
    const bool loaded = co_await find_command(command.name);
    const auto routes = parts_.engine.routes();
    if (loaded) {
        co_await call_plugin(std::move(update), std::move(command));
    } else if (command.name == "start") {
        co_await say(std::move(update), start_text(routes->offers("command"), in_private));
    } else if (command.name == "help") {
        co_await say(std::move(update), help_text(routes->offers("command")));
    } else if (in_private) {
        auto text = fmt::format("I do not know /{}.\n\n{}", escape_html(command.name),
                                help_text(routes->offers("command")));
        co_await say(std::move(update), std::move(text));
    }
    co_await handled(id);
    less_work_.notify_all();
}

// A command that is not there may be on its way: at the first start, or with the reload that brings
// it.
Task<bool> Dispatcher::find_command(std::string name) {
    if (parts_.engine.routes()->find("command", name) != nullptr) co_return true;
    if (name == "start" || name == "help") co_return false;
    const bool settled = co_await parts_.engine.settled(command_wait);
    static_cast<void>(settled);
    co_return parts_.engine.routes()->find("command", name) != nullptr;
}

Task<void> Dispatcher::call_plugin(Update update, Command command) {
    const hotreload::Stopwatch watch;
    auto outcome = co_await handle(update, command);
    if (outcome.has_error() && worth_one_more_try(outcome.error()))
        outcome = co_await handle(update, command);
    if (outcome.has_error()) {
        co_await say_failure(std::move(update), command.name, outcome.error());
        co_return;
    }
    auto effects = parse_effects(*outcome, target_of(update));
    if (effects.has_error()) {
        RpcError error{code::plugin_error, effects.error(), {}};
        co_await say_failure(std::move(update), command.name, std::move(error));
        co_return;
    }
    const auto count = static_cast<std::int64_t>(effects->size());
    const auto handled_ms = static_cast<double>(watch.total().count()) / 1000.0;
    const bool sent = co_await parts_.sender.send_all(std::move(*effects), "/" + command.name);
    parts_.events.emit_host("command_answered", Level::info,
                            {{"command", command.name},
                             {"chat_id", update.chat_id},
                             {"update_id", update.update_id},
                             {"effects", count},
                             {"sent", sent},
                             {"handled_ms", handled_ms},
                             {"total_ms", static_cast<double>(watch.total().count()) / 1000.0}});
}

Task<Result<json::value, RpcError>> Dispatcher::handle(const Update& update,
                                                       const Command& command) {
    json::object event;
    event["update_id"] = update.update_id;
    event["command"] = command.name;
    event["args"] = json::array(command.args.begin(), command.args.end());
    event["rest"] = command.rest;
    event["message"] = *update.message_json();
    event["bot"] = bot_.json;
    event["settings"] = co_await settings(update.chat_id);
    event["now"] = unix_now();
    hotreload::HandleRequest request{
        .offer = {.kind = "command", .name = command.name, .description = {}},
        .event = std::move(event),
        .deadline = command_deadline,
        .scope = update.chat_id};
    co_return co_await parts_.engine.handle(std::move(request));
}

Task<Result<json::value, RpcError>> Dispatcher::statistic(StatisticRequest wanted) {
    json::object event;
    event["chat_id"] = wanted.chat_id;
    event["params"] = std::move(wanted.params);
    event["settings"] = co_await settings(wanted.chat_id);
    event["now"] = unix_now();
    hotreload::HandleRequest request{
        .offer = {.kind = "statistic", .name = wanted.name, .description = {}},
        .event = std::move(event),
        .deadline = command_deadline,
        .scope = wanted.chat_id};
    auto outcome = co_await parts_.engine.handle(std::move(request));
    if (outcome.has_error()) co_return outcome;
    if (const auto* object = outcome->if_object())
        if (const auto* result = object->if_contains("result")) co_return *result;
    co_return RpcError{code::plugin_error, "the statistic gave no \"result\"", {}};
}

Task<json::object> Dispatcher::settings(std::int64_t chat_id) {
    auto work = [chat_id](Store& store) { return store.settings(chat_id); };
    const auto known = co_await parts_.store.run(work);
    co_return json::object{{"timezone", known.timezone}, {"locale", known.locale}};
}

Task<void> Dispatcher::say(Update update, std::string html) {
    const auto target = target_of(update);
    Effect effect{.method = "sendMessage",
                  .params = {{"chat_id", target.chat_id}, {"text", html}, {"parse_mode", "HTML"}},
                  .files = {}};
    if (target.thread_id != 0) effect.params["message_thread_id"] = target.thread_id;
    std::vector<Effect> effects;
    effects.push_back(std::move(effect));
    const bool sent = co_await parts_.sender.send_all(std::move(effects), "tgstats");
    static_cast<void>(sent);
}

// One honest line. What went wrong is the operators' business; they find it in the log and the
// panel.
Task<void> Dispatcher::say_failure(Update update, std::string command, RpcError error) {
    parts_.events.emit_host("command_failed", Level::error,
                            {{"command", command},
                             {"chat_id", update.chat_id},
                             {"update_id", update.update_id},
                             {"reason", error.message}});
    const auto* how = error.code == code::deadline ? "took too long and was stopped"
                      : error.code == code::busy ? "has too much to do right now, please try again"
                      : error.code == code::disconnected ? "crashed"
                                                         : "failed";
    co_await say(std::move(update),
                 fmt::format("❌ /{} {}. Nothing was changed; the details are in the log.",
                             escape_html(command), how));
}

Task<void> Dispatcher::handled(std::int64_t update_id) {
    auto work = [mark = parts_.mark_handled, update_id](Store& store) { mark(store, update_id); };
    co_await parts_.store.run(work);
}

}  // namespace tgstats
