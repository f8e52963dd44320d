// /heatmap draws when a chat talks; /activity says it in words.

#include <algorithm>
#include <array>

#include <tgstats/plugin.hpp>

#include "picture.h"
#include "week.h"

namespace heatmap {

namespace {

constexpr int days_max = 365;

std::string period(std::string_view first_word, std::int64_t days) {
    return std::string(first_word) + (days == 1 ? " day" : " " + std::to_string(days) + " days");
}

std::string last_days(std::int64_t days) { return period("Last", days); }

std::string chat_name(const tgstats::Call& call) {
    const auto chat = call.message()["chat"];
    return chat["title"].as_string(chat["username"].as_view("This chat"));
}

Week ask_for_week(const tgstats::Call& call, std::int64_t days) {
    const auto found =
        call.store("activity", tgstats::Object().set("by", "week_hour").set("days", days));
    Week week;
    week.timezone = found["timezone"].as_string(call.timezone());
    for (std::size_t day = 0; day < week.counts.size(); ++day) {
        const auto row = found["counts"].at(day);
        if (row.size() != hours_in_day)
            throw tgstats::Error("store.activity gave no 7 x 24 counts");
        for (std::size_t hour = 0; hour < row.size(); ++hour) {
            week.counts[day][hour] = std::max<std::int64_t>(0, row.at(hour).as_int());
        }
    }
    return week;
}

std::string busiest_lines(const Week& week) {
    const int hour = busiest_hour(week);
    const int day = busiest_day(week);
    return "Busiest hour: " + hour_range(hour) + ", " +
           tgstats::grouped(week.by_hour()[static_cast<std::size_t>(hour)]) +
           "\nBusiest weekday: " + day_name(day) + ", " +
           tgstats::grouped(week.by_day()[static_cast<std::size_t>(day)]);
}

std::string messages(std::int64_t count) {
    return tgstats::grouped(count) + (count == 1 ? " message" : " messages");
}

std::string weekday_chart(const Week& week) {
    constexpr std::int64_t bar_cells = 16;
    const auto sums = week.by_day();
    const auto largest = *std::max_element(sums.begin(), sums.end());
    std::string chart;
    for (int day = 0; day < days_in_week; ++day) {
        const auto sum = sums[static_cast<std::size_t>(day)];
        const auto filled = (sum * bar_cells + largest / 2) / largest;
        chart += short_day_name(day) + " ";
        for (std::int64_t i = 0; i < bar_cells; ++i) chart += i < filled ? "█" : "░";
        chart += " " + tgstats::grouped(sum) + "\n";
    }
    return chart;
}

std::string hour_chart(const Week& week) {
    static constexpr std::array steps = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    const auto sums = week.by_hour();
    const auto largest = *std::max_element(sums.begin(), sums.end());
    std::string chart;
    for (const auto sum : sums) {
        const auto step = sum * static_cast<std::int64_t>(steps.size() - 1) / largest;
        chart += sum == 0 ? " " : steps[static_cast<std::size_t>(step)];
    }
    return chart + "\n0     6     12    18   23\n";
}

class HeatmapPlugin : public tgstats::CommandPlugin {
public:
    tgstats::Metadata metadata() const override {
        return {.name = "heatmap",
                .version = "1.0.0",
                .description = "When a chat talks, by weekday and hour",
                .author = "tgstats"};
    }

    void commands(tgstats::Commands& commands) override {
        commands.add("heatmap", "Picture of activity by weekday and hour: /heatmap [days]",
                     [](tgstats::Call& call) { with_week(call, "heatmap_days", 7, send_picture); });
        commands.add("activity", "Busiest hour and weekday: /activity [days]",
                     [](tgstats::Call& call) { with_week(call, "activity_days", 30, send_text); });
    }

private:
    using Answer = void (*)(tgstats::Call& call, const Week& week, std::int64_t days);

    static void with_week(tgstats::Call& call, const char* config_key, int otherwise,
                          Answer answer) {
        if (call.in_private()) {
            call.reply_text("This works in groups only: add me to one and ask there.");
            return;
        }
        const auto days = call.arg_int(0, call.config()[config_key].as_int(otherwise), 1, days_max);
        if (!days) {
            call.reply_text("Usage: /" + call.command() +
                            " [days], with a whole number of days from 1 to 365.");
            return;
        }
        const auto week = ask_for_week(call, days.value);
        if (week.total() == 0) {
            call.reply_text("No messages in the " + period("last", days.value) +
                            ", so there is nothing to show yet.");
            return;
        }
        answer(call, week, days.value);
    }

    static void send_picture(tgstats::Call& call, const Week& week, std::int64_t days) {
        const auto caption = last_days(days) + ": " + messages(week.total()) + " (" +
                             week.timezone + ")\n" + busiest_lines(week);
        call.reply_photo(draw(week, {chat_name(call), last_days(days)}), caption);
    }

    static void send_text(tgstats::Call& call, const Week& week, std::int64_t days) {
        call.reply_html("<b>Activity in {}</b>\n{}: {} ({})\n\n{}\n\n<pre>{}\n{}</pre>",
                        {chat_name(call), last_days(days), messages(week.total()), week.timezone,
                         busiest_lines(week), weekday_chart(week), hour_chart(week)});
    }
};

}  // namespace

}  // namespace heatmap

TGSTATS_PLUGIN(heatmap::HeatmapPlugin)
