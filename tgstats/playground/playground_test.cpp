#include "tgstats/playground/playground.h"

#include <limits>

#include <gmock/gmock.h>

#include "tgstats/http/server.h"
#include "tgstats/playground/fixture_test.h"

namespace tgstats::playground {
namespace {

using testing::HasSubstr;

std::vector<std::int64_t> ids(const json::value& updates) {
    std::vector<std::int64_t> result;
    for (const auto& update : updates.as_array())
        result.push_back(update.at("update_id").as_int64());
    return result;
}

TEST_F(PlaygroundFixture, LongPollWakesAtOnce) {
    auto poll = begin("getUpdates", {{"timeout", 50}});
    settle();
    const auto before = hotreload::monotonic_now();
    say(group, "hi /go");
    const auto updates = outcome(finish(poll));
    EXPECT_LT(hotreload::monotonic_now() - before, std::chrono::seconds(20));
    ASSERT_EQ(updates.as_array().size(), 1U);
    const auto& message = updates.at(0).at("message");
    EXPECT_EQ(message.at("text"), "hi /go");
    EXPECT_EQ(message.at("chat").at("type"), "supergroup");
    EXPECT_EQ(json::serialize(message.at("entities")),
              R"([{"type":"bot_command","offset":3,"length":3}])");
}

TEST_F(PlaygroundFixture, LongPollEndsEmptyAtItsTimeout) {
    EXPECT_EQ(call("getUpdates", {{"timeout", 1}}), json::array());
}

TEST_F(PlaygroundFixture, OffsetConfirmsAndLimitBounds) {
    for (const auto* text : {"a", "b", "c", "d"}) say(group, text);
    EXPECT_EQ(ids(call("getUpdates", {{"limit", 2}})), (std::vector<std::int64_t>{1, 2}));
    EXPECT_EQ(ids(call("getUpdates", {{"offset", 2}})), (std::vector<std::int64_t>{2, 3, 4}));
    constexpr auto least = std::numeric_limits<std::int64_t>::min();
    EXPECT_EQ(ids(call("getUpdates", {{"offset", least}})), (std::vector<std::int64_t>{2, 3, 4}));
    EXPECT_EQ(ids(call("getUpdates", {{"offset", -1}})), (std::vector<std::int64_t>{4}));
    EXPECT_EQ(ids(call("getUpdates")), (std::vector<std::int64_t>{4}));
    EXPECT_EQ(ids(call("getUpdates", {{"offset", 5}})), std::vector<std::int64_t>{});
}

TEST_F(PlaygroundFixture, EntitiesLieWithinTheText) {
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    const auto send = [this](std::int64_t offset, std::int64_t length) {
        const json::object entity{{"type", "bold"}, {"offset", offset}, {"length", length}};
        auto sent = call("sendMessage",
                         {{"chat_id", group}, {"text", "abc"}, {"entities", json::array{entity}}});
        return sent.is_string() ? std::string(sent.get_string()) : std::string("sent");
    };
    say(group, "somebody is here");
    EXPECT_EQ(send(0, 3), "sent");
    for (const auto& [offset, length] : {std::pair{1L, 3L}, {4L, 1L}, {most, most}, {0L, most}})
        EXPECT_EQ(send(offset, length), "400 Bad Request: entity beyond the end of the text");
}

TEST_F(PlaygroundFixture, ASecondPollEndsTheFirst) {
    auto first = begin("getUpdates", {{"timeout", 50}});
    settle();
    auto second = begin("getUpdates", {{"timeout", 50}});
    EXPECT_EQ(outcome(finish(first)),
              "409 Conflict: terminated by other getUpdates request; make sure that only one "
              "bot instance is running");
    say(group, "for the second");
    EXPECT_EQ(outcome(finish(second)).as_array().size(), 1U);
}

TEST_F(PlaygroundFixture, AllowedUpdatesAreRemembered) {
    const auto id = say(group, "m");
    const auto react = [&](const char* emoji) {
        const json::object from{{"id", 5}};
        page("reactions",
             {{"chat_id", group}, {"message_id", id}, {"from", from}, {"emoji", emoji}});
    };
    react("\xF0\x9F\x91\x8D");
    call("getUpdates", {{"offset", 100}, {"allowed_updates", {"message_reaction"}}});
    react("\xE2\x9D\xA4");
    say(group, "not wanted");
    const auto updates = call("getUpdates");
    ASSERT_EQ(updates.as_array().size(), 1U);
    EXPECT_EQ(updates.at(0).at("message_reaction").at("old_reaction").at(0).at("emoji"),
              "\xF0\x9F\x91\x8D");
    EXPECT_EQ(updates.at(0).at("message_reaction").at("new_reaction").at(0).at("emoji"),
              "\xE2\x9D\xA4");
}

TEST_F(PlaygroundFixture, FormsAndMultipartMeanTheSameAsJson) {
    say(group, "m");
    auto form = request("POST", bot + "SENDMESSAGE", "chat_id=-1009&text=a+b");
    form.headers.set("Content-Type", "application/x-www-form-urlencoded");
    EXPECT_EQ(outcome(run(router.handle(form))).at("text"), "a b");
    EXPECT_EQ(outcome(run(router.handle(request("GET", bot + "sendMessage?chat_id=-1009&text=q"))))
                  .at("text"),
              "q");
    auto upload =
        request("POST", bot + "sendPhoto",
                "--X\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n-1009\r\n--X\r\n"
                "Content-Disposition: form-data; name=\"photo\"; filename=\"p.png\"\r\n\r\n" +
                    png_header(640, 480) + "\r\n--X--");
    upload.headers.set("Content-Type", "multipart/form-data; boundary=X");
    const auto sent = outcome(run(router.handle(upload)));
    const auto& photo = sent.at("photo").at(0);
    EXPECT_EQ(photo.at("width"), 640);
    EXPECT_EQ(photo.at("height"), 480);
    const auto again = call("sendPhoto", {{"chat_id", group}, {"photo", photo.at("file_id")}});
    EXPECT_EQ(again.at("photo"), sent.at("photo"));
    const auto path = std::string(
        call("getFile", {{"file_id", photo.at("file_id")}}).at("file_path").as_string());
    const auto got = run(router.handle(request("GET", "/file/bot1000000001:playground/" + path)));
    EXPECT_EQ(got.body, png_header(640, 480));
    EXPECT_EQ(got.content_type, "image/png");
    const auto listed = look("messages?chat_id=-1009&after=3").at("messages").at(0);
    EXPECT_EQ(listed.at("photo_url"), json::string("/file/bot1000000001:playground/" + path));
}

TEST_F(PlaygroundFixture, ThePagesApiTakesJsonFromCurlAsItIs) {
    auto said = request("POST", "/playground/api/messages",
                        R"({"chat_id": -1009, "from": {"id": 5, "first_name": "F"}, "text": "x"})");
    said.headers.set("Content-Type", "application/x-www-form-urlencoded");
    const auto answer = json::parse(run(router.handle(said)).body);
    EXPECT_TRUE(answer.as_object().contains("message_id")) << answer;
}

TEST_F(PlaygroundFixture, PhotoRulesHold) {
    say(group, "m");
    const auto send = [&](const std::string& bytes) {
        auto upload = request(
            "POST", bot + "sendPhoto?chat_id=-1009",
            "--X\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"p\"\r\n\r\n" +
                bytes + "\r\n--X--");
        upload.headers.set("Content-Type", "multipart/form-data; boundary=X");
        const auto result = outcome(run(router.handle(upload)));
        return result.is_string() ? std::string(result.as_string()) : std::string("sent");
    };
    EXPECT_EQ(send(png_header(5000, 5000)), "sent");
    EXPECT_EQ(send(png_header(5000, 5001)), "400 Bad Request: PHOTO_INVALID_DIMENSIONS");
    EXPECT_EQ(send(png_header(1, 2'000'000'000)), "400 Bad Request: PHOTO_INVALID_DIMENSIONS");
    EXPECT_EQ(send(png_header(2100, 100)), "400 Bad Request: PHOTO_INVALID_DIMENSIONS");
    EXPECT_EQ(send("no picture"), "400 Bad Request: IMAGE_PROCESS_FAILED");
    EXPECT_EQ(send(""), "400 Bad Request: file must be non-empty");
    EXPECT_THAT(send(png_header(10, 10) + std::string(11 << 20, 'x')),
                HasSubstr("is too big for a photo"));
}

TEST_F(PlaygroundFixture, ErrorsReadAsTelegramsDo) {
    const auto theirs = say(group, "m");
    const auto mine = call("sendMessage", {{"chat_id", group}, {"text", "same"}}).at("message_id");
    const json::object button{{"text", "b"}, {"callback_data", std::string(65, 'x')}};
    const json::object keyboard{{"inline_keyboard", {{button}}}};
    struct Case {
        const char* method;
        json::object arguments;
        const char* expected;
    };
    const Case cases[] = {
        {"nonsense", {}, "404 Not Found"},
        {"sendMessage", {{"text", "x"}}, "400 Bad Request: chat_id is empty"},
        {"sendMessage", {{"chat_id", 77}, {"text", "x"}}, "400 Bad Request: chat not found"},
        {"sendMessage",
         {{"chat_id", group}, {"text", " \n"}},
         "400 Bad Request: message text is empty"},
        {"sendMessage",
         {{"chat_id", group}, {"text", std::string(4097, 'x')}},
         "400 Bad Request: message is too long"},
        {"sendMessage",
         {{"chat_id", group}, {"text", "<b>"}, {"parse_mode", "HTML"}},
         "400 Bad Request: can't parse entities: Can't find end tag corresponding to start tag "
         "\"b\""},
        {"sendMessage",
         {{"chat_id", group}, {"text", "x"}, {"reply_parameters", {{"message_id", 999}}}},
         "400 Bad Request: message to be replied not found"},
        {"sendMessage",
         {{"chat_id", group}, {"text", "x"}, {"reply_markup", keyboard}},
         "400 Bad Request: BUTTON_DATA_INVALID"},
        {"sendMessage",
         {{"chat_id", group}, {"text", "x"}, {"reply_markup", "{"}},
         "400 Bad Request: can't parse reply_markup JSON object"},
        {"editMessageText",
         {{"chat_id", group}, {"message_id", 999}, {"text", "x"}},
         "400 Bad Request: message to edit not found"},
        {"editMessageText",
         {{"chat_id", group}, {"message_id", theirs}, {"text", "x"}},
         "400 Bad Request: message can't be edited"},
        {"editMessageText",
         {{"chat_id", group}, {"message_id", mine}, {"text", "same"}},
         "400 Bad Request: message is not modified: specified new message content and reply markup "
         "are exactly the "
         "same as a current content and reply markup of the message"},
        {"deleteMessage",
         {{"chat_id", group}, {"message_id", 999}},
         "400 Bad Request: message to delete not found"},
        {"setMyCommands",
         {{"commands", {{{"command", "Bad"}, {"description", "x"}}}}},
         "400 Bad Request: BOT_COMMAND_INVALID"},
        {"getFile", {{"file_id", "x"}}, "400 Bad Request: invalid file_id"},
        {"setWebhook",
         {{"url", "http://example.com/"}},
         "400 Bad Request: bad webhook: the playground delivers to addresses of this "
         "machine only"},
    };
    for (const auto& [method, arguments, expected] : cases)
        EXPECT_EQ(call(method, arguments), expected) << method;
    bot = "/bot1:other/";
    EXPECT_EQ(call("getMe"), "401 Unauthorized");
}

TEST_F(PlaygroundFixture, LimitsCountAfterEntities) {
    say(group, "m");
    std::string text;
    for (int i = 0; i < 2048; ++i) text += "\xF0\x9F\x98\x80";  // two UTF-16 units each
    const auto sent =
        call("sendMessage",
             {{"chat_id", group}, {"text", "<b>" + text + "</b>"}, {"parse_mode", "HTML"}});
    EXPECT_EQ(sent.at("entities").at(0).at("length"), 4096);
    EXPECT_EQ(call("sendMessage", {{"chat_id", group}, {"text", text + "x"}}),
              "400 Bad Request: message is too long");
}

TEST_F(PlaygroundFixture, EditsAndDeletionsAreChanges) {
    say(group, "m");
    const auto id = call("sendMessage", {{"chat_id", group}, {"text", "one"}}).at("message_id");
    const auto last = look("changes?after=0").at("last").as_int64();
    auto waiting = start(router.handle(
        request("GET", "/playground/api/changes?wait=60&after=" + std::to_string(last))));
    settle();
    const auto edited =
        call("editMessageText", {{"chat_id", group}, {"message_id", id}, {"text", "two"}});
    EXPECT_TRUE(edited.as_object().contains("edit_date"));
    const auto change = json::parse(finish(waiting).body).at("changes").at(0);
    EXPECT_EQ(change.at("kind"), "edited");
    EXPECT_EQ(change.at("message").at("text"), "two");
    EXPECT_EQ(call("deleteMessage", {{"chat_id", group}, {"message_id", id}}), true);
    const auto after = look("changes?after=" + std::to_string(last + 1)).at("changes");
    EXPECT_EQ(after.at(0).at("kind"), "deleted");
    EXPECT_EQ(look("messages?chat_id=-1009&after=0").at("messages").as_array().size(), 1U);
}

TEST_F(PlaygroundFixture, ButtonsArePressedAndAnswered) {
    say(group, "m");
    const json::object keyboard{{"inline_keyboard", {{{{"text", "b"}, {"callback_data", "d"}}}}}};
    const auto id =
        call("sendMessage", {{"chat_id", group}, {"text", "?"}, {"reply_markup", keyboard}})
            .at("message_id");
    const json::object from{{"id", 5}};
    EXPECT_EQ(
        page("callback", {{"chat_id", group}, {"message_id", id}, {"from", from}, {"data", "no"}})
            .at("error"),
        "Bad Request: the message has no such button");
    page("callback", {{"chat_id", group}, {"message_id", id}, {"from", from}, {"data", "d"}});
    const auto query = call("getUpdates", {{"offset", -1}}).at(0).at("callback_query");
    EXPECT_EQ(query.at("data"), "d");
    EXPECT_EQ(call("answerCallbackQuery", {{"callback_query_id", query.at("id")}, {"text", "ok"}}),
              true);
    EXPECT_EQ(
        call("answerCallbackQuery", {{"callback_query_id", query.at("id")}}),
        "400 Bad Request: query is too old and response timeout expired or query ID is invalid");
}

TEST_F(PlaygroundFixture, ABotThatHasLeftHearsNothing) {
    say(group, "m");
    EXPECT_EQ(call("leaveChat", {{"chat_id", group}}), true);
    EXPECT_TRUE(call("getUpdates", {{"offset", -1}}).at(0).as_object().contains("my_chat_member"));
    call("getUpdates", {{"offset", 100}});
    say(group, "unheard");
    EXPECT_EQ(call("getUpdates"), json::array());
    EXPECT_EQ(call("sendMessage", {{"chat_id", group}, {"text", "x"}}),
              "403 Forbidden: bot is not a member of the supergroup chat");
}

TEST_F(PlaygroundFixture, MessagesOfAChatAreBounded) {
    for (std::size_t i = 0; i < messages_per_chat_max + 5; ++i) say(5, "m");
    EXPECT_EQ(playground.world.chat(5)->messages.size(), messages_per_chat_max);
}

TEST_F(PlaygroundFixture, WebhookTakesTheUpdates) {
    std::vector<std::string> bodies;
    std::string secret;
    int refusals = 1;
    const auto hook = [&](http::Request got) -> Task<http::Response> {
        secret = got.headers.get("X-Telegram-Bot-Api-Secret-Token");
        if (refusals-- > 0) co_return http::Response::text(500, "not yet");
        bodies.push_back(got.body);
        co_return http::Response::json(
            R"({"method":"sendMessage","chat_id":-1009,"text":"by webhook"})");
    };
    auto server = http::Server::listen(loop.get_executor(), "127.0.0.1:0", hook);
    ASSERT_TRUE(server) << server.error();
    call("setWebhook",
         {{"url", "http://" + server->address() + "/hook"}, {"secret_token", "s3cret"}});
    EXPECT_THAT(std::string(call("getUpdates").as_string()),
                HasSubstr("409 Conflict: can't use getUpdates"));
    say(group, "over there");
    auto reply = start(
        router.handle(request("GET", "/playground/api/messages?chat_id=-1009&after=1&wait=30")));
    EXPECT_EQ(json::parse(finish(reply).body).at("messages").at(0).at("text"), "by webhook");
    ASSERT_EQ(bodies.size(), 1U);
    EXPECT_EQ(json::parse(bodies[0]).at("message").at("text"), "over there");
    EXPECT_EQ(secret, "s3cret");
    EXPECT_EQ(call("getWebhookInfo").at("last_error_message"),
              "Wrong response from the webhook: 500");
    EXPECT_EQ(call("deleteWebhook"), true);
    EXPECT_EQ(call("getUpdates"), json::array());
    run(server->stop(hotreload::Millis{2'000}));
}

}  // namespace
}  // namespace tgstats::playground
