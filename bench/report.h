#pragma once
// What a measurement prints: a table of medians with the smallest and largest beside them, or the
// same as one JSON object. Samples are in the unit that the table names.

#include <string>
#include <vector>

namespace bench {

struct Row {
    std::string name;
    std::vector<double> samples;
    std::string note;  // what was promised, or what the figure is
};

struct Table {
    std::string title;
    std::string unit;
    std::vector<Row> rows;

    // The row of that name, made where it is missing.
    Row& row(const std::string& name);
    void add(const std::string& name, double sample) { row(name).samples.push_back(sample); }
};

// `part` from 0 to 1; `samples` has at least one.
double quantile(std::vector<double> samples, double part);

struct Arguments {
    bool json = false;
    std::vector<std::string> words;  // all that is not an option

    Arguments(int argc, char** argv);
    [[nodiscard]] int number(std::size_t index, int otherwise) const;  // at least 1
    [[nodiscard]] bool has(const std::string& word) const;
};

// Load average and time of day belong beside every figure.
void print(const std::vector<Table>& tables, bool json);

}  // namespace bench
