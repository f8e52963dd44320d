#pragma once
// A builder on a folder of its own, with a real compiler and a small SDK.

#include <dlfcn.h>

#include <optional>
#include <stdexcept>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "hotreload/base/temp_folder_test.h"
#include "hotreload/build/builder.h"

namespace hotreload {

inline constexpr std::chrono::seconds build_patience{180};  // compilers on a busy machine

inline int call_answer(const std::filesystem::path& library) {
    void* handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) throw std::runtime_error(::dlerror());
    const auto answer = reinterpret_cast<int (*)()>(::dlsym(handle, "answer"));
    const int value = answer == nullptr ? -1 : answer();
    ::dlclose(handle);
    return value;
}

class BuilderTest : public testing::Test {
protected:
    BuilderTest() {
        folder_.write(
            "sdk/tiny/tiny.hpp",
            "#pragma once\n#define EXPORT extern \"C\" __attribute__((visibility(\"default\")))\n"
            "inline int sdk_value() { return 1; }\n");
        options_.include_dirs = {folder_.path() / "sdk"};
        options_.cache_dir = folder_.path() / "cache";
        access_.read = {folder_.path() / "plugins"};
    }

    PluginSource single(const std::string& text) {
        PluginSource source{.name = "one", .root = folder_.path() / "plugins"};
        source.entry = folder_.write("plugins/one.cpp", text);
        source.files = {source.entry};
        return source;
    }
    PluginSource package() {
        PluginSource source{.name = "pack", .root = folder_.path() / "plugins"};
        source.folder = source.root / "pack";
        source.entry =
            folder_.write("plugins/pack/a.cpp", "#include \"b.hpp\"\n" + answer_text("b()"));
        const auto b = folder_.write("plugins/pack/b.cpp",
                                     "#include \"b.hpp\"\n#include \"shared/c.hpp\"\n"
                                     "int b() { return c_value; }\n");
        source.files = {source.entry, b, folder_.write("plugins/pack/b.hpp", "int b();\n")};
        folder_.write("plugins/shared/c.hpp", "constexpr int c_value = 7;\n");
        return source;
    }
    // A compiler that does `before` and then what g++ does.
    void compiler_script(const std::string& before) {
        const auto script = folder_.write("bin/cxx", "#!/bin/sh\nif [ \"$1\" != -v ]; then\n" +
                                                         before + "\nfi\nexec g++ \"$@\"\n");
        std::filesystem::permissions(script, std::filesystem::perms::owner_all);
        options_.compiler = script;
        options_.writable = {folder_.path()};
    }

    Builder& builder() {
        if (!builder_) builder_.emplace(loop_.get_executor(), options_);
        return *builder_;
    }
    template <class T>
    T wait(Task<T> task) {
        std::optional<T> value;
        std::exception_ptr error;
        asio::co_spawn(loop_, std::move(task), [&](std::exception_ptr e, T v) {
            error = e;
            value.emplace(std::move(v));
        });
        run_loop([&] { return value.has_value(); });
        if (error) std::rethrow_exception(error);
        return std::move(*value);
    }
    void wait(Task<void> task) {
        bool done = false;
        asio::co_spawn(loop_, std::move(task), [&](std::exception_ptr) { done = true; });
        run_loop([&] { return done; });
    }
    template <class Done>
    void run_loop(Done done) {
        loop_.restart();
        const auto end = monotonic_now() + build_patience;
        while (!done() && monotonic_now() < end) loop_.run_one_for(std::chrono::milliseconds(100));
        ASSERT_TRUE(done()) << "nothing came of it in time";
    }
    Result<Artifact, Failure> build(PluginSource source, BuildConfig config = {}) {
        return wait(builder().build({std::move(source), std::move(config), access_}));
    }
    Artifact built(PluginSource source, BuildConfig config = {}) {
        return build(std::move(source), std::move(config)).value();
    }
    Failure refused(PluginSource source, BuildConfig config = {}) {
        auto result = build(std::move(source), std::move(config));
        if (result) throw std::runtime_error("it was built");
        EXPECT_EQ(result.error().stage, Stage::building);
        return result.error();
    }
    static std::string answer_text(const std::string& value) {
        return "#include <tiny/tiny.hpp>\nEXPORT int answer() { return " + value + "; }\n";
    }

    TempFolder folder_;
    asio::io_context loop_;
    BuilderOptions options_;
    BuildAccess access_;
    std::optional<Builder> builder_;
};

}  // namespace hotreload
