#include "hotreload/build/builder.h"

#include <signal.h>
#include <sys/resource.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <gmock/gmock.h>

#include "hotreload/base/durable_file.h"
#include "hotreload/build/builder_fixture_test.h"
#include "hotreload/build/compiler_slots.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string read(const fs::path& file) { return read_whole_file(file).value_or(""); }

TEST_F(BuilderTest, ContentIsCompiledOnceAndFoundAgainEvenAfterARestart) {
    const auto first = built(single(answer_text("1")));
    EXPECT_EQ(first.compiled, 1u);
    EXPECT_EQ(call_answer(first.path), 1);
    EXPECT_EQ(first.path.parent_path(), options_.cache_dir / "artifacts");
    EXPECT_THAT(first.dependencies, IsEmpty()) << "the SDK is known by the toolchain";

    const auto second = built(single(answer_text("2")));
    EXPECT_NE(second.path, first.path);
    EXPECT_EQ(call_answer(second.path), 2);

    builder_.reset();
    const auto again = built(single(answer_text("1")));
    EXPECT_EQ(again.compiled, 0u);
    EXPECT_EQ(again.path, first.path);
    EXPECT_EQ(built(single(answer_text("1")), {.flags = {"-DX"}}).compiled, 1u) << "flags count";
}

TEST_F(BuilderTest, OnlyWhatIncludesAChangedHeaderIsCompiledAgain) {
    const auto source = package();
    const auto first = built(source);
    EXPECT_EQ(first.compiled, 2u);
    EXPECT_EQ(call_answer(first.path), 7);
    EXPECT_THAT(first.dependencies, ElementsAre(source.root / "shared/c.hpp"));

    folder_.write("plugins/shared/c.hpp", "constexpr int c_value = 8;\n");
    const auto second = built(source);
    EXPECT_EQ(second.compiled, 1u);
    EXPECT_EQ(call_answer(second.path), 8);
    EXPECT_EQ(second.dependencies, first.dependencies);

    folder_.write("plugins/shared/c.hpp", "constexpr int c_value = 7;\n");
    EXPECT_EQ(built(source).path, first.path);
}

TEST_F(BuilderTest, ErrorsOfAllFilesHavePlacesAndTheHeadersThatHadAPart) {
    auto source = package();
    folder_.write("plugins/pack/a.cpp", "int x = ;\n");
    folder_.write("plugins/shared/c.hpp", "constexpr int c_value = wrong;\n");
    const auto failure = refused(source);
    EXPECT_THAT(
        failure.reason,
        HasSubstr("pack/a.cpp:1:9: error: expected primary-expression before ';' token (and "));
    ASSERT_GE(failure.diagnostics.size(), 2u);
    EXPECT_EQ(failure.diagnostics[0].file, "pack/a.cpp");
    EXPECT_EQ(failure.diagnostics[0].line, 1);
    std::vector<std::string> files;
    for (const auto& diagnostic : failure.diagnostics) files.push_back(diagnostic.file);
    EXPECT_THAT(files, Contains(HasSubstr("shared/c.hpp")));
    EXPECT_THAT(failure.output, HasSubstr("int x = ;")) << "the line itself is shown";
    EXPECT_THAT(failure.dependencies, Contains(source.root / "shared/c.hpp"));
}

TEST_F(BuilderTest, AMissingHeaderIsADependencySoThatItsComingIsNoticed) {
    const auto source = single("#include \"shared/late.hpp\"\n" + answer_text("late()"));
    const auto failure = refused(source);
    EXPECT_THAT(failure.reason, HasSubstr("one.cpp:1:10: error: shared/late.hpp: No such file"));
    EXPECT_THAT(failure.dependencies, Contains(source.root / "shared/late.hpp"));
    folder_.write("plugins/shared/late.hpp", "inline int late() { return 5; }\n");
    EXPECT_EQ(call_answer(built(source).path), 5);
}

TEST_F(BuilderTest, ANewHeaderBesideAPluginMayBeOneThatItAskedFor) {
    const auto source = single(
        "#if __has_include(\"_late.hpp\")\n#include \"_late.hpp\"\n#else\n"
        "inline int late() { return 1; }\n#endif\n" +
        answer_text("late()"));
    EXPECT_EQ(call_answer(built(source).path), 1);
    folder_.write("plugins/_late.hpp", "inline int late() { return 5; }\n");
    EXPECT_EQ(call_answer(built(source).path), 5);
}

TEST_F(BuilderTest, AFunctionThatIsNowhereIsFoundWhenLinking) {
    const auto failure = refused(single("int nowhere(int);\n" + answer_text("nowhere(1)")));
    EXPECT_THAT(failure.reason, HasSubstr("nowhere(int)"));
    EXPECT_THAT(failure.reason, HasSubstr("one.cpp"));
}

TEST_F(BuilderTest, PackagesComeFromPkgConfigAndUnknownOnesAreNamed) {
    EXPECT_EQ(refused(single(answer_text("1")), {.packages = {"no-such-package"}}).reason,
              "pkg-config knows no package 'no-such-package' (named in plugins.yaml → one → "
              "build.packages): "
              "install its -dev package");
    for (const auto* no_name : {"--variable=x", "x.pc", "a/b"})
        EXPECT_THAT(refused(single(answer_text("1")), {.packages = {no_name}}).reason,
                    HasSubstr("knows no package"));
    const auto artifact = built(
        single("#include <openssl/crypto.h>\n" + answer_text("OpenSSL_version_num() > 0 ? 3 : 0")),
        {.packages = {"libcrypto"}});
    EXPECT_EQ(call_answer(artifact.path), 3);
    EXPECT_THAT(artifact.dependencies, IsEmpty())
        << "a distribution's headers are known by the package's version";
}

TEST_F(BuilderTest, AMissingCompilerSaysWhatToDo) {
    options_.compiler = "no-such-compiler";
    const auto reason = refused(single(answer_text("1"))).reason;
    EXPECT_THAT(reason, HasSubstr("no-such-compiler"));
    EXPECT_THAT(reason, HasSubstr("install a C++ compiler"));
    EXPECT_THROW(wait(builder().toolchain()), std::runtime_error);
}

TEST_F(BuilderTest, NoCppFileIsAFailure) {
    PluginSource source{
        .name = "none", .root = folder_.path(), .entry = folder_.path() / "none.cpp"};
    EXPECT_THAT(refused(source).reason, HasSubstr("no .cpp file"));
    source.files = {source.entry};
    EXPECT_THAT(refused(source).reason,
                HasSubstr("cannot read " + source.entry.native() + ": No such file"));
}

TEST_F(BuilderTest, ADamagedArtifactIsLinkedAgain) {
    const auto source = single(answer_text("4"));
    const auto first = built(source);
    fs::resize_file(first.path, fs::file_size(first.path) / 2);
    const auto again = built(source);
    EXPECT_EQ(again.path, first.path);
    EXPECT_EQ(again.compiled, 0u);
    EXPECT_EQ(call_answer(again.path), 4);
    for (const auto& object : fs::directory_iterator(options_.cache_dir / "objects"))
        if (object.path().extension() == ".o") fs::resize_file(object.path(), 100);
    fs::remove(first.path);
    EXPECT_EQ(built(source).compiled, 1u);
    EXPECT_EQ(call_answer(first.path), 4);
}

TEST_F(BuilderTest, ASourceWrittenToDuringTheCompileIsCompiledAgain) {
    const auto source = single(answer_text("1"));
    folder_.write("new.cpp", answer_text("2"));
    // The compiler reads the new text although the old one was hashed.
    const auto files = (folder_.path() / "new.cpp").native() + " " + source.entry.native();
    compiler_script("cmp -s " + files + " || cp " + files);
    folder_.write("plugins/one.cpp", answer_text("1"));
    const auto artifact = built(source);
    EXPECT_EQ(call_answer(artifact.path), 2);
    folder_.write("new.cpp", answer_text("1"));
    const auto old = built(single(answer_text("1")));
    EXPECT_NE(old.path, artifact.path);
    EXPECT_EQ(call_answer(old.path), 1) << "the new text must not lie under the old one's name";
}

TEST_F(BuilderTest, ASourceThatNeverRestsIsGivenUp) {
    const auto source = single(answer_text("1"));
    compiler_script("echo '// more' >> " + source.entry.native());
    EXPECT_THAT(refused(source).reason, HasSubstr("one.cpp or a header of it was written to"));
}

TEST_F(BuilderTest, ACancelledBuildKillsItsCompilersAndLeavesNoObject) {
    compiler_script("echo $$ > " + (folder_.path() / "pid.new").native() + "; mv " +
                    (folder_.path() / "pid.new").native() + " " +
                    (folder_.path() / "pid").native() + "; exec sleep 600");
    options_.parallel_max = 1;
    auto source = package();
    asio::cancellation_signal cancel;
    std::optional<std::exception_ptr> ended;
    asio::co_spawn(loop_, builder().build({source, {}, access_}),
                   asio::bind_cancellation_slot(
                       cancel.slot(), [&](std::exception_ptr error, auto) { ended = error; }));
    run_loop([&] { return fs::exists(folder_.path() / "pid"); });
    const auto pid = static_cast<pid_t>(std::stoi(read(folder_.path() / "pid")));
    ASSERT_EQ(::kill(pid, 0), 0);
    cancel.emit(asio::cancellation_type::terminal);
    run_loop([&] { return ended.has_value(); });
    EXPECT_TRUE(*ended) << "it ends by operation_aborted";
    run_loop([&] { return ::kill(pid, 0) != 0; });
    for (const auto& file : fs::directory_iterator(options_.cache_dir / "objects"))
        ADD_FAILURE() << file.path();
}

TEST_F(BuilderTest, ACompilerIsHeldAndGivesWay) {
    const auto outside = folder_.path() / "outside";
    const auto object = options_.cache_dir / "objects" / "of_another.o";
    const auto seen = folder_.write("seen/priority", "").parent_path();
    compiler_script("echo x > " + outside.native() + "; echo x > " + object.native() +
                    "; { nice; chrt -p $$; } > " + (seen / "priority").native() +
                    "; (exec 3<>/dev/tcp/127.0.0.1/1) 2> " + (seen / "network").native());
    // The network is asked for in the words of bash.
    const auto script = read(options_.compiler);
    folder_.write("bin/cxx", "#!/bin/bash" + script.substr(script.find('\n')));
    options_.writable = {seen};
    EXPECT_EQ(call_answer(built(single(answer_text("5"))).path), 5);
    EXPECT_FALSE(fs::exists(outside));
    EXPECT_FALSE(fs::exists(object));
    const auto priority = read(seen / "priority");
    EXPECT_THAT(priority, HasSubstr("SCHED_BATCH"));
    constexpr int nicest = 19;
    EXPECT_EQ(std::stoi(priority), std::min(::getpriority(PRIO_PROCESS, 0) + 5, nicest));
    EXPECT_THAT(read(seen / "network"), HasSubstr("Operation not permitted"));
}

// What a compiler leaves may be anything when it is not itself any more.
TEST_F(BuilderTest, WhatIsNoPlainFileIsNotKept) {
    folder_.write("secret", "token");
    compiler_script(
        "for last; do :; done; case $last in *.cpp) for o; do case $o in */object.o) "
        "ln -s " +
        (folder_.path() / "secret").native() + " $o; exit 0;; esac; done;; esac");
    EXPECT_THAT(refused(single(answer_text("1"))).reason,
                HasSubstr("cannot write to the build cache"));
    for (const auto& file : fs::directory_iterator(options_.cache_dir / "objects"))
        EXPECT_FALSE(file.is_symlink()) << file.path();
}

TEST_F(BuilderTest, TheDeadlineEndsABuild) {
    compiler_script("exec sleep 600");
    options_.deadline = Millis{3'000};  // enough to ask the compiler who it is
    EXPECT_THAT(refused(single(answer_text("1"))).reason,
                HasSubstr("the deadline passed while compiling one.cpp"));
}

TEST_F(BuilderTest, ThePrecompiledHeaderIsUsedAndNeverStale) {
    options_.precompiled_header_source = folder_.path() / "sdk/tiny/tiny.hpp";
    wait(builder().warm_up());
    const auto precompiled = fs::directory_iterator(options_.cache_dir / "pch")->path();
    ASSERT_TRUE(fs::exists(precompiled / "tiny/tiny.hpp.gch"));
    const auto toolchain = wait(builder().toolchain());
    // -H lists what is read; '!' marks a precompiled header that was taken. -Werror makes it
    // visible as a refusal.
    const auto failure =
        refused(single(answer_text("sdk_value()") + "#error stop\n"), {.flags = {"-H"}});
    EXPECT_THAT(failure.output, HasSubstr("! " + (precompiled / "tiny/tiny.hpp.gch").native()));
    EXPECT_EQ(call_answer(built(single(answer_text("sdk_value()"))).path), 1);

    folder_.write("sdk/tiny/tiny.hpp",
                  read(folder_.path() / "sdk/tiny/tiny.hpp") + "#define NEW 1\n");
    EXPECT_NE(wait(builder().toolchain()), toolchain);
    EXPECT_EQ(call_answer(built(single(answer_text("sdk_value() + NEW"))).path), 2);
    wait(builder().warm_up());
    EXPECT_FALSE(fs::exists(precompiled)) << "the one nobody needs any more is removed";
}

TEST_F(BuilderTest, OldObjectsAndArtifactsArePrunedButTheNewestOfAPluginStay) {
    options_.kept_artifacts = [] { return std::set<fs::path>{"written/otherwise/two-4.so"}; };
    const auto kept = built(single(answer_text("1")));
    const auto objects = options_.cache_dir / "objects";
    const auto long_ago = fs::file_time_type::clock::now() - std::chrono::hours(24 * 90);
    for (const auto& file : fs::directory_iterator(objects))
        fs::last_write_time(file.path(), long_ago);
    fs::last_write_time(kept.path, long_ago);
    for (int i = 0; i < 5; ++i) {
        const auto artifact = folder_.write("cache/artifacts/two-" + std::to_string(i) + ".so", "");
        fs::last_write_time(artifact, long_ago - std::chrono::hours(i));
    }
    wait(builder().warm_up());
    EXPECT_TRUE(fs::is_empty(objects));
    EXPECT_TRUE(fs::exists(kept.path));
    EXPECT_TRUE(fs::exists(options_.cache_dir / "artifacts/two-2.so"));
    EXPECT_FALSE(fs::exists(options_.cache_dir / "artifacts/two-3.so"));
    EXPECT_TRUE(fs::exists(options_.cache_dir / "artifacts/two-4.so")) << "a rollback needs it";
}

TEST(CompilerSlotsTest, NoMoreAtOnceThanSlotsAndADeadlineForWaiting) {
    asio::io_context loop;
    CompilerSlots slots(loop.get_executor(), 1);
    std::optional<CompilerSlots::Slot> first, second;
    bool gave_up = false;
    const auto acquire = [&](Millis patience_ms, std::optional<CompilerSlots::Slot>& into,
                             bool* none) {
        asio::co_spawn(loop, slots.acquire(deadline_after(patience_ms)),
                       [&into, none](std::exception_ptr, auto slot) {
                           if (slot)
                               into.emplace(std::move(*slot));
                           else if (none != nullptr)
                               *none = true;
                       });
    };
    acquire(Millis{60'000}, first, nullptr);
    loop.run();
    ASSERT_TRUE(first);
    loop.restart();
    acquire(Millis{10}, second, &gave_up);
    loop.run();
    EXPECT_TRUE(gave_up);
    EXPECT_FALSE(second);
    loop.restart();
    acquire(Millis{60'000}, second, nullptr);
    loop.poll();
    EXPECT_FALSE(second);
    first.reset();
    loop.run();
    EXPECT_TRUE(second);
}

}  // namespace
}  // namespace hotreload
