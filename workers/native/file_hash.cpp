#include "workers/native/file_hash.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <memory>

#include "hotreload/base/large_file.h"
#include "hotreload/base/unique_fd.h"

namespace hotreload::native {

namespace {

constexpr const char* library_name = "libcrypto.so.3";
constexpr std::size_t chunk_bytes = 64u << 10;
constexpr std::size_t digest_bytes = 32;

// What is used of <openssl/evp.h>.
struct Openssl {
    void* (*context_new)() = nullptr;
    void (*context_free)(void* context) = nullptr;
    const void* (*sha256)() = nullptr;
    int (*begin)(void* context, const void* algorithm, void* engine) = nullptr;
    int (*update)(void* context, const void* data, std::size_t size) = nullptr;
    int (*finish)(void* context, unsigned char* digest, unsigned* size) = nullptr;

    [[nodiscard]] bool complete() const {
        return context_new != nullptr && context_free != nullptr && sha256 != nullptr &&
               begin != nullptr && update != nullptr && finish != nullptr;
    }
};

template <class Function>
void find(void* library, const char* name, Function*& function) {
    function = reinterpret_cast<Function*>(::dlsym(library, name));
}

const Openssl& openssl() {
    static const Openssl loaded = [] {
        Openssl functions;
        void* library = ::dlopen(library_name, RTLD_NOW | RTLD_LOCAL);
        if (library == nullptr) return functions;
        find(library, "EVP_MD_CTX_new", functions.context_new);
        find(library, "EVP_MD_CTX_free", functions.context_free);
        find(library, "EVP_sha256", functions.sha256);
        find(library, "EVP_DigestInit_ex", functions.begin);
        find(library, "EVP_DigestUpdate", functions.update);
        find(library, "EVP_DigestFinal_ex", functions.finish);
        return functions;
    }();
    return loaded;
}

std::string hex(const std::array<unsigned char, digest_bytes>& digest) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const auto byte : digest) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

}  // namespace

std::optional<std::string> file_hash(const std::string& path) {
    const auto& ssl = openssl();
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid()) return std::nullopt;
    struct stat facts{};
    if (::fstat(file.get(), &facts) == 0 && is_large(facts)) return mark_of(facts);
    errno = ENOSYS;
    if (!ssl.complete()) return std::nullopt;
    const std::unique_ptr<void, void (*)(void*)> context(ssl.context_new(), ssl.context_free);
    if (!context || ssl.begin(context.get(), ssl.sha256(), nullptr) != 1) return std::nullopt;
    std::array<char, chunk_bytes> chunk{};
    for (;;) {
        const auto size = ::read(file.get(), chunk.data(), chunk.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return std::nullopt;
        if (size == 0) break;
        if (ssl.update(context.get(), chunk.data(), static_cast<std::size_t>(size)) != 1)
            return std::nullopt;
    }
    std::array<unsigned char, digest_bytes> digest{};
    if (ssl.finish(context.get(), digest.data(), nullptr) != 1) return std::nullopt;
    return hex(digest);
}

}  // namespace hotreload::native
