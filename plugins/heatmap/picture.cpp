#include "picture.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <tgstats/number.hpp>

#include "canvas.h"

namespace heatmap {

namespace {

constexpr double scale = 2;
constexpr double margin = 36;
constexpr double cell = 36;
constexpr double gap = 3;
constexpr double corner = 6;
constexpr double day_label_width = 52;
constexpr double header_height = 66;
constexpr double hour_bar_height = 46;
constexpr double hour_label_height = 26;
constexpr double day_bar_width = 112;
constexpr double legend_height = 40;
constexpr double side_gap = 12;  // between the grid and the bars beside it

constexpr double grid_x = margin + day_label_width;
constexpr double grid_y = margin + header_height + hour_bar_height + side_gap;
constexpr double grid_width = hours_in_day * cell;
constexpr double grid_height = days_in_week * cell;
constexpr double width = grid_x + grid_width + side_gap + day_bar_width + margin;
constexpr double height = grid_y + grid_height + hour_label_height + legend_height + margin;

constexpr Colour paper = rgb(0xffffff);
constexpr Colour ink = rgb(0x1b2433);
constexpr Colour quiet = rgb(0x6b7686);
constexpr Colour nothing = rgb(0xf1f3f6);
constexpr Colour bar = rgb(0xb9cfe4);
constexpr Colour mark = rgb(0xf0692e);

// From few to many; chosen so that every step is clearly darker than the one before.
constexpr std::array ramp = {rgb(0xdcebf7), rgb(0xa8cfe9), rgb(0x62a8d6),
                             rgb(0x2c7bba), rgb(0x15538f), rgb(0x0a2f5c)};

Colour colour_at(double share) {
    const double place = std::clamp(share, 0.0, 1.0) * (ramp.size() - 1);
    const auto below = std::min(static_cast<std::size_t>(place), ramp.size() - 2);
    const double rest = place - static_cast<double>(below);
    const auto mix = [rest](double a, double b) { return a + (b - a) * rest; };
    const auto& from = ramp[below];
    const auto& to = ramp[below + 1];
    return {mix(from.red, to.red), mix(from.green, to.green), mix(from.blue, to.blue)};
}

// Chats are bursty: the root keeps the quiet hours apart from each other.
double share_of(std::int64_t count, std::int64_t largest) {
    return std::sqrt(static_cast<double>(count) / static_cast<double>(largest));
}

Box cell_box(int day, int hour) {
    return {grid_x + hour * cell + gap / 2, grid_y + day * cell + gap / 2, cell - gap, cell - gap};
}

void draw_header(Canvas& canvas, const Week& week, const Caption& caption) {
    const double whole = width - 2 * margin;
    canvas.text({margin, margin - 6, whole, 34}, caption.title,
                {.size = 25, .colour = ink, .bold = true});
    const auto facts = caption.period + "  ·  " + tgstats::grouped(week.total()) +
                       (week.total() == 1 ? " message" : " messages") + "  ·  hours in " +
                       week.timezone;
    canvas.text({margin, margin + 30, whole, 22}, facts, {.size = 14.5, .colour = quiet});
}

void draw_cell(Canvas& canvas, const Box& box, std::int64_t count, std::int64_t largest) {
    const double share = share_of(count, largest);
    canvas.rounded(box, corner, count > 0 ? colour_at(share) : nothing);
    if (count == 0) return;
    constexpr double dark_from = 0.47;
    TextStyle style{.size = 12, .colour = share > dark_from ? paper : ink, .align = Align::centre};
    const auto words = compact(count);
    if (canvas.text_width(words, style) > box.width - 4) style.size = 10.5;
    if (canvas.text_width(words, style) <= box.width - 2) canvas.text(box, words, style);
}

void draw_grid(Canvas& canvas, const Week& week, const Cell& busiest) {
    for (int day = 0; day < days_in_week; ++day) {
        const bool marked = day == busiest_day(week);
        canvas.text({margin, grid_y + day * cell, day_label_width - side_gap, cell},
                    short_day_name(day),
                    {.size = 14, .colour = marked ? mark : ink, .bold = marked});
        for (int hour = 0; hour < hours_in_day; ++hour) {
            const auto& row = week.counts[static_cast<std::size_t>(day)];
            draw_cell(canvas, cell_box(day, hour), row[static_cast<std::size_t>(hour)],
                      busiest.count);
        }
    }
    auto box = cell_box(busiest.day, busiest.hour);
    canvas.ring({box.x - 0.5, box.y - 0.5, box.width + 1, box.height + 1}, corner, 2.5, mark);
}

void draw_hours(Canvas& canvas, const Week& week) {
    const auto sums = week.by_hour();
    const auto largest = *std::max_element(sums.begin(), sums.end());
    for (int hour = 0; hour < hours_in_day; ++hour) {
        const auto sum = sums[static_cast<std::size_t>(hour)];
        const bool marked = hour == busiest_hour(week);
        const double x = grid_x + hour * cell;
        const double part = static_cast<double>(sum) / static_cast<double>(largest);
        const double tall = std::max(sum > 0 ? 3.0 : 1.0, hour_bar_height * part);
        const double bottom = grid_y - side_gap / 2;
        canvas.rounded({x + 8, bottom - tall, cell - 16, tall}, std::min(3.0, tall / 2),
                       sum == 0 ? nothing
                       : marked ? mark
                                : bar);
        if (marked) {
            canvas.text({x - cell, bottom - tall - 18, 3 * cell, 16}, compact(sum),
                        {.size = 12, .colour = mark, .bold = true, .align = Align::centre});
        }
        const auto label = std::string(hour < 10 ? "0" : "") + std::to_string(hour);
        canvas.text({x, grid_y + grid_height, cell, hour_label_height}, label,
                    {.size = 12.5,
                     .colour = marked ? mark : quiet,
                     .bold = marked,
                     .align = Align::centre});
    }
}

void draw_days(Canvas& canvas, const Week& week) {
    constexpr double number_width = 48;
    const auto sums = week.by_day();
    const auto largest = *std::max_element(sums.begin(), sums.end());
    for (int day = 0; day < days_in_week; ++day) {
        const auto sum = sums[static_cast<std::size_t>(day)];
        const bool marked = day == busiest_day(week);
        const double part = static_cast<double>(sum) / static_cast<double>(largest);
        const double x = grid_x + grid_width + side_gap / 2;
        const double y = grid_y + day * cell;
        const double wide = std::max(sum > 0 ? 3.0 : 1.0, (day_bar_width - number_width) * part);
        canvas.rounded({x, y + 8, wide, cell - 16}, std::min(3.0, wide / 2),
                       sum == 0 ? nothing
                       : marked ? mark
                                : bar);
        canvas.text({x + wide + 7, y, number_width + 10, cell}, compact(sum),
                    {.size = 12.5, .colour = marked ? mark : quiet, .bold = marked});
    }
}

void draw_legend(Canvas& canvas, const Cell& busiest) {
    constexpr double scale_width = 220;
    constexpr double scale_height = 12;
    const double top = grid_y + grid_height + hour_label_height + 18;
    const Box swatch{grid_x + gap / 2, top - 3, 18, 18};
    canvas.rounded(swatch, 4, colour_at(1));
    canvas.ring(swatch, 4, 2.5, mark);
    const auto words = std::string("Peak: ") + day_name(busiest.day) + ", " +
                       hour_range(busiest.hour) + ", " + tgstats::grouped(busiest.count) +
                       (busiest.count == 1 ? " message" : " messages");
    canvas.text({grid_x + 28, top - 5, 480, 22}, words, {.size = 13.5, .colour = ink});

    const Box ramp_box{grid_x + grid_width - scale_width - gap / 2, top, scale_width, scale_height};
    canvas.gradient(ramp_box, scale_height / 2, colour_at);
    canvas.text({ramp_box.x - 210, top - 5, 200, 22}, "messages",
                {.size = 12.5, .colour = quiet, .align = Align::right});
    const auto tick = [&](double share, const std::string& label) {
        canvas.text({ramp_box.x + share * scale_width - 30, top + 14, 60, 18}, label,
                    {.size = 12, .colour = quiet, .align = Align::centre});
    };
    tick(0.03, "1");
    // Where the root scale puts a quarter of the largest count: half-way.
    if (busiest.count >= 8) tick(0.5, compact(busiest.count / 4));
    if (busiest.count > 1) tick(0.97, compact(busiest.count));
}

}  // namespace

std::string draw(const Week& week, const Caption& caption) {
    Canvas canvas(width, height, scale);
    canvas.fill(paper);
    const auto busiest = busiest_cell(week);
    draw_header(canvas, week, caption);
    draw_hours(canvas, week);
    draw_grid(canvas, week, busiest);
    draw_days(canvas, week);
    draw_legend(canvas, busiest);
    return canvas.png();
}

}  // namespace heatmap
