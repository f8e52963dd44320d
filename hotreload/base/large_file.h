#pragma once
// Files that are too large to be read whenever somebody looks: what stat(2) says stands for their
// content. Workers say the same text of what they open (docs/protocol.md, section 2).

#include <sys/stat.h>

#include <string>
#include <string_view>

#include "hotreload/base/sha256.h"
#include "hotreload/base/unix_time.h"

namespace hotreload {

inline constexpr off_t hashed_file_bytes_max = 8 << 20;

inline bool is_large(const struct stat& status) { return status.st_size > hashed_file_bytes_max; }
// "DEVICE INODE SIZE MTIME CTIME" in decimal, the times in nanoseconds since 1970.
inline std::string mark_of(const struct stat& status) {
    std::string text = std::to_string(status.st_dev);
    text += ' ' + std::to_string(status.st_ino);
    text += ' ' + std::to_string(status.st_size);
    text += ' ' + std::to_string(nanoseconds(status.st_mtim));
    text += ' ' + std::to_string(nanoseconds(status.st_ctim));
    return text;
}
// Takes the place of the content's hash.
Digest digest_of_mark(std::string_view mark);

}  // namespace hotreload
