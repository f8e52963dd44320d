#include <sys/stat.h>

#include <algorithm>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hotreload/base/coroutine_test.h"
#include "hotreload/base/durable_file.h"
#include "hotreload/base/killed_child_test.h"
#include "hotreload/base/large_file.h"
#include "hotreload/base/process.h"
#include "hotreload/base/temp_folder_test.h"
#include "hotreload/history/history.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;
using testing::IsEmpty;

// A plugin folder, a second one, and a history beside them.
class SnapshotsTest : public testing::Test {
protected:
    fs::path write(const std::string& below, const std::string& text) {
        return folder_.write(below, text);
    }
    void plugin(const std::string& entry, const std::string& folder = "") {
        source_ = {};
        source_.name = "p";
        source_.language = Language::python;
        source_.root = folder_.path() / "plugins";
        source_.entry = folder_.path() / entry;
        if (!folder.empty()) source_.folder = folder_.path() / folder;
    }
    // These files with the hashes that they have now.
    std::vector<FileHash> files(const std::vector<std::string>& below) const {
        std::vector<FileHash> files;
        for (const auto& name : below)
            files.push_back({folder_.path() / name, sha256_file(folder_.path() / name)});
        return files;
    }
    auto keep(const std::vector<FileHash>& files) {
        return history_.keep_sources(source_, files, roots_);
    }
    std::vector<std::string> names_in(const std::string& below) const {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(folder_.path() / "history" / below))
            names.push_back(entry.path().filename());
        return names;
    }
    void add(std::uint64_t number, const std::string& content, const Snapshot& snapshot) {
        GenerationRecord record;
        record.number = number;
        record.fingerprint = sha256(content);
        record.language = Language::python;
        record.entry = snapshot.entry;
        record.folder = snapshot.folder;
        record.roots = snapshot.roots;
        ASSERT_TRUE(history_.add("p", record));
    }
    void reopen() {
        auto opened = History::open(folder_.path() / "history");
        EXPECT_THAT(opened.problems, IsEmpty());
        history_ = std::move(opened.history);
    }

    TempFolder folder_;
    std::vector<fs::path> roots_{folder_.path() / "plugins", folder_.path() / "more"};
    PluginSource source_;
    History history_ = History::open(folder_.path() / "history").history;
};

TEST_F(SnapshotsTest, ReproducesTheFoldersReadOnly) {
    write("plugins/p.py", "one");
    write("plugins/words/de.txt", "zwei");
    write("more/shared.py", "three");
    write("elsewhere/lib.py", "four");
    plugin("plugins/p.py");
    const auto kept = keep(files({"plugins/p.py", "plugins/words/de.txt", "more/shared.py",
                                  "elsewhere/lib.py", "plugins/missing.txt"}));
    ASSERT_TRUE(kept) << kept.error().reason;
    ASSERT_EQ(kept->roots.size(), 2U);
    EXPECT_EQ(kept->entry, kept->roots[0] / "p.py");
    EXPECT_TRUE(kept->folder.empty());
    EXPECT_EQ(read_whole_file(kept->entry), "one");
    EXPECT_EQ(read_whole_file(kept->roots[0] / "words/de.txt"), "zwei");
    EXPECT_EQ(read_whole_file(kept->roots[1] / "shared.py"), "three");
    EXPECT_EQ(names_in("blobs").size(), 3U) << "what lies outside all roots is left out";
    struct stat status{};
    ASSERT_EQ(::stat(kept->entry.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0444U);
    EXPECT_EQ(status.st_nlink, 2U);
}

TEST_F(SnapshotsTest, ALargeFileIsKeptAsItsMarkSays) {
    write("plugins/p.py", "one");
    const auto large = write("plugins/weights.bin", "begins");
    fs::resize_file(large, hashed_file_bytes_max + 1);
    plugin("plugins/p.py");
    const auto marked = [&] {
        struct stat status{};
        EXPECT_EQ(::stat(large.c_str(), &status), 0);
        auto all = files({"plugins/p.py"});
        all.push_back({large, digest_of_mark(mark_of(status))});
        return all;
    };
    const auto loaded = marked();
    const auto kept = keep(loaded);
    ASSERT_TRUE(kept) << kept.error().reason;
    EXPECT_EQ(sha256_file(kept->roots[0] / "weights.bin"), sha256_file(large));
    fs::resize_file(large, hashed_file_bytes_max + 2);
    const auto newer = marked();
    ASSERT_NE(newer.back().digest, loaded.back().digest);
    fs::resize_file(large, hashed_file_bytes_max + 3);
    const auto late = keep(newer);
    ASSERT_FALSE(late);
    EXPECT_TRUE(late.error().overtaken) << late.error().reason;
}

TEST_F(SnapshotsTest, TheSameContentIsKeptOnce) {
    write("plugins/p.py", "one");
    plugin("plugins/p.py");
    const auto loaded = files({"plugins/p.py"});
    const auto first = keep(loaded);
    ASSERT_TRUE(first);
    add(1, "one", *first);
    // Gone from disk, but kept: that is as good.
    fs::remove(folder_.path() / "plugins/p.py");
    const auto again = keep(loaded);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->entry, first->entry);
    EXPECT_EQ(names_in("snapshots").size(), 1U);
    write("plugins/copy.py", "one");
    plugin("plugins/copy.py");
    const auto other = keep(files({"plugins/copy.py"}));
    ASSERT_TRUE(other);
    EXPECT_NE(other->entry, first->entry);
    EXPECT_EQ(names_in("blobs").size(), 1U);
}

TEST_F(SnapshotsTest, RefusesWhatHasChangedOrIsMissing) {
    const auto file = write("plugins/p.py", "one");
    plugin("plugins/p.py");
    const auto loaded = files({"plugins/p.py"});
    write("plugins/p.py", "two");
    auto refused = keep(loaded).error();
    EXPECT_EQ(refused.reason, file.native() + " changed since it was loaded");
    EXPECT_TRUE(refused.overtaken);
    fs::remove(file);
    refused = keep(loaded).error();
    EXPECT_EQ(refused.reason, "cannot read " + file.native() + ": No such file or directory");
    EXPECT_TRUE(refused.overtaken);
    refused = keep(files({"plugins/p.py"})).error();
    EXPECT_EQ(refused.reason, file.native() + " is not among the files that were loaded");
    EXPECT_FALSE(refused.overtaken);
    EXPECT_THAT(names_in("snapshots"), IsEmpty());
    EXPECT_THAT(names_in("blobs"), IsEmpty());
}

TEST_F(SnapshotsTest, KeepsFromMemoryWhatTheDiskNoLongerHolds) {
    const auto file = write("plugins/p.py", "one");
    const auto data = write("plugins/data.txt", "data");
    plugin("plugins/p.py");
    const auto loaded = files({"plugins/p.py", "plugins/data.txt"});
    write("plugins/p.py", "two");
    const Contents contents{{sha256("one"), std::make_shared<const std::string>("one")}};
    const auto kept = history_.keep_sources(source_, loaded, roots_, contents);
    ASSERT_TRUE(kept) << kept.error().reason;
    EXPECT_EQ(read_whole_file(kept->entry), "one");
    EXPECT_EQ(read_whole_file(kept->roots[0] / "data.txt"), "data");
    struct stat status{};
    ASSERT_EQ(::stat(kept->entry.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0444U);
}

TEST_F(SnapshotsTest, AFileBelowTwoRootsIsFoundByBoth) {
    write("plugins/sub/p.py", "one");
    plugin("plugins/sub/p.py");
    source_.root = folder_.path() / "plugins/sub";
    roots_ = {folder_.path() / "plugins/", folder_.path() / "plugins/sub"};
    const auto kept = keep(files({"plugins/sub/p.py"}));
    ASSERT_TRUE(kept) << kept.error().reason;
    EXPECT_EQ(kept->entry, kept->roots[1] / "p.py");
    EXPECT_EQ(read_whole_file(kept->roots[0] / "sub/p.py"), "one");
}

TEST_F(SnapshotsTest, PythonImportsAPackageFromIt) {
    write("plugins/p/__init__.py",
          "from . import part\nfrom .sub.deep import WORD\nimport shared\nimport os\n"
          "here = os.path.dirname(__file__)\n"
          "print(part.VALUE, WORD, shared.VALUE, open(os.path.join(here, 'data.txt')).read())\n"
          "print(open(os.path.join(os.path.dirname(here), 'words.txt')).read())\n");
    write("plugins/p/part.py", "VALUE = 'part'\n");
    write("plugins/p/sub/__init__.py", "");
    write("plugins/p/sub/deep.py", "from .. import part\nWORD = part.VALUE + ' of deep'\n");
    write("plugins/p/data.txt", "data");
    write("plugins/words.txt", "words");
    write("more/shared.py", "VALUE = 'shared'\n");
    plugin("plugins/p/__init__.py", "plugins/p");
    const auto kept = keep(files({"plugins/p/__init__.py", "plugins/p/part.py",
                                  "plugins/p/sub/__init__.py", "plugins/p/sub/deep.py",
                                  "plugins/p/data.txt", "plugins/words.txt", "more/shared.py"}));
    ASSERT_TRUE(kept) << kept.error().reason;
    EXPECT_EQ(kept->folder, kept->roots[0] / "p");
    fs::remove_all(folder_.path() / "plugins");
    fs::remove_all(folder_.path() / "more");

    asio::io_context loop;
    SpawnOptions options;
    options.argv = {"/usr/bin/python3",
                    "-B",
                    "-c",
                    "import sys\nfrom hotreload import loading\n"
                    "loading.import_entry(loading.FileRecord(sys.argv[2:]), 'x.plugins.p', "
                    "sys.argv[1])\n",
                    kept->entry,
                    kept->roots[0],
                    kept->roots[1]};
    options.env = {{"PYTHONPATH", std::string(SOURCE_DIR) + "/sdk/python"}};
    const auto run = run_to_end(loop, run_process(options, {}));
    ASSERT_TRUE(run);
    EXPECT_EQ(run->output, "part part of deep shared data\nwords\n");
}

TEST_F(SnapshotsTest, GoesWithTheLastRecordThatNamesIt) {
    plugin("plugins/p.py");
    std::vector<Snapshot> kept;
    for (std::uint64_t number = 1; number <= history_generations_max + 1; ++number) {
        write("plugins/p.py", "content " + std::to_string(number));
        kept.push_back(*keep(files({"plugins/p.py"})));
        // The second one is gone back to once, so two records name it.
        add(number, std::to_string(number), number == 4 ? kept[1] : kept.back());
    }
    EXPECT_FALSE(fs::exists(kept[0].entry)) << "dropped";
    EXPECT_TRUE(fs::exists(kept[1].entry));
    EXPECT_FALSE(fs::exists(kept[3].entry)) << "never named, and no longer the newest";
    history_.sweep();
    EXPECT_EQ(names_in("blobs").size(), 9U);
    write("plugins/p.py", "content 12");
    add(12, "12", *keep(files({"plugins/p.py"})));
    EXPECT_TRUE(fs::exists(kept[1].entry)) << "the record of generation 4 still names it";
    EXPECT_EQ(names_in("snapshots").size(), 10U);
}

TEST_F(SnapshotsTest, OneThatIsNotNamedYetOutlivesOtherPluginsButNotTheProgram) {
    write("plugins/p.py", "one");
    plugin("plugins/p.py");
    const auto kept = keep(files({"plugins/p.py"}));
    ASSERT_TRUE(kept);
    for (std::uint64_t number = 1; number <= 12; ++number) add(number, std::to_string(number), {});
    EXPECT_TRUE(fs::exists(kept->entry));
    reopen();
    EXPECT_FALSE(fs::exists(kept->entry));
    EXPECT_THAT(names_in("blobs"), IsEmpty());
}

TEST_F(SnapshotsTest, NothingIsRemovedWhileAFileCannotBeRead) {
    write("plugins/p.py", "one");
    plugin("plugins/p.py");
    const auto kept = keep(files({"plugins/p.py"}));
    ASSERT_TRUE(kept);
    add(1, "one", *kept);
    folder_.write("history/p.json", "{");
    EXPECT_EQ(History::open(folder_.path() / "history").problems.size(), 1U);
    EXPECT_TRUE(fs::exists(kept->entry)) << "the file may be mended by hand";
}

TEST_F(SnapshotsTest, AHalfMadeOneIsNeverTakenForAWholeOne) {
    write("plugins/p.py", "one");
    write("plugins/q.py", "two");
    plugin("plugins/p.py");
    const auto loaded = files({"plugins/p.py", "plugins/q.py"});
    const auto kept = keep(loaded);
    ASSERT_TRUE(kept);
    const auto whole = kept->roots[0].parent_path();
    fs::rename(whole, whole.parent_path() / (std::string(unfinished_prefix) + "x"));
    fs::remove(whole.parent_path() / (std::string(unfinished_prefix) + "x") / "0/q.py");
    reopen();
    EXPECT_THAT(names_in("snapshots"), IsEmpty());
    ASSERT_TRUE(keep(loaded));
    EXPECT_EQ(read_whole_file(kept->roots[0] / "q.py"), "two");
}

TEST_F(SnapshotsTest, SaysWhatCannotBeWritten) {
    write("plugins/p.py", "one");
    plugin("plugins/p.py");
    fs::remove_all(folder_.path() / "history/blobs");
    folder_.write("history/blobs", "in the way");
    EXPECT_EQ(keep(files({"plugins/p.py"})).error().reason,
              "cannot make a file in " + (folder_.path() / "history/blobs").native() +
                  ": Not a directory");
    fs::resize_file(write("plugins/huge.bin", ""), snapshot_bytes_max + 1);
    auto huge = files({"plugins/p.py"});
    huge.push_back({folder_.path() / "plugins/huge.bin", sha256("never read")});
    fs::remove(folder_.path() / "history/blobs");
    reopen();
    EXPECT_EQ(keep(huge).error().reason,
              "its files are too large to be kept: more than 256 MiB with " +
                  (folder_.path() / "plugins/huge.bin").native());
    EXPECT_THAT(names_in("blobs"), IsEmpty());
}

// A child publishes generation after generation until it is killed in the midst of it.
TEST_F(SnapshotsTest, EveryRecordIsWholeAfterKills) {
    plugin("plugins/p.py");
    std::mt19937 random(7);
    // How long one takes is the disk's affair.
    const Stopwatch watch;
    write("plugins/p.py", "content 0");
    write("plugins/data.txt", "data 0");
    const auto first = keep(files({"plugins/p.py", "plugins/data.txt"}));
    ASSERT_TRUE(first);
    add(0, "0", *first);
    const auto span =
        std::max<std::chrono::nanoseconds>(std::chrono::milliseconds(50), 4 * watch.total());
    std::uint64_t number = 1;
    for (int round = 0; round < 20; ++round) {
        const std::chrono::nanoseconds moment(random() % span.count());
        ASSERT_TRUE(killed_midway(moment, [&] {
            write("plugins/p.py", "content " + std::to_string(number));
            write("plugins/data.txt", "data " + std::to_string(number));
            const auto kept = keep(files({"plugins/p.py", "plugins/data.txt"}));
            if (kept) add(number, std::to_string(number), *kept);
            ++number;
            return kept && !HasFailure();
        }));
        reopen();
        const auto* history = history_.find("p");
        if (history == nullptr) continue;
        ASSERT_LE(names_in("snapshots").size(), history->records.size());
        for (const auto& record : history->records) {
            const auto text = read_whole_file(record.entry);
            ASSERT_EQ(text, "content " + std::to_string(record.number));
            ASSERT_EQ(read_whole_file(record.roots[0] / "data.txt"),
                      "data " + std::to_string(record.number));
        }
        number = history->records.front().number + 1;
    }
    EXPECT_GT(number, 1U) << "no child came far enough to record anything";
}

}  // namespace
}  // namespace hotreload
