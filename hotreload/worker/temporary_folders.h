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

    static constexpr const char* folder_name = ".tmp";  // in the plugin's private folder

    // One below `home`, the plugin's private folder, which is made where it is missing. It is
    // emptied when the last pointer to it goes; these pointers may outlive this object. Links that
    // the plugin has put in the way are not followed. Throws std::filesystem::filesystem_error.
    std::shared_ptr<const std::filesystem::path> take(const std::filesystem::path& home);

private:
    struct Books;
    std::shared_ptr<Books> books_;
};

}  // namespace hotreload
