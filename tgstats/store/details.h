#pragma once
// What only few messages have: signatures, albums, origins, replies to elsewhere, files. Each goes
// and moves with its message, which has to be stored before.

#include <cstdint>
#include <optional>
#include <string>

#include "tgstats/store/store.h"

namespace tgstats {

struct MessageDetails {
    std::int64_t chat_id = 0;
    std::int64_t message_id = 0;
    std::string author_signature;  // of a channel's author, or an anonymous administrator's title
    std::string album_id;          // the same for all messages of an album
    bool is_protected = false;     // may not be forwarded or saved
    std::string entities;          // JSON; empty where the chat does not store texts
    // A reply to a message of another chat.
    std::int64_t external_chat_id = 0;
    std::int64_t external_message_id = 0;
    std::string forward_kind;  // user, hidden_user, chat, channel; empty: not forwarded
    std::int64_t forward_user_id = 0;
    std::int64_t forward_chat_id = 0;
    std::int64_t forward_message_id = 0;
    std::string forward_signature;
    std::int64_t forward_date = 0;
    bool automatic_forward = false;  // a channel's post in its discussion group

    bool operator==(const MessageDetails&) const = default;
    [[nodiscard]] bool empty() const;  // nothing but whose they are
};

// Ids are the Bot API's; sizes are bytes, durations seconds, width and height pixels.
struct MessageFile {
    std::int64_t chat_id = 0;
    std::int64_t message_id = 0;
    std::string file_id;
    std::string unique_id;
    std::string name;  // empty where the chat does not store texts
    std::string mime_type;
    std::int64_t size = 0;
    std::int64_t duration = 0;
    std::int64_t width = 0;
    std::int64_t height = 0;
    std::string thumbnail_id;
};

// Replaces what was there; empty details are removed.
void put_details(Store& store, const MessageDetails& details);
std::optional<MessageDetails> message_details(Store& store, std::int64_t chat_id,
                                              std::int64_t message_id);
// nullopt: the message has none (any more).
void put_file(Store& store, std::int64_t chat_id, std::int64_t message_id,
              const std::optional<MessageFile>& file);
std::optional<MessageFile> message_file(Store& store, std::int64_t chat_id,
                                        std::int64_t message_id);

}  // namespace tgstats
