#pragma once
// The bytes of what was hashed last, so that a generation can be kept although its files hold newer
// content by then.

#include <deque>
#include <string>
#include <vector>

#include "hotreload/model/plugin.h"

namespace hotreload {

class RecentContents {
public:
    static constexpr std::size_t file_bytes_max = 1U << 20;   // larger files are not remembered
    static constexpr std::size_t total_bytes_max = 8U << 20;  // beyond it the oldest goes

    void add(const Digest& digest, std::string bytes);
    // What is known of these.
    [[nodiscard]] Contents of(const std::vector<FileHash>& files) const;

private:
    Contents contents_;
    std::deque<Digest> order_;  // oldest first; each once
    std::size_t bytes_ = 0;
};

}  // namespace hotreload
