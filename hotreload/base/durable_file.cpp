#include "hotreload/base/durable_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace hotreload {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t file_read_bytes = 64u << 10;
constexpr int damaged_names_max = 1000;

}  // namespace

std::string errno_reason(std::string_view what, const fs::path& path) {
    const auto message = std::error_code(errno, std::generic_category()).message();
    return "cannot " + std::string(what) + " " + path.native() + ": " + message;
}

UnfinishedFile::UnfinishedFile(const fs::path& folder) {
    auto name = (folder / unfinished_prefix).native() + "XXXXXX";
    fd_.reset(::mkostemp(name.data(), O_CLOEXEC));
    if (fd_.valid()) path_ = std::move(name);
}

UnfinishedFile::~UnfinishedFile() {
    if (fd_.valid() && !path_.empty()) ::unlink(path_.c_str());
}

bool UnfinishedFile::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto count = ::write(fd_.get(), bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

bool UnfinishedFile::sync() { return ::fsync(fd_.get()) == 0; }

bool UnfinishedFile::commit(const fs::path& name) {
    if (::rename(path_.c_str(), name.c_str()) != 0) return false;
    path_.clear();
    return true;
}

Result<void, std::string> make_folders(const fs::path& folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) return "cannot make the folder " + folder.native() + ": " + error.message();
    return {};
}

Result<void, std::string> replace_file(const fs::path& file, std::string_view text) {
    UnfinishedFile unfinished(file.parent_path());
    if (!unfinished.valid() || !unfinished.write(text) || !unfinished.sync() ||
        !unfinished.commit(file))
        return errno_reason("write", file);
    return {};
}

Result<void, std::string> write_durably(const fs::path& file, std::string_view text) {
    if (auto replaced = replace_file(file, text); !replaced) return replaced;
    return sync_folder(file.parent_path());
}

Result<void, std::string> sync_folder(const fs::path& folder) {
    const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    // Some file systems cannot sync folders and say so with EINVAL.
    if (!fd.valid() || (::fsync(fd.get()) != 0 && errno != EINVAL))
        return errno_reason("make durable", folder);
    return {};
}

std::optional<std::string> read_whole_file(const fs::path& file) {
    // Without O_NONBLOCK a named pipe of that name would stop the program.
    const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd.valid()) return std::nullopt;
    std::string text;
    for (;;) {
        const auto size = text.size();
        text.resize(size + file_read_bytes);
        const auto count = ::read(fd.get(), text.data() + size, file_read_bytes);
        text.resize(size + static_cast<std::size_t>(count > 0 ? count : 0));
        if (count == 0) return text;
        if (count < 0 && errno != EINTR) return std::nullopt;
    }
}

std::string set_aside(const fs::path& file) {
    for (int number = 0; number < damaged_names_max; ++number) {
        auto aside = file;
        aside += number == 0 ? ".damaged" : ".damaged-" + std::to_string(number);
        struct stat status{};
        if (::lstat(aside.c_str(), &status) == 0) continue;
        if (::rename(file.c_str(), aside.c_str()) != 0) return errno_reason("set aside", file);
        return "set aside as " + aside.filename().native();
    }
    return "cannot be set aside: too many damaged ones lie there already";
}

void remove_unfinished(const fs::path& folder) {
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
        std::error_code ignored;
        if (entry->path().filename().native().starts_with(unfinished_prefix))
            fs::remove_all(entry->path(), ignored);
    }
}

}  // namespace hotreload
