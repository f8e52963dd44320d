#pragma once
// What a process prints, as bounded lines: long lines are cut, floods are counted, the last bytes
// are remembered.

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "hotreload/base/asio.h"
#include "hotreload/base/unique_fd.h"

namespace hotreload {

// Cuts bytes into lines. A line over `line_bytes_max` is cut there and says so; its rest is
// dropped.
class LineSplitter {
public:
    using OnLine = std::function<void(std::string line)>;

    LineSplitter(std::size_t line_bytes_max, OnLine on_line);
    void feed(std::string_view bytes);
    void flush();  // the last line, which has no newline

private:
    void append(std::string_view bytes);
    void end_line();

    std::size_t line_bytes_max_;
    OnLine on_line_;
    std::string line_;
    std::size_t cut_bytes_ = 0;
};

class OutputCapture {
public:
    using OnLine = std::function<void(std::string line)>;

    // Takes the reading end and starts reading. Lines beyond limits::output_lines_per_second_max
    // become one line that says how many there were.
    OutputCapture(asio::any_io_executor executor, UniqueFd pipe, OnLine on_line);
    ~OutputCapture();  // closes the pipe; no line is handed on any more
    OutputCapture(const OutputCapture&) = delete;
    OutputCapture& operator=(const OutputCapture&) = delete;

    // Takes what can be read at this moment, hands on the last line and closes the pipe. For when
    // the process has ended: a descendant may hold the writing end open for ever.
    void finish();
    [[nodiscard]] std::string tail()
        const;  // valid UTF-8, at most limits::output_tail_bytes_max bytes read

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace hotreload
