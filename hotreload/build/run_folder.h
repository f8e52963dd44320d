#pragma once
// A folder for what one compiler run writes, gone with the run however it ends; and the end of what
// a host that was killed has left running. The folder's name says whose it is: the
// host's pid and when that process began.

#include <filesystem>
#include <string>

namespace hotreload {

class RunFolder {
public:
    // Below `tmp`; made at once. Where it cannot be made the path is empty, and errno says why.
    explicit RunFolder(const std::filesystem::path& tmp);
    ~RunFolder();
    RunFolder(RunFolder&& other) noexcept;
    RunFolder& operator=(RunFolder&&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

// Kills every process whose TMPDIR is a folder below `tmp` of a host that lives no more, and
// removes such folders. Gives how many processes there were.
std::size_t end_orphans(const std::filesystem::path& tmp);

}  // namespace hotreload
