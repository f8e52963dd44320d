// A Telegram Desktop export into a new store, with rollups; and updates, each durable by itself.
//
//   ingest FILE [ROUNDS] [--json]      (default 3 rounds)
//
// The floor of the import reads the file and parses its JSON, nothing more. Each round of each is
// a process of its own, whose peak memory the kernel tells.

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <stdexcept>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <simdjson.h>

#include "bench/report.h"
#include "hotreload/base/clock.h"
#include "tgstats/record/import_export.h"
#include "tgstats/record/record_update.h"

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using namespace tgstats;

constexpr std::int64_t updates = 10'000;
constexpr std::int64_t members = 200;
constexpr std::int64_t chat_id = -1001;
constexpr double bytes_per_mb = 1e6;
constexpr double kib = 1'024.0;  // the unit of ru_maxrss

struct Cost {
    double wall_ms = 0;
    double cpu_ms = 0;
    double peak_mb = 0;
};

double milliseconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
}

// What `work` costs in a process of its own.
template <class Work>
Cost measured(Work work) {
    const hotreload::Stopwatch watch;
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error("cannot fork");
    if (child == 0) {
        int status = 1;
        try {
            work();
            status = 0;
        } catch (const std::exception& error) {
            std::cerr << "ingest: " << error.what() << '\n';
        }
        ::_exit(status);
    }
    int status = 0;
    rusage usage{};
    if (::wait4(child, &status, 0, &usage) != child || status != 0)
        throw std::runtime_error("a round failed");
    return {std::chrono::duration<double, std::milli>(watch.total()).count(),
            milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime),
            static_cast<double>(usage.ru_maxrss) * kib / bytes_per_mb};
}

Store new_store(const fs::path& folder) {
    fs::remove_all(folder);
    auto store = Store::open(folder);
    if (!store) throw std::runtime_error(store.error());
    return std::move(*store);
}

void import_file(const fs::path& file, const fs::path& folder) {
    auto store = new_store(folder);
    const auto summary = import_export(store, file, {});
    if (!summary) throw std::runtime_error(summary.error());
}

void parse_file(const fs::path& file) {
    namespace od = simdjson::ondemand;
    const simdjson::padded_string text = simdjson::padded_string::load(file.string());
    od::parser parser;
    od::document document = parser.iterate(text);
    std::size_t bytes = 0;
    for (od::object row : document["messages"].get_array())
        for (auto field : row) {
            const std::string_view key = field.unescaped_key();
            const std::string_view token = field.value().raw_json_token();
            bytes += key.size() + token.size();
        }
    if (bytes == 0) throw std::runtime_error("no messages in " + file.string());
}

json::object update(std::int64_t number) {
    const auto user = 1 + number % members;
    const json::object from{{"id", user}, {"is_bot", false}, {"first_name", "A"}};
    const json::object chat{{"id", chat_id}, {"type", "supergroup"}, {"title", "T"}};
    return {
        {"update_id", number},
        {"message", json::object{{"message_id", number},
                                 {"date", 1'790'000'000 + number},
                                 {"chat", chat},
                                 {"from", from},
                                 {"text", "what a message of a group looks like, more or less"}}}};
}

void record_updates(const fs::path& folder) {
    auto store = new_store(folder);
    for (std::int64_t number = 1; number <= updates; ++number)
        if (!record_update(store, update(number), number)) throw std::runtime_error("not recorded");
}

}  // namespace

int main(int argc, char** argv) {
    const bench::Arguments arguments(argc, argv);
    if (arguments.words.empty()) {
        std::cerr << "ingest: which export? give its result.json\n";
        return 2;
    }
    const fs::path file = arguments.words.front();
    const int rounds = arguments.number(0, 3);
    const auto folder = fs::temp_directory_path() / ("ingest_" + std::to_string(::getpid()));
    bench::Table cpu{.title = "CPU time", .unit = "ms", .rows = {}};
    bench::Table peak{.title = "peak memory", .unit = "MB", .rows = {}};
    bench::Table wall{.title = "durable updates, each a transaction", .unit = "1/s", .rows = {}};
    cpu.row("import").note = "promised: at most 3000 for result-full.json";
    peak.row("import").note = "promised: at most 150 for result-full.json";
    try {
        for (int round = 0; round < rounds; ++round) {
            const auto floor = measured([&] { parse_file(file); });
            cpu.add("floor: read and parse", floor.cpu_ms);
            peak.add("floor: read and parse", floor.peak_mb);
            const auto import = measured([&] { import_file(file, folder); });
            cpu.add("import", import.cpu_ms);
            peak.add("import", import.peak_mb);
            const auto live = measured([&] { record_updates(folder); });
            wall.add("recorded", static_cast<double>(updates) * 1e3 / live.wall_ms);
        }
    } catch (const std::exception& error) {
        std::cerr << "ingest: " << error.what() << '\n';
        return 1;
    }
    fs::remove_all(folder);
    bench::print({cpu, peak, wall}, arguments.json);
    return 0;
}
