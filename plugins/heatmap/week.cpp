#include "week.h"

#include <algorithm>
#include <cstdio>

namespace heatmap {

namespace {

template <class Counts>
int first_largest(const Counts& counts) {
    return static_cast<int>(std::max_element(counts.begin(), counts.end()) - counts.begin());
}

std::string scaled(std::int64_t count, std::int64_t unit, char letter) {
    const auto tenths = count / (unit / 10);
    std::string text = std::to_string(tenths / 10);
    if (tenths < 100 && tenths % 10 != 0) text += "." + std::to_string(tenths % 10);
    return text + letter;
}

}  // namespace

std::int64_t Week::total() const {
    std::int64_t sum = 0;
    for (const auto count : by_day()) sum += count;
    return sum;
}

std::array<std::int64_t, days_in_week> Week::by_day() const {
    std::array<std::int64_t, days_in_week> sums{};
    for (std::size_t day = 0; day < sums.size(); ++day) {
        for (const auto count : counts[day]) sums[day] += count;
    }
    return sums;
}

std::array<std::int64_t, hours_in_day> Week::by_hour() const {
    std::array<std::int64_t, hours_in_day> sums{};
    for (const auto& row : counts) {
        for (std::size_t hour = 0; hour < sums.size(); ++hour) sums[hour] += row[hour];
    }
    return sums;
}

Cell busiest_cell(const Week& week) {
    Cell best;
    for (int day = 0; day < days_in_week; ++day) {
        const auto& row = week.counts[static_cast<std::size_t>(day)];
        const int hour = first_largest(row);
        const auto count = row[static_cast<std::size_t>(hour)];
        if (count > best.count) best = {day, hour, count};
    }
    return best;
}

int busiest_day(const Week& week) { return first_largest(week.by_day()); }
int busiest_hour(const Week& week) { return first_largest(week.by_hour()); }

const char* day_name(int day) {
    static constexpr std::array names = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                         "Friday", "Saturday", "Sunday"};
    return names[static_cast<std::size_t>(day)];
}

std::string short_day_name(int day) { return std::string(day_name(day), 3); }

std::string hour_range(int hour) {
    char text[24];
    std::snprintf(text, sizeof text, "%02d:00–%02d:00", hour, (hour + 1) % hours_in_day);
    return text;
}

std::string compact(std::int64_t count) {
    constexpr std::int64_t thousand = 1000;
    constexpr std::int64_t million = thousand * thousand;
    if (count < thousand) return std::to_string(count);
    return count < million ? scaled(count, thousand, 'k') : scaled(count, million, 'M');
}

}  // namespace heatmap
