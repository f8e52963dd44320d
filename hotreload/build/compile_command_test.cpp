#include "hotreload/build/compile_command.h"

#include <gmock/gmock.h>

namespace hotreload {
namespace {

TEST(CompileCommandTest, FlagsNameFilesAndFolders) {
    EXPECT_THAT(
        paths_in_flags({"-I/opt/a/include", "-DX=/no", "-isystem", "/opt/b", "-L", "lib", "-lz",
                        "-O2", "extra/x.o", "-I", "-include", "../y.h", "-Wl,-z,now"},
                       "/srv/plugins"),
        testing::ElementsAre("/opt/a/include", "/opt/b", "/srv/plugins/lib",
                             "/srv/plugins/extra/x.o", "/srv/plugins/-include", "/srv/y.h"));
}

}  // namespace
}  // namespace hotreload
