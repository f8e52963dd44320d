#include "tgstats/store/details.h"

namespace tgstats {

bool MessageDetails::empty() const {
    MessageDetails nothing;
    nothing.chat_id = chat_id;
    nothing.message_id = message_id;
    return *this == nothing;
}

void put_details(Store& store, const MessageDetails& d) {
    auto& database = store.database();
    if (d.empty()) {
        database.prepare("DELETE FROM message_details WHERE chat_id=?1 AND message_id=?2")
            .bind(d.chat_id, d.message_id)
            .run();
        return;
    }
    database
        .prepare(
            "INSERT OR REPLACE INTO message_details"
            " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15)")
        .bind(d.chat_id, d.message_id, d.author_signature, d.album_id, d.is_protected, d.entities,
              d.external_chat_id, d.external_message_id, d.forward_kind, d.forward_user_id,
              d.forward_chat_id, d.forward_message_id, d.forward_signature, d.forward_date,
              d.automatic_forward)
        .run();
}

std::optional<MessageDetails> message_details(Store& store, std::int64_t chat_id,
                                              std::int64_t message_id) {
    auto s = store.database().prepare(
        "SELECT author_signature, album_id, protected, entities, external_chat_id,"
        " external_message_id, forward_kind, forward_user_id, forward_chat_id, forward_message_id,"
        " forward_signature, forward_date, automatic_forward FROM message_details"
        " WHERE chat_id=?1 AND message_id=?2");
    if (!s.bind(chat_id, message_id).step()) return std::nullopt;
    return MessageDetails{.chat_id = chat_id,
                          .message_id = message_id,
                          .author_signature = std::string(s.text(0)),
                          .album_id = std::string(s.text(1)),
                          .is_protected = s.integer(2) != 0,
                          .entities = std::string(s.text(3)),
                          .external_chat_id = s.integer(4),
                          .external_message_id = s.integer(5),
                          .forward_kind = std::string(s.text(6)),
                          .forward_user_id = s.integer(7),
                          .forward_chat_id = s.integer(8),
                          .forward_message_id = s.integer(9),
                          .forward_signature = std::string(s.text(10)),
                          .forward_date = s.integer(11),
                          .automatic_forward = s.integer(12) != 0};
}

void put_file(Store& store, std::int64_t chat_id, std::int64_t message_id,
              const std::optional<MessageFile>& file) {
    auto& database = store.database();
    if (!file) {
        database.prepare("DELETE FROM message_files WHERE chat_id=?1 AND message_id=?2")
            .bind(chat_id, message_id)
            .run();
        return;
    }
    database
        .prepare("INSERT OR REPLACE INTO message_files VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)")
        .bind(chat_id, message_id, file->file_id, file->unique_id, file->name, file->mime_type,
              file->size, file->duration, file->width, file->height, file->thumbnail_id)
        .run();
}

std::optional<MessageFile> message_file(Store& store, std::int64_t chat_id,
                                        std::int64_t message_id) {
    auto s = store.database().prepare(
        "SELECT file_id, unique_id, name, mime_type, size, duration, width, height, thumbnail_id"
        " FROM message_files WHERE chat_id=?1 AND message_id=?2");
    if (!s.bind(chat_id, message_id).step()) return std::nullopt;
    return MessageFile{.chat_id = chat_id,
                       .message_id = message_id,
                       .file_id = std::string(s.text(0)),
                       .unique_id = std::string(s.text(1)),
                       .name = std::string(s.text(2)),
                       .mime_type = std::string(s.text(3)),
                       .size = s.integer(4),
                       .duration = s.integer(5),
                       .width = s.integer(6),
                       .height = s.integer(7),
                       .thumbnail_id = std::string(s.text(8))};
}

}  // namespace tgstats
