#pragma once
// The SHA-256 of a file, or its mark where it is large (base/large_file.h); by OpenSSL, which is
// loaded when the first file is hashed: most plugins read none, and mapping it is half of a
// worker's start.

#include <optional>
#include <string>

namespace hotreload::native {

// In lower-case hex; a mark is five numbers with spaces between. nullopt when the file cannot be
// read (errno says why), or without OpenSSL (errno is ENOSYS).
std::optional<std::string> file_hash(const std::string& path);

}  // namespace hotreload::native
