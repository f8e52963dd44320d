#include <linux/magic.h>
#include <sys/vfs.h>

#include <algorithm>

#include "hotreload/watch/watcher.h"

namespace hotreload {
namespace {

struct FileSystem {
    unsigned magic;
    const char* name;
};

// Those that <linux/magic.h> of Debian 12 does not name are written out.
constexpr FileSystem shared_with_elsewhere[] = {
    {NFS_SUPER_MAGIC, "nfs"},   {SMB_SUPER_MAGIC, "smb"},     {SMB2_SUPER_MAGIC, "smb2"},
    {CIFS_SUPER_MAGIC, "cifs"}, {FUSE_SUPER_MAGIC, "fuse"},   {V9FS_MAGIC, "9p"},
    {AFS_FS_MAGIC, "afs"},      {CEPH_SUPER_MAGIC, "ceph"},   {CODA_SUPER_MAGIC, "coda"},
    {NCP_SUPER_MAGIC, "ncp"},   {OCFS2_SUPER_MAGIC, "ocfs2"}, {0x01161970, "gfs2"},
    {0x0bd00bd0, "lustre"},     {0x786f4256, "vboxsf"},       {0xbacbacbc, "hgfs"},
    {0x7c7c6673, "prl_fs"},
};

}  // namespace

std::optional<std::string> file_system_without_events(const std::filesystem::path& path) {
    struct statfs status{};
    if (::statfs(path.c_str(), &status) != 0) return std::nullopt;
    const auto magic = static_cast<unsigned>(status.f_type);
    const auto* found = std::ranges::find(shared_with_elsewhere, magic, &FileSystem::magic);
    if (found == std::end(shared_with_elsewhere)) return std::nullopt;
    return found->name;
}

}  // namespace hotreload
