#pragma once
// SHA-256 (FIPS 180-4, by OpenSSL): the identity of content. Everything that is compared is
// compared by this.

#include <array>
#include <compare>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace hotreload {

struct Digest {
    std::array<std::uint8_t, 32> bytes{};

    [[nodiscard]] std::string hex() const;        // 64 lower-case digits
    [[nodiscard]] std::string short_hex() const;  // the first 12, for people
    static std::optional<Digest> from_hex(std::string_view hex);
    auto operator<=>(const Digest&) const = default;
};

// Feeds bytes in pieces. `field` adds a length before the bytes, so that ("ab","c") and ("a","bc")
// differ.
class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;

    Sha256& bytes(std::string_view data);
    Sha256& field(std::string_view data);
    [[nodiscard]] Digest finish();

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

Digest sha256(std::string_view data);
// nullopt when the file cannot be read (errno says why).
std::optional<Digest> sha256_file(const std::filesystem::path& file);
// The same by one reading that also keeps the bytes, where they are at most `bytes_max`.
struct HashedBytes {
    Digest digest;
    std::optional<std::string> bytes;
};
std::optional<HashedBytes> read_hashed(const std::filesystem::path& file, std::size_t bytes_max);

}  // namespace hotreload
