#include "hotreload/worker/output_capture.h"

#include <array>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "hotreload/base/clock.h"
#include "hotreload/base/utf8.h"
#include "hotreload/model/limits.h"
#include "hotreload/worker/throttle.h"

namespace hotreload {

namespace {

constexpr std::size_t read_bytes_max = 64u << 10;
constexpr std::size_t finish_bytes_max =
    1u << 20;  // a pipe holds 64 KiB; a descendant may go on writing
constexpr Millis flood_pause{
    1};  // between reads while lines are dropped: a flood must not take the loop

}  // namespace

LineSplitter::LineSplitter(std::size_t line_bytes_max, OnLine on_line)
    : line_bytes_max_(line_bytes_max), on_line_(std::move(on_line)) {}

void LineSplitter::feed(std::string_view bytes) {
    for (;;) {
        const std::size_t newline = bytes.find('\n');
        append(bytes.substr(0, newline));
        if (newline == std::string_view::npos) return;
        end_line();
        bytes.remove_prefix(newline + 1);
    }
}

void LineSplitter::flush() {
    if (!line_.empty()) end_line();
}

void LineSplitter::append(std::string_view bytes) {
    const std::size_t room = line_bytes_max_ - line_.size();
    line_ += bytes.substr(0, room);
    if (bytes.size() > room) cut_bytes_ += bytes.size() - room;
}

void LineSplitter::end_line() {
    if (line_.ends_with('\r')) line_.pop_back();
    std::string line = to_utf8(line_);
    if (cut_bytes_ > 0)
        line += " [" + std::to_string(cut_bytes_) + " further bytes of this line dropped]";
    line_.clear();
    cut_bytes_ = 0;
    on_line_(std::move(line));
}

struct OutputCapture::State {
    State(asio::any_io_executor executor, UniqueFd reading_end, OnLine line)
        : pipe(executor, reading_end.release()),
          pause(executor),
          on_line(std::move(line)),
          splitter(limits::output_line_bytes_max,
                   [this](std::string text) { admit(std::move(text)); }),
          throttle(executor, limits::output_lines_per_second_max, [this](std::size_t count) {
              hand_on(std::to_string(count) + " further lines dropped");
          }) {
        pipe.non_blocking(true);
    }

    static void read_next(const std::shared_ptr<State>& state);
    boost::system::error_code take_some(std::size_t& count);
    bool read_some();
    void end();

    void admit(std::string line) {
        if (throttle.admit()) hand_on(std::move(line));
    }
    void hand_on(std::string line) {
        if (on_line) on_line(std::move(line));
    }
    void remember(std::string_view bytes) {
        tail += bytes;
        if (tail.size() > 2 * limits::output_tail_bytes_max) {
            tail.erase(0, tail.size() - limits::output_tail_bytes_max);
            tail_is_cut = true;
        }
    }

    asio::posix::stream_descriptor pipe;
    asio::steady_timer pause;
    OnLine on_line;
    LineSplitter splitter;
    Throttle throttle;
    std::string tail;
    bool tail_is_cut = false;
};

// Waits first and reads then, so that no bytes are ever between the pipe and the splitter when
// finish() comes.
void OutputCapture::State::read_next(const std::shared_ptr<State>& state) {
    state->pipe.async_wait(asio::posix::stream_descriptor::wait_read,
                           [state](const boost::system::error_code& error) {
                               if (error || !state->pipe.is_open() || !state->read_some()) return;
                               if (!state->throttle.dropping()) return read_next(state);
                               state->pause.expires_after(flood_pause);
                               state->pause.async_wait([state](const boost::system::error_code&) {
                                   if (state->pipe.is_open()) read_next(state);
                               });
                           });
}

boost::system::error_code OutputCapture::State::take_some(std::size_t& count) {
    std::array<char, read_bytes_max> buffer;
    boost::system::error_code error;
    count = pipe.read_some(asio::buffer(buffer), error);
    const std::string_view bytes(buffer.data(), count);
    remember(bytes);
    splitter.feed(bytes);
    return error;
}

// False when the pipe has ended.
bool OutputCapture::State::read_some() {
    std::size_t count = 0;
    const auto error = take_some(count);
    if (!error || error == asio::error::would_block || error == asio::error::interrupted)
        return true;
    end();
    return false;
}

void OutputCapture::State::end() {
    if (!pipe.is_open()) return;
    boost::system::error_code ignored;
    pipe.close(ignored);
    pause.cancel();
    splitter.flush();
    throttle.flush();
}

OutputCapture::OutputCapture(asio::any_io_executor executor, UniqueFd pipe, OnLine on_line)
    : state_(std::make_shared<State>(std::move(executor), std::move(pipe), std::move(on_line))) {
    State::read_next(state_);
}

OutputCapture::~OutputCapture() {
    state_->on_line = nullptr;
    state_->end();
}

void OutputCapture::finish() {
    State& state = *state_;
    for (std::size_t taken = 0; state.pipe.is_open() && taken < finish_bytes_max;) {
        std::size_t count = 0;
        if (state.take_some(count)) break;
        taken += count;
    }
    state.end();
}

std::string OutputCapture::tail() const {
    std::string_view kept = state_->tail;
    const bool too_long = kept.size() > limits::output_tail_bytes_max;
    if (too_long) kept.remove_prefix(kept.size() - limits::output_tail_bytes_max);
    if (too_long || state_->tail_is_cut) {
        // The first line is most likely half a line.
        if (const auto newline = kept.find('\n'); newline != std::string_view::npos)
            kept.remove_prefix(newline + 1);
    }
    return to_utf8(kept);
}

}  // namespace hotreload
