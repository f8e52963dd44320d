#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "hotreload/schedule/schedule.h"

namespace hotreload {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

constexpr std::size_t cron_bytes_max = 1000;
constexpr int days_ahead_max = 5 * 366;
constexpr std::int64_t minute_seconds = 60;
constexpr std::int64_t day_seconds = 24 * 60 * minute_seconds;
constexpr int day_minutes = 24 * 60;
// The years 1 to 9999, beyond which calendars mean nothing.
constexpr std::int64_t time_min = -62'135'596'800;
constexpr std::int64_t time_max = 253'402'300'799;

struct Field {
    std::string_view name;
    int least;
    int most;
    std::string_view words;  // three letters each, from `words_from` up
    int words_from = 0;
};

constexpr std::array<Field, 5> fields{{
    {"minute", 0, 59, "", 0},
    {"hour", 0, 23, "", 0},
    {"day-of-month", 1, 31, "", 0},
    {"month", 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec", 1},
    {"day-of-week", 0, 7, "sunmontuewedthufrisat", 0},
}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> shorthands{{
    {"@hourly", "0 * * * *"},
    {"@daily", "0 0 * * *"},
    {"@midnight", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"},
    {"@monthly", "0 0 1 * *"},
    {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
}};

struct Fault {
    std::string reason;
};

[[noreturn]] void fail(const Field& field, const std::string& reason) {
    throw Fault{fmt::format("{}: {}", field.name, reason)};
}

std::vector<std::string_view> split(std::string_view text, std::string_view separators,
                                    bool with_empty) {
    std::vector<std::string_view> parts;
    while (true) {
        const auto end = text.find_first_of(separators);
        const auto part = text.substr(0, end);
        if (with_empty || !part.empty()) parts.push_back(part);
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

std::optional<int> whole_number(std::string_view text) {
    int number = 0;
    const auto* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    if (text.empty() || read.ec != std::errc() || read.ptr != end || text.front() == '-')
        return std::nullopt;
    return number;
}

// ASCII only, without regard to the locale.
std::string lower(std::string_view text) {
    std::string result(text);
    for (auto& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

int value_of(const Field& field, std::string_view text) {
    constexpr std::size_t word_size = 3;
    if (const auto number = whole_number(text);
        number && *number >= field.least && *number <= field.most)
        return *number;
    const auto word = lower(text);
    const auto at = word.size() == word_size ? field.words.find(word) : std::string_view::npos;
    if (at != std::string_view::npos && at % word_size == 0)
        return field.words_from + static_cast<int>(at / word_size);
    const auto names = field.words.empty()
                           ? std::string()
                           : fmt::format(" or {}-{}", field.words.substr(0, word_size),
                                         field.words.substr(field.words.size() - word_size));
    fail(field, fmt::format("expected {}-{}{}, found '{}'", field.least, field.most, names, text));
}

int step_of(const Field& field, std::string_view text) {
    const int most = field.most + 1 - field.least;
    const auto step = whole_number(text);
    if (!step || *step < 1 || *step > most)
        fail(field, fmt::format("expected a step of 1-{} after '/', found '{}'", most, text));
    return *step;
}

// '*', 'a', 'a-b', each with '/step' (a single value apart), as bits.
std::uint64_t bits_of_item(const Field& field, std::string_view item) {
    const auto slash = item.find('/');
    const auto range = item.substr(0, slash);
    const auto dash = range.find('-');
    int first = field.least;
    int last = field.most;
    if (range != "*") {
        first = value_of(field, range.substr(0, dash));
        last = dash == std::string_view::npos ? first : value_of(field, range.substr(dash + 1));
        if (last < first) fail(field, fmt::format("the range '{}' runs backwards", range));
    }
    int step = 1;
    if (slash != std::string_view::npos) {
        step = step_of(field, item.substr(slash + 1));
        if (range != "*" && dash == std::string_view::npos)
            fail(field, fmt::format("'{}' has a step without a range: write {}-{}/{}", item, range,
                                    field.most, step));
    }
    std::uint64_t bits = 0;
    for (int value = first; value <= last; value += step) bits |= std::uint64_t{1} << value;
    return bits;
}

std::uint64_t bits_of(const Field& field, std::string_view text) {
    std::uint64_t bits = 0;
    for (const auto item : split(text, ",", true)) {
        if (item.empty()) fail(field, fmt::format("nothing between the commas of '{}'", text));
        bits |= bits_of_item(field, item);
    }
    return bits;
}

std::string_view written_out(std::string_view word) {
    const auto name = lower(word);
    for (const auto& [shorthand, expression] : shorthands)
        if (shorthand == name) return expression;
    throw Fault{fmt::format(
        "unknown word '{}': expected @hourly, @daily, @weekly, @monthly or @yearly", word)};
}

bool has(std::uint64_t bits, unsigned value) { return (bits >> value & 1) != 0; }

// A moment in local time.
struct Local {
    sys_days day;
    int minute;  // of the day
};

std::optional<Local> local(std::int64_t unix_seconds, std::int64_t offset_seconds) {
    if (unix_seconds < time_min || unix_seconds > time_max ||
        std::abs(offset_seconds) > day_seconds)
        return std::nullopt;
    const std::chrono::sys_seconds time{std::chrono::seconds(unix_seconds + offset_seconds)};
    const auto day = std::chrono::floor<days>(time);
    return Local{day, static_cast<int>((time - day).count() / minute_seconds)};
}

std::int64_t unix_seconds_of(const Local& moment, std::int64_t offset_seconds) {
    return moment.day.time_since_epoch().count() * day_seconds + moment.minute * minute_seconds -
           offset_seconds;
}

}  // namespace

Result<Cron, std::string> Cron::parse(std::string_view text) {
    const auto refused = [](std::string reason) {
        return Result<Cron, std::string>(in_place_error, std::move(reason));
    };
    if (text.size() > cron_bytes_max)
        return refused(fmt::format("longer than {} characters", cron_bytes_max));
    try {
        auto parts = split(text, " \t", false);
        if (parts.size() == 1 && parts.front().starts_with('@'))
            parts = split(written_out(parts.front()), " ", false);
        if (parts.size() != fields.size())
            return refused(
                fmt::format("expected five fields (minute hour day-of-month month day-of-week), "
                            "found {}",
                            parts.size()));
        Cron cron;
        cron.minutes_ = bits_of(fields[0], parts[0]);
        cron.hours_ = bits_of(fields[1], parts[1]);
        cron.month_days_ = bits_of(fields[2], parts[2]);
        cron.months_ = bits_of(fields[3], parts[3]);
        cron.week_days_ = bits_of(fields[4], parts[4]);
        if (has(cron.week_days_, 7)) cron.week_days_ |= 1;
        cron.any_month_day_ = parts[2].starts_with('*');
        cron.any_week_day_ = parts[4].starts_with('*');
        return cron;
    } catch (const Fault& fault) {
        return refused(fault.reason);
    }
}

bool Cron::matches(sys_days day) const {
    const std::chrono::year_month_day date(day);
    if (!has(months_, static_cast<unsigned>(date.month()))) return false;
    const bool month_day = has(month_days_, static_cast<unsigned>(date.day()));
    const bool week_day = has(week_days_, std::chrono::weekday(day).c_encoding());
    // As in crontab(5): two restricted fields are alternatives, while '*' restricts nothing and
    // '*/2' restricts further.
    return any_month_day_ || any_week_day_ ? month_day && week_day : month_day || week_day;
}

std::optional<std::int64_t> Cron::next(std::int64_t unix_seconds,
                                       std::int64_t offset_seconds) const {
    auto moment = local(unix_seconds, offset_seconds);
    if (!moment) return std::nullopt;
    ++moment->minute;
    for (int ahead = 0; ahead <= days_ahead_max; ++ahead) {
        for (; matches(moment->day) && moment->minute < day_minutes; ++moment->minute)
            if (has(hours_, static_cast<unsigned>(moment->minute / 60)) &&
                has(minutes_, static_cast<unsigned>(moment->minute % 60)))
                return unix_seconds_of(*moment, offset_seconds);
        moment->day += days(1);
        moment->minute = 0;
    }
    return std::nullopt;
}

std::optional<std::int64_t> Cron::latest(std::int64_t unix_seconds,
                                         std::int64_t offset_seconds) const {
    auto moment = local(unix_seconds, offset_seconds);
    if (!moment) return std::nullopt;
    for (int back = 0; back <= days_ahead_max; ++back) {
        for (; matches(moment->day) && moment->minute >= 0; --moment->minute)
            if (has(hours_, static_cast<unsigned>(moment->minute / 60)) &&
                has(minutes_, static_cast<unsigned>(moment->minute % 60)))
                return unix_seconds_of(*moment, offset_seconds);
        moment->day -= days(1);
        moment->minute = day_minutes - 1;
    }
    return std::nullopt;
}

}  // namespace hotreload
