#pragma once
// The SHA-256 of a file, by OpenSSL, which is loaded when the first file is hashed: most plugins
// read none, and mapping it is half of a worker's start.

#include <optional>
#include <string>

namespace hotreload::native {

// In lower-case hex. nullopt when the file cannot be read (errno says why), or without OpenSSL
// (errno is ENOSYS).
std::optional<std::string> file_hash(const std::string& path);

}  // namespace hotreload::native
