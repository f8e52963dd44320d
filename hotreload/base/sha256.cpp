#include "hotreload/base/sha256.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <new>
#include <utility>
#include <vector>

#include <openssl/evp.h>
#include <openssl/sha.h>

#include "hotreload/base/unique_fd.h"

namespace hotreload {

namespace {

constexpr std::size_t read_bytes = 64u << 10;
constexpr std::size_t short_digits = 12;

int digit_value(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    return -1;
}

}  // namespace

std::string Digest::hex() const {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(2 * bytes.size());
    for (const auto byte : bytes) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

std::string Digest::short_hex() const { return hex().substr(0, short_digits); }

std::optional<Digest> Digest::from_hex(std::string_view hex) {
    Digest digest;
    if (hex.size() != 2 * digest.bytes.size()) return std::nullopt;
    for (std::size_t i = 0; i < digest.bytes.size(); ++i) {
        const int high = digit_value(hex[2 * i]);
        const int low = digit_value(hex[2 * i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        digest.bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
    }
    return digest;
}

struct Sha256::Context {
    Context() : evp(EVP_MD_CTX_new()) {
        if (evp == nullptr || EVP_DigestInit_ex(evp, EVP_sha256(), nullptr) != 1)
            throw std::bad_alloc();
    }
    ~Context() { EVP_MD_CTX_free(evp); }
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    EVP_MD_CTX* evp;
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

Sha256& Sha256::bytes(std::string_view data) {
    EVP_DigestUpdate(context_->evp, data.data(), data.size());
    return *this;
}

Sha256& Sha256::field(std::string_view data) {
    std::array<char, 8> length{};
    for (std::size_t i = 0; i < length.size(); ++i)
        length[i] = static_cast<char>(data.size() >> (8 * i) & 0xff);
    return bytes({length.data(), length.size()}).bytes(data);
}

Digest Sha256::finish() {
    Digest digest;
    EVP_DigestFinal_ex(context_->evp, digest.bytes.data(), nullptr);
    return digest;
}

Digest sha256(std::string_view data) {
    Digest digest;
    // Data of an empty view may be null, which OpenSSL takes for a request to use its own buffer.
    SHA256(reinterpret_cast<const unsigned char*>(data.empty() ? "" : data.data()), data.size(),
           digest.bytes.data());
    return digest;
}

std::optional<Digest> sha256_file(const std::filesystem::path& file) {
    const auto read = read_hashed(file, 0);
    return read ? std::optional(read->digest) : std::nullopt;
}

std::optional<HashedBytes> read_hashed(const std::filesystem::path& file, std::size_t bytes_max) {
    // Without O_NONBLOCK a named pipe of that name would stop the loop.
    const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd.valid()) return std::nullopt;
    struct stat info{};
    if (::fstat(fd.get(), &info) != 0) return std::nullopt;
    if (!S_ISREG(info.st_mode)) {
        errno = S_ISDIR(info.st_mode) ? EISDIR : EINVAL;
        return std::nullopt;
    }
    Sha256 hash;
    HashedBytes result{.digest = {}, .bytes = std::string()};
    std::vector<char> buffer(read_bytes);
    for (;;) {
        const auto count = ::read(fd.get(), buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return std::nullopt;
        if (count == 0) break;
        const std::string_view piece(buffer.data(), static_cast<std::size_t>(count));
        hash.bytes(piece);
        if (result.bytes && result.bytes->size() + piece.size() > bytes_max) result.bytes.reset();
        if (result.bytes) *result.bytes += piece;
    }
    result.digest = hash.finish();
    return result;
}

}  // namespace hotreload
