#include <fstream>
#include <sstream>

#include <gmock/gmock.h>

#include "workers/native/worker_process_test.h"

namespace hotreload::native::testing {

namespace {

using ::testing::HasSubstr;

std::string text_of(const json::value& result, std::size_t effect = 0) {
    return std::string(result.at("effects").at(effect).at("params").at("text").as_string());
}

std::string file_text(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

}  // namespace

TEST(NativeWorker, LoadsTheHelloPluginAndAnswers) {
    WorkerProcess worker;
    const auto loaded = worker.load(fixture("hello")).value();
    EXPECT_EQ(
        loaded,
        json::parse(R"({"class":"HelloPlugin","kinds":["command"],"name":"hello","version":"1.0.0",
        "description":"Says hello","author":"you","dependencies":[],
        "offers":[{"kind":"command","name":"hello","description":"Say hello"}],
        "schedules":[],"state_version":0,"permissions":[],"files":[]})"));
    EXPECT_EQ(worker.ask("probe").value(), json::parse(R"({"ok":true})"));
    const auto result = worker.command("hello").value();
    EXPECT_EQ(result, json::parse(R"({"effects":[{"method":"sendMessage",
        "params":{"chat_id":-100123,"message_thread_id":77,"text":"Hello"}}]})"));
    EXPECT_EQ(worker.close_and_wait(), 0);
}

TEST(NativeWorker, AClassOfEveryKindOffersAll) {
    WorkerProcess worker;
    const auto loaded = worker.load(fixture("every_kind")).value();
    EXPECT_EQ(loaded.at("kinds"), json::parse(R"(["command","statistic","observer","service"])"));
    EXPECT_EQ(loaded.at("dependencies"), json::parse(R"(["hello"])"));
    ASSERT_EQ(worker.notifications.size(), 1u);
    EXPECT_EQ(worker.notifications[0].params.at("message"), "ready");
    EXPECT_EQ(worker.notifications[0].params.at("fields").at("dir"),
              json::value(worker.data_dir()));

    const auto doubled =
        worker
            .ask("handle", WorkerProcess::handle_params("statistic", "double",
                                                        {{"chat_id", -5}, {"params", {{"n", 21}}}}))
            .value();
    EXPECT_EQ(doubled, json::parse(R"({"result":{"chat":-5,"n":42}})"));
    for (int i = 0; i < 3; ++i) {
        const json::array updates{WorkerProcess::command_event()};
        const auto seen =
            WorkerProcess::handle_params("observer", "message", {{"updates", updates}});
        EXPECT_EQ(worker.ask("handle", seen).value(), json::parse(R"({"effects":[]})"));
    }
    EXPECT_EQ(worker.ask("handle", WorkerProcess::handle_params("service", "seen", {})).value(),
              json::parse(R"({"result":3})"));
}

TEST(NativeWorker, AHandlerReadsItsCall) {
    WorkerProcess worker;
    ASSERT_TRUE(worker.load(fixture("every_kind"), {{"weight", 2.5}}));
    const auto result = worker.command("facts", {"7", "äöü \"q\""}).value();
    const auto& facts = result.at("effects").at(0).at("params");
    EXPECT_EQ(facts.at("args"), json::parse(R"(["7","äöü \"q\""])"));
    EXPECT_EQ(facts.at("user"), "Ada L");
    EXPECT_EQ(facts.at("thread"), 77);
    EXPECT_EQ(facts.at("zone"), "Europe/Berlin");
    EXPECT_EQ(facts.at("now"), 1794737344);
    EXPECT_EQ(facts.at("type"), "supergroup");
    EXPECT_EQ(facts.at("missing"), "missing");
    EXPECT_EQ(facts.at("message").at("chat").at("title"), "Chat");
    EXPECT_EQ(facts.at("weight"), 2.5);
}

TEST(NativeWorker, BytesTravelAsBase64) {
    WorkerProcess worker;
    ASSERT_TRUE(worker.load(fixture("every_kind")));
    const auto result = worker.command("photo").value();
    EXPECT_EQ(result.at("effects").at(0), json::parse(R"({"method":"sendPhoto",
        "params":{"chat_id":-100123,"message_thread_id":77,"parse_mode":"HTML",
                  "caption":"a picture"},
        "files":{"photo":{"name":"photo.png","type":"image/png","base64":"iVBORwD/"}}})"));
}

TEST(NativeWorker, ArgumentsAreCheckedForTheirRange) {
    WorkerProcess worker;
    ASSERT_TRUE(worker.load(fixture("every_kind")));
    EXPECT_EQ(text_of(worker.command("days").value()), "30");
    EXPECT_EQ(text_of(worker.command("days", {"365"}).value()), "365");
    for (const char* wrong : {"0", "366", "-1", "7x", "", "-", "99999999999999999999999"}) {
        const auto result = worker.command("days", {wrong}).value();
        EXPECT_EQ(text_of(result), "1 to 365, please") << wrong;
        EXPECT_EQ(result.at("effects").at(0).at("params").at("reply_parameters").at("message_id"),
                  9);
    }
}

TEST(NativeWorker, AnExceptionIsAnErrorAndSendsNothing) {
    WorkerProcess worker;
    ASSERT_TRUE(worker.load(fixture("every_kind")));
    const auto thrown = worker.command("throw").error();
    EXPECT_EQ(thrown.code, rpc_code::plugin_error);
    EXPECT_EQ(thrown.message, "on purpose");
    EXPECT_EQ(thrown.data.at("type"), "std::runtime_error");

    const auto refused = worker.command("refuse").error();
    EXPECT_EQ(refused.message, "no such day");
    EXPECT_THAT(std::string(refused.data.at("file").as_string()), HasSubstr("every_kind.cpp"));
    EXPECT_GT(refused.data.at("line").as_int64(), 0);

    EXPECT_THAT(worker.command("odd").error().message, HasSubstr("not a std::exception"));
    EXPECT_EQ(worker.command("half").error().message, "half-way");
    EXPECT_EQ(text_of(worker.command("count").value()), "1");  // and it serves on
    EXPECT_EQ(text_of(worker.command("count").value()), "2");
}

TEST(NativeWorker, WhatIsNotOfferedIsAnError) {
    WorkerProcess worker;
    EXPECT_EQ(worker.command("hello").error().code, rpc_code::invalid_request);  // before load
    ASSERT_TRUE(worker.load(fixture("hello")));
    const auto refused = worker.command("goodbye").error();
    EXPECT_EQ(refused.code, rpc_code::bad_params);
    EXPECT_THAT(refused.message, HasSubstr("does not offer command \"goodbye\""));
    EXPECT_THAT(worker.ask("handle", WorkerProcess::handle_params("moon", "x", {})).error().message,
                HasSubstr("does not offer moon \"x\""));
    EXPECT_EQ(worker.ask("handle").error().code, rpc_code::bad_params);
    EXPECT_EQ(worker.ask("dance").error().code, rpc_code::unknown_method);
    EXPECT_EQ(worker.load(fixture("hello")).error().code, rpc_code::invalid_request);
}

TEST(NativeWorker, AFailedProbeSaysWhy) {
    WorkerProcess worker;
    ASSERT_TRUE(worker.load(fixture("every_kind"), {{"unfit", true}}));
    EXPECT_EQ(worker.ask("probe").value(),
              json::parse(R"({"ok":false,"reason":"configured as unfit"})"));
}

TEST(NativeWorker, ARefusalToInitializeFailsTheLoad) {
    WorkerProcess worker;
    const auto error = worker.load(fixture("every_kind"), {{"refuse", true}}).error();
    EXPECT_EQ(error.message, "told to refuse");
    EXPECT_THAT(std::string(error.data.at("file").as_string()), HasSubstr("every_kind.cpp"));
    EXPECT_EQ(worker.close_and_wait(), 0);
    EXPECT_FALSE(std::filesystem::exists(worker.data_dir() + "/shutdown"));
}

TEST(NativeWorker, WhatIsNoPluginIsRefusedInClearWords) {
    WorkerProcess worker;
    const std::string text_file = worker.data_dir() + "/text.so";
    std::ofstream(text_file) << std::string(4096, 'x');
    EXPECT_THAT(worker.load(text_file).error().message, HasSubstr("invalid ELF header"));
    EXPECT_THAT(worker.load("/no/such/file.so").error().message, HasSubstr("No such file"));
    EXPECT_THAT(worker.load(fixture("unresolved")).error().message,
                HasSubstr("a_function_that_nobody_has"));
    EXPECT_THAT(worker.load(fixture("no_entry")).error().message,
                HasSubstr("exports no \"hotreload_plugin\""));
    const auto abi = worker.load(fixture("wrong_abi")).error();
    EXPECT_THAT(abi.message, HasSubstr("is for plugin ABI 99, this worker speaks 1"));
    EXPECT_EQ(abi.data.at("type"), "abi");
    EXPECT_THAT(worker.load("relative.so").error().message, HasSubstr("absolute"));
    EXPECT_EQ(worker.ask("load", {{"language", "python"}}).error().code, rpc_code::bad_params);
    EXPECT_TRUE(worker.load(fixture("hello")));  // and a good one may still come
}

TEST(NativeWorker, APluginInPlainCWorks) {
    WorkerProcess worker;
    EXPECT_EQ(worker.load(fixture("plain")).value().at("class"), "plain");
    EXPECT_EQ(worker.ask("probe").value(), json::parse(R"({"ok":true})"));
    const json::object event{{"a", 1}, {"b", 2}, {"c", 3}};
    EXPECT_EQ(worker.ask("handle", WorkerProcess::handle_params("count", "members", event)).value(),
              3);
    auto odd = WorkerProcess::handle_params("count", "members", {});
    odd["event"] = 5;
    EXPECT_EQ(worker.ask("handle", odd).error().message, "the plugin failed without saying why");
    EXPECT_EQ(worker.close_and_wait(), 0);
}

TEST(NativeWorker, APluginInPlainCMigrates) {
    WorkerProcess worker;
    ASSERT_TRUE(worker.load(fixture("plain")));
    const json::object params{{"from", 1}, {"to", 0}, {"state", {{"a", 1}, {"b", 2}}}};
    EXPECT_EQ(worker.ask("migrate", params).value(), json::parse(R"({"state":{"keys":2}})"));
}

TEST(NativeWorker, APluginBuiltBeforeTheTableGrewStillLoads) {
    WorkerProcess worker;
    EXPECT_EQ(worker.load(fixture("first_table")).value().at("class"), "First");
    EXPECT_EQ(worker.ask("probe").value(), json::parse(R"({"ok":true})"));
    const json::object params{{"from", 0}, {"to", 1}, {"state", json::object()}};
    EXPECT_EQ(worker.ask("migrate", params).error().code, rpc_code::unknown_method);
    EXPECT_EQ(worker.close_and_wait(), 0);
}

TEST(NativeWorker, TheShutdownHookRunsAtEndOfFile) {
    WorkerProcess worker;
    ASSERT_TRUE(worker.load(fixture("every_kind")));
    EXPECT_FALSE(std::filesystem::exists(worker.data_dir() + "/shutdown"));
    EXPECT_EQ(worker.close_and_wait(), 0);
    EXPECT_EQ(file_text(worker.data_dir() + "/shutdown"), "done");
}

TEST(NativeWorker, ALineThatIsNoMessageEndsTheConversation) {
    for (const char* line :
         {"hello\n", "[1]\n", "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"load\"}\n"}) {
        WorkerProcess worker;
        ASSERT_TRUE(worker.load(fixture("every_kind")));
        worker.send_line(line);
        EXPECT_THROW(worker.receive(), std::runtime_error);
        EXPECT_EQ(worker.wait(), 0) << line;
        EXPECT_EQ(file_text(worker.data_dir() + "/shutdown"), "done");
    }
}

TEST(NativeWorker, AReplyThatCannotBeSentIsAnErrorInstead) {
    WorkerProcess worker;
    ASSERT_TRUE(worker.load(fixture("every_kind")));
    const auto error = worker.command("large").error();
    EXPECT_EQ(error.code, rpc_code::internal_error);
    EXPECT_THAT(error.message, HasSubstr("over 16777216 bytes"));
    EXPECT_THAT(worker.command("infinite").error().message, HasSubstr("not finite"));
    EXPECT_EQ(text_of(worker.command("count").value()), "1");
}

TEST(NativeWorker, StartedByHandItSaysSoAndLeaves) {
    const auto outcome = run({WORKER});
    EXPECT_EQ(outcome.status.code, 2);
    EXPECT_THAT(outcome.output, HasSubstr("started by its host"));
}

}  // namespace hotreload::native::testing
