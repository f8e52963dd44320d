#include "hotreload/build/run_folder.h"

#include <stdlib.h>

#include <exception>
#include <fstream>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "hotreload/base/clock.h"
#include "hotreload/base/durable_file.h"
#include "hotreload/base/process.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;

class RunFolderTest : public ::testing::Test {
protected:
    void SetUp() override {
        auto name = (fs::temp_directory_path() / "run-folder-test-XXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        tmp_ = fs::canonical(name);
    }
    void TearDown() override { fs::remove_all(tmp_); }

    // A process that would go on for a minute, with this folder for its temporary files.
    Process compiler(const fs::path& folder) {
        SpawnOptions options;
        options.argv = {"/bin/sleep", "60"};
        options.env = {{"TMPDIR", folder.native()}};
        auto process = *Process::spawn(loop_.get_executor(), options);
        // Its environment can be read a moment after it has started, not at once.
        const auto file = "/proc/" + std::to_string(process.pid()) + "/environ";
        const auto until = deadline_after(Millis(60'000));
        while (read_whole_file(file).value_or("").empty() && monotonic_now() < until)
            std::this_thread::yield();
        return process;
    }
    // Whether it ends within the time.
    bool ends(Process& process, Millis within) {
        bool ended = false;
        asio::co_spawn(loop_, wait(process, within, ended),
                       [](const std::exception_ptr& error) { EXPECT_EQ(error, nullptr); });
        loop_.restart();
        loop_.run_for(within * 2);
        return ended;
    }
    static Task<void> wait(Process& process, Millis within, bool& ended) {
        const auto status = co_await process.exited(within);
        ended = status.has_value();
    }

    fs::path tmp_;
    asio::io_context loop_{1};
};

TEST_F(RunFolderTest, IsGoneWithTheRun) {
    fs::path path;
    {
        const RunFolder folder(tmp_);
        path = folder.path();
        std::ofstream(path / "ccXYZ.s") << "half";
        EXPECT_NE(path, tmp_);
    }
    EXPECT_FALSE(fs::exists(path));
}

TEST_F(RunFolderTest, WhatALivingHostRunsIsLeftAlone) {
    const RunFolder folder(tmp_);
    auto process = compiler(folder.path());
    EXPECT_EQ(end_orphans(tmp_), 0U);
    EXPECT_FALSE(ends(process, Millis(100)));
    EXPECT_TRUE(fs::exists(folder.path()));
}

TEST_F(RunFolderTest, WhatADeadHostHasLeftIsEnded) {
    // Our own pid, but a process that began at another time.
    const auto left = tmp_ / ("run-" + std::to_string(::getpid()) + "-1-abcdef");
    fs::create_directories(left);
    auto process = compiler(left);
    EXPECT_EQ(end_orphans(tmp_), 1U);
    EXPECT_TRUE(ends(process, Millis(60'000)));
    EXPECT_FALSE(fs::exists(left));
}

}  // namespace
}  // namespace hotreload
