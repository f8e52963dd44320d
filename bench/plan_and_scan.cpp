// What one full look at the plugin folders costs on one thread when nothing has changed and the
// stat cache is warm: discover every plugin, fingerprint each; and the plan that is made of it.
//
//   plan_and_scan [OPTIONS OF GOOGLE BENCHMARK]
//
// "packages" are folders of 100 Python files, a quarter of them in a folder within; "single" are
// plugins of one file each. "one_package" is a single package of all of them, and the whole look of
// the engine's catalog, which compares it with the look before.

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "hotreload/base/temp_folder_test.h"
#include "hotreload/reload/catalog.h"
#include "hotreload/reload/planner.h"
#include "hotreload/source/discovery.h"
#include "hotreload/source/fingerprint.h"

namespace {

using namespace hotreload;

constexpr int files_of_package = 100;

// The files were written in the past, as far as the stat cache can see.
void settle() {
    const timespec moment{0, 2 * StatCache::settle_ns};
    ::clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, nullptr);
}

void write_packages(const TempFolder& folder, int files) {
    for (int i = 0; i < files; ++i) {
        const int package = i / files_of_package;
        const int own = i % files_of_package;
        const auto name = own == 0 ? std::string("__init__") : fmt::format("module{:02}", own);
        folder.write(fmt::format("p{}/{}{}.py", package, own % 4 == 1 ? "within/" : "", name),
                     fmt::format("VALUE = {}\n", i));
    }
}

void write_single(const TempFolder& folder, int files) {
    for (int i = 0; i < files; ++i)
        folder.write(fmt::format("plugin{}.py", i), fmt::format("VALUE = {}\n", i));
}

std::size_t look(const TempFolder& folder, StatCache& cache) {
    std::size_t files = 0;
    const auto discovery = discover({folder.path()}, ReloadSettings{});
    for (const auto& source : discovery.plugins) {
        const FingerprintInput input{.source = source, .config_text = "{}"};
        files += fingerprint(input, cache).files.size();
    }
    return files;
}

void scan(benchmark::State& state, void (*write)(const TempFolder& folder, int files)) {
    const TempFolder folder;
    const auto files = static_cast<int>(state.range(0));
    write(folder, files);
    settle();
    StatCache cache;
    if (look(folder, cache) != static_cast<std::size_t>(files))
        return state.SkipWithError("not all files were found");
    for (auto step : state) benchmark::DoNotOptimize(look(folder, cache));
    if (cache.hashed_count() != static_cast<std::size_t>(files))
        return state.SkipWithError("files were read again");
    state.counters["files"] = benchmark::Counter(static_cast<double>(files),
                                                 benchmark::Counter::kIsIterationInvariantRate);
}

void look_at_one_package(benchmark::State& state) {
    const TempFolder folder;
    const auto files = state.range(0);
    folder.write("pack/__init__.py", "VALUE = 0\n");
    for (std::int64_t i = 1; i < files; ++i)
        folder.write(fmt::format("pack/within{}/module{:02}.py", i / 100, i % 100), "VALUE = 1\n");
    settle();
    Catalog catalog(
        {.roots = {folder.path()}, .config_file = folder.path() / "plugins.yaml", .toolchain = {}});
    const auto& first = catalog.look({});
    if (first.entries.at("pack")->content.files.size() != static_cast<std::size_t>(files))
        return state.SkipWithError("not all files were found");
    for (auto step : state) benchmark::DoNotOptimize(catalog.look({}));
}

void plan_without_changes(benchmark::State& state) {
    PlanInput input;
    for (std::int64_t i = 0; i < state.range(0); ++i) {
        const auto name = fmt::format("plugin{}", i);
        const auto content = sha256(name);
        input.desired[name].fingerprint = content;
        input.actual[name].serving = content;
    }
    for (auto step : state) benchmark::DoNotOptimize(plan(input));
}

void sizes(benchmark::internal::Benchmark* bench) {
    for (const int files : {5, 50, 500, 5'000, 50'000}) bench->Arg(files);
    bench->Unit(benchmark::kMillisecond);
}

BENCHMARK_CAPTURE(scan, packages, &write_packages)->Apply(sizes);
BENCHMARK_CAPTURE(scan, single, &write_single)->Apply(sizes);
BENCHMARK(look_at_one_package)->Apply(sizes)->Name("scan/one_package");
BENCHMARK(plan_without_changes)->Apply(sizes);

}  // namespace

BENCHMARK_MAIN();
