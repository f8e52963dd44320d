#include "bench/report.h"

#include <stdlib.h>

#include <algorithm>
#include <array>
#include <iostream>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace bench {

namespace {

namespace json = boost::json;

std::string load_average() {
    std::array<double, 3> load{};
    if (::getloadavg(load.data(), 3) != 3) return "unknown";
    return fmt::format("{:.2f} {:.2f} {:.2f}", load[0], load[1], load[2]);
}

json::object as_json(const Row& row) {
    return {{"name", row.name},
            {"n", row.samples.size()},
            {"p50", quantile(row.samples, 0.5)},
            {"p95", quantile(row.samples, 0.95)},
            {"p99", quantile(row.samples, 0.99)},
            {"min", quantile(row.samples, 0)},
            {"max", quantile(row.samples, 1)},
            {"note", row.note}};
}

void print_json(const std::vector<Table>& tables) {
    json::array all;
    for (const auto& table : tables) {
        json::array rows;
        for (const auto& row : table.rows)
            if (!row.samples.empty()) rows.push_back(as_json(row));
        all.push_back(
            json::object{{"title", table.title}, {"unit", table.unit}, {"rows", std::move(rows)}});
    }
    std::cout << json::serialize(json::object{{"load", load_average()}, {"tables", std::move(all)}})
              << '\n';
}

}  // namespace

Row& Table::row(const std::string& name) {
    const auto found = std::ranges::find(rows, name, &Row::name);
    if (found != rows.end()) return *found;
    return rows.emplace_back(Row{name, {}, {}});
}

double quantile(std::vector<double> samples, double part) {
    std::ranges::sort(samples);
    const auto last = static_cast<double>(samples.size() - 1);
    return samples.at(static_cast<std::size_t>(part * last + 0.5));
}

Arguments::Arguments(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        if (std::string(argv[i]) == "--json")
            json = true;
        else
            words.emplace_back(argv[i]);
    }
}

int Arguments::number(std::size_t index, int otherwise) const {
    std::vector<std::string> numbers;
    std::ranges::copy_if(words, std::back_inserter(numbers), [](const std::string& word) {
        return word.find_first_not_of("0123456789") == std::string::npos;
    });
    return index < numbers.size() ? std::max(std::atoi(numbers[index].c_str()), 1) : otherwise;
}

bool Arguments::has(const std::string& word) const {
    return std::ranges::find(words, word) != words.end();
}

void print(const std::vector<Table>& tables, bool json) {
    if (json) return print_json(tables);
    for (const auto& table : tables) {
        std::cout << fmt::format("\n{:<40}{:>10}{:>10}{:>10}{:>10}{:>7}\n",
                                 table.title + ", " + table.unit, "p50", "p95", "min", "max", "n");
        for (const auto& row : table.rows) {
            const auto& all = row.samples;
            if (all.empty()) continue;
            std::cout << fmt::format("  {:<38}{:>10.2f}{:>10.2f}{:>10.2f}{:>10.2f}{:>7}  {}\n",
                                     row.name, quantile(all, 0.5), quantile(all, 0.95),
                                     quantile(all, 0), quantile(all, 1), all.size(), row.note);
        }
    }
    std::cout << fmt::format("\nload average at the end: {}\n", load_average());
}

}  // namespace bench
