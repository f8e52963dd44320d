#include "hotreload/history/history.h"

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hotreload/base/durable_file.h"
#include "hotreload/base/temp_folder_test.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

GenerationRecord record_of(std::uint64_t number, const std::string& content) {
    GenerationRecord record;
    record.number = number;
    record.fingerprint = sha256(content);
    record.entry = "/usr/bin/env";  // something that is there
    record.reason = "changed";
    return record;
}

std::vector<std::uint64_t> numbers(const History& history, const std::string& plugin) {
    std::vector<std::uint64_t> numbers;
    if (const auto* found = history.find(plugin))
        for (const auto& record : found->records) numbers.push_back(record.number);
    return numbers;
}

History reopened(const fs::path& dir) {
    auto opened = History::open(dir);
    EXPECT_THAT(opened.problems, IsEmpty());
    return std::move(opened.history);
}

GenerationRecord full_record() {
    auto record = record_of(7, "all of it");
    record.language = Language::python;
    record.version = "1.2.3";
    record.folder = "/srv/plugins/p";
    record.roots = {"/srv/plugins", "/srv/more"};
    record.files = {{"/srv/plugins/p/__init__.py", sha256("a")},
                    {"/srv/plugins/p/gone.txt", std::nullopt},
                    {fs::path("/srv/plugins/p/\xff\xfe.txt"), sha256("b")}};
    record.config = {{"days", 30}, {"deep", {{"list", {1, 2.5, nullptr}}}}};
    record.state_version = -3;
    record.published = SystemTime(std::chrono::microseconds(1'794'737'344'123'456));
    record.times = {{"built", 12}};
    record.end = "crashed: SIGSEGV";
    record.crashed = true;
    return record;
}

TEST(History, EverythingIsThereAgainAfterAStart) {
    const TempFolder folder;
    const auto record = full_record();
    {
        auto history = reopened(folder.path() / "made");
        ASSERT_TRUE(history.add("p", record));
        ASSERT_TRUE(history.hold_back("p", sha256("bad"), "rolled back by hand"));
    }
    const auto history = reopened(folder.path() / "made");
    const auto* found = history.find("p");
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->held_back, sha256("bad"));
    EXPECT_EQ(found->held_back_reason, "rolled back by hand");
    ASSERT_EQ(found->records.size(), 1U);
    const auto& back = found->records.front();
    EXPECT_EQ(back.number, record.number);
    EXPECT_EQ(back.fingerprint, record.fingerprint);
    EXPECT_EQ(back.language, record.language);
    EXPECT_EQ(back.version, record.version);
    EXPECT_EQ(back.entry, record.entry);
    EXPECT_EQ(back.folder, record.folder);
    EXPECT_EQ(back.roots, record.roots);
    ASSERT_EQ(back.files.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(back.files[i].path, record.files[i].path);
        EXPECT_EQ(back.files[i].digest, record.files[i].digest);
    }
    EXPECT_EQ(back.config, record.config);
    EXPECT_EQ(back.state_version, record.state_version);
    EXPECT_EQ(back.published, record.published);
    EXPECT_EQ(back.reason, record.reason);
    EXPECT_EQ(back.times, record.times);
    EXPECT_EQ(back.end, record.end);
    EXPECT_TRUE(back.crashed);
}

TEST(History, HoldsTheNewestTen) {
    const TempFolder folder;
    auto history = reopened(folder.path());
    for (std::uint64_t number = 1; number <= 12; ++number)
        ASSERT_TRUE(history.add("p", record_of(number, std::to_string(number))));
    EXPECT_THAT(numbers(history, "p"), ElementsAre(12, 11, 10, 9, 8, 7, 6, 5, 4, 3));
    EXPECT_THAT(numbers(reopened(folder.path()), "p"),
                ElementsAre(12, 11, 10, 9, 8, 7, 6, 5, 4, 3));
    EXPECT_EQ(history.find("other"), nullptr);
}

TEST(History, TheSameContentAgainReplacesTheNewest) {
    const TempFolder folder;
    auto history = reopened(folder.path());
    ASSERT_TRUE(history.add("p", record_of(1, "a")));
    ASSERT_TRUE(history.add("p", record_of(2, "b")));
    ASSERT_TRUE(history.add("p", record_of(3, "b")));
    ASSERT_TRUE(history.add("p", record_of(4, "a")));
    EXPECT_THAT(numbers(history, "p"), ElementsAre(4, 3, 1));
}

TEST(History, RemembersHowGenerationsEnded) {
    const TempFolder folder;
    auto history = reopened(folder.path());
    ASSERT_TRUE(history.add("p", record_of(1, "a")));
    ASSERT_TRUE(history.add("p", record_of(2, "b")));
    ASSERT_TRUE(history.ended("p", 1, "replaced", false));
    ASSERT_TRUE(history.ended("p", 2, "crashed: SIGSEGV", true));
    ASSERT_TRUE(history.ended("p", 9, "replaced", false));
    ASSERT_TRUE(history.ended("unknown", 1, "replaced", false));
    history = reopened(folder.path());
    EXPECT_EQ(history.find("p")->records[0].end, "crashed: SIGSEGV");
    EXPECT_TRUE(history.find("p")->records[0].crashed);
    EXPECT_EQ(history.find("p")->records[1].end, "replaced");
    EXPECT_FALSE(history.find("p")->records[1].crashed);
    EXPECT_EQ(history.find("unknown"), nullptr);
}

TEST(History, TheLastGoodOneHasNotCrashedIsAnotherAndIsThere) {
    const TempFolder folder;
    auto history = reopened(folder.path());
    EXPECT_EQ(history.last_good("p", sha256("d")), nullptr);
    ASSERT_TRUE(history.add("p", record_of(1, "a")));
    auto gone = record_of(2, "b");
    gone.entry = folder.path() / "removed.so";
    ASSERT_TRUE(history.add("p", gone));
    ASSERT_TRUE(history.add("p", record_of(3, "c")));
    ASSERT_TRUE(history.add("p", record_of(4, "d")));
    ASSERT_TRUE(history.ended("p", 3, "crashed", true));
    ASSERT_NE(history.last_good("p", sha256("d")), nullptr);
    EXPECT_EQ(history.last_good("p", sha256("d"))->number, 1U);
    EXPECT_EQ(history.last_good("p", sha256("other"))->number, 4U);
    ASSERT_TRUE(history.ended("p", 1, "crashed", true));
    EXPECT_EQ(history.last_good("p", sha256("d")), nullptr);
}

TEST(History, HoldingBackIsLifted) {
    const TempFolder folder;
    auto history = reopened(folder.path());
    ASSERT_TRUE(history.hold_back("p", sha256("bad"), "fell too often"));
    EXPECT_EQ(reopened(folder.path()).find("p")->held_back, sha256("bad"));
    ASSERT_TRUE(history.hold_back("p", std::nullopt, ""));
    EXPECT_EQ(reopened(folder.path()).find("p")->held_back, std::nullopt);
}

TEST(History, NamesTheArtifactsThatRecordsNeed) {
    const TempFolder folder;
    auto history = reopened(folder.path());
    for (std::uint64_t number = 1; number <= 2; ++number) {
        auto record = record_of(number, std::to_string(number));
        record.entry = "/cache/artifacts/p-" + std::to_string(number) + ".so";
        ASSERT_TRUE(history.add("p", record));
    }
    auto python = record_of(1, "python");
    python.language = Language::python;
    ASSERT_TRUE(history.add("q", python));
    EXPECT_THAT(history.kept_artifacts(),
                ElementsAre("/cache/artifacts/p-1.so", "/cache/artifacts/p-2.so"));
}

// What stands in the file of plugin "p", and what is said about it.
struct Damage {
    std::string name;
    std::string text;
    std::string reason;
};
class HistoryDamage : public testing::TestWithParam<Damage> {};

TEST_P(HistoryDamage, SetsTheFileAsideAndKeepsTheOthers) {
    const TempFolder folder;
    {
        auto history = reopened(folder.path());
        ASSERT_TRUE(history.add("good", record_of(1, "a")));
        ASSERT_TRUE(history.add("p", record_of(1, "a")));
    }
    const auto file = folder.write("p.json", GetParam().text);
    {
        const auto opened = History::open(folder.path());
        EXPECT_THAT(opened.problems, ElementsAre(file.native() + ": " + GetParam().reason +
                                                 ": set aside as p.json.damaged"));
        EXPECT_EQ(opened.history.find("p"), nullptr);
        EXPECT_THAT(numbers(opened.history, "good"), ElementsAre(1));
    }
    EXPECT_EQ(read_whole_file(folder.path() / "p.json.damaged"), GetParam().text);
    auto history = reopened(folder.path());
    EXPECT_TRUE(history.add("p", record_of(2, "b")));
}

const std::string head = R"({"format":1,"plugin":"p","held_back":null,"held_back_reason":"",)";
INSTANTIATE_TEST_SUITE_P(
    All, HistoryDamage,
    testing::Values(
        Damage{"Empty", "", "not valid JSON: it ends early, at byte 0"},
        Damage{"CutOff", R"({"format":1,)", "not valid JSON: it ends early, at byte 12"},
        Damage{"Zeroes", std::string(100, '\0'), "not valid JSON at byte 0"},
        Damage{"NoObject", "[]", "expected an object"}, Damage{"NoFormat", "{}", "format: missing"},
        Damage{"OtherFormat", R"({"format":2})", "format 2 is not known to this program"},
        Damage{"OtherPlugin",
               R"({"format":1,"plugin":"q","held_back":null,"held_back_reason":"","records":[]})",
               "it is the history of 'q'"},
        Damage{"NoRecords", head + R"("records":7})", "records: expected an array"},
        Damage{"NoNumber", head + R"("records":[{}]})", "records[0].number: missing"},
        Damage{"NegativeNumber", head + R"("records":[{"number":-1}]})",
               "records[0].number: expected a whole number"},
        Damage{"NoFingerprint", head + R"("records":[{"number":1,"fingerprint":"ab"}]})",
               "records[0].fingerprint: expected 64 hexadecimal digits"}),
    [](const auto& param) { return param.param.name; });

TEST(History, SetsUnknownFilesAsideAndLeavesHiddenOnes) {
    const TempFolder folder;
    folder.write("notes.txt", "x");
    folder.write("..json", "x");
    folder.write(std::string(unfinished_prefix) + "abc", "half of a file");
    const auto opened = History::open(folder.path());
    EXPECT_THAT(opened.problems,
                ElementsAre(folder.path().native() +
                            "/notes.txt: not a plugin's history: set aside as notes.txt.damaged"));
    EXPECT_TRUE(fs::exists(folder.path() / "..json"));
    EXPECT_FALSE(fs::exists(folder.path() / (std::string(unfinished_prefix) + "abc")));
    EXPECT_THAT(History::open(folder.path()).problems, IsEmpty());
}

TEST(History, AFolderThatCannotBeMadeIsAProblemAndNotTheEnd) {
    const TempFolder folder;
    const auto file = folder.write("file", "");
    auto opened = History::open(file / "history");
    EXPECT_THAT(opened.problems, ElementsAre(HasSubstr("cannot make the folder " + file.native())));
    const auto added = opened.history.add("p", record_of(1, "a"));
    ASSERT_FALSE(added);
    EXPECT_THAT(added.error(), HasSubstr("cannot write " + file.native() + "/history/p.json: "));
    EXPECT_THAT(numbers(opened.history, "p"), ElementsAre(1)) << "this program still knows it";
}

TEST(History, BehindTheRestNothingIsWrittenBeforeItIsFlushed) {
    const TempFolder folder;
    auto history = reopened(folder.path());
    history.write_behind();
    auto endless = record_of(1, "b");
    endless.config = {{"limit", std::numeric_limits<double>::infinity()}};
    ASSERT_TRUE(history.add("p", record_of(1, "a")));
    ASSERT_TRUE(history.add("q", endless));
    ASSERT_TRUE(history.ended("p", 1, "replaced", false));
    ASSERT_TRUE(history.add("p", record_of(2, "b")));
    EXPECT_THAT(numbers(history, "p"), ElementsAre(2, 1));
    EXPECT_THAT(reopened(folder.path()).plugins(), IsEmpty());

    EXPECT_THAT(history.flush(), ElementsAre(Pair("q", HasSubstr("is not finite"))));
    EXPECT_THAT(numbers(reopened(folder.path()), "p"), ElementsAre(2, 1));
    EXPECT_THAT(history.flush(), IsEmpty()) << "what cannot be written is told once";
}

TEST(History, ASnapshotStaysAsLongAsTheFileOnDiskNamesIt) {
    const TempFolder folder, plugins;
    auto history = reopened(folder.path());
    history.write_behind();
    fs::path first;
    for (std::size_t number = 1; number <= history_generations_max + 1; ++number) {
        const auto text = std::to_string(number);
        const auto file = plugins.write("p.py", text);
        PluginSource own;
        own.name = "p";
        own.entry = file;
        own.root = plugins.path();
        const auto kept = history.keep_sources(own, {{file, sha256(text)}}, {plugins.path()});
        ASSERT_TRUE(kept);
        if (number == 1) first = kept->entry;
        auto record = record_of(number, text);
        record.entry = kept->entry;
        if (number > history_generations_max) {
            EXPECT_THAT(history.flush(), IsEmpty());
        }
        ASSERT_TRUE(history.add("p", record));
    }
    EXPECT_TRUE(fs::exists(first)) << "the file on disk still names it";
    EXPECT_THAT(history.flush(), IsEmpty());
    EXPECT_FALSE(fs::exists(first));
}

TEST(History, RefusesWhatCouldNotBeReadAgain) {
    const TempFolder folder;
    auto history = reopened(folder.path());
    auto record = record_of(1, "a");
    record.config = {{"limit", std::numeric_limits<double>::infinity()}};
    EXPECT_THAT(history.add("p", record).error(), HasSubstr("a number in it is not finite"));
    EXPECT_THAT(history.add("../p", record_of(1, "a")).error(),
                HasSubstr("'../p' is no plugin name"));
    EXPECT_FALSE(fs::exists(folder.path().parent_path() / "p.json"));
}

}  // namespace
}  // namespace hotreload
