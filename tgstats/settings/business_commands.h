#pragma once
// What the owner of a connected business account decides about the texts of its chats: /business,
// by words and by buttons, in their private chat with the bot.

#include "tgstats/settings/chat_turns.h"
#include "tgstats/settings/replies.h"
#include "tgstats/settings/sweeper.h"
#include "tgstats/store/business_texts.h"
#include "tgstats/store/retention.h"

namespace tgstats {

inline constexpr std::string_view business_prefix = "b1:";  // of callback data

// All that the pages say.
struct BusinessView {
    bool connected = false;
    bool opted_out = false;
    BusinessTexts texts;
    std::size_t chats = 0;
    TextPreview stored;

    // There is something to decide about.
    [[nodiscard]] bool theirs() const { return connected || chats > 0; }
};

class BusinessCommands {
public:
    struct Parts {
        asio::any_io_executor executor;
        StoreThread& store;
        Sweeper& sweeper;
        bool allowed = true;  // the operator lets owners decide
    };
    explicit BusinessCommands(Parts parts) : parts_(parts), turns_(parts.executor) {}

    void add_to(BuiltIns& built_ins);  // `this` must outlive them

private:
    Task<BuiltInOutcome> answer(BuiltInCallPtr call);
    Task<BuiltInOutcome> decide(BuiltInCallPtr call);
    Task<BuiltInOutcome> press(BuiltInCallPtr call);
    Task<BuiltInOutcome> pressed(BuiltInCallPtr call, std::vector<std::string> words);
    Task<BuiltInOutcome> keep_for(BuiltInCallPtr call, std::int64_t days, bool sure);

    Task<BusinessView> view(std::int64_t owner_id);
    Task<TextPreview> loss(BuiltInCallPtr call, std::int64_t days);
    [[nodiscard]] std::string refusal(const BusinessView& now) const;  // empty: none

    Parts parts_;
    ChatTurns turns_;
};

// Telegram HTML and buttons.
Page business_page(const BusinessView& now, bool allowed);

}  // namespace tgstats
