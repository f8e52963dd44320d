#include "hotreload/config/package_flag.h"

#include <sstream>

#include <gtest/gtest.h>

namespace hotreload {
namespace {

bool may_say(const std::string& flag) { return package_may_say(flag, "/srv/plugins/pack"); }

TEST(PackageFlagTest, WhatOnlyShapesItsOwnObjectsIsAllowed) {
    std::istringstream flags(R"(-DX -DX="a,b/c" -D_GNU_SOURCE -UX -O3 -Os -Ofast -O -g -g3
        -std=c++20 -std=gnu++23 -W -Wall -Wno-unused -Werror=format -Wframe-larger-than=4096
        -ffast-math -fno-exceptions -fopenmp -fsanitize=undefined,address -fvisibility=default
        -ftemplate-depth=2000 -march=native -mavx2 -mtune=generic -msse4.2 -lz -lstdc++ -l:libz.a
        -pthread -w -pedantic -Ipack -Ipack/ -Ipack/include -Ipack/a/../b
        -I/srv/plugins/pack/include)");
    for (std::string flag; flags >> flag;) EXPECT_TRUE(may_say(flag)) << flag;
}

TEST(PackageFlagTest, WhatReachesFurtherIsNot) {
    std::istringstream flags(R"(- x.o /srv/x.a @file -fplugin=x.so -fplugin-arg-x-y -fno-plugin
        -fpass-plugin=x.so -fuse-ld=/tmp/ld -fuse-ld=bfd -fno-no-plugin=x -flto -fdump-tree-all
        -fdump-tree-all=x -fprofile-use=x -fprofile-dir=x -fsave-optimization-record
        -fauto-profile=x -fopt-info-all=x -fmodules-ts -fmodule-mapper=|x -fcompare-debug
        -ftest-coverage -fstack-usage -fsanitize-blacklist=/x -fdebug-prefix-map=/a=/b
        -wrapper -wrapper,x -B. -Bx -specs=x --specs=x -o -ox -x -xassembler -Wl,-plugin,x
        -Wp,-include,x -Wa,-I,x -Xlinker -Xassembler -Xpreprocessor -Xclang -include -include/x
        -imacros -isystem/x -iquote/x -idirafter/x -isysroot/x --sysroot=/x
        -I -I/etc -I/srv/plugins -I. -Iother -Ipack/../other -Ipackage -L/x -Lpack
        -l -l../x -l/x -D -D=x -U -E -S -M -MFx -MD -save-temps -dumpdir -gsplit-dwarf -pipe
        -static -shared -T -T/x -mllvm -mfoo=/x -nostdinc -stdlib=x -std=/x -O/x -v
        -print-file-name=x --param=x -no-pie)");
    for (std::string flag; flags >> flag;) EXPECT_FALSE(may_say(flag)) << flag;
    EXPECT_FALSE(may_say(""));
    EXPECT_FALSE(may_say("-Wall -fplugin=x"));
}

}  // namespace
}  // namespace hotreload
