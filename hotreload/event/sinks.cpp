#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include <fmt/format.h>
#include <spdlog/details/log_msg.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/rotating_file_sink.h>

#include "hotreload/event/event_log.h"

namespace hotreload {

namespace {

// A full disk must not stop the program: it is said once on stderr, and again after it had been
// well in between.
class JsonFile {
public:
    JsonFile(const std::string& path, std::size_t bytes_max, std::size_t files_max)
        : path_(path), file_(path, bytes_max, files_max) {
        file_.set_formatter(std::make_unique<spdlog::pattern_formatter>("%v"));
    }

    void write(const Event& event) {
        try {
            file_.log(spdlog::details::log_msg(spdlog::string_view_t(), spdlog::level::info,
                                               to_json(event)));
            file_.flush();
            broken_ = false;
        } catch (const std::exception& error) {
            if (!broken_) fmt::print(stderr, "cannot write the log {}: {}\n", path_, error.what());
            broken_ = true;
        }
    }

private:
    std::string path_;
    spdlog::sinks::rotating_file_sink_st file_;
    bool broken_ = false;
};

}  // namespace

EventLog::Sink json_file_sink(const std::string& path, std::size_t bytes_max,
                              std::size_t files_max) {
    const auto folder = std::filesystem::path(path).parent_path();
    std::error_code error;
    if (!folder.empty()) std::filesystem::create_directories(folder, error);
    if (error) {
        throw std::runtime_error(
            fmt::format("cannot create the log's folder {}: {}", folder.string(), error.message()));
    }
    try {
        auto file = std::make_shared<JsonFile>(path, bytes_max, files_max);
        return [file](const Event& event) { file->write(event); };
    } catch (const spdlog::spdlog_ex& failed) {
        throw std::runtime_error(fmt::format("cannot open the log {}: {}", path, failed.what()));
    }
}

EventLog::Sink console_sink(Level least) {
    return [least](const Event& event) {
        if (event.level < least) return;
        const auto line = to_console(event) + '\n';
        std::fwrite(line.data(), 1, line.size(), stdout);
        std::fflush(stdout);
    };
}

}  // namespace hotreload
