#include "hotreload/reload/catalog.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include <gtest/gtest.h>

#include "hotreload/base/unique_fd.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;

class CatalogTest : public ::testing::Test {
protected:
    void SetUp() override {
        auto name = (fs::temp_directory_path() / "catalog-test-XXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        folder_ = name;
        save("one.py", "1");
        save("two.py", "2");
        catalog_.emplace(
            CatalogOptions{.roots = {folder_}, .config_file = folder_ / "plugins.yaml"});
        static_cast<void>(catalog_->refresh_config());
        static_cast<void>(catalog_->look(dependencies_));
    }
    void TearDown() override { fs::remove_all(folder_); }
    void save(const std::string& file, const std::string& text) const {
        std::ofstream(folder_ / file, std::ios::trunc) << text;
    }
    std::shared_ptr<const CatalogEntry> entry(const Catalog::Look& look, const std::string& name) {
        const auto found = look.entries.find(name);
        return found == look.entries.end() ? nullptr : found->second;
    }
    // A look at these files must see what a look at everything sees.
    void expect_as_everything(const std::vector<fs::path>& files) {
        std::map<std::string, Fingerprint> some, all;
        for (const auto& [name, one] : catalog_->look_at(files, dependencies_).entries)
            some[name] = one->content.fingerprint;
        for (const auto& [name, one] : catalog_->look(dependencies_).entries)
            all[name] = one->content.fingerprint;
        EXPECT_EQ(some, all);
    }

    // CPU of this thread alone, so that a busy machine does not count; the best of several.
    double cost_of_looking_again() {
        double best = 1e9;
        for (int round = 0; round < 5; ++round) {
            const auto before = thread_cpu_s();
            static_cast<void>(catalog_->look(dependencies_));
            best = std::min(best, thread_cpu_s() - before);
        }
        return best;
    }
    static double thread_cpu_s() {
        timespec used{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
        return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
    }
    void grow_package(int from, int to) const {
        fs::create_directory(folder_ / "pack");
        save("pack/__init__.py", "1");
        for (int file = from; file < to; ++file)
            save("pack/module" + std::to_string(file) + ".py", "1");
    }

    fs::path folder_;
    KnownDependencies dependencies_;
    std::optional<Catalog> catalog_;
};

// One byte of a file, written through memory: no time of the file need change.
class MappedText {
public:
    explicit MappedText(const fs::path& file) {
        const UniqueFd fd(::open(file.c_str(), O_RDWR | O_CLOEXEC));
        memory_ =
            static_cast<char*>(::mmap(nullptr, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0));
        if (memory_ == MAP_FAILED) throw std::runtime_error("mmap failed");
    }
    ~MappedText() { ::munmap(memory_, 1); }
    MappedText(const MappedText&) = delete;
    MappedText& operator=(const MappedText&) = delete;
    void write(const std::string& byte) const { *memory_ = byte.front(); }

private:
    char* memory_ = nullptr;
};

// What has been written is not fresh any more.
void settle() {
    const auto end = deadline_after(Millis(2 * StatCache::settle_ns / 1'000'000));
    while (monotonic_now() < end) {
    }
}

TEST_F(CatalogTest, AnEditConcernsThePluginWhoseFileItIs) {
    const auto two = entry(catalog_->look(dependencies_), "two");
    save("one.py", "changed");
    const auto& look = catalog_->look_at({folder_ / "one.py"}, dependencies_);
    EXPECT_EQ(entry(look, "two"), two) << "the other is not looked at";
    expect_as_everything({folder_ / "one.py"});
}

TEST_F(CatalogTest, ASharedFileConcernsAllWhoUseIt) {
    save("words.txt", "a");
    dependencies_["one"] = dependencies_["two"] = {folder_ / "words.txt"};
    static_cast<void>(catalog_->look(dependencies_));
    save("words.txt", "b");
    expect_as_everything({folder_ / "words.txt"});
}

TEST_F(CatalogTest, NewAndVanishedFilesMakeItLookAtEverything) {
    save("three.py", "3");
    EXPECT_NE(entry(catalog_->look_at({folder_ / "three.py"}, dependencies_), "three"), nullptr);
    fs::remove(folder_ / "one.py");
    const auto& look = catalog_->look_at({folder_ / "one.py"}, dependencies_);
    ASSERT_NE(entry(look, "one"), nullptr) << "it may be back in a moment";
    EXPECT_TRUE(entry(look, "one")->vanishing);
    EXPECT_TRUE(catalog_->look_again_at().has_value());
}

TEST_F(CatalogTest, WhatHasGoneAnewIsWaitedForAnew) {
    fs::remove(folder_ / "one.py");
    static_cast<void>(catalog_->look(dependencies_));
    const auto first = catalog_->look_again_at();
    ASSERT_TRUE(first.has_value());
    catalog_->noticed({folder_ / "two.py"});
    EXPECT_EQ(catalog_->look_again_at(), first) << "that is another plugin's";
    catalog_->noticed({folder_ / "one.py"});
    EXPECT_GT(catalog_->look_again_at(), first);
}

TEST_F(CatalogTest, NewlyFoundDependenciesCountWhateverFileWasNamed) {
    save("words.txt", "a");
    dependencies_["two"] = {folder_ / "words.txt"};
    save("one.py", "changed");
    expect_as_everything({folder_ / "one.py"});
}

// A writer truncates first: read at that moment, it would switch on what is off.
TEST_F(CatalogTest, AnEmptiedConfigurationIsNotBelievedAtOnce) {
    save("plugins.yaml", "plugins: {two: {enabled: false}}\n");
    EXPECT_TRUE(catalog_->refresh_config().changed);
    save("plugins.yaml", "");
    EXPECT_FALSE(catalog_->refresh_config().changed);
    EXPECT_FALSE(entry(catalog_->look(dependencies_), "two")->config.enabled);
    ASSERT_TRUE(catalog_->look_again_at().has_value()) << "it may be meant";
    save("plugins.yaml", "plugins: {two: {enabled: false}, one: {enabled: false}}\n");
    EXPECT_TRUE(catalog_->refresh_config().changed);
    EXPECT_FALSE(catalog_->look_again_at().has_value());
}

TEST_F(CatalogTest, AnEmptiedPackageConfigurationIsNotBelievedAtOnce) {
    fs::create_directory(folder_ / "pack");
    save("pack/__init__.py", "1");
    save("pack/plugin.yaml", "enabled: false\n");
    EXPECT_FALSE(entry(catalog_->look(dependencies_), "pack")->config.enabled);
    save("pack/plugin.yaml", "");
    const auto pack = entry(catalog_->look(dependencies_), "pack");
    EXPECT_FALSE(pack->config.enabled);
    EXPECT_TRUE(pack->vanishing);
    EXPECT_TRUE(catalog_->look_again_at().has_value());
}

TEST_F(CatalogTest, AChangedConfigurationConcernsEverybody) {
    save("plugins.yaml", "plugins: {two: {config: {a: 1}}}\n");
    EXPECT_TRUE(catalog_->refresh_config().changed);
    expect_as_everything({folder_ / "one.py"});
}

TEST_F(CatalogTest, WhatCannotBeReadIsNotGone) {
    fs::create_directory(folder_ / "pack");
    save("pack/__init__.py", "3");
    catalog_.emplace(CatalogOptions{
        .roots = {folder_}, .config_file = folder_ / "plugins.yaml", .vanish_grace = Millis(0)});
    const auto before = entry(catalog_->look(dependencies_), "pack");
    ASSERT_NE(before, nullptr);
    // Root may read everything; the effective user is what decides.
    const auto self = ::geteuid();
    const auto look_as_somebody = [&] {
        EXPECT_EQ(::seteuid(self == 0 ? 65534 : self), 0);
        const auto& look = catalog_->look(dependencies_);
        EXPECT_EQ(::seteuid(self), 0);
        return look;
    };
    fs::permissions(folder_, fs::perms(0755));
    fs::permissions(folder_ / "pack", fs::perms::none);
    auto look = look_as_somebody();
    ASSERT_NE(entry(look, "pack"), nullptr);
    EXPECT_TRUE(entry(look, "pack")->vanishing) << "it stays as it is";
    EXPECT_EQ(entry(look, "pack")->content.fingerprint, before->content.fingerprint);
    EXPECT_FALSE(entry(look, "one")->vanishing);
    fs::permissions(folder_, fs::perms::none);
    look = look_as_somebody();
    for (const auto* name : {"one", "two", "pack"}) {
        ASSERT_NE(entry(look, name), nullptr) << name;
        EXPECT_TRUE(entry(look, name)->vanishing) << name;
    }
    ASSERT_EQ(look.problems.size(), 1U);
    EXPECT_EQ(look.problems[0].path, folder_);
    fs::permissions(folder_, fs::perms(0755));
    fs::permissions(folder_ / "pack", fs::perms(0755));
    EXPECT_FALSE(entry(catalog_->look(dependencies_), "pack")->vanishing);
    fs::remove_all(folder_ / "pack");
    EXPECT_EQ(entry(catalog_->look(dependencies_), "pack"), nullptr) << "now it is";
}

// Twice as much is allowed for what grows a little faster than the number of files; what compares
// each file with each would take some hundred times as long.
TEST_F(CatalogTest, SixteenTimesTheFilesCostSixteenTimesTheLook) {
    constexpr int few = 400;
    constexpr int many = 16 * few;
    grow_package(0, few);
    const auto of_few = cost_of_looking_again();
    grow_package(few, many);
    const auto of_many = cost_of_looking_again();
    EXPECT_LT(of_many, 2 * 16 * of_few) << of_few << " s for " << few << " files";
}

TEST_F(CatalogTest, AFileThatIsNamedIsReadWhateverItsTimesSay) {
    const auto file = folder_ / "one.py";
    const auto before = entry(catalog_->look(dependencies_), "one")->content.fingerprint;
    const MappedText mapped(file);
    mapped.write("a");
    settle();
    const auto first = entry(catalog_->look(dependencies_), "one")->content.fingerprint;
    EXPECT_NE(first, before);
    mapped.write("b");
    catalog_->noticed({file});
    const auto second = entry(catalog_->look_at({file}, dependencies_), "one")->content.fingerprint;
    EXPECT_NE(second, first);
    mapped.write("c");
    catalog_->trust_nothing_of("one");
    const auto third = entry(catalog_->look(dependencies_), "one")->content.fingerprint;
    EXPECT_NE(third, second);
    mapped.write("d");
    catalog_->trust_nothing();
    EXPECT_NE(entry(catalog_->look(dependencies_), "one")->content.fingerprint, third);
}

TEST_F(CatalogTest, ALargeFileThatIsBeingWrittenIsWaitedFor) {
    fs::create_directory(folder_ / "pack");
    save("pack/__init__.py", "1");
    const auto before = entry(catalog_->look(dependencies_), "pack")->content.fingerprint;
    const auto large = folder_ / "pack/weights.so";
    save("aside", "");
    fs::resize_file(folder_ / "aside", 64 << 20);
    // Renaming changes its ctime; a machine that stands still for longer tries once more.
    for (bool held = false; !held;) {
        fs::rename(folder_ / "aside", large);
        held = entry(catalog_->look(dependencies_), "pack")->vanishing;
        if (!held) fs::rename(large, folder_ / "aside");
        if (!held) static_cast<void>(catalog_->look(dependencies_));
    }
    EXPECT_EQ(entry(catalog_->look_at({}, dependencies_), "pack")->content.fingerprint, before);
    ASSERT_TRUE(catalog_->look_again_at().has_value());
    settle();
    EXPECT_NE(entry(catalog_->look(dependencies_), "pack")->content.fingerprint, before);
    EXPECT_FALSE(catalog_->look_again_at().has_value());
}

TEST_F(CatalogTest, TheLaterWordDecidesWhetherAPluginIsOn) {
    const auto on = [&] { return entry(catalog_->look(dependencies_), "two")->config.enabled; };
    const auto say = [&](const std::string& text) {
        save("plugins.yaml", text);
        EXPECT_TRUE(catalog_->refresh_config().changed);
    };
    catalog_->set_enabled("two", false);
    EXPECT_FALSE(on());
    say("plugins: {two: {config: {a: 1}}}\n");
    EXPECT_FALSE(on()) << "that says nothing of it";
    say("plugins: {two: {enabled: true}}\n");
    EXPECT_EQ(catalog_->look(dependencies_).taken_back, std::vector<std::string>{"two"});
    EXPECT_TRUE(on());
    EXPECT_TRUE(catalog_->switched().empty());
    say("plugins: {two: {enabled: false}}\n");
    EXPECT_FALSE(on());
    catalog_->set_enabled("two", true);
    EXPECT_TRUE(on());
    EXPECT_EQ(entry(catalog_->look(dependencies_), "two")->switch_text(),
              "enabled by hand, over the file's enabled: false");
    say("plugins: {}\n");
    EXPECT_TRUE(on());
    say("plugins: {two: {enabled: false}}\n");
    EXPECT_FALSE(on()) << "written again, it is the later word";
    EXPECT_TRUE(catalog_->look(dependencies_).taken_back.empty()) << "told once";
}

TEST_F(CatalogTest, AnEditMadeWhileTheProgramWasAwayIsTheLaterWord) {
    save("plugins.yaml", "plugins: {two: {enabled: false}}\n");
    EXPECT_TRUE(catalog_->refresh_config().changed);
    const auto after_restart = [&](Switch by_hand) {
        catalog_->restore_switches({{"two", by_hand}});
        return entry(catalog_->look(dependencies_), "two")->config.enabled;
    };
    EXPECT_TRUE(after_restart({.enabled = true, .over = false, .compared = true}));
    EXPECT_TRUE(after_restart({.enabled = true})) << "nothing is known of what the file said";
    EXPECT_FALSE(after_restart({.enabled = true, .over = std::nullopt, .compared = true}));
    EXPECT_FALSE(after_restart({.enabled = true, .over = true, .compared = true}));
}

TEST_F(CatalogTest, APackageFileThatIsAwayForAMomentTakesNoSwitchBack) {
    fs::create_directory(folder_ / "pack");
    save("pack/__init__.py", "1");
    save("pack/plugin.yaml", "enabled: false\n");
    static_cast<void>(catalog_->look(dependencies_));
    catalog_->set_enabled("pack", true);
    EXPECT_TRUE(entry(catalog_->look(dependencies_), "pack")->config.enabled);
    fs::rename(folder_ / "pack/plugin.yaml", folder_ / "aside");
    EXPECT_TRUE(entry(catalog_->look(dependencies_), "pack")->vanishing);
    fs::rename(folder_ / "aside", folder_ / "pack/plugin.yaml");
    EXPECT_TRUE(entry(catalog_->look(dependencies_), "pack")->config.enabled);
    save("pack/plugin.yaml", "enabled: [\n");
    EXPECT_TRUE(entry(catalog_->look(dependencies_), "pack")->config.enabled) << "broken";
    save("pack/plugin.yaml", "enabled: false  # as before\n");
    EXPECT_TRUE(entry(catalog_->look(dependencies_), "pack")->config.enabled);
}

}  // namespace
}  // namespace hotreload
