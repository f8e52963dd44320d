#pragma once
// The commands and buttons of the bot's own, beside those of the plugins: one table, which also
// feeds /help and Telegram's command menu.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hotreload/model/plugin.h"
#include "tgstats/dispatch/bot_identity.h"
#include "tgstats/dispatch/effects.h"
#include "tgstats/store/plugin_state.h"
#include "tgstats/telegram/commands.h"
#include "tgstats/telegram/update.h"

namespace tgstats {

// One command or one press on a button.
struct BuiltInCall {
    Update update;
    Command command;   // of a message
    std::string data;  // of a button
    BotIdentity bot;
    std::int64_t now = 0;  // Unix seconds
    // Keeps effects before the handler has ended, in a transaction of their own: the answer to a
    // press, which people wait for, and which Telegram may refuse without harm to what follows.
    std::function<Task<void>(std::vector<Effect> effects)> say_now;

    [[nodiscard]] const json::object* query() const;  // of a press: the CallbackQuery
    [[nodiscard]] std::int64_t user_id() const;       // who wrote or pressed; 0: not known
    // An administrator who writes as the group itself (GroupAnonymousBot).
    [[nodiscard]] bool as_the_group() const;
    [[nodiscard]] bool as_some_chat() const;  // that, or a channel
    [[nodiscard]] bool in_private() const;
    [[nodiscard]] EffectTarget target() const;
};
using BuiltInCallPtr = std::shared_ptr<const BuiltInCall>;

struct BuiltInAnswer {
    std::vector<Effect> effects;
    std::function<void(Store& store)> also;  // belongs into the transaction with them
    std::function<void()> kept;              // called once that is durable
    std::shared_ptr<const void> held;        // let go then, or when it could not be kept
};
// nullopt: as if there were no such command (or button).
using BuiltInOutcome = std::optional<BuiltInAnswer>;
using BuiltInHandler = std::function<Task<BuiltInOutcome>(BuiltInCallPtr call)>;

// Whose command menu a command stands in. /help names all but the last.
enum class Listed { for_all, in_groups, for_administrators, nowhere };

struct BuiltIn {
    std::string name;
    std::string description;
    Listed listed = Listed::for_all;
    bool plugins_go_before = false;  // a plugin's command of this name is taken instead
    BuiltInHandler answer;
};

class BuiltIns {
public:
    using Saw = std::function<void(const Update& update)>;

    void add(BuiltIn built_in) { all_.push_back(std::move(built_in)); }
    // Buttons whose callback_data begin with this, up to and with its colon.
    void add_buttons(std::string prefix, BuiltInHandler press);
    // Is shown every new update before it is recorded.
    void add_observer(Saw saw) { observers_.push_back(std::move(saw)); }

    [[nodiscard]] const BuiltIn* find(std::string_view name) const;
    [[nodiscard]] const BuiltInHandler* find_button(std::string_view data) const;
    // Those that are listed so, or more widely, in the order of addition: in_groups gives what
    // every member of a group finds.
    [[nodiscard]] std::vector<hotreload::Offer> listed(
        Listed how = Listed::for_administrators) const;
    void saw(const Update& update) const;

private:
    struct Buttons {
        std::string prefix;
        BuiltInHandler press;
    };
    std::vector<BuiltIn> all_;
    std::vector<Buttons> buttons_;
    std::vector<Saw> observers_;
};

// answerCallbackQuery for a press; an alert has to be closed by the person.
Effect answer_to_press(const BuiltInCall& call, const std::string& text = "", bool alert = false);

}  // namespace tgstats
