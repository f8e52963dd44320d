#pragma once
// Messages by weekday and hour, and what stands out in them.

#include <array>
#include <cstdint>
#include <string>

namespace heatmap {

inline constexpr int days_in_week = 7;
inline constexpr int hours_in_day = 24;

struct Week {
    // Rows from Monday, local hours of `timezone`.
    std::array<std::array<std::int64_t, hours_in_day>, days_in_week> counts{};
    std::string timezone;

    [[nodiscard]] std::int64_t total() const;
    [[nodiscard]] std::array<std::int64_t, days_in_week> by_day() const;
    [[nodiscard]] std::array<std::int64_t, hours_in_day> by_hour() const;
};

struct Cell {
    int day = 0;
    int hour = 0;
    std::int64_t count = 0;
};

// The earliest of the busiest; meaningless for an empty week.
Cell busiest_cell(const Week& week);
int busiest_day(const Week& week);
int busiest_hour(const Week& week);

const char* day_name(int day);            // "Monday"
std::string short_day_name(int day);      // "Mon"
std::string hour_range(int hour);         // "21:00–22:00"
std::string compact(std::int64_t count);  // at most four characters: "999", "1.2k", "12k", "3.4M"

}  // namespace heatmap
