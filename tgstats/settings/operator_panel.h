#pragma once
// /plugins: what the bot's operators see and do in their private chats. For others there is no such
// command.

#include "hotreload/reload/engine.h"
#include "tgstats/settings/replies.h"

namespace tgstats {

using hotreload::Millis;

inline constexpr std::string_view operator_prefix = "o1:";  // of callback data
inline constexpr Millis operator_deadline{120'000};  // of one word; the reload itself goes on
inline constexpr std::size_t plugins_on_a_page = 20;

class OperatorPanel {
public:
    struct Parts {
        hotreload::Engine& engine;
        std::function<std::vector<std::int64_t>()> operators;  // asked anew each time
    };
    explicit OperatorPanel(Parts parts) : parts_(std::move(parts)) {}

    void add_to(BuiltIns& built_ins);  // `this` must outlive them

private:
    Task<BuiltInOutcome> list(BuiltInCallPtr call);
    Task<BuiltInOutcome> press(BuiltInCallPtr call);
    Task<BuiltInOutcome> act(BuiltInCallPtr call, std::string verb, std::string plugin);
    [[nodiscard]] bool is_operator(const BuiltInCall& call) const;
    [[nodiscard]] std::string plugin_with(std::string_view handle) const;
    hotreload::Result<void, std::string> tell(std::string_view verb, const std::string& plugin);

    Parts parts_;
};

}  // namespace tgstats
