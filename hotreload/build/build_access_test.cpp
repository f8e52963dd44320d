// What a plugin's sources may draw into their artifact, and what not.

#include <gmock/gmock.h>

#include "hotreload/build/builder_fixture_test.h"
#include "hotreload/sandbox/support.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class BuildAccessTest : public BuilderTest {
protected:
    void SetUp() override {
        if (const auto support = probe_sandbox(); !support.full())
            GTEST_SKIP() << "this kernel offers " << support.text();
        secret_ = folder_.write("secret.h", "constexpr int secret = 42;\n");
    }
    // A plugin that may read its own file and what is added here.
    PluginSource drawing(const std::string& line, const std::string& value = "1") {
        auto source = single(line + "\n" + answer_text(value));
        access_.read.assign({source.entry});
        return source;
    }
    PluginSource including(const fs::path& file) {
        return drawing("#include \"" + file.native() + "\"", "secret");
    }
    PluginSource embedding(const fs::path& file) {
        return drawing("asm(\".incbin \\\"" + file.native() + "\\\"\");");
    }
    fs::path secret_;
};

constexpr const char* sandbox_words =
    "the sandbox does not allow a build what its plugin may not "
    "read: see grants.read in plugins.yaml (docs/sandbox.md)";

TEST_F(BuildAccessTest, WhatIsNotThePluginsIsNotRead) {
    const auto kept = folder_.write("cache/history/snapshot.h", "constexpr int secret = 1;\n");
    for (const auto& file : {secret_, kept, fs::path("/etc/shadow"), fs::path("/proc/1/environ"),
                             fs::path("/proc/self/environ")}) {
        EXPECT_THAT(
            refused(including(file)).reason,
            AllOf(HasSubstr("one.cpp:1:10: error: " + file.native() + ": Permission denied"),
                  HasSubstr(sandbox_words)));
        EXPECT_THAT(refused(embedding(file)).reason,
                    AllOf(HasSubstr("assembler: file not found: " + file.native()),
                          HasSubstr(sandbox_words)));
    }
    const auto link = folder_.path() / "plugins" / "innocent.h";
    fs::create_symlink(secret_, link);
    auto source = including("innocent.h");
    access_.read = {source.entry};
    EXPECT_THAT(refused(source).reason, HasSubstr("innocent.h: Permission denied"));
}

TEST_F(BuildAccessTest, WhatItMayReadIsRead) {
    auto source = including(secret_);
    access_.read.push_back(secret_);
    const auto artifact = built(source);
    EXPECT_EQ(call_answer(artifact.path), 42);
    EXPECT_THAT(artifact.dependencies, testing::ElementsAre(secret_));
    source = embedding(secret_);
    access_.read.push_back(secret_);
    EXPECT_EQ(call_answer(built(source).path), 1);
}

TEST_F(BuildAccessTest, NothingThatWasMadeWithAGrantIsUsedWithoutIt) {
    for (const bool by_assembler : {false, true}) {
        auto source = by_assembler ? embedding(secret_) : including(secret_);
        access_.read.push_back(secret_);
        access_.terms = secret_.native();
        EXPECT_EQ(built(source).compiled, 1u);
        EXPECT_EQ(built(source).compiled, 0u);
        access_ = {.read = {source.entry}, .terms = {}};
        EXPECT_THAT(refused(source).reason, HasSubstr(sandbox_words));
    }
}

TEST_F(BuildAccessTest, AFileThatIsNoLongerForAllIsNotTakenFromTheCache) {
    auto source = including(secret_);
    access_.read.push_back(secret_);
    built(source);
    access_.read = {source.entry};
    EXPECT_THAT(refused(source).reason, HasSubstr("Permission denied"));
    const auto other_name = folder_.path() / "linked";
    fs::create_directory_symlink(folder_.path(), other_name);
    access_.read.push_back(other_name / "secret.h");
    EXPECT_EQ(built(source).compiled, 0u) << "it is the same file by another name";
}

TEST_F(BuildAccessTest, WhatTheOperatorsFlagsNameIsReadAndWhatAPackageNamesMustBeItsOwn) {
    folder_.write("opt/include/far.h", "constexpr int far = 6;\n");
    const auto flag = "-I" + (folder_.path() / "opt/include").native();
    EXPECT_EQ(call_answer(built(drawing("#include <far.h>", "far"), {.flags = {flag}}).path), 6);

    auto source = package();
    access_.read = {source.folder, source.root / "shared"};
    folder_.write("plugins/pack/include/own.h", "constexpr int own = 9;\n");
    folder_.write("plugins/pack/b.cpp", "#include <own.h>\nint b() { return own; }\n");
    EXPECT_EQ(call_answer(built(source, {.flags = {"-Ipack/include"}}).path), 9);
    fs::create_directory_symlink(folder_.path(), source.folder / "out");
    folder_.write("plugins/pack/b.cpp", "#include <secret.h>\nint b() { return secret; }\n");
    EXPECT_THAT(refused(source, {.flags = {"-Ipack/out"}}).reason, HasSubstr("Permission denied"));
}

}  // namespace
}  // namespace hotreload
