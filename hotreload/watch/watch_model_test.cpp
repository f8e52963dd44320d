// Random file operations against a model: whatever differs between two looks at the tree has been
// hinted in between.

#include <sys/stat.h>

#include <map>
#include <random>
#include <sstream>

#include "hotreload/config/patterns.h"
#include "hotreload/watch/watcher_fixture_test.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;

using Tree = std::map<std::string, std::string>;  // path: what it is and holds

constexpr int steps = 100;
constexpr int operations_max = 4;  // between two looks
constexpr Millis settled_within{60'000};
constexpr int depth_max = 5;  // links may lead in circles; the watcher enters each once

class Model {
public:
    Model(fs::path root, fs::path outside, unsigned seed)
        : root_(std::move(root)), outside_(std::move(outside)), random_(seed) {}

    // Does one thing; errors (no such folder, not empty, a link in a circle) are part of life.
    void change() {
        const auto path = some_path();
        const auto other = some_path();
        std::error_code ignored;
        const auto what = pick(13);
        log_ << what << ' ' << path.native() << " " << other.native() << '\n';
        switch (what) {
            case 0:
            case 1:
            case 2:
                return write(path);
            case 3:
                return static_cast<void>(fs::create_directories(path, ignored));
            case 4:
                return static_cast<void>(fs::remove(path, ignored));
            case 5:
                return static_cast<void>(fs::remove_all(path, ignored));
            case 6:
            case 7:
                return fs::rename(path, other, ignored);
            case 8:
                return fs::create_directory_symlink(pick(2) == 0 ? other : other.filename(), path,
                                                    ignored);
            case 9:
                return replace_link(path, other);
            case 10:
                return fs::create_hard_link(path, other, ignored);
            case 11:
                return write_deep(path);
            default:  // rarely: it is told only when the watcher has waited for a writer
                return pick(8) == 0 ? save_by_link(path) : write(path);
        }
    }

    [[nodiscard]] Tree look() const {
        Tree tree;
        look_at(root_, 0, tree);
        return tree;
    }
    [[nodiscard]] std::string log() const { return log_.str(); }

private:
    unsigned pick(unsigned below) { return static_cast<unsigned>(random_() % below); }

    fs::path some_path() {
        static const std::vector<std::string> folders{"a", "b", "c"};
        static const std::vector<std::string> files{"x.py", "y.cpp", "z", "a", "b"};
        auto path = pick(4) == 0 ? outside_ : root_;
        for (auto deep = pick(3); deep > 0; --deep) path /= folders[pick(3)];
        return path / files[pick(5)];
    }
    void write(const fs::path& path) {
        struct stat status{};
        const bool several_names = ::stat(path.c_str(), &status) == 0 && status.st_nlink > 1;
        if (several_names) return;  // also a folder; for files see WatchHint
        std::ofstream(path, std::ios::app) << random_() << '\n';
    }
    void write_deep(const fs::path& path) {
        std::error_code ignored;
        fs::create_directories(path / "deep/er", ignored);
        write(path / "deep/er/x.py");
    }
    void replace_link(const fs::path& path, const fs::path& target) {
        std::error_code ignored;
        const auto temporary = outside_ / ".link";
        fs::remove(temporary, ignored);
        fs::create_directory_symlink(target, temporary, ignored);
        fs::rename(temporary, path, ignored);
    }
    // Complete under another name at once, with one name left.
    void save_by_link(const fs::path& path) {
        std::error_code ignored;
        const auto temporary = outside_ / ".saved";
        std::ofstream(temporary) << random_();
        fs::remove(path, ignored);
        fs::create_hard_link(temporary, path, ignored);
        fs::remove(temporary, ignored);
    }

    void look_at(const fs::path& path, int depth, Tree& tree) const {
        const ReloadSettings settings;
        struct stat status{};
        if (::stat(path.c_str(), &status) != 0) return;
        if (!S_ISDIR(status.st_mode)) {
            if (!matches_any(path.filename().native(), settings.watch_patterns)) return;
            std::ifstream file(path);
            tree[path] = std::string{std::istreambuf_iterator<char>(file), {}};
            return;
        }
        if (depth > depth_max || in_circle(path)) return;
        tree[path] = "folder";
        std::error_code failed;
        for (fs::directory_iterator it(path, failed); !failed && it != fs::directory_iterator();
             it.increment(failed))
            if (enterable(it->path().filename(), settings.ignore_patterns))
                look_at(it->path(), depth + 1, tree);
    }
    // Whether a folder above on this way is the same.
    [[nodiscard]] bool in_circle(const fs::path& path) const {
        for (auto above = path; above != root_;) {
            above = above.parent_path();
            if (fs::equivalent(above, path)) return true;
        }
        return false;
    }

    fs::path root_;
    fs::path outside_;
    std::mt19937 random_;
    std::ostringstream log_;
};

bool covered(const std::string& path, const std::set<fs::path>& hints) {
    for (fs::path above = path; above.has_relative_path(); above = above.parent_path())
        if (hints.contains(above)) return true;
    return false;
}

struct Way {
    std::string name;
    WatchMode mode;
    unsigned seed;
};

class WatchModelTest : public WatcherTest, public testing::WithParamInterface<Way> {
protected:
    void take(const std::optional<WatchHint>& hint) {
        if (!hint) return;
        everything_ = everything_ || hint->paths.empty();
        hints_.insert(hint->paths.begin(), hint->paths.end());
    }
    [[nodiscard]] std::vector<std::string> uncovered(const Tree& before, const Tree& now) const {
        std::vector<std::string> paths;
        if (everything_) return paths;
        for (const auto& [path, content] : before)
            if ((!now.contains(path) || now.at(path) != content) && !covered(path, hints_))
                paths.push_back(path);
        for (const auto& [path, content] : now)
            if (!before.contains(path) && !covered(path, hints_)) paths.push_back(path);
        return paths;
    }
    // What has been hinted by the time that all of it must have been.
    void settle_and_compare(const Tree& before, const Model& model) {
        const auto now = model.look();
        const auto end = deadline_after(settled_within);
        const auto mark = at("plugins/mark.py");
        append(mark);
        while (!everything_ && !hints_.contains(mark)) take(next());
        while (!uncovered(before, now).empty() && monotonic_now() < end)
            take(next_within(Millis{100}));
        EXPECT_THAT(uncovered(before, now), testing::IsEmpty()) << "after\n" << model.log();
        hints_.clear();
        everything_ = false;
    }

    Paths hints_;
    bool everything_ = false;
};

TEST_P(WatchModelTest, WhatDiffersHasBeenHinted) {
    auto chosen = options();
    chosen.mode = GetParam().mode;
    chosen.poll_interval = Millis{1};
    fs::create_directories(at("outside"));
    append(at("plugins/mark.py"));
    start({at("plugins")}, std::move(chosen));
    Model model(at("plugins"), at("outside"), GetParam().seed);
    std::mt19937 random(GetParam().seed);
    for (int step = 0; step < steps && !HasFailure(); ++step) {
        const auto before = model.look();
        for (auto left = random() % operations_max; left > 0; --left) {
            model.change();
            // Sometimes the watcher looks in the midst of it.
            if (random() % 4 == 0) take(next_within(Millis{1}));
        }
        settle_and_compare(before, model);
    }
}

std::vector<Way> ways() {
    std::vector<Way> all;
    for (unsigned seed = 1; seed <= 8; ++seed)
        all.push_back({"Events" + std::to_string(seed), WatchMode::automatic, seed});
    for (unsigned seed = 1; seed <= 4; ++seed)
        all.push_back({"Poll" + std::to_string(seed), WatchMode::poll, seed});
    return all;
}

INSTANTIATE_TEST_SUITE_P(Seeds, WatchModelTest, testing::ValuesIn(ways()),
                         [](const auto& given) { return given.param.name; });

}  // namespace
}  // namespace hotreload
