#include "hotreload/history/record_file.h"

#include <utility>

#include "hotreload/base/base64.h"
#include "hotreload/base/json_text.h"
#include "hotreload/base/utf8.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::int64_t format_known = 1;

// File names are bytes; those that are no text travel as {"base64": …}.
json::value shown(const fs::path& path) {
    if (is_utf8(path.native())) return json::string(path.native());
    return json::object{{"base64", base64_encode(path.native())}};
}

json::value shown(const std::optional<Digest>& digest) {
    return digest ? json::value(digest->hex()) : json::value(nullptr);
}

json::object shown(const GenerationRecord& record) {
    json::array roots;
    for (const auto& root : record.roots) roots.push_back(shown(root));
    json::array files;
    for (const auto& file : record.files)
        files.push_back(json::object{{"path", shown(file.path)}, {"sha256", shown(file.digest)}});
    const auto published =
        std::chrono::duration_cast<Micros>(record.published.time_since_epoch()).count();
    return {{"number", record.number},
            {"fingerprint", record.fingerprint.hex()},
            {"language", to_string(record.language)},
            {"version", to_utf8(record.version)},
            {"entry", shown(record.entry)},
            {"folder", shown(record.folder)},
            {"roots", std::move(roots)},
            {"files", std::move(files)},
            {"config", record.config},
            {"state_version", record.state_version},
            {"published_us", published},
            {"reason", to_utf8(record.reason)},
            {"times", record.times},
            {"end", to_utf8(record.end)},
            {"crashed", record.crashed}};
}

// A JSON value with the place it stands at; what is not as expected throws a HistoryFault.
class Reader {
public:
    Reader(const json::value& value, std::string place) : value_(value), place_(std::move(place)) {}

    Reader member(std::string_view name) const {
        const auto* found = object().if_contains(name);
        const auto place = place_.empty() ? std::string(name) : place_ + "." + std::string(name);
        if (found == nullptr) throw HistoryFault{place + ": missing"};
        return {*found, place};
    }
    std::vector<Reader> items() const {
        if (!value_.is_array()) expected("an array");
        std::vector<Reader> items;
        for (const auto& item : value_.get_array())
            items.emplace_back(item, place_ + "[" + std::to_string(items.size()) + "]");
        return items;
    }
    bool null() const { return value_.is_null(); }
    const json::object& object() const {
        if (!value_.is_object()) expected("an object");
        return value_.get_object();
    }
    std::string text() const {
        if (!value_.is_string()) expected("a string");
        return std::string(value_.get_string());
    }
    template <class Number>
    Number number() const {
        json::error_code error;
        const auto number = value_.to_number<Number>(error);
        if (error) expected("a whole number");
        return number;
    }
    bool boolean() const {
        if (!value_.is_bool()) expected("true or false");
        return value_.get_bool();
    }
    fs::path path() const {
        if (value_.is_string()) return text();
        const auto bytes = base64_decode(member("base64").text());
        if (!bytes) expected("base64");
        return *bytes;
    }
    Digest digest() const {
        const auto digest = Digest::from_hex(text());
        if (!digest) expected("64 hexadecimal digits");
        return *digest;
    }
    std::optional<Digest> optional_digest() const {
        return null() ? std::nullopt : std::optional(digest());
    }
    [[noreturn]] void expected(std::string_view what) const {
        throw HistoryFault{(place_.empty() ? "" : place_ + ": ") + "expected " + std::string(what)};
    }

private:
    const json::value& value_;
    std::string place_;
};

GenerationRecord record_of(const Reader& reader) {
    GenerationRecord record;
    record.number = reader.member("number").number<std::uint64_t>();
    record.fingerprint = reader.member("fingerprint").digest();
    const auto language = language_named(reader.member("language").text());
    if (!language) reader.member("language").expected("cpp, python or prebuilt");
    record.language = *language;
    record.version = reader.member("version").text();
    record.entry = reader.member("entry").path();
    record.folder = reader.member("folder").path();
    for (const auto& root : reader.member("roots").items()) record.roots.push_back(root.path());
    for (const auto& file : reader.member("files").items())
        record.files.push_back(
            {file.member("path").path(), file.member("sha256").optional_digest()});
    record.config = reader.member("config").object();
    record.state_version = reader.member("state_version").number<std::int64_t>();
    const Micros published(reader.member("published_us").number<std::int64_t>());
    record.published = SystemTime(std::chrono::duration_cast<SystemTime::duration>(published));
    record.reason = reader.member("reason").text();
    record.times = reader.member("times").object();
    record.end = reader.member("end").text();
    record.crashed = reader.member("crashed").boolean();
    return record;
}

PluginHistory history_of(const Reader& reader) {
    const auto format = reader.member("format").number<std::int64_t>();
    if (format != format_known)
        throw HistoryFault{"format " + std::to_string(format) + " is not known to this program"};
    PluginHistory history;
    history.plugin = reader.member("plugin").text();
    for (const auto& record : reader.member("records").items())
        history.records.push_back(record_of(record));
    history.held_back = reader.member("held_back").optional_digest();
    history.held_back_reason = reader.member("held_back_reason").text();
    return history;
}

}  // namespace

Result<std::string, HistoryFault> history_text(const PluginHistory& history) {
    json::array records;
    for (const auto& record : history.records) records.push_back(shown(record));
    const json::object all{{"format", format_known},
                           {"plugin", history.plugin},
                           {"records", std::move(records)},
                           {"held_back", shown(history.held_back)},
                           {"held_back_reason", to_utf8(history.held_back_reason)}};
    auto text = json_text(all);
    if (!text) return HistoryFault{text.error().reason};
    return Result<std::string, HistoryFault>(in_place_value, *text + "\n");
}

Result<PluginHistory, HistoryFault> parse_history(std::string_view text) {
    const auto value = parse_json(text);
    if (!value) return HistoryFault{value.error().reason};
    try {
        return history_of(Reader(*value, ""));
    } catch (const HistoryFault& fault) {
        return fault;
    }
}

}  // namespace hotreload
