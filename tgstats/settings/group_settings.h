#pragma once
// The settings of a group, by commands and by buttons: /setup, /settings, /set_…, /stopwords. What
// they change is for administrators; every change is kept in one transaction with its answer.

#include "tgstats/settings/chat_admins.h"
#include "tgstats/settings/chat_turns.h"
#include "tgstats/settings/chat_view.h"
#include "tgstats/settings/command_rate.h"
#include "tgstats/settings/loss.h"
#include "tgstats/settings/sweeper.h"

namespace tgstats {

inline constexpr std::int64_t retention_days_max = 3'650;

class GroupSettings {
public:
    struct Parts {
        asio::any_io_executor executor;
        StoreThread& store;
        BotApi& api;
        Sweeper& sweeper;
    };
    explicit GroupSettings(Parts parts);

    void add_to(BuiltIns& built_ins);  // `this` must outlive them

private:
    using Command = Task<BuiltInOutcome> (GroupSettings::*)(BuiltInCallPtr call);
    enum class For { everybody, administrators };

    struct Entry {
        std::string name;
        std::string description;
        For whom = For::administrators;
        Command command = nullptr;
        bool rated = false;  // so many times for each person (CommandRate)
    };
    void add(BuiltIns& built_ins, Entry entry);
    Task<BuiltInOutcome> answer(BuiltInCallPtr call, Entry entry);
    [[nodiscard]] BuiltInOutcome too_often(const BuiltInCall& call);
    Task<BuiltInOutcome> setup(BuiltInCallPtr call);
    Task<BuiltInOutcome> show(BuiltInCallPtr call);
    Task<BuiltInOutcome> set_text(BuiltInCallPtr call);
    Task<BuiltInOutcome> set_reactions(BuiltInCallPtr call);
    Task<BuiltInOutcome> set_timezone(BuiltInCallPtr call);
    Task<BuiltInOutcome> set_locale(BuiltInCallPtr call);
    Task<BuiltInOutcome> set_retention(BuiltInCallPtr call);
    Task<BuiltInOutcome> stopwords(BuiltInCallPtr call);

    Task<BuiltInOutcome> press(BuiltInCallPtr call);
    Task<BuiltInOutcome> pressed(BuiltInCallPtr call, std::vector<std::string> words);
    Task<BuiltInOutcome> press_page(BuiltInCallPtr call, std::vector<std::string> words);
    Task<BuiltInOutcome> press_set(BuiltInCallPtr call, std::vector<std::string> words);
    Task<BuiltInOutcome> press_retention(BuiltInCallPtr call, std::vector<std::string> words);
    Task<BuiltInOutcome> press_wipe(BuiltInCallPtr call);

    Task<ChatView> view(std::int64_t chat_id);
    Task<Loss> loss(BuiltInCallPtr call, RetentionWish wish);
    Task<Loss> stored_texts(std::int64_t chat_id);
    void keep_for(BuiltInAnswer& answer, std::int64_t chat_id, RetentionWish wish);

    Parts parts_;
    ChatAdmins admins_;
    ChatTurns turns_;
    CommandRate rate_;
};

}  // namespace tgstats
