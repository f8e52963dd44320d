#pragma once
// Who administers a chat, as Telegram says; remembered for a while. Loop thread only.

#include <cstdint>
#include <map>
#include <set>

#include "hotreload/base/clock.h"
#include "tgstats/dispatch/built_ins.h"
#include "tgstats/telegram/bot_api.h"

namespace tgstats {

inline constexpr Millis admins_deadline{10'000};        // of the question
inline constexpr Millis admins_age_max{300'000};        // of an answer
inline constexpr std::size_t admins_chats_max = 1'000;  // remembered at once

class ChatAdmins {
public:
    explicit ChatAdmins(BotApi& api) : api_(api) {}

    enum class Says { yes, no, not_known };
    // Whether the one who wrote or pressed may change the chat's settings; administrators who write
    // as the group itself may.
    Task<Says> allow(BuiltInCallPtr call);
    // Members of a chat have changed.
    void saw(const Update& update);

private:
    using Ids = std::set<std::int64_t>;
    struct Known {
        Ids ids;
        hotreload::MonotonicTime until;
    };
    void remember(std::int64_t chat_id, Ids ids);

    BotApi& api_;
    std::map<std::int64_t, Known> known_;
    std::uint64_t changes_ = 0;  // an answer that a change has overtaken is not remembered
};

}  // namespace tgstats
