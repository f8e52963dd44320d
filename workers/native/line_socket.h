#pragma once
// The worker's end of the conversation: whole lines in, whole lines out, blocking, because a worker
// has nothing else to do.

#include <optional>
#include <string>
#include <string_view>

#include "hotreload/base/unique_fd.h"
#include "hotreload/rpc/line_buffer.h"

namespace hotreload::native {

class LineSocket {
public:
    explicit LineSocket(UniqueFd socket) : socket_(std::move(socket)) {}

    // The next line without its newline, valid until the next call. nullopt when the conversation
    // has ended: problem() then says why, and is empty for a plain end of file.
    std::optional<std::string_view> read_line();
    // False when the other side is gone.
    bool write(std::string_view text);
    // Ends the conversation, because the other side does not keep to the protocol.
    void give_up(std::string problem);
    [[nodiscard]] const std::string& problem() const { return problem_; }

private:
    bool fill();

    UniqueFd socket_;
    LineBuffer buffer_;
    std::string problem_;
};

}  // namespace hotreload::native
