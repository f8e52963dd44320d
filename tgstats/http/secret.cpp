#include "tgstats/http/secret.h"

#include <array>
#include <stdexcept>

#include <openssl/crypto.h>
#include <openssl/rand.h>

namespace tgstats::http {

namespace {

constexpr std::string_view letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t secret_letters = 43;  // six bits each

}  // namespace

bool same_secret(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string random_secret() {
    std::array<unsigned char, secret_letters> bytes{};
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
        throw std::runtime_error("there is no randomness for a secret");
    std::string secret;
    for (const auto byte : bytes) secret += letters[byte % letters.size()];
    return secret;
}

}  // namespace tgstats::http
