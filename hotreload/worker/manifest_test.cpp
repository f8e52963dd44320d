#include "hotreload/worker/manifest.h"

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hotreload/base/large_file.h"

namespace hotreload {
namespace {

using testing::HasSubstr;

Result<Manifest, std::string> manifest_of(std::string_view schedules, std::string_view offers) {
    json::object reply{{"class", "P"}};
    reply["schedules"] = json::parse(schedules);
    reply["offers"] = json::parse(offers);
    return parse_manifest(reply);
}

constexpr std::string_view both_offered =
    R"([{"kind":"schedule","name":"daily"},{"kind":"schedule","name":"tidy"}])";

TEST(Manifest, SchedulesAreRead) {
    const auto manifest = manifest_of(
        R"([{"name":"daily","cron":"0 9 * * *"},{"name":"tidy","every_seconds":90},
            {"name":"often","every_seconds":1.5,"cron":null}])",
        R"([{"kind":"schedule","name":"daily"},{"kind":"schedule","name":"tidy"},
            {"kind":"schedule","name":"often"},{"kind":"command","name":"tidy"}])");
    ASSERT_TRUE(manifest) << manifest.error();
    EXPECT_EQ(manifest->schedules,
              (std::vector<Schedule>{{.name = "daily", .cron = "0 9 * * *"},
                                     {.name = "tidy", .every_seconds = 90},
                                     {.name = "often", .every_seconds = 1.5}}));
    EXPECT_EQ(manifest->offers.size(), 4U);
}

TEST(Manifest, NoSchedulesAreNone) {
    const auto manifest = parse_manifest(json::object{{"class", "P"}});
    ASSERT_TRUE(manifest);
    EXPECT_TRUE(manifest->schedules.empty());
}

TEST(Manifest, FilesHaveAHashOrAMark) {
    const auto files = [](std::string_view text) {
        return parse_manifest(json::object{{"class", "P"}, {"files", json::parse(text)}});
    };
    const auto hex = sha256("x").hex();
    const auto manifest = files(R"([{"path":"/a/../b.py","sha256":")" + hex +
                                R"("},{"path":"/c.bin","mark":"1 2 3 4 5"}])");
    ASSERT_TRUE(manifest) << manifest.error();
    EXPECT_EQ(manifest->files,
              (std::vector<LoadedFile>{{.path = "/b.py", .sha256 = sha256("x")},
                                       {.path = "/c.bin", .sha256 = digest_of_mark("1 2 3 4 5")}}));
    EXPECT_FALSE(files(R"([{"path":"/a.py","mark":7}])"));
}

TEST(Manifest, AWrongScheduleIsNamed) {
    struct Case {
        std::string_view schedules;
        std::string_view words;
    };
    for (const auto& [schedules, words] : std::vector<Case>{
             {R"({"daily":"0 9 * * *"})", "`schedules` is not a list"},
             {R"(["daily"])", "`schedules` is not a list of objects"},
             {R"([{"cron":"@daily"}])", "`schedules[].name` is not given"},
             {R"([{"name":"daily"}])", "`schedules[].cron` is not given, nor is every_seconds"},
             {R"([{"name":"daily","cron":"@daily","every_seconds":5}])",
              "`schedules[].cron` is not for a schedule with every_seconds"},
             {R"([{"name":"daily","cron":9}])", "`schedules[].cron` is not a string"},
             {R"([{"name":"daily","every_seconds":"9"}])",
              "`schedules[].every_seconds` is not a number"},
             {R"([{"name":"weekly","cron":"@weekly"}])",
              "the schedule weekly is not among `offers`"},
             {R"([{"name":"tidy","cron":"@daily"},{"name":"tidy","every_seconds":5}])",
              "two `schedules` have the name tidy"}}) {
        const auto manifest = manifest_of(schedules, both_offered);
        ASSERT_FALSE(manifest) << schedules;
        EXPECT_THAT(manifest.error(), HasSubstr(std::string(words))) << schedules;
    }
}

}  // namespace
}  // namespace hotreload
