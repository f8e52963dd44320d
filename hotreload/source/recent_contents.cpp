#include "hotreload/source/recent_contents.h"

#include <utility>

namespace hotreload {

void RecentContents::add(const Digest& digest, std::string bytes) {
    const auto size = bytes.size();
    if (size > file_bytes_max || contents_.contains(digest)) return;
    contents_.emplace(digest, std::make_shared<const std::string>(std::move(bytes)));
    order_.push_back(digest);
    for (bytes_ += size; bytes_ > total_bytes_max; order_.pop_front()) {
        const auto oldest = contents_.find(order_.front());
        bytes_ -= oldest->second->size();
        contents_.erase(oldest);
    }
}

Contents RecentContents::of(const std::vector<FileHash>& files) const {
    Contents known;
    for (const auto& file : files) {
        if (!file.digest) continue;
        const auto content = contents_.find(*file.digest);
        if (content != contents_.end()) known.insert(*content);
    }
    return known;
}

}  // namespace hotreload
