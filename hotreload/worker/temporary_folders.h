#pragma once
// Hands out folders for the temporary files of workers: each is one worker's alone until that
// worker has ended, and then the next one's, emptied. They are kept, since making and removing one
// for each generation costs more than looking into it. Loop thread only.

#include <filesystem>
#include <map>
#include <memory>
#include <set>

namespace hotreload {

class TemporaryFolders {
public:
    TemporaryFolders();

    // One below `parent`, which is made where it is missing. It is emptied when the last pointer to
    // it goes; these pointers may outlive this object. Throws std::filesystem::filesystem_error.
    std::shared_ptr<const std::filesystem::path> take(const std::filesystem::path& parent);

private:
    struct Books;
    std::shared_ptr<Books> books_;
};

}  // namespace hotreload
