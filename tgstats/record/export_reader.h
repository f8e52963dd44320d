#pragma once
// Reads the shapes of a Telegram Desktop export, old and new, and hands on plain values in the
// file's order. It holds a window of the file, never the whole.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hotreload/base/result.h"

namespace tgstats {

struct ExportChat {
    std::int64_t id = 0;  // as in the Bot API
    std::string type;     // as in the Bot API: private, group, supergroup, channel
    std::string title;
    bool with_bot = false;
};

struct ExportReaction {
    struct Giver {
        std::int64_t user_id = 0;
        std::string name;
        std::int64_t date = 0;
    };
    std::string reaction;  // an emoji, "custom:ID" or "paid"
    std::int64_t count = 0;
    std::vector<Giver> recent;  // often not all of them
};

struct ExportMessage {
    std::int64_t id = 0;
    bool service = false;
    std::int64_t date = 0;
    std::int64_t edit_date = 0;
    std::int64_t user_id = 0;  // negative: a channel or a group that speaks as itself
    std::string name;          // empty for deleted accounts
    std::int64_t reply_to = 0;
    std::string text;
    std::int64_t links = 0;
    std::string media_type;
    std::string via_bot;
    std::string forwarded_from;
    std::vector<ExportReaction> reactions;
    std::string action;  // of service rows
    std::vector<std::string> members;
    std::string title;
};

class ExportReader {
public:
    // The error is a line for people that names the file.
    static hotreload::Result<ExportReader, std::string> open(const std::filesystem::path& file);
    ExportReader(ExportReader&&) noexcept;
    ExportReader& operator=(ExportReader&&) noexcept;
    ~ExportReader();

    struct Visitor {
        std::function<void(const ExportChat&)> chat;
        std::function<void(const ExportMessage&, std::uint64_t done_bytes)> message;
        std::function<void()> skipped;  // a row of no known shape
    };
    // May be called again. What the visitor throws passes through.
    [[nodiscard]] hotreload::Result<void, std::string> read(const Visitor& visitor);
    // The newest date of all messages; nullopt without any.
    [[nodiscard]] hotreload::Result<std::optional<std::int64_t>, std::string> newest();
    [[nodiscard]] std::uint64_t size() const;

private:
    struct State;
    explicit ExportReader(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace tgstats
