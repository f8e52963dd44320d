#include "tgstats/app/import_command.h"

#include <unistd.h>

#include <chrono>
#include <iostream>

#include <fmt/format.h>

#include "hotreload/base/clock.h"
#include "tgstats/record/import_export.h"

namespace tgstats {
namespace {

constexpr int bar_width = 40;  // characters
constexpr hotreload::Millis bar_interval{50};

// One line on the terminal that is drawn over; nothing at all when the output is no terminal.
class ProgressBar {
public:
    explicit ProgressBar(bool shown) : shown_(shown) {}
    ~ProgressBar() {
        if (drawn_) std::cerr << "\r\033[K" << std::flush;
    }
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;

    void show(std::uint64_t done, std::uint64_t total) {
        const auto now = hotreload::monotonic_now();
        if (!shown_ || total == 0 || (drawn_ && now - last_ < bar_interval && done < total)) return;
        const double part = static_cast<double>(done) / static_cast<double>(total);
        const int full = static_cast<int>(part * bar_width);
        std::cerr << fmt::format("\r{:>3}% [{:#<{}}{:.<{}}] {:.1f} of {:.1f} MB",
                                 static_cast<int>(part * 100.0), "", full, "", bar_width - full,
                                 static_cast<double>(done) / 1e6, static_cast<double>(total) / 1e6)
                  << std::flush;
        last_ = now;
        drawn_ = true;
    }

private:
    bool shown_;
    bool drawn_ = false;
    hotreload::MonotonicTime last_{};
};

}  // namespace

int run_import(const ImportCommand& command) {
    auto store = Store::open(command.data);
    if (!store) {
        std::cerr << "tgstats: " << store.error() << '\n';
        return 1;
    }
    ImportOptions options;
    options.shift_to_now = command.shift_to_now;
    options.now = std::chrono::duration_cast<std::chrono::seconds>(
                      std::chrono::system_clock::now().time_since_epoch())
                      .count();
    ProgressBar bar(::isatty(STDERR_FILENO) == 1);
    options.progress = [&bar](std::uint64_t done, std::uint64_t total) { bar.show(done, total); };
    const auto summary = import_export(*store, command.file, options);
    if (!summary) {
        std::cerr << "tgstats: " << summary.error() << '\n';
        return 1;
    }
    std::cout << summary->text() << '\n';
    return 0;
}

}  // namespace tgstats
