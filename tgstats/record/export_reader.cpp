#include "tgstats/record/export_reader.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include <simdjson.h>

#include "tgstats/record/export_shape.h"

namespace tgstats {

namespace {

namespace od = simdjson::ondemand;
using Outcome = hotreload::Result<void, std::string>;

constexpr const char* no_export =
    "not a Telegram Desktop export: expected an object with 'messages' (a chat) or 'chats.list' "
    "(an account);"
    " export as 'Machine-readable JSON'";

// A file that is JSON, but not of the expected shape.
struct NoExport {
    std::string why = no_export;
};

// One chat of the file: its values, and where its rows are.
struct ChatPart {
    ExportChat chat;
    od::array rows;
};

// Whether it is there, and of that type. Broken JSON is thrown: nothing can be asked for after it.
template <class Value>
bool found(simdjson::simdjson_result<Value> result, Value& value) {
    const auto error = std::move(result).get(value);
    if (error == simdjson::NO_SUCH_FIELD || error == simdjson::INCORRECT_TYPE) return false;
    if (error != simdjson::SUCCESS) throw simdjson::simdjson_error(error);
    return true;
}

ChatPart chat_part(od::object object, bool alone) {
    std::string_view type;
    std::int64_t id = 0;
    std::string name;
    std::string_view given_name;
    // Unordered look-up goes on where the last one ended, so a file in the usual order is read
    // once.
    if (found(object["name"].get_string(), given_name)) name = given_name;
    if (!found(object["type"].get_string(), type)) throw NoExport{};
    const std::string type_text(type);
    if (!found(object["id"].get_int64(), id) || id < 0 || id > export_id_max)
        throw NoExport{
            alone ? "not a Telegram Desktop export of a chat: it has no 'id'; export it again"
                  : "not a Telegram Desktop export: a chat without 'id' in 'chats.list'"};
    const auto chat = export_chat(type_text, id, name);
    if (!chat)
        throw NoExport{
            "the chat type '" + type_text +
            "' is not known; expected personal_chat, bot_chat, saved_messages, private_group,"
            " private_supergroup, public_supergroup, private_channel or public_channel"};
    od::array rows;
    if (!found(object["messages"].get_array(), rows)) throw NoExport{};
    return {*chat, rows};
}

}  // namespace

struct ExportReader::State {
    std::string name;
    simdjson::padded_string text;
    od::parser parser;

    using OnChat = std::function<void(const ExportChat&)>;
    using OnRow = std::function<void(od::object, std::uint64_t)>;

    [[nodiscard]] std::uint64_t offset(od::document& document) const {
        const char* at = nullptr;
        if (document.current_location().get(at) != simdjson::SUCCESS) return text.size();
        return static_cast<std::uint64_t>(at - text.data());
    }

    [[nodiscard]] std::string broken(simdjson::error_code error, std::uint64_t at) const {
        const auto begin = text.data();
        const auto line = std::count(begin, begin + at, '\n') + 1;
        const bool cut = at >= text.size() || error == simdjson::INCOMPLETE_ARRAY_OR_OBJECT ||
                         error == simdjson::UNCLOSED_STRING;
        return name + ": invalid JSON at byte " + std::to_string(cut ? text.size() : at) +
               ", line " +
               std::to_string(cut ? std::count(begin, begin + text.size(), '\n') + 1 : line) +
               ": " + (cut ? "the file ends too early" : simdjson::error_message(error)) +
               "; the export may have been cut off: copy or export it again";
    }

    void read_chat(od::document& document, const ChatPart& part, const OnChat& on_chat,
                   const OnRow& on_row) {
        on_chat(part.chat);
        auto rows = part.rows;
        for (od::value row : rows) {
            if (row.type() != od::json_type::object)
                throw NoExport{"'messages' must be a list of objects"};
            on_row(row.get_object(), offset(document));
        }
    }

    void walk(od::document& document, const OnChat& on_chat, const OnRow& on_row) {
        if (document.type() != od::json_type::object) throw NoExport{};
        od::object root = document.get_object();
        od::object chats;
        if (found(root["chats"].get_object(), chats)) {
            od::array list;
            if (!found(chats["list"].get_array(), list)) throw NoExport{};
            for (od::object chat : list)
                read_chat(document, chat_part(chat, false), on_chat, on_row);
            return;
        }
        document.rewind();
        read_chat(document, chat_part(document.get_object(), true), on_chat, on_row);
    }

    Outcome read(const OnChat& on_chat, const OnRow& on_row) {
        od::document document;
        if (const auto error = parser.iterate(text).get(document); error != simdjson::SUCCESS) {
            if (error == simdjson::UTF8_ERROR) return name + ": not valid UTF-8 text; " + no_export;
            if (error == simdjson::EMPTY) return name + ": the file is empty; " + no_export;
            return broken(error, text.size());
        }
        try {
            walk(document, on_chat, on_row);
        } catch (const NoExport& wrong) {
            return name + ": " + wrong.why;
        } catch (const simdjson::simdjson_error& error) {
            return broken(error.error(), offset(document));
        }
        return {};
    }
};

ExportReader::ExportReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
ExportReader::ExportReader(ExportReader&&) noexcept = default;
ExportReader& ExportReader::operator=(ExportReader&&) noexcept = default;
ExportReader::~ExportReader() = default;

hotreload::Result<ExportReader, std::string> ExportReader::open(const std::filesystem::path& file) {
    std::error_code error;
    if (std::filesystem::is_directory(file, error))
        return file.string() + ": is a folder; give the result.json in it";
    auto state = std::make_unique<State>();
    state->name = file.string();
    errno = 0;
    if (simdjson::padded_string::load(file.string()).get(state->text) != simdjson::SUCCESS)
        return file.string() + ": cannot be read: " +
               (errno != 0 ? std::generic_category().message(errno) : std::string("no such file"));
    return ExportReader(std::move(state));
}

Outcome ExportReader::read(const Visitor& visitor) {
    return state_->read(visitor.chat, [&](od::object row, std::uint64_t done) {
        if (const auto message = read_export_message(row))
            visitor.message(*message, done);
        else
            visitor.skipped();
    });
}

hotreload::Result<std::optional<std::int64_t>, std::string> ExportReader::newest() {
    std::optional<std::int64_t> newest;
    const auto read = state_->read([](const ExportChat&) {},
                                   [&](od::object row, std::uint64_t) {
                                       if (const auto date = export_date(row); date != 0)
                                           newest = std::max(newest.value_or(date), date);
                                   });
    if (!read) return read.error();
    return newest;
}

std::uint64_t ExportReader::size() const { return state_->text.size(); }

}  // namespace tgstats
