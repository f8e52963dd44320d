// The built-in heatmap package in a real worker, over made-up chats.

#include <gmock/gmock.h>

#include "hotreload/base/base64.h"
#include "workers/native/worker_process_test.h"

namespace hotreload::native::testing {

namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

json::array empty_counts() { return json::array(7, json::array(24, json::value(0))); }

json::object named_event(std::string_view command, json::array args, std::string_view type) {
    auto event = WorkerProcess::command_event(std::move(args));
    event["command"] = command;
    event["message"].at("chat").as_object()["type"] = type;
    event["message"].at("chat").as_object()["title"] = "Cats & <dogs> 🐈";
    return event;
}

unsigned big_endian(const std::string& bytes, std::size_t at) {
    unsigned value = 0;
    for (std::size_t i = at; i < at + 4; ++i)
        value = value << 8 | static_cast<unsigned char>(bytes.at(i));
    return value;
}

struct Heatmap : ::testing::Test {
    void SetUp() override { ASSERT_TRUE(worker.load(fixture("heatmap"))); }
    void start(std::string_view command, json::array args = {},
               std::string_view type = "supergroup") {
        handle = worker.request(
            "handle", WorkerProcess::handle_params("command", command,
                                                   named_event(command, std::move(args), type)));
    }
    json::object question() {
        const auto request = std::get<RpcRequest>(worker.receive());
        EXPECT_EQ(request.method, "store.activity");
        asked = request.id;
        return request.params;
    }
    void answer(json::array counts) {
        worker.send(RpcReply{
            asked,
            json::value{{"timezone", "Asia/Tokyo"}, {"total", 0}, {"counts", std::move(counts)}}});
    }
    json::value effect() { return worker.reply_to(handle).value().at("effects").at(0); }
    std::string text() { return std::string(effect().at("params").at("text").as_string()); }

    WorkerProcess worker;
    std::int64_t handle = 0;
    std::int64_t asked = 0;
};

}  // namespace

TEST_F(Heatmap, ThePictureIsAPngAtTwiceTheSize) {
    start("heatmap");
    EXPECT_EQ(question(), json::parse(R"({"by":"week_hour","days":7,"chat_id":-100123})"));
    auto counts = empty_counts();
    counts[4].at(21) = 12345;
    counts[4].at(3) = 1;
    counts[0].at(21) = 654;
    answer(std::move(counts));
    const auto photo = effect();
    EXPECT_EQ(photo.at("method"), "sendPhoto");
    EXPECT_EQ(photo.at("params").at("caption"),
              "Last 7 days: 13,000 messages (Asia/Tokyo)\n"
              "Busiest hour: 21:00–22:00, 12,999\nBusiest weekday: Friday, 12,346");
    const auto png = base64_decode(photo.at("files").at("photo").at("base64").as_string()).value();
    EXPECT_THAT(png, StartsWith("\x89PNG\r\n"));
    EXPECT_GT(big_endian(png, 16), 2000u);  // width
    EXPECT_GT(big_endian(png, 20), 900u);   // height
}

TEST_F(Heatmap, ActivitySaysItInWords) {
    start("activity", {"90"});
    EXPECT_EQ(question().at("days"), 90);
    auto counts = empty_counts();
    counts[6].at(0) = 3;
    counts[2].at(23) = 2;
    answer(std::move(counts));
    const auto words = text();
    EXPECT_THAT(words, StartsWith("<b>Activity in Cats &amp; &lt;dogs&gt; 🐈</b>\nLast 90 days: 5 "
                                  "messages (Asia/Tokyo)\n"));
    EXPECT_THAT(words, HasSubstr("Busiest hour: 00:00–01:00, 3\nBusiest weekday: Sunday, 3\n"));
    EXPECT_THAT(words, HasSubstr("Sun ████████████████ 3\n"));
    EXPECT_THAT(words, HasSubstr("Mon ░░░░░░░░░░░░░░░░ 0\n"));
}

TEST_F(Heatmap, AnEmptyChatGetsOneHonestLine) {
    for (const char* command : {"heatmap", "activity"}) {
        start(command, {"1"});
        question();
        answer(empty_counts());
        EXPECT_EQ(text(), "No messages in the last day, so there is nothing to show yet.");
    }
}

TEST_F(Heatmap, DaysOutOfRangeGetTheUsage) {
    for (const char* wrong : {"0", "366", "week", "-7"}) {
        start("heatmap", {wrong});
        EXPECT_EQ(text(), "Usage: /heatmap [days], with a whole number of days from 1 to 365.");
    }
}

TEST_F(Heatmap, PrivateChatsAreRefused) {
    start("activity", {}, "private");
    EXPECT_THAT(text(), HasSubstr("groups only"));
}

TEST_F(Heatmap, CountsOfAnotherShapeAreAnError) {
    start("heatmap");
    question();
    answer(json::array(7, json::array(23, json::value(1))));
    EXPECT_THAT(worker.reply_to(handle).error().message, HasSubstr("7 x 24"));
}

}  // namespace hotreload::native::testing
