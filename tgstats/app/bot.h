#pragma once
// The bot proper: engine, Bot API client, store and dispatcher, wired. What it talks to (Telegram
// or a playground) is an address.

#include <cstdint>
#include <memory>
#include <string>

#include "tgstats/app/live_settings.h"
#include "tgstats/control/metrics.h"
#include "tgstats/dispatch/command_menu.h"
#include "tgstats/dispatch/dispatcher.h"
#include "tgstats/dispatch/host_api.h"
#include "tgstats/dispatch/observers.h"
#include "tgstats/dispatch/schedules.h"
#include "tgstats/settings/business_commands.h"
#include "tgstats/settings/group_settings.h"
#include "tgstats/settings/operator_panel.h"
#include "tgstats/settings/privacy_commands.h"
#include "tgstats/telegram/update_poller.h"
#include "tgstats/telegram/webhook.h"

namespace tgstats {

// Of the time of a stop: at most so much for running commands and their answers, the rest for the
// plugins.
inline constexpr Millis finish_deadline{2'000};

class Bot {
public:
    // Opens the store and reads the plugins' configuration; throws std::runtime_error with one
    // clear line. Does not speak to anybody yet.
    // `events` and `metrics` must outlive it.
    Bot(asio::any_io_executor executor, const Settings& settings, hotreload::EventLog& events,
        Metrics& metrics);
    ~Bot();  // after stop()

    // Starts the plugins; then, in the background, asks who it is and takes updates until stop().
    Task<void> start();
    // Whatever hangs, it takes no longer than `deadline`.
    Task<void> stop(Millis deadline);

    [[nodiscard]] hotreload::Engine& engine() { return *engine_; }
    [[nodiscard]] Dispatcher& dispatcher() { return *dispatcher_; }
    [[nodiscard]] StoreThread& store() { return *store_; }
    [[nodiscard]] std::size_t outbox_length() const { return outgoing_->waiting(); }
    // The route for updates, when a webhook is set up; else null.
    [[nodiscard]] WebhookReceiver* webhook() { return webhook_.get(); }

private:
    void wire_sending(const Settings& settings);
    void wire_notifier();
    void wire_engine(hotreload::EngineOptions options);
    void wire_handling();
    void wire_intake(const Settings& settings);
    void wire_settings(const Settings& settings);
    Task<void> tell_admins();
    Task<void> talk();
    Task<BotIdentity> ask_identity();
    Task<void> take_up_unanswered();
    [[nodiscard]] bool has_schedules(const std::string& plugin) const;

    asio::any_io_executor executor_;
    hotreload::EventLog& events_;
    std::int64_t account_id_ = 0;  // the bot's own
    bool business_texts_allowed_ = true;
    Metrics& metrics_;
    std::unique_ptr<StoreThread> store_;
    std::unique_ptr<BotApi> api_;
    std::unique_ptr<PluginStates> states_;
    std::unique_ptr<SendGate> gate_;
    std::unique_ptr<EffectSender> sender_;
    std::unique_ptr<Outgoing> outgoing_;
    ChatScopes scopes_;
    BuiltIns built_ins_;
    std::unique_ptr<HostApi> host_api_;
    std::unique_ptr<CommandMenu> menu_;
    std::unique_ptr<hotreload::Engine> engine_;
    std::unique_ptr<Dispatcher> dispatcher_;
    std::unique_ptr<Observers> observers_;
    std::unique_ptr<Schedules> schedules_;
    std::unique_ptr<UpdatePoller> poller_;
    std::unique_ptr<WebhookReceiver> webhook_;
    std::unique_ptr<WebhookRegistration> registration_;
    LiveSettings live_settings_;
    std::unique_ptr<Sweeper> sweeper_;
    std::unique_ptr<GroupSettings> group_settings_;
    std::unique_ptr<PrivacyCommands> privacy_;
    std::unique_ptr<BusinessCommands> business_;
    std::unique_ptr<OperatorPanel> operator_panel_;
    std::unique_ptr<Notifier> notifier_;
    hotreload::TaskGroup tasks_;
};

}  // namespace tgstats
