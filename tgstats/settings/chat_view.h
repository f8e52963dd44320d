#pragma once
// All that a chat's settings say, read at once, and the pages that show it.

#include <optional>

#include "tgstats/settings/replies.h"
#include "tgstats/store/chat_policy.h"

namespace tgstats {

inline constexpr std::string_view settings_prefix = "s1:";  // of callback data; 1: their version

enum class Kept { text, metadata };  // what is kept for some days

struct ChatView {
    ChatSettings settings;
    ChatPolicy policy;
    std::vector<std::string> stops;

    [[nodiscard]] std::int64_t days(Kept kept) const {
        return kept == Kept::text ? policy.text_days : policy.metadata_days;
    }
};
ChatView read_view(Store& store, std::int64_t chat_id);  // on the store's thread

// What is kept, and for how many days; 0: without limit.
struct RetentionWish {
    Kept kept = Kept::text;
    std::int64_t days = 0;
};

std::string word_for(Kept kept);  // "text", "metadata": as commands have it
std::optional<Kept> kept_named(std::string_view word);
std::string days_text(std::int64_t days);          // "90 days", "without limit"
std::string settings_data(std::string_view rest);  // callback data of that
std::string summary_text(const ChatView& view);    // HTML, the settings line by line

Page main_page(const ChatView& view);
Page retention_page(const ChatView& view, Kept kept);
Page zone_page(const ChatView& view);
Page locale_page(const ChatView& view);

}  // namespace tgstats
