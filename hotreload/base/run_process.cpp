#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include "hotreload/base/process.h"
#include "hotreload/base/spawn.h"

namespace hotreload {

namespace {

constexpr std::size_t pipe_read_bytes = 64u << 10;
// A pipe that a process outside the group keeps filling is not read further than this once ours has
// ended.
constexpr std::size_t drain_bytes_max = 4u << 20;

// The reading end of a pipe, emptied while the process runs so that it never blocks on us.
struct Capture : std::enable_shared_from_this<Capture> {
    Capture(asio::any_io_executor executor, UniqueFd end, std::size_t its_bytes_max)
        : pipe(std::move(executor), end.release()),
          bytes_max(its_bytes_max),
          buffer(pipe_read_bytes) {
        pipe.native_non_blocking(true);
    }

    void read() {
        pipe.async_read_some(asio::buffer(buffer),
                             [self = shared_from_this()](auto error, std::size_t count) {
                                 if (error || !self->pipe.is_open()) return;
                                 self->keep(count);
                                 self->read();
                             });
    }

    void keep(std::size_t count) {
        const auto room = std::min(bytes_max - text.size(), count);
        text.append(buffer.data(), room);
        truncated = truncated || room < count;
    }

    // What the ended process had written lies in the pipe already; nothing later is waited for.
    void drain() {
        for (std::size_t total = 0; pipe.is_open() && total < drain_bytes_max;) {
            const auto count = ::read(pipe.native_handle(), buffer.data(), buffer.size());
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) break;
            keep(static_cast<std::size_t>(count));
            total += static_cast<std::size_t>(count);
        }
    }

    asio::posix::stream_descriptor pipe;
    std::size_t bytes_max;
    std::string text;
    bool truncated = false;
    std::vector<char> buffer;
};

// Ends the reading even when the coroutine is cancelled: the pending read owns the capture until
// then.
class Reading {
public:
    static Result<Reading, std::string> open(asio::any_io_executor executor,
                                             std::size_t bytes_max) {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0)
            return fmt::format("cannot make a pipe: {}", ::strerrordesc_np(errno));
        Reading reading;
        reading.child_end = UniqueFd(ends[1]);
        reading.capture =
            std::make_shared<Capture>(std::move(executor), UniqueFd(ends[0]), bytes_max);
        return reading;
    }
    Reading(Reading&&) = default;
    Reading& operator=(Reading&&) = delete;
    ~Reading() {
        boost::system::error_code ignored;
        if (capture) capture->pipe.close(ignored);
    }

    UniqueFd child_end;
    std::shared_ptr<Capture> capture;

private:
    Reading() = default;
};

}  // namespace

Task<Result<RunOutcome, std::string>> run_process(SpawnOptions options, RunLimits limits) {
    const auto executor = co_await asio::this_coro::executor;
    auto errors = Reading::open(executor, limits.output_bytes_max);
    if (!errors) co_return errors.error();
    auto output = Reading::open(executor, limits.output_bytes_max);
    if (!output) co_return output.error();
    options.descriptors.emplace_back((limits.separate ? output : errors)->child_end.get(),
                                     STDOUT_FILENO);
    options.descriptors.emplace_back(errors->child_end.get(), STDERR_FILENO);
    auto process = Process::spawn(executor, options);
    if (!process) co_return process.error();
    for (auto* reading : {&*errors, &*output}) {
        reading->child_end.reset();
        reading->capture->read();
    }

    auto status = co_await process->exited(limits.deadline);
    RunOutcome outcome;
    if (!status) {
        outcome.timed_out = true;
        process->signal(SIGKILL);
        status = co_await process->exited(kill_deadline);
    }
    for (auto* reading : {&*errors, &*output}) reading->capture->drain();
    outcome.status = status.value_or(ExitStatus{true, SIGKILL});
    outcome.truncated = errors->capture->truncated || output->capture->truncated;
    outcome.output = std::move(errors->capture->text);
    outcome.standard_output = std::move(output->capture->text);
    co_return outcome;
}

}  // namespace hotreload
