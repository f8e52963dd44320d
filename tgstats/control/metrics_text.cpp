#include "tgstats/control/metrics_text.h"

#include <fmt/format.h>

namespace tgstats {
namespace {

// In label values backslash, quote and newline are escaped; in help texts there are none of them.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\' || c == '"') out += '\\';
        if (c == '\n')
            out += "\\n";
        else
            out += c;
    }
    return out;
}

}  // namespace

void Histogram::observe(double seconds) {
    for (std::size_t i = 0; i < bounds_s.size(); ++i)
        if (seconds <= bounds_s[i]) ++below_[i];
    ++count_;
    sum_ += seconds;
}

void MetricsText::family(std::string name, std::string_view type, std::string_view help) {
    name_ = std::move(name);
    text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name_, help, name_, type);
}

void MetricsText::line(std::string_view suffix, const Labels& labels, double value) {
    std::string inside;
    for (const auto& [name, text] : labels)
        inside += fmt::format("{}{}=\"{}\"", inside.empty() ? "" : ",", name, escaped(text));
    text_ += name_;
    text_ += suffix;
    if (!inside.empty()) text_ += "{" + inside + "}";
    text_ += fmt::format(" {}\n", value);
}

void MetricsText::sample(const Labels& labels, double value) { line("", labels, value); }

void MetricsText::histogram(const Labels& labels, const Histogram& histogram) {
    auto with_bound = labels;
    with_bound.emplace_back("le", "");
    for (std::size_t i = 0; i < Histogram::bounds_s.size(); ++i) {
        with_bound.back().second = fmt::format("{}", Histogram::bounds_s[i]);
        line("_bucket", with_bound, static_cast<double>(histogram.below(i)));
    }
    with_bound.back().second = "+Inf";
    line("_bucket", with_bound, static_cast<double>(histogram.count()));
    line("_sum", labels, histogram.sum());
    line("_count", labels, static_cast<double>(histogram.count()));
}

}  // namespace tgstats
