#include "tgstats/record/export_reader.h"

#include <algorithm>
#include <optional>
#include <system_error>
#include <utility>

#include <simdjson.h>

#include "tgstats/record/export_shape.h"
#include "tgstats/record/json_stream.h"

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

bool is_utf8(std::string_view text) {
    // A character may be cut at the end of what was read.
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0U) == 0x80U)
        text.remove_suffix(1);
    if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xC0U) text.remove_suffix(1);
    return simdjson::validate_utf8(text.data(), text.size());
}

// What stands before a chat's messages, and where they are.
struct Header {
    bool named = false;
    std::string name;
    std::optional<std::string> type;
    std::optional<std::int64_t> id;
    std::optional<std::uint64_t> rows;  // where their array begins
    bool read = false;                  // the rows have been handed on

    [[nodiscard]] bool complete() const { return named && type && id; }
};

ExportChat chat_of_header(const Header& header, bool alone) {
    if (!header.type) throw NoExport{};
    if (!header.id || *header.id < 0 || *header.id > export_id_max)
        throw NoExport{
            alone ? "not a Telegram Desktop export of a chat: it has no 'id'; export it again"
                  : "not a Telegram Desktop export: a chat without 'id' in 'chats.list'"};
    const auto chat = export_chat(*header.type, *header.id, header.name);
    if (chat) return *chat;
    throw NoExport{"the chat type '" + *header.type +
                   "' is not known; expected personal_chat, bot_chat, saved_messages, "
                   "private_group, private_supergroup, public_supergroup, private_channel or "
                   "public_channel"};
}

template <class OnMember>
void each_member(JsonStream& text, OnMember on_member) {
    text.expect('{');
    if (text.next() == '}') {
        text.take();
        return;
    }
    for (;;) {
        const std::string key(text.key());
        text.expect(':');
        on_member(key);
        const auto at = text.offset();
        const char c = text.take();
        if (c == '}') return;
        if (c != ',') throw BrokenJson{at, "expected ',' or '}'"};
    }
}

// `on_elements` takes at least one of them.
template <class OnElements>
void each_element(JsonStream& text, OnElements on_elements) {
    text.expect('[');
    if (text.next() == ']') {
        text.take();
        return;
    }
    for (;;) {
        on_elements();
        const auto at = text.offset();
        const char c = text.take();
        if (c == ']') return;
        if (c != ',') throw BrokenJson{at, "expected ',' or ']'"};
    }
}

}  // namespace

struct ExportReader::State {
    State(std::string file, JsonStream stream) : name(std::move(file)), text(std::move(stream)) {}

    std::string name;
    JsonStream text;
    od::parser parser;

    using OnChat = std::function<void(const ExportChat&)>;
    using OnRow = std::function<void(od::object, std::uint64_t)>;
    struct Walk {
        const OnChat& on_chat;
        const OnRow& on_row;
        bool account = false;  // chats were found in 'chats.list'
    };

    [[nodiscard]] std::string broken(const BrokenJson& fault) {
        const bool cut = fault.at >= text.size();
        const auto at = cut ? text.size() : fault.at;
        return name + ": invalid JSON at byte " + std::to_string(at) + ", line " +
               std::to_string(text.line_of(at)) + ": " +
               (cut ? "the file ends too early" : fault.why) +
               "; the export may have been cut off: copy or export it again";
    }

    // Small values of the header; nullopt for another type.
    std::optional<std::string> small_text() {
        const simdjson::padded_string padded(text.value());
        od::document document = parser.iterate(padded);
        std::string_view value;
        if (document.get_string().get(value) != simdjson::SUCCESS) return std::nullopt;
        return std::string(value);
    }

    std::optional<std::int64_t> small_integer() {
        const simdjson::padded_string padded(text.value());
        od::document document = parser.iterate(padded);
        std::int64_t value = 0;
        if (document.get_int64().get(value) != simdjson::SUCCESS) return std::nullopt;
        return value;
    }

    void read_rows(const OnRow& on_row) {
        const auto some = text.elements(simdjson::SIMDJSON_PADDING);
        od::document document = parser.iterate(simdjson::padded_string_view(
            some.data(), some.size(), some.size() + simdjson::SIMDJSON_PADDING));
        const char* place = some.data();
        try {
            for (od::value row : document.get_array()) {
                if (document.current_location().get(place) != simdjson::SUCCESS)
                    place = some.data() + some.size();
                if (row.type() != od::json_type::object)
                    throw NoExport{"'messages' must be a list of objects"};
                on_row(row.get_object(), text.offset_of(place));
            }
        } catch (const simdjson::simdjson_error& error) {
            const char* at = place;
            if (document.current_location().get(at) != simdjson::SUCCESS) at = place;
            throw BrokenJson{text.offset_of(at), simdjson::error_message(error.error())};
        }
    }

    void read_messages(const Header& header, bool alone, const Walk& walk) {
        walk.on_chat(chat_of_header(header, alone));
        each_element(text, [&] { read_rows(walk.on_row); });
    }

    // The rows are read where they stand if all before them is known, else when it is.
    void read_member(Header& header, const std::string& key, bool alone, Walk& walk) {
        if (key == "name") {
            header.named = true;
            header.name = small_text().value_or("");
        } else if (key == "type") {
            header.type = small_text();
        } else if (key == "id") {
            header.id = small_integer();
        } else if (key == "messages") {
            if (text.next() != '[') throw NoExport{};
            header.rows = text.offset();
            header.read = header.complete();
            if (header.read)
                read_messages(header, alone, walk);
            else
                text.skip_value();
        } else if (key == "chats" && alone && text.next() == '{') {
            read_account(walk);
        } else {
            text.skip_value();
        }
    }

    void read_account(Walk& walk) {
        walk.account = true;
        bool listed = false;
        each_member(text, [&](const std::string& key) {
            if (key != "list" || text.next() != '[') {
                text.skip_value();
                return;
            }
            listed = true;
            each_element(text, [&] { read_chat(false, walk); });
        });
        if (!listed) throw NoExport{};
    }

    void read_chat(bool alone, Walk& walk) {
        if (text.next() != '{') throw NoExport{};
        Header header;
        each_member(text, [&](const std::string& key) { read_member(header, key, alone, walk); });
        if (header.read || (alone && walk.account)) return;
        chat_of_header(header, alone);
        if (!header.rows) throw NoExport{};
        const auto behind = text.offset();
        text.seek(*header.rows);
        read_messages(header, alone, walk);
        text.seek(behind);
    }

    Outcome read(const OnChat& on_chat, const OnRow& on_row) {
        if (text.size() == 0) return name + ": the file is empty; " + no_export;
        const auto no_text = name + ": not valid UTF-8 text; " + no_export;
        try {
            text.seek(0);
            text.next();
            if (!is_utf8(text.window())) return no_text;
            Walk walk{on_chat, on_row};
            read_chat(true, walk);
        } catch (const NoExport& wrong) {
            return name + ": " + wrong.why;
        } catch (const BrokenJson& fault) {
            return broken(fault);
        } catch (const simdjson::simdjson_error& error) {
            if (error.error() == simdjson::UTF8_ERROR) return no_text;
            return broken({text.offset(), simdjson::error_message(error.error())});
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
    auto text = JsonStream::open(file);
    if (!text) return file.string() + ": cannot be read: " + text.error();
    return ExportReader(std::make_unique<State>(file.string(), std::move(*text)));
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
