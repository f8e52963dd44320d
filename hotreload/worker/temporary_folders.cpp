#include "hotreload/worker/temporary_folders.h"

#include <string>

namespace hotreload {

namespace fs = std::filesystem;

namespace {

void remove_contents(const fs::path& folder) {
    std::error_code ignored;
    for (fs::directory_iterator entry(folder, ignored), end; !ignored && entry != end;
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

std::shared_ptr<const fs::path> TemporaryFolders::take(const fs::path& parent) {
    int number = 0;
    while (books_->in_use.contains(parent / std::to_string(number))) ++number;
    auto folder = parent / std::to_string(number);
    if (books_->made.insert(folder).second) {
        fs::create_directories(folder);
        remove_contents(folder);
    }
    books_->in_use.insert(folder);
    const auto give_back = [books = books_](const fs::path* given) {
        remove_contents(*given);
        books->in_use.erase(*given);
        delete given;
    };
    return {new fs::path(std::move(folder)), give_back};
}

}  // namespace hotreload
