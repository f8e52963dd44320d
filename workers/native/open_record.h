#pragma once
// The files below the plugin folders that a plugin opens to read: what it read is what it depends
// on. The C library's functions for it are replaced in this program by ones that tell the record,
// for the plugin and for the libraries that it uses, C++ streams among them.

#include <sys/stat.h>

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hotreload/rpc/message.h"

namespace hotreload::native {

class OpenRecord {
public:
    // The functions that tell it are the process's, so it is, too. Any thread may open a file.
    static OpenRecord& of_process();

    // What lies in `data_dir` is the plugin's own.
    void start(const json::value& load_params);
    void opening(const char* path) noexcept;
    // What is new since the last call: [{"path":…,"sha256":…}], or "mark"; null where it could not
    // be read.
    json::array taken();

private:
    static constexpr std::size_t files_max = 10'000;  // that one worker tells of
    // With its ctime, because the number of a file that has gone is soon another's.
    struct Identity {
        dev_t device = 0;
        ino_t inode = 0;
        timespec changed{};
        [[nodiscard]] bool same(const struct stat& facts) const;
    };

    [[nodiscard]] bool is_ours(std::string_view path) const;
    void look_at(const std::string& path);
    void keep(const std::string& path, Identity identity, json::value digest);

    std::mutex mutex_;
    std::vector<std::string> roots_;  // each with '/' behind it
    std::string data_dir_;            // with one, too; empty: none
    std::map<std::string, Identity> known_;
    json::array fresh_;
};

}  // namespace hotreload::native
