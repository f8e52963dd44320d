#include "tgstats/app/bot.h"

#include <algorithm>
#include <charconv>

#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include "hotreload/base/reason.h"
#include "hotreload/base/unix_time.h"
#include "tgstats/app/engine_setup.h"
#include "tgstats/app/webhook_setup.h"
#include "tgstats/record/record_update.h"
#include "tgstats/settings/opt_out_filter.h"
#include "tgstats/store/journal.h"
#include "tgstats/telegram/json_fields.h"

namespace tgstats {
namespace {

namespace fs = std::filesystem;
using hotreload::Level;
using hotreload::reason_of;
using hotreload::unix_now;

constexpr Millis identity_retry_first{250};
constexpr Millis identity_retry_max{30'000};
constexpr Millis start_patience{300'000};  // for plugins that are built at the start
constexpr std::size_t unanswered_max = 10'000;

std::int64_t record_one(Store& store, const Update& update) {
    const auto now = unix_now();
    return record_with_consent(store, update, now, [now](Store& open, const json::object& raw) {
        const auto recorded = record_update(open, raw, now);
        return recorded.has_value() ? recorded->seq : 0;
    });
}

void record_own(Store& store, const json::object& message) {
    record_own_with_consent(store, message, record_own_message);
}

// What an earlier version has kept may be what this one would not have taken.
Update kept_update(const JournalEntry& entry) {
    auto update = read_update(entry.body);
    if (update && update->fault.empty()) return std::move(*update);
    Update unreadable;
    unreadable.update_id = entry.update_id;
    unreadable.chat_id = entry.chat_id;
    unreadable.fault = update ? update->fault : "it is no Update";
    return unreadable;
}

StoreThread* open_store(const asio::any_io_executor& executor, const fs::path& data) {
    auto store = Store::open(data);
    if (!store) throw std::runtime_error(store.error());
    return new StoreThread(executor, std::move(*store));
}

// A token begins with its account's number.
std::int64_t account_of(const std::string& token) {
    std::int64_t id = 0;
    std::from_chars(token.data(), token.data() + token.size(), id);
    return id;
}

}  // namespace

Bot::Bot(asio::any_io_executor executor, const Settings& settings, hotreload::EventLog& events,
         Metrics& metrics)
    : executor_(executor),
      events_(events),
      metrics_(metrics),
      live_settings_(settings, events),
      tasks_(executor, [this](const std::string& name, const std::exception_ptr& error) {
          events_.emit_host("task_failed", Level::error,
                            {{"task", name}, {"reason", reason_of(error)}});
      }) {
    auto options = engine_options(settings.plugins, settings.data);
    options.unshared = unshared_files(settings);
    store_.reset(open_store(executor, settings.data));
    wire_sending(settings);
    wire_notifier();
    wire_engine(std::move(options));
    wire_handling();
    wire_intake(settings);
    wire_settings(settings);
}

void Bot::wire_sending(const Settings& settings) {
    BotApiOptions options{.token = settings.token,
                          .base_url = settings.telegram_api_url,
                          .proxy = settings.proxy,
                          .ca_file = settings.ca_file};
    options.on_call = [this](const std::string& method, const ApiError* error, Micros took) {
        metrics_.note_call(method, error, took);
    };
    api_ = std::make_unique<BotApi>(executor_, std::move(options));
    account_id_ = account_of(settings.token);
    states_ = std::make_unique<PluginStates>(*store_);
    gate_ = std::make_unique<SendGate>(executor_, settings.keeps_send_limits());
    sender_ = std::make_unique<EffectSender>(EffectSender::Parts{.executor = executor_,
                                                                 .api = *api_,
                                                                 .store = *store_,
                                                                 .gate = *gate_,
                                                                 .events = events_,
                                                                 .record_own = record_own});
    outgoing_ = std::make_unique<Outgoing>(Outgoing::Parts{
        .executor = executor_, .store = *store_, .sender = *sender_, .events = events_});
    menu_ = std::make_unique<CommandMenu>(executor_, *api_, events_);
    const auto bot = [this] { return dispatcher_->identity().json; };
    schedules_ = std::make_unique<Schedules>(
        Schedules::Parts{.store = *store_, .outgoing = *outgoing_, .bot = bot});
    host_api_ = std::make_unique<HostApi>(HostApi::Parts{
        .store = *store_,
        .sender = *sender_,
        .scopes = scopes_,
        .has_schedules = [this](const std::string& plugin) { return has_schedules(plugin); }});
}

void Bot::wire_notifier() {
    const auto call = [this](std::string method, json::object params) {
        Effect effect{.method = std::move(method), .params = std::move(params), .files = {}};
        return sender_->notice(std::move(effect), notify_deadline);
    };
    notifier_ = std::make_unique<Notifier>(
        Notifier::Parts{.executor = executor_, .call = call, .events = events_, .settings = [this] {
                            return live_settings_.notify();
                        }});
}

void Bot::wire_engine(hotreload::EngineOptions options) {
    options.host_call = [this](hotreload::Caller caller, std::string method, json::object params) {
        return host_api_->serve(std::move(caller), std::move(method), std::move(params));
    };
    options.state = states_.get();
    options.shared_kinds = {"observer"};
    options.schedule_event = [this](hotreload::DueSchedule due) {
        return schedules_->event(std::move(due));
    };
    options.schedule_commit = [this](hotreload::DueSchedule due, hotreload::Handled handled) {
        return schedules_->commit(std::move(due), std::move(handled));
    };
    options.on_routes = [this](const hotreload::Routes& routes) {
        menu_->set(routes, built_ins_);
        observers_->set_routes(routes);
    };
    engine_ = std::make_unique<hotreload::Engine>(executor_, std::move(options), events_);
}

void Bot::wire_handling() {
    const auto bot = [this] { return dispatcher_->identity().json; };
    observers_ = std::make_unique<Observers>(Observers::Parts{.executor = executor_,
                                                              .engine = *engine_,
                                                              .store = *store_,
                                                              .outgoing = *outgoing_,
                                                              .scopes = scopes_,
                                                              .events = events_,
                                                              .bot = bot});
    const auto recorded = [this](std::int64_t seq) {
        metrics_.note_recorded(seq);
        observers_->journal_has_grown(seq);
    };
    dispatcher_ = std::make_unique<Dispatcher>(Dispatcher::Parts{.executor = executor_,
                                                                 .engine = *engine_,
                                                                 .store = *store_,
                                                                 .outgoing = *outgoing_,
                                                                 .scopes = scopes_,
                                                                 .built_ins = built_ins_,
                                                                 .events = events_,
                                                                 .record = record_one,
                                                                 .on_recorded = recorded});
}

void Bot::wire_intake(const Settings& settings) {
    const DeliverUpdates deliver = [this](std::vector<Update> batch) {
        metrics_.note_received(batch.size());
        return dispatcher_->take(std::move(batch));
    };
    if (settings.webhook.url.empty()) {
        poller_ = std::make_unique<UpdatePoller>(*api_, events_, deliver);
        return;
    }
    auto options = webhook_options(settings);
    if (!options) throw std::runtime_error(options.error());
    webhook_ = std::make_unique<WebhookReceiver>(
        executor_,
        WebhookReceiver::Parts{.secret = options->secret, .deliver = deliver, .events = events_});
    registration_ = std::make_unique<WebhookRegistration>(*api_, events_, std::move(*options));
}

void Bot::wire_settings(const Settings& settings) {
    business_texts_allowed_ = settings.business_texts == "owner";
    sweeper_ = std::make_unique<Sweeper>(executor_, *store_, events_);
    group_settings_ = std::make_unique<GroupSettings>(GroupSettings::Parts{
        .executor = executor_, .store = *store_, .api = *api_, .sweeper = *sweeper_});
    privacy_ = std::make_unique<PrivacyCommands>(
        PrivacyCommands::Parts{.store = *store_, .sweeper = *sweeper_});
    business_ = std::make_unique<BusinessCommands>(
        BusinessCommands::Parts{.executor = executor_,
                                .store = *store_,
                                .sweeper = *sweeper_,
                                .allowed = business_texts_allowed_});
    operator_panel_ = std::make_unique<OperatorPanel>(OperatorPanel::Parts{
        .engine = *engine_, .operators = [this] { return live_settings_.admins(); }});
    group_settings_->add_to(built_ins_);
    privacy_->add_to(built_ins_);
    business_->add_to(built_ins_);
    operator_panel_->add_to(built_ins_);
}

Bot::~Bot() = default;

bool Bot::has_schedules(const std::string& plugin) const {
    const auto serving = engine_->routes()->serving(plugin);
    return serving && !serving->manifest().schedules.empty();
}

Task<void> Bot::start() {
    auto last = [](Store& store) { return journal_last_seq(store); };
    metrics_.note_recorded(co_await store_->run(last));
    if (!business_texts_allowed_) co_await store_->run(forbid_business_texts);
    co_await sender_->remember_sent(account_id_);
    co_await outgoing_->resume();
    co_await observers_->start();
    co_await engine_->start();
    tasks_.spawn("talk", talk());
    tasks_.spawn("command menu", menu_->run());
    tasks_.spawn("notify", tell_admins());
    tasks_.spawn("sweep", sweeper_->run());
}

// That all is well after a start is no news.
Task<void> Bot::tell_admins() {
    const bool settled = co_await engine_->settled(start_patience);
    static_cast<void>(settled);
    co_await notifier_->run(events_.last_seq());
}

Task<void> Bot::talk() {
    auto identity = co_await ask_identity();
    events_.emit_host("bot_started", Level::info,
                      {{"username", identity.username}, {"id", identity.id}});
    dispatcher_->set_identity(std::move(identity));
    co_await take_up_unanswered();
    if (webhook_) {
        webhook_->open();
        co_await registration_->run();
    } else {
        co_await poller_->run();
    }
}

Task<BotIdentity> Bot::ask_identity() {
    Backoff backoff(identity_retry_first, identity_retry_max);
    for (;;) {
        const auto result = co_await api_->call("getMe", json::object());
        if (result.has_value() && result->is_object()) {
            BotIdentity identity;
            identity.json = result->get_object();
            identity.id = integer_in(identity.json, "id");
            const auto* name = identity.json.if_contains("username");
            if (name != nullptr && name->is_string()) identity.username = name->get_string();
            co_return identity;
        }
        const auto reason =
            result.has_error() ? result.error().text() : std::string("getMe gave no object");
        const auto pause = backoff.next();
        events_.emit_host(
            "telegram_unreachable", Level::warning,
            {{"api", api_->base_url()}, {"reason", reason}, {"retry_ms", pause.count()}});
        asio::steady_timer timer(executor_, pause);
        co_await timer.async_wait(asio::use_awaitable);
    }
}

Task<void> Bot::take_up_unanswered() {
    auto work = [](Store& store) { return journal_unhandled(store, unanswered_max); };
    auto entries = co_await store_->run(work);
    std::vector<Update> updates;
    std::vector<Update> too_old;
    std::vector<Update> unreadable;
    for (const auto& entry : entries) {
        const bool old = unix_now() - entry.received > answer_age_max.count();
        auto update = kept_update(entry);
        auto& list = !update.fault.empty() ? unreadable : old ? too_old : updates;
        list.push_back(std::move(update));
    }
    co_await dispatcher_->give_up(std::move(unreadable), "what was kept of it cannot be read");
    co_await dispatcher_->give_up(std::move(too_old), "it waits since long before the start");
    if (!updates.empty())
        events_.emit_host("updates_taken_up", Level::info,
                          {{"count", static_cast<std::int64_t>(updates.size())}});
    co_await dispatcher_->take_up(std::move(updates));
}

// No update is taken any more; what runs ends and is kept; what does not end in time is taken up at
// the next start.
Task<void> Bot::stop(Millis deadline) {
    const hotreload::Countdown whole(deadline);
    const hotreload::Countdown work(std::min(finish_deadline, deadline));
    tasks_.cancel();
    if (webhook_) webhook_->close();
    const bool joined = co_await tasks_.joined(work.left());
    bool ended = joined;
    if (webhook_) {
        const bool kept = co_await webhook_->finish(work.left());
        ended = ended && kept;
    }
    const bool observed = co_await observers_->finish(work.left());
    const bool answered = co_await dispatcher_->finish(work.left());
    const bool finished = co_await outgoing_->finish(work.left()) && answered && observed;
    if (!ended || !finished)
        events_.emit_host("stopped_with_work_left", Level::warning,
                          {{"deadline_ms", finish_deadline.count()}});
    co_await engine_->stop(whole.left());
    const bool late = co_await outgoing_->finish(whole.left());  // what draining schedules did
    static_cast<void>(late);
}

}  // namespace tgstats
