#include "hotreload/worker/temporary_folders.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "hotreload/base/unique_fd.h"

namespace hotreload {

namespace fs = std::filesystem;

namespace {

UniqueFd open_folder(int parent, const char* name) {
    return UniqueFd(
        ::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
}

// The plugin may write where this lies: what stands under the name and is no folder (a link to one
// of somebody else's) is put out of the way.
UniqueFd make_folder(int parent, const char* name) {
    ::mkdirat(parent, name, S_IRWXU);
    auto folder = open_folder(parent, name);
    if (folder.valid() || ::unlinkat(parent, name, 0) != 0) return folder;
    ::mkdirat(parent, name, S_IRWXU);
    return open_folder(parent, name);
}

// By the descriptor: no link can lead it elsewhere.
void remove_contents(const UniqueFd& folder) {
    std::error_code ignored;
    const fs::path by_descriptor = "/proc/self/fd/" + std::to_string(folder.get());
    for (fs::directory_iterator entry(by_descriptor, ignored), end; !ignored && entry != end;
         entry.increment(ignored)) {
        std::error_code stays;
        fs::remove_all(entry->path(), stays);
    }
}

}  // namespace

struct TemporaryFolders::Books {
    std::set<fs::path> in_use;
    std::set<fs::path> made;  // in this run: what an earlier one left is removed
};

TemporaryFolders::TemporaryFolders() : books_(std::make_shared<Books>()) {}

std::shared_ptr<const fs::path> TemporaryFolders::take(const fs::path& home) {
    const auto parent = home / folder_name;
    int number = 0;
    while (books_->in_use.contains(parent / std::to_string(number))) ++number;
    const auto name = std::to_string(number);
    fs::create_directories(home);
    const UniqueFd own(::open(home.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const auto above = make_folder(own.get(), folder_name);
    const auto folder = make_folder(above.get(), name.c_str());
    if (!folder.valid())
        throw fs::filesystem_error("cannot make a folder for temporary files", parent / name,
                                   std::error_code(errno, std::generic_category()));
    if (books_->made.insert(parent / name).second) remove_contents(folder);
    books_->in_use.insert(parent / name);
    const auto give_back = [books = books_, home, name](const fs::path* given) {
        const UniqueFd at(::open(home.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        const auto left = open_folder(open_folder(at.get(), folder_name).get(), name.c_str());
        if (left.valid()) remove_contents(left);
        books->in_use.erase(*given);
        delete given;
    };
    return {new fs::path(parent / name), give_back};
}

}  // namespace hotreload
