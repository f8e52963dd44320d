#include "hotreload/build/toolchain_files.h"

#include <gmock/gmock.h>

namespace hotreload {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ToolchainFilesTest, ACompilerNamesItsFolders) {
    EXPECT_THAT(folders_of_compiler("gcc version 12.2.0\n"
                                    "ignoring nonexistent directory \"/opt/none\"\n"
                                    "#include \"...\" search starts here:\n"
                                    "#include <...> search starts here:\n"
                                    " /opt/gcc/include/c++/12\n"
                                    " /opt/gcc/include\n"
                                    "End of search list.\n"
                                    "COMPILER_PATH=/opt/gcc/libexec/:/opt/gcc/bin/\n"
                                    "LIBRARY_PATH=/opt/gcc/lib/:relative:/:/opt/gcc/lib/../..\n"),
                ElementsAre("/opt/gcc/include/c++/12", "/opt/gcc/include", "/opt/gcc/libexec/",
                            "/opt/gcc/bin/", "/opt/gcc/lib/", "/opt/gcc/lib/../.."));
    EXPECT_THAT(folders_of_compiler(""), IsEmpty());
    EXPECT_THAT(folders_of_compiler("#include <...> search starts here:"), IsEmpty());
}

}  // namespace
}  // namespace hotreload
