#pragma once
// All that a chat's settings say, read at once, and the pages that show it.

#include <optional>

#include "tgstats/settings/replies.h"
#include "tgstats/store/chat_policy.h"
#include "tgstats/store/retention.h"

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

// What a shorter time would delete.
struct Loss {
    std::int64_t days = 0;
    std::string before;  // a local date: what is older goes
    RetentionPreview counts;

    [[nodiscard]] bool nothing(Kept kept) const {
        return kept == Kept::text ? counts.nothing_of_texts() : counts.nothing();
    }
};
Loss read_loss(Store& store, std::int64_t chat_id, std::int64_t days, std::int64_t now);

std::string word_for(Kept kept);  // "text", "metadata": as commands have it
std::optional<Kept> kept_named(std::string_view word);
std::string days_text(std::int64_t days);        // "90 days", "without limit"
std::string summary_text(const ChatView& view);  // HTML, the settings line by line

Page main_page(const ChatView& view);
Page retention_page(const ChatView& view, Kept kept);
Page zone_page(const ChatView& view);
Page locale_page(const ChatView& view);
// Asks whether that is to be deleted.
Page loss_page(const Loss& loss, Kept kept);
std::string loss_text(const Loss& loss, Kept kept);  // HTML, one sentence

}  // namespace tgstats
