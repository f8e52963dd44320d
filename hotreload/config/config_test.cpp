#include "hotreload/config/config.h"

#include <vector>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include "hotreload/base/temp_folder_test.h"

namespace hotreload {
namespace {

struct ConfigTest : testing::Test {
    Result<PluginsConfig, ConfigError> read(const std::string& text) {
        return read_plugins_config(folder.write("plugins.yaml", text));
    }
    PluginsConfig good(const std::string& text) { return read(text).value(); }
    std::string plugin_config(const std::string& yaml) {
        return boost::json::serialize(
            good("plugins:\n  p:\n    config: " + yaml + "\n").plugins.at("p").config);
    }

    TempFolder folder;
};

TEST_F(ConfigTest, TheSeedSystemsFile) {
    const auto config = good(R"(
plugins:
  word_cloud: {enabled: true, config: {default_days: 30, default_top_n: 100}}
  engagement_scores:
    {enabled: false, config: {include_message_count: true}, depends_on: [word_cloud]}
  pictures: {build: {packages: [pangocairo], flags: ["-O3"]}}
settings:
  hot_reload: false
  reload_check_interval: 1.5
  watch_mode: poll
  watch_patterns: ['*.py']
  ignore_patterns: []
  additional_dirs: [more, ../beside, /elsewhere]
)");
    EXPECT_EQ(config.plugins.size(), 3u);
    EXPECT_TRUE(config.plugins.at("word_cloud").enabled);
    EXPECT_EQ(config.plugins.at("word_cloud").config.at("default_top_n"), 100);
    EXPECT_FALSE(config.plugins.at("engagement_scores").enabled);
    EXPECT_EQ(config.plugins.at("engagement_scores").depends_on,
              std::vector<std::string>{"word_cloud"});
    EXPECT_EQ(config.plugins.at("pictures").build.packages, std::vector<std::string>{"pangocairo"});
    EXPECT_EQ(config.plugins.at("pictures").build.flags, std::vector<std::string>{"-O3"});
    EXPECT_FALSE(config.settings.hot_reload);
    EXPECT_EQ(config.settings.reload_check_interval, 1.5);
    EXPECT_EQ(config.settings.watch_mode, WatchMode::poll);
    EXPECT_EQ(config.settings.watch_patterns, std::vector<std::string>{"*.py"});
    EXPECT_TRUE(config.settings.ignore_patterns.empty());
    const auto beside = folder.path().parent_path() / "beside";
    EXPECT_EQ(config.settings.additional_dirs,
              (std::vector<std::filesystem::path>{folder.path() / "more", beside, "/elsewhere"}));
}

TEST_F(ConfigTest, NothingMeansDefaults) {
    EXPECT_TRUE(read_plugins_config(folder.path() / "missing.yaml")->settings == ReloadSettings{});
    for (const auto* text :
         {"", "# only a comment\n", "plugins:\nsettings:\n", "plugins: {}\n",
          "settings:\n  watch_patterns:\n", "---\n", "settings: {additional_dirs: }\n"}) {
        const auto config = read(text);
        ASSERT_TRUE(config) << text << config.error().text();
        EXPECT_TRUE(config->plugins.empty()) << text;
        EXPECT_TRUE(config->settings == ReloadSettings{}) << text;
    }
    EXPECT_TRUE(good("plugins:\n  p:\n").plugins.at("p") == PluginConfig{});
    EXPECT_TRUE(good("plugins: {p: {config: , build: , depends_on: }}").plugins.at("p") ==
                PluginConfig{});
}

struct BadConfig {
    std::string text;
    int line;
    std::string reason;
};

class ConfigMistakeTest : public ConfigTest {
protected:
    void expect_told(const std::vector<BadConfig>& cases) {
        for (const auto& [text, line, reason] : cases) {
            const auto config = read(text);
            ASSERT_FALSE(config) << text;
            EXPECT_EQ(config.error().reason, reason) << text;
            EXPECT_EQ(config.error().line, line) << text;
            EXPECT_EQ(config.error().text(), (folder.path() / "plugins.yaml").string() + ":" +
                                                 std::to_string(line) + ": " + reason);
        }
    }
};

TEST_F(ConfigMistakeTest, GrantsAndLimitsAreReadStrictly) {
    expect_told({
        {"plugins:\n  a:\n    grants: {netwrk: true}\n", 3,
         "plugins.a.grants.netwrk: unknown key; known here: network, exec, read, write, "
         "permissions"},
        {"plugins:\n  a:\n    grants:\n      network: 1\n", 4,
         "plugins.a.grants.network: expected true or false, found '1'"},
        {"plugins:\n  a:\n    limits: {memory: 5}\n", 3,
         "plugins.a.limits.memory: unknown key; known here: memory_mb, files, processes, "
         "threads, file_mb, cpu_seconds, handle_seconds"},
        {"plugins:\n  a:\n    limits: {memory_mb: 1}\n", 3,
         "plugins.a.limits.memory_mb: expected a number from 16 to 1048576, found '1'"},
        {"plugins:\n  a:\n    limits: {files: 20.5}\n", 3,
         "plugins.a.limits.files: expected a whole number, found '20.5'"},
        {"settings: {sandbox: on}\n", 1,
         "settings.sandbox: expected best_effort, required or off, found 'on'"},
    });
}

TEST_F(ConfigMistakeTest, MistakesAreToldWithTheirLine) {
    expect_told({
        {"plugin:\n", 1, "plugin: unknown key; known here: plugins, settings"},
        {"- a\n", 1, "expected a mapping with plugins and settings, found a list"},
        {"just text\n", 1, "expected a mapping with plugins and settings, found 'just text'"},
        {"\nplugins: [a, b]\n", 2,
         "plugins: expected a mapping of plugin names to their settings, found a list"},
        {"plugins:\n  a: yes\n", 2,
         "plugins.a: expected a mapping of the plugin's keys, found 'yes'"},
        {"plugins:\n  a:\n    enable: true\n", 3,
         "plugins.a.enable: unknown key; known here: enabled, config, build, depends_on, grants, "
         "limits"},
        {"plugins:\n  a:\n    enabled: maybe\n", 3,
         "plugins.a.enabled: expected true or false, found 'maybe'"},
        {"plugins:\n  a:\n    enabled: 'true'\n", 3,
         "plugins.a.enabled: expected true or false, found 'true'"},
        {"plugins:\n  a:\n    enabled:\n", 3,
         "plugins.a.enabled: expected true or false, found nothing"},
        {"plugins:\n  a:\n    config: [1]\n", 3,
         "plugins.a.config: expected a mapping, found a list"},
        {"plugins:\n  a:\n    config:\n      deep: {x: .nan}\n", 4,
         "plugins.a.config.deep.x: expected a finite number, found '.nan'"},
        {"plugins:\n  a:\n    depends_on: b\n", 3,
         "plugins.a.depends_on: expected a list of texts, found 'b'"},
        {"plugins:\n  a:\n    depends_on:\n      - b\n      - {c: 1}\n", 5,
         "plugins.a.depends_on[1]: expected a text, found a mapping"},
        {"plugins:\n  a:\n    build:\n      package: [x]\n", 4,
         "plugins.a.build.package: unknown key; known here: packages, flags"},
        {"plugins:\n  a:\n  b:\n  a:\n", 4, "plugins.a: this key comes twice"},
        {"plugins:\n  [x]: 1\n", 2, "plugins: a key must be a word"},
        {"settings:\n  hot_reload: 1\n", 2,
         "settings.hot_reload: expected true or false, found '1'"},
        {"settings:\n  reload_check_interval: 0.01\n", 2,
         "settings.reload_check_interval: expected a number from 0.05 to 3600, found '0.01'"},
        {"settings:\n  reload_check_interval: 3601\n", 2,
         "settings.reload_check_interval: expected a number from 0.05 to 3600, found '3601'"},
        {"settings:\n  reload_check_interval: .nan\n", 2,
         "settings.reload_check_interval: expected a number from 0.05 to 3600, found '.nan'"},
        {"settings:\n  reload_check_interval: '3'\n", 2,
         "settings.reload_check_interval: expected a number from 0.05 to 3600, found '3'"},
        {"settings:\n  watch_mode: inotify\n", 2,
         "settings.watch_mode: expected auto, events or poll, found 'inotify'"},
        {"settings:\n  watch_patterns: '*.py'\n", 2,
         "settings.watch_patterns: expected a list of texts, found '*.py'"},
        {"settings:\n  watch_patterns: [a, ]\n  typo: 1\n", 3,
         "settings.typo: unknown key; known here: hot_reload, reload_check_interval, watch_mode, "
         "watch_patterns, "
         "ignore_patterns, additional_dirs, sandbox"},
    });
}

TEST_F(ConfigTest, SyntaxErrorsHaveALine) {
    for (const auto& [text, line] :
         {std::pair{"plugins:\n  a: {enabled: true\nsettings:\n", 3},
          std::pair{"plugins:\n\tbad: 1\n", 2}, std::pair{"a: b: c\n", 1},
          std::pair{"plugins:\n  a: *nowhere\n", 2}}) {
        const auto config = read(text);
        ASSERT_FALSE(config) << text;
        EXPECT_EQ(config.error().line, line) << text << config.error().text();
        EXPECT_TRUE(config.error().reason.starts_with("not valid YAML: ")) << config.error().reason;
    }
}

// yaml-cpp finds documents without end in these, and memory with them.
TEST_F(ConfigTest, EndlessDocumentsAreAnError) {
    for (const auto* text : {",!", ",!\n", "a: 1\n...\n,!"}) {
        const auto config = read(text);
        ASSERT_FALSE(config) << text;
        EXPECT_FALSE(config.error().reason.empty());
        EXPECT_GT(config.error().line, 0);
    }
}

TEST_F(ConfigTest, WhatCannotBeReadIsSaid) {
    const auto config = read_plugins_config(folder.path());
    ASSERT_FALSE(config);
    EXPECT_EQ(config.error().text(),
              folder.path().string() + ": cannot read it: not a regular file");
    EXPECT_FALSE(read(std::string(5u << 20, '#')));
}

TEST_F(ConfigTest, ScalarsBecomeJsonByTheirSpelling) {
    const std::pair<std::string, std::string> cases[] = {
        {"true", "true"},
        {"False", "false"},
        {"yes", R"("yes")"},
        {"'true'", R"("true")"},
        {"null", "null"},
        {"~", "null"},
        {"", "null"},
        {"'null'", R"("null")"},
        {"''", R"("")"},
        {"30", "30"},
        {"-7", "-7"},
        {"+7", "7"},
        {"\"30\"", R"("30")"},
        {"0x1F", "31"},
        {"0o17", "15"},
        {"012", "12"},
        {"1.2.3", R"("1.2.3")"},
        {"2026-11-22", R"("2026-11-22")"},
        {"1e", R"("1e")"},
        {".", R"(".")"},
        {"+", R"("+")"},
        {"inf", R"("inf")"},
        {"!!str 5", R"("5")"},
        {"12:30", R"("12:30")"},
        {"two words", R"("two words")"},
        {"[1, a]", R"([1,"a"])"},
        {"{k: [{}]}", R"({"k":[{}]})"},
    };
    for (const auto& [yaml, json] : cases)
        EXPECT_EQ(plugin_config("{x: " + yaml + " }"), R"({"x":)" + json + "}") << yaml;
    for (const auto& [yaml, number] :
         {std::pair{"0.5", 0.5}, std::pair{".5", 0.5}, std::pair{"-2.", -2.0},
          std::pair{"1e3", 1000.0}, std::pair{"9223372036854775808", 9223372036854775808.0}}) {
        const auto value =
            boost::json::parse(plugin_config(std::string("{x: ") + yaml + " }")).at("x");
        ASSERT_TRUE(value.is_double()) << yaml;
        EXPECT_EQ(value.as_double(), number) << yaml;
    }
}

TEST_F(ConfigTest, ASmallFileCannotMeanAHugeOne) {
    std::string text = "plugins:\n  p:\n    config:\n      a: &a [x, x, x, x, x, x, x, x, x, x]\n";
    for (char name = 'b'; name < 'j'; ++name) {
        const std::string before = std::string("*") + static_cast<char>(name - 1);
        text += std::string("      ") + name + ": &" + name + " [";
        for (int i = 0; i < 10; ++i) text += (i > 0 ? ", " : "") + before;
        text += "]\n";
    }
    const auto config = read(text);
    ASSERT_FALSE(config);
    EXPECT_NE(config.error().reason.find("more than 100000 values"), std::string::npos)
        << config.error().reason;
    EXPECT_FALSE(
        read("plugins: {p: {config: {x: " + std::string(100, '[') + std::string(100, ']') + "}}}"));
    EXPECT_FALSE(read("plugins: " + std::string(100'000, '[')));
}

TEST_F(ConfigTest, GrantsAndLimitsAreTheOperators) {
    const auto config = good(R"(
plugins:
  free:
    grants: {network: true, exec: true, read: [words, /srv/x], write: [../out],
             permissions: ['telegram:banChatMember']}
    limits: {memory_mb: 1024, files: 64, processes: 4, threads: 9, file_mb: 8, cpu_seconds: 60,
             handle_seconds: 1.5}
settings: {sandbox: required}
)");
    const auto& grants = config.plugins.at("free").grants;
    EXPECT_TRUE(grants.network && grants.exec);
    EXPECT_EQ(grants.read, (std::vector<std::filesystem::path>{folder.path() / "words", "/srv/x"}));
    EXPECT_EQ(grants.write,
              std::vector<std::filesystem::path>{folder.path().parent_path() / "out"});
    EXPECT_EQ(grants.permissions, std::vector<std::string>{"telegram:banChatMember"});
    const auto& limits = config.plugins.at("free").limits;
    EXPECT_EQ(limits.memory_mb, 1024u);
    EXPECT_EQ(limits.files, 64u);
    EXPECT_EQ(limits.processes, 4u);
    EXPECT_EQ(limits.threads, 9u);
    EXPECT_EQ(limits.file_mb, 8u);
    EXPECT_EQ(limits.cpu_seconds, 60u);
    EXPECT_EQ(limits.handle_seconds, 1.5);
    EXPECT_EQ(config.settings.sandbox, SandboxMode::required);
    EXPECT_EQ(good("").settings.sandbox, SandboxMode::best_effort);
}

TEST_F(ConfigTest, APackageCannotGrantItselfAnything) {
    for (const auto* text :
         {"enabled: true\ngrants: {network: true}\n", "days: 7\ngrants: {network: true}\n"}) {
        const auto plugin = read_plugin_config(folder.write("plugin.yaml", text), {});
        ASSERT_FALSE(plugin) << text;
        EXPECT_EQ(plugin.error().line, 2);
        EXPECT_EQ(plugin.error().reason,
                  "grants: a plugin cannot grant itself anything: grants stand in plugins.yaml");
    }
    EXPECT_FALSE(read_plugin_config(
        folder.write("plugin.yaml", "enabled: true\nlimits: {memory_mb: 4096}\n"), {}));
}

TEST_F(ConfigTest, APackageCannotHandForeignFlagsToTheCompiler) {
    const std::string text = "build:\n  flags:\n    - -O3\n    - -fplugin=x.so\n";
    const auto plugin = read_plugin_config(folder.write("pack/plugin.yaml", text), {});
    ASSERT_FALSE(plugin);
    EXPECT_EQ(plugin.error().line, 4);
    EXPECT_EQ(
        plugin.error().reason,
        "build.flags[1]: '-fplugin=x.so' is the operator's to say, in plugins.yaml; a package "
        "may say -D, -U, -O, -g, -std=, -W…, -f…, -m…, -l, -pthread, -pedantic, -w, and -I "
        "of its own folders");
    const auto own = folder.write("pack/plugin.yaml", "build: {flags: [-Ipack/include, -DX]}\n");
    EXPECT_TRUE(read_plugin_config(own, {}));
    EXPECT_EQ(
        good("plugins:\n  a: {build: {flags: [-fplugin=x.so]}}\n").plugins.at("a").build.flags,
        std::vector<std::string>{"-fplugin=x.so"})
        << "the operator may";
}

TEST_F(ConfigTest, APackagesOwnFileGoesOverItsEntry) {
    PluginConfig base;
    base.config = {{"days", 30}, {"top", 5}};
    base.build = {{"zlib"}, {"-O1"}};
    base.depends_on = {"other"};
    const auto file = folder.write(
        "plugin.yaml", "enabled: false\nconfig: {days: 7, more: x}\nbuild: {flags: [-O2]}\n");
    const auto plugin = read_plugin_config(file, base).value();
    EXPECT_FALSE(plugin.enabled);
    EXPECT_EQ(plugin.config, (boost::json::object{{"days", 7}, {"top", 5}, {"more", "x"}}));
    EXPECT_EQ(plugin.build, (BuildConfig{{"zlib"}, {"-O2"}}));
    EXPECT_EQ(plugin.depends_on, std::vector<std::string>{"other"});
}

TEST_F(ConfigTest, ABareMappingIsThePluginsConfig) {
    PluginConfig base;
    base.config = {{"days", 30}};
    const auto plugin =
        read_plugin_config(folder.write("plugin.yaml", "days: 7\ncolour: red\n"), base).value();
    EXPECT_EQ(plugin.config, (boost::json::object{{"days", 7}, {"colour", "red"}}));
    EXPECT_TRUE(read_plugin_config(folder.write("plugin.yaml", ""), base).value() == base);
    EXPECT_TRUE(read_plugin_config(folder.path() / "none.yaml", base).value() == base);
    const auto mixed =
        read_plugin_config(folder.write("plugin.yaml", "enabled: true\ndays: 7\n"), base);
    ASSERT_FALSE(mixed);
    EXPECT_EQ(mixed.error().line, 2);
    EXPECT_EQ(mixed.error().reason,
              "days: unknown key; known here: enabled, config, build, depends_on");
    EXPECT_FALSE(read_plugin_config(folder.write("plugin.yaml", "[1]"), base));
}

}  // namespace
}  // namespace hotreload
