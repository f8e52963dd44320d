#include "hotreload/worker/manifest.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "hotreload/base/large_file.h"
#include "hotreload/base/utf8.h"
#include "hotreload/model/limits.h"

namespace hotreload {

namespace {

constexpr std::size_t log_fields_max = 32;
constexpr std::size_t reason_bytes_max = 1'000;

std::string bounded(std::string_view text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return std::string(text);
    return to_utf8(text.substr(0, bytes_max)) + "…";
}

std::string first_line(std::string_view text) {
    return bounded(text.substr(0, text.find('\n')), reason_bytes_max);
}

// Reads the fields of one object and remembers the first that is not what it should be.
class FieldReader {
public:
    FieldReader(const json::object& object, std::string where, std::string& problem)
        : object_(object), where_(std::move(where)), problem_(problem) {}

    void text(std::string_view name, std::string& into) {
        if (const json::value* value = find(name)) {
            if (value->is_string())
                into = value->as_string().c_str();
            else
                wrong(name, "a string");
        }
    }
    void number(std::string_view name, std::int64_t& into) {
        if (const json::value* value = find(name)) {
            if (value->is_int64())
                into = value->as_int64();
            else
                wrong(name, "a whole number");
        }
    }
    void real(std::string_view name, double& into) {
        if (const json::value* value = find(name)) {
            if (value->is_number())
                into = value->to_number<double>();
            else
                wrong(name, "a number");
        }
    }
    void texts(std::string_view name, std::vector<std::string>& into) {
        each(name, [&](const json::value& value) {
            if (value.is_string())
                into.emplace_back(value.as_string().c_str());
            else
                wrong(name, "a list of strings");
        });
    }
    template <class Read>
    void objects(std::string_view name, Read read) {
        each(name, [&](const json::value& value) {
            if (!value.is_object()) return wrong(name, "a list of objects");
            FieldReader reader(value.as_object(), std::string(name) + "[]", problem_);
            read(reader);
        });
    }
    void wrong(std::string_view name, std::string_view expected) {
        if (!problem_.empty()) return;
        problem_ = "`" + (where_.empty() ? "" : where_ + ".") + std::string(name) + "` is not " +
                   std::string(expected);
    }

private:
    const json::value* find(std::string_view name) {
        const json::value* value = object_.if_contains(name);
        return value && !value->is_null() ? value : nullptr;
    }
    template <class Take>
    void each(std::string_view name, Take take) {
        const json::value* value = find(name);
        if (!value) return;
        if (!value->is_array()) return wrong(name, "a list");
        for (const json::value& item : value->as_array()) take(item);
    }

    const json::object& object_;
    std::string where_;
    std::string& problem_;
};

Offer read_offer(FieldReader& reader) {
    Offer offer;
    reader.text("kind", offer.kind);
    reader.text("name", offer.name);
    reader.text("description", offer.description);
    if (offer.kind.empty()) reader.wrong("kind", "given");
    if (offer.name.empty()) reader.wrong("name", "given");
    return offer;
}

Schedule read_schedule(FieldReader& reader) {
    Schedule schedule;
    reader.text("name", schedule.name);
    reader.text("cron", schedule.cron);
    reader.real("every_seconds", schedule.every_seconds);
    if (schedule.name.empty()) reader.wrong("name", "given");
    const bool repeated = schedule.every_seconds != 0;
    if (repeated && !schedule.cron.empty())
        reader.wrong("cron", "for a schedule with every_seconds");
    if (!repeated && schedule.cron.empty()) reader.wrong("cron", "given, nor is every_seconds");
    return schedule;
}

// Each schedule is routed as an offer, so it has to be one; and its name says which it is.
std::string schedules_problem(const Manifest& manifest) {
    std::set<std::string_view> names;
    for (const Schedule& schedule : manifest.schedules) {
        if (!names.insert(schedule.name).second)
            return "two `schedules` have the name " + schedule.name;
        const bool offered = std::ranges::any_of(manifest.offers, [&](const Offer& offer) {
            return offer.kind == "schedule" && offer.name == schedule.name;
        });
        if (!offered)
            return "the schedule " + schedule.name + " is not among `offers` with kind schedule";
    }
    return {};
}

// A worker that reads a large file to its end is believed: nobody here does.
std::optional<Digest> as_the_host_has_it(const std::filesystem::path& file, const Digest& digest) {
    struct stat status{};
    const bool large = ::stat(file.c_str(), &status) == 0 && is_large(status);
    return large ? digest_of_mark(mark_of(status)) : digest;
}

LoadedFile read_file(FieldReader& reader) {
    LoadedFile file;
    std::string path;
    std::string hex;
    std::string mark;
    reader.text("path", path);
    reader.text("sha256", hex);
    reader.text("mark", mark);
    file.path = std::filesystem::path(path).lexically_normal();
    file.sha256 = Digest::from_hex(hex);
    if (!file.path.is_absolute()) reader.wrong("path", "an absolute path");
    if (!hex.empty() && !file.sha256) reader.wrong("sha256", "64 hexadecimal digits");
    if (file.sha256) file.sha256 = as_the_host_has_it(file.path, *file.sha256);
    if (!mark.empty()) file.sha256 = digest_of_mark(mark);
    return file;
}

std::string text_of(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value && value->is_string() ? std::string(value->as_string().c_str()) : std::string();
}

int line_of(const json::object& object) {
    const json::value* value = object.if_contains("line");
    const bool fits =
        value && value->is_int64() && value->as_int64() > 0 && value->as_int64() <= 100'000'000;
    return fits ? static_cast<int>(value->as_int64()) : 0;
}

Level level_of(std::string_view name) {
    for (const Level level : {Level::debug, Level::warning, Level::error}) {
        if (to_string(level) == name) return level;
    }
    return Level::info;
}

std::optional<std::vector<std::string>> as_texts(const json::value& value) {
    if (!value.is_array()) return std::nullopt;
    std::vector<std::string> texts;
    for (const json::value& item : value.as_array()) {
        if (!item.is_string()) return std::nullopt;
        texts.emplace_back(item.as_string().c_str());
    }
    return texts;
}

FieldValue field_value(const json::value& value) {
    if (value.is_bool()) return value.as_bool();
    if (value.is_int64()) return value.as_int64();
    if (value.is_double()) return value.as_double();
    if (value.is_string()) return bounded(value.as_string(), limits::output_line_bytes_max);
    std::string text = json::serialize(value);
    if (text.size() <= limits::output_line_bytes_max) {
        if (auto texts = as_texts(value)) return *std::move(texts);
    }
    return bounded(text, limits::output_line_bytes_max);
}

// Names that every event line has already; a plugin's field of that name gets an underscore behind
// it.
bool taken(std::string_view name) {
    constexpr std::array<std::string_view, 7> names{"seq",    "time",       "level",  "event",
                                                    "plugin", "generation", "message"};
    return std::ranges::find(names, name) != names.end();
}

// Tagged, because a Manifest could be made from a string, too.
Result<Manifest, std::string> unreadable(std::string problem) {
    return {boost::system::in_place_error, std::move(problem)};
}

}  // namespace

Result<Manifest, std::string> parse_manifest(const json::value& reply) {
    if (!reply.is_object()) return unreadable("it is not an object");
    std::string problem;
    Manifest manifest;
    FieldReader reader(reply.as_object(), "", problem);
    reader.text("class", manifest.class_name);
    reader.texts("kinds", manifest.kinds);
    reader.text("name", manifest.name);
    reader.text("version", manifest.version);
    reader.text("description", manifest.description);
    reader.text("author", manifest.author);
    reader.texts("dependencies", manifest.dependencies);
    reader.objects("offers",
                   [&](FieldReader& offer) { manifest.offers.push_back(read_offer(offer)); });
    reader.objects("schedules", [&](FieldReader& schedule) {
        manifest.schedules.push_back(read_schedule(schedule));
    });
    reader.texts("permissions", manifest.permissions);
    reader.number("state_version", manifest.state_version);
    reader.objects("files", [&](FieldReader& file) { manifest.files.push_back(read_file(file)); });
    if (problem.empty()) problem = schedules_problem(manifest);
    if (!problem.empty()) return unreadable(std::move(problem));
    return manifest;
}

std::vector<LoadedFile> parse_files(const json::object& params) {
    std::string problem;
    std::vector<LoadedFile> files;
    FieldReader reader(params, "", problem);
    reader.objects("files", [&](FieldReader& file) { files.push_back(read_file(file)); });
    if (!problem.empty()) files.clear();
    return files;
}

Failure failure_from(Stage stage, const RpcError& error, std::string stderr_tail) {
    Failure failure{
        .stage = stage, .reason = first_line(error.message), .output = std::move(stderr_tail)};
    if (!error.data.is_object()) return failure;
    const json::object& data = error.data.as_object();
    const std::string type = text_of(data, "type");
    const std::string message = text_of(data, "message");
    if (!message.empty())
        failure.reason = first_line(type.empty() ? message : type + ": " + message);
    else if (!type.empty())
        failure.reason = type;
    Diagnostic place{
        .file = text_of(data, "file"), .line = line_of(data), .message = failure.reason};
    if (!place.file.empty()) failure.diagnostics.push_back(std::move(place));
    const std::string traceback = text_of(data, "traceback");
    if (!traceback.empty()) failure.output = bounded(traceback, limits::output_tail_bytes_max);
    return failure;
}

LogLine parse_log(const json::object& params, Fields first) {
    LogLine line{level_of(text_of(params, "level")), std::move(first)};
    line.fields.push_back(
        {"message", bounded(text_of(params, "message"), limits::output_line_bytes_max)});
    const json::value* fields = params.if_contains("fields");
    if (!fields || !fields->is_object()) return line;
    std::size_t count = 0;
    for (const auto& [key, value] : fields->as_object()) {
        if (count++ == log_fields_max) break;
        std::string name = bounded(key, reason_bytes_max);
        if (taken(name)) name += '_';
        line.fields.push_back({std::move(name), field_value(value)});
    }
    return line;
}

}  // namespace hotreload
