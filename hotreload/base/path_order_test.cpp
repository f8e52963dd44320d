#include "hotreload/base/path_order.h"

#include <vector>

#include <gtest/gtest.h>

namespace hotreload {
namespace {

TEST(PathOrder, IsTheLibrarysOwn) {
    const std::vector<std::filesystem::path> paths{"/",      "/a",     "/a/b", "/a-b",
                                                   "/a.py",  "/a/b/c", "/a b", "/a\xff",
                                                   "/a\x01", "/ab",    "/A",   "/b/a"};
    for (const auto& a : paths)
        for (const auto& b : paths) EXPECT_EQ(path_less(a, b), a < b) << a << " " << b;
}

TEST(PathOrder, BelowIsByComponents) {
    const std::vector<std::filesystem::path> paths{"/", "/r", "/r/a", "/r/a/b", "/ra", "/b"};
    for (const auto& path : paths)
        for (const auto& folder : paths) {
            const auto rest = path.lexically_relative(folder);
            EXPECT_EQ(is_below(path, folder), *rest.begin() != "..") << path << " " << folder;
        }
    EXPECT_TRUE(is_below("/r/a", "/r/"));
}

TEST(PathOrder, RelativeTextIsTheLibrarysOwn) {
    const std::vector<std::filesystem::path> paths{
        "/r",    "/r/", "/r/a",     "/r/a/b.py", "/r/../a",  "/r/./a", "/r//a",
        "/r/a/", "/ra", "/other/a", "/r/a/../b", "relative", "/r/.a",  "/"};
    for (const auto& file : paths)
        for (const auto& root : paths)
            EXPECT_EQ(relative_text(file, root), file.lexically_relative(root).native())
                << file << " " << root;
}

}  // namespace
}  // namespace hotreload
