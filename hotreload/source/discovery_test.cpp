#include "hotreload/source/discovery.h"

#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include "hotreload/base/temp_folder_test.h"
#include "hotreload/source/package_files.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class DiscoveryTest : public testing::Test {
protected:
    Discovery found() { return discover({folder_.path()}, settings_); }
    std::vector<std::string> names() {
        std::vector<std::string> all;
        for (const auto& plugin : found().plugins) all.push_back(plugin.name);
        return all;
    }
    fs::path at(const std::string& below) const { return folder_.path() / below; }

    TempFolder folder_;
    ReloadSettings settings_;
};

TEST_F(DiscoveryTest, FindsTheThreeKindsOfSingleFiles) {
    folder_.write("hello.py", "");
    folder_.write("heatmap.cpp", "");
    folder_.write("ready.so", "");
    folder_.write("plugins.yaml", "");
    folder_.write("shared.hpp", "");
    folder_.write("README.md", "");
    const auto discovery = found();
    ASSERT_EQ(discovery.plugins.size(), 3u);
    EXPECT_THAT(discovery.problems, IsEmpty());
    const auto& heatmap = discovery.plugins[0];
    EXPECT_EQ(heatmap.name, "heatmap");
    EXPECT_EQ(heatmap.language, Language::cpp);
    EXPECT_EQ(heatmap.root, folder_.path());
    EXPECT_EQ(heatmap.entry, at("heatmap.cpp"));
    EXPECT_TRUE(heatmap.folder.empty());
    EXPECT_THAT(heatmap.files, ElementsAre(at("heatmap.cpp")));
    EXPECT_EQ(discovery.plugins[1].name, "hello");
    EXPECT_EQ(discovery.plugins[1].language, Language::python);
    EXPECT_EQ(discovery.plugins[2].name, "ready");
    EXPECT_EQ(discovery.plugins[2].language, Language::prebuilt);
}

TEST_F(DiscoveryTest, FindsPackagesWithAllTheirWantedFiles) {
    folder_.write("py/__init__.py", "");
    folder_.write("py/sub/part.py", "");
    folder_.write("py/sub/_scratch.py", "");
    folder_.write("py/helper.cpp", "");
    folder_.write("py/plugin.yaml", "");
    folder_.write("py/__pycache__/part.pyc", "");
    folder_.write("cc/z.cpp", "");
    folder_.write("cc/inner/a.cpp", "");
    folder_.write("cc/inner/a.hpp", "");
    folder_.write("cc/old.so", "");
    folder_.write("pre/a.so", "");
    folder_.write("pre/pre.so", "");
    const auto discovery = found();
    EXPECT_THAT(discovery.problems, IsEmpty());
    ASSERT_EQ(discovery.plugins.size(), 3u);
    const auto& [cc, pre, py] =
        std::tie(discovery.plugins[0], discovery.plugins[1], discovery.plugins[2]);
    EXPECT_EQ(cc.language, Language::cpp);
    EXPECT_EQ(cc.entry, at("cc/inner/a.cpp"));
    EXPECT_EQ(cc.folder, at("cc"));
    EXPECT_FALSE(cc.config_file);
    EXPECT_EQ(pre.language, Language::prebuilt);
    EXPECT_EQ(pre.entry, at("pre/pre.so")) << "the .so of the folder's name goes first";
    EXPECT_EQ(py.language, Language::python);
    EXPECT_EQ(py.entry, at("py/__init__.py"));
    EXPECT_EQ(py.config_file, at("py/plugin.yaml"));
    EXPECT_THAT(py.files, ElementsAre(at("py/__init__.py"), at("py/helper.cpp"),
                                      at("py/plugin.yaml"), at("py/sub/part.py")));
}

TEST_F(DiscoveryTest, LeavesOutWhatIsDisabledByNameOrIgnored) {
    folder_.write("_hello.py", "");
    folder_.write("_pack/__init__.py", "");
    folder_.write(".hidden/__init__.py", "");
    folder_.write("kept.py", "");
    folder_.write("vendored/__init__.py", "");
    settings_.ignore_patterns.push_back("vendored");
    EXPECT_THAT(names(), ElementsAre("kept"));
    EXPECT_THAT(found().problems, IsEmpty());
}

TEST_F(DiscoveryTest, FolderBeatsFileAndSaysSo) {
    folder_.write("hello.py", "");
    folder_.write("hello/__init__.py", "");
    const auto discovery = found();
    ASSERT_EQ(discovery.plugins.size(), 1u);
    EXPECT_EQ(discovery.plugins[0].folder, at("hello"));
    ASSERT_EQ(discovery.problems.size(), 1u);
    EXPECT_EQ(discovery.problems[0].path, at("hello.py"));
    EXPECT_EQ(discovery.problems[0].plugin, "hello");
    EXPECT_THAT(discovery.problems[0].reason,
                HasSubstr(at("hello").native() + "/ has the same name"));
}

TEST_F(DiscoveryTest, FolderWithoutAPluginDoesNotBeatAFile) {
    folder_.write("hello.py", "");
    folder_.write("hello/shared.hpp", "");
    EXPECT_THAT(names(), ElementsAre("hello"));
    EXPECT_THAT(found().problems, IsEmpty());
}

TEST_F(DiscoveryTest, CppGoesBeforePythonBeforePrebuilt) {
    folder_.write("a.py", "");
    folder_.write("a.cpp", "");
    folder_.write("a.so", "");
    folder_.write("b.so", "");
    folder_.write("b.py", "");
    const auto discovery = found();
    ASSERT_EQ(discovery.plugins.size(), 2u);
    EXPECT_EQ(discovery.plugins[0].entry, at("a.cpp"));
    EXPECT_EQ(discovery.plugins[1].entry, at("b.py"));
    EXPECT_EQ(discovery.problems.size(), 3u);
}

TEST_F(DiscoveryTest, AnEarlierRootGoesFirst) {
    TempFolder other;
    folder_.write("a.py", "");
    other.write("a/__init__.py", "");
    other.write("b.py", "");
    const auto discovery = discover({folder_.path(), other.path(), other.path() / "."}, settings_);
    ASSERT_EQ(discovery.plugins.size(), 2u);
    EXPECT_EQ(discovery.plugins[0].root, folder_.path());
    EXPECT_EQ(discovery.plugins[1].root, other.path());
    ASSERT_EQ(discovery.problems.size(), 1u) << "the same root given twice is looked at once";
    EXPECT_EQ(discovery.problems[0].path, other.path() / "a");
}

TEST_F(DiscoveryTest, ARootInsideARootIsNoPackage) {
    folder_.write("extra/a.py", "");
    folder_.write("extra/b.cpp", "");
    const auto discovery = discover({folder_.path(), at("extra")}, settings_);
    ASSERT_EQ(discovery.plugins.size(), 2u);
    EXPECT_EQ(discovery.plugins[0].root, at("extra"));
    EXPECT_THAT(discovery.problems, IsEmpty());
}

TEST_F(DiscoveryTest, BadNamesAreToldWithWhatToDo) {
    folder_.write("word-cloud.py", "");
    folder_.write("word-cloud2.cpp", "");
    folder_.write("2fast.cpp", "");
    folder_.write("a.b.py", "");
    const auto discovery = found();
    ASSERT_EQ(discovery.plugins.size(), 1u);
    EXPECT_EQ(discovery.plugins[0].name, "word-cloud2");
    ASSERT_EQ(discovery.problems.size(), 3u);
    EXPECT_THAT(discovery.problems[0].reason, HasSubstr("'2fast' is no plugin name"));
    EXPECT_THAT(discovery.problems[1].reason, HasSubstr("'a.b' is no plugin name"));
    EXPECT_THAT(discovery.problems[2].reason, HasSubstr("use '_' instead of '-'"));
}

TEST_F(DiscoveryTest, FoldersMeantAsPluginsButNoneAreTold) {
    fs::create_directories(at("empty"));
    folder_.write("shared/a.hpp", "");
    folder_.write("pack/part.py", "");
    folder_.write("conf/plugin.yaml", "");
    const auto discovery = found();
    EXPECT_THAT(discovery.plugins, IsEmpty());
    ASSERT_EQ(discovery.problems.size(), 2u);
    EXPECT_THAT(discovery.problems[0].reason, HasSubstr("plugin.yaml but no"));
    EXPECT_THAT(discovery.problems[1].reason, HasSubstr("no __init__.py"));
}

TEST_F(DiscoveryTest, LinkedFoldersAreFollowedAndLoopsEnd) {
    TempFolder elsewhere;
    elsewhere.write("__init__.py", "");
    elsewhere.write("part.py", "");
    fs::create_directory_symlink(elsewhere.path(), elsewhere.path() / "loop");
    fs::create_directory_symlink(elsewhere.path(), at("linked"));
    const auto discovery = found();
    ASSERT_EQ(discovery.plugins.size(), 1u);
    EXPECT_EQ(discovery.plugins[0].name, "linked");
    EXPECT_THAT(discovery.plugins[0].files,
                ElementsAre(at("linked/__init__.py"), at("linked/part.py")));
}

TEST_F(DiscoveryTest, ADanglingLinkAndAMissingRootAreProblemsAndAFifoIsNothing) {
    fs::create_symlink("/nowhere/at/all.py", at("gone.py"));
    ASSERT_EQ(::mkfifo(at("pipe.py").c_str(), 0600), 0);
    const auto discovery = discover({folder_.path(), at("missing")}, settings_);
    ASSERT_EQ(discovery.plugins.size(), 1u);
    ASSERT_EQ(discovery.problems.size(), 2u);
    EXPECT_EQ(discovery.problems[0].path, at("gone.py"));
    EXPECT_EQ(discovery.problems[0].reason, "No such file or directory");
    EXPECT_EQ(discovery.problems[1].path, at("missing"));
    EXPECT_EQ(discovery.problems[1].reason, "No such file or directory");
}

TEST_F(DiscoveryTest, WhatMayNotBeReadIsToldWithItsPlugin) {
    folder_.write("secret.py", "");
    folder_.write("closed/__init__.py", "");
    fs::permissions(folder_.path(), fs::perms(0755));
    fs::permissions(at("secret.py"), fs::perms::none);
    fs::permissions(at("closed"), fs::perms::none);
    // Root may read everything; the effective user is what decides.
    const bool root = ::geteuid() == 0;
    ASSERT_EQ(::seteuid(root ? 65534 : ::geteuid()), 0);
    const auto discovery = found();
    ASSERT_EQ(::seteuid(root ? 0 : ::geteuid()), 0);
    fs::permissions(at("closed"), fs::perms(0755));
    ASSERT_EQ(discovery.problems.size(), 2u);
    EXPECT_EQ(discovery.problems[0].plugin, "closed");
    EXPECT_EQ(discovery.problems[0].reason, "Permission denied");
    EXPECT_EQ(discovery.problems[1].plugin, "secret");
    EXPECT_EQ(discovery.problems[1].reason, "Permission denied");
}

TEST_F(DiscoveryTest, AFolderOfTooManyFilesIsCutAndTold) {
    for (int i = 0; i < 10; ++i) folder_.write("p/f" + std::to_string(i) + ".py", "");
    const auto files = package_files(at("p"), settings_, 4);
    EXPECT_EQ(files.files.size(), 4u);
    ASSERT_EQ(files.problems.size(), 1u);
    EXPECT_THAT(files.problems[0].reason, HasSubstr("too many files"));
    EXPECT_THAT(package_files(at("p"), settings_, 10).problems, IsEmpty());
}

}  // namespace
}  // namespace hotreload
