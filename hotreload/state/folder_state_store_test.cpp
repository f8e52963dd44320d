#include "hotreload/state/folder_state_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hotreload/base/durable_file.h"
#include "hotreload/state/state_contract_test.hpp"

namespace hotreload {

INSTANTIATE_TEST_SUITE_P(Folder, StateContract,
                         testing::Values(StateStoreMaker{
                             "Folder",
                             [](asio::io_context&, const std::filesystem::path& folder) {
                                 return std::shared_ptr<StateStore>(
                                     std::move(*FolderStateStore::open(folder)));
                             }}),
                         testing::PrintToStringParamName());

namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class FolderStateStoreTest : public testing::Test {
protected:
    template <class T>
    T wait(Task<T> task) {
        return run_to_end(loop_, std::move(task));
    }
    std::string error_of(const std::string& plugin) {
        const auto read = wait(store_->read(plugin));
        return read ? "" : read.error().reason;
    }

    TempFolder folder_;
    asio::io_context loop_;
    std::unique_ptr<FolderStateStore> store_ = *FolderStateStore::open(folder_.path());
};

TEST_F(FolderStateStoreTest, DamageIsNeverTakenForEmptiness) {
    const auto file = folder_.write("p.json", R"({"format":1,"version":2,"val)");
    const std::string remedy = "; mend it and rename it back, or remove it to begin with nothing";
    EXPECT_EQ(error_of("p"), file.native() +
                                 ": not valid JSON: it ends early, at byte 28: set aside as "
                                 "p.json.damaged" +
                                 remedy);
    const auto again = file.native() + ": damaged, and set aside as p.json.damaged" + remedy;
    EXPECT_EQ(error_of("p"), again);
    EXPECT_EQ(wait(store_->get("p", "a")).error().reason, again);
    EXPECT_EQ(wait(store_->commit("p", {{"a", 1}})).error().reason, again);
    store_ = *FolderStateStore::open(folder_.path());
    EXPECT_EQ(error_of("p"), again) << "also after a start";
    EXPECT_EQ(error_of("q"), "") << "others are well";

    folder_.write("p.json", R"({"format":1,"version":2,"values":{"mended":true}})");
    EXPECT_EQ(*wait(store_->get("p", "mended")), json::value(true));
    fs::remove(folder_.path() / "p.json");
    store_ = *FolderStateStore::open(folder_.path());
    EXPECT_EQ(error_of("p"), again);
    EXPECT_TRUE(wait(store_->replace("p", {.version = 3, .values = {}})));
    EXPECT_EQ(error_of("p"), "");
}

TEST_F(FolderStateStoreTest, SaysWhatIsWrongWithAFile) {
    const std::vector<std::pair<std::string, std::string>> damages{
        {"", "not valid JSON: it ends early, at byte 0"},
        {"[]", "expected an object"},
        {"{}", "format: expected 1"},
        {R"({"format":2})", "format: expected 1"},
        {R"({"format":1,"version":"x"})", "version: expected a whole number"},
        {R"({"format":1,"version":1,"values":[]})", "values: expected an object"}};
    int number = 0;
    for (const auto& [text, reason] : damages) {
        const auto plugin = "p" + std::to_string(number++);
        folder_.write(plugin + ".json", text);
        EXPECT_THAT(error_of(plugin), HasSubstr(plugin + ".json: " + reason + ": set aside as "));
        EXPECT_EQ(read_whole_file(folder_.path() / (plugin + ".json.damaged")), text);
    }
}

TEST_F(FolderStateStoreTest, NamesThatAreNoPluginsAreRefused) {
    EXPECT_EQ(error_of("../p"), "'../p' is no plugin name");
    EXPECT_FALSE(wait(store_->commit("", {{"a", 1}})));
    EXPECT_FALSE(wait(store_->replace("a/b", {})));
}

TEST_F(FolderStateStoreTest, AFileThatWouldGrowTooLargeIsRefused) {
    const json::string large(state_value_bytes_max - 2, 'x');
    StateChanges changes;
    for (std::size_t i = 0; i <= state_file_bytes_max / state_value_bytes_max; ++i)
        changes.emplace(std::to_string(i), large);
    const auto done = wait(store_->commit("p", changes));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().reason, "the state of 'p' would be larger than 64 MiB");
    EXPECT_FALSE(fs::exists(folder_.path() / "p.json"));
}

TEST_F(FolderStateStoreTest, WhatCannotBeWrittenIsAnErrorWithItsPath) {
    ASSERT_TRUE(wait(store_->commit("p", {{"a", 1}})));
    fs::remove_all(folder_.path());
    const auto done = wait(store_->commit("p", {{"a", 2}}));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().reason, "cannot write " + (folder_.path() / "p.json").native() +
                                       ": No such file or directory");
    EXPECT_FALSE(done.error().refused);
    const auto file = folder_.write("file", "");
    EXPECT_THAT(FolderStateStore::open(file / "state").error().reason,
                HasSubstr("cannot make the folder " + file.native()));
}

// As a process leaves it that was killed between two of the names.
TEST_F(FolderStateStoreTest, WhatWasDecidedIsFinishedAtTheNextStart) {
    ASSERT_TRUE(wait(store_->commit("p", {{"a", 1}})));
    store_.reset();
    const std::string mended = R"({"format":1,"version":2,"values":{"b":2}})";
    folder_.write("p.json.next", mended);
    folder_.write("q.json", mended);
    folder_.write("replacing", R"(["p","q"])");
    store_ = *FolderStateStore::open(folder_.path());
    EXPECT_EQ(wait(store_->read("p"))->version, 2);
    EXPECT_EQ(wait(store_->read("q"))->version, 2);
    EXPECT_FALSE(fs::exists(folder_.path() / "replacing"));

    store_.reset();
    folder_.write("p.json.next", "made ready, and not decided");
    store_ = *FolderStateStore::open(folder_.path());
    EXPECT_FALSE(fs::exists(folder_.path() / "p.json.next"));
    EXPECT_EQ(wait(store_->read("p"))->version, 2);

    store_.reset();
    folder_.write("replacing", "[1]");
    EXPECT_THAT(FolderStateStore::open(folder_.path()).error().reason,
                HasSubstr("replacing: expected an array of plugin names"));
}

TEST_F(FolderStateStoreTest, WhatCannotBeMadeReadyOrDecidedHasNotHappened) {
    ASSERT_TRUE(wait(store_->commit("p", {{"a", 1}})));
    const std::map<std::string, PluginState> states{{"p", {.version = 2, .values = {}}},
                                                    {"q", {.version = 2, .values = {}}}};
    for (const auto* in_the_way : {"q.json.next", "replacing"}) {
        fs::create_directory(folder_.path() / in_the_way);
        EXPECT_FALSE(wait(store_->replace_all(states))) << in_the_way;
        fs::remove(folder_.path() / in_the_way);
        EXPECT_EQ(wait(store_->read("p"))->version, 0);
        EXPECT_FALSE(fs::exists(folder_.path() / "p.json.next"));
    }
    EXPECT_TRUE(wait(store_->replace_all(states)));
    EXPECT_EQ(wait(store_->read("p"))->version, 2);
}

TEST_F(FolderStateStoreTest, WhatWasDecidedButCannotBeFinishedIsFinishedBeforeTheNextChange) {
    const auto in_the_way = folder_.path() / "q.json";
    fs::create_directories(in_the_way / "full");
    std::map<std::string, PluginState> states{{"p", {.version = 2, .values = {}}},
                                              {"q", {.version = 2, .values = {{"a", 1}}}}};
    EXPECT_TRUE(wait(store_->replace_all(states))) << "it survives whatever comes";
    EXPECT_EQ(wait(store_->read("q"))->version, 2);
    EXPECT_FALSE(wait(store_->commit("r", {{"a", 1}}))) << "one after the other";
    fs::remove_all(in_the_way);
    EXPECT_TRUE(wait(store_->commit("r", {{"a", 1}})));
    store_ = *FolderStateStore::open(folder_.path());
    EXPECT_EQ(wait(store_->read("q"))->version, 2);
}

}  // namespace
}  // namespace hotreload
