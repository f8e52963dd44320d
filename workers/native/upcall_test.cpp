// A plugin's requests to the host, and what else may come in the meantime.

#include <gmock/gmock.h>

#include "workers/native/worker_process_test.h"

namespace hotreload::native::testing {

namespace {

using ::testing::HasSubstr;

json::object asking() {
    return WorkerProcess::handle_params("command", "ask", WorkerProcess::command_event());
}

struct Asking : ::testing::Test {
    void SetUp() override {
        ASSERT_TRUE(worker.load(fixture("every_kind")));
        handle = worker.request("handle", asking());
        question = std::get<RpcRequest>(worker.receive());
    }
    void answer(Result<json::value, RpcError> outcome) {
        worker.send(RpcReply{question.id, std::move(outcome)});
    }
    static std::string text(const json::value& result) {
        return std::string(result.at("effects").at(0).at("params").at("text").as_string());
    }

    WorkerProcess worker;
    std::int64_t handle = 0;
    RpcRequest question;
};

}  // namespace

TEST_F(Asking, TheChatOfTheEventIsFilledIn) {
    EXPECT_EQ(question.method, "store.activity");
    EXPECT_EQ(question.params, json::parse(R"({"by":"hour","days":7,"chat_id":-100123})"));
    answer(json::parse(R"({"total":12})"));
    EXPECT_EQ(text(worker.reply_to(handle).value()), "total 12");
}

TEST_F(Asking, ARefusalIsAnExceptionWithItsCode) {
    answer(RpcError{rpc_code::not_permitted, "no grant", {}});
    const auto error = worker.reply_to(handle).error();
    EXPECT_EQ(error.code, rpc_code::plugin_error);
    EXPECT_EQ(error.message, "store.activity: no grant");
    EXPECT_THAT(std::string(error.data.at("file").as_string()), HasSubstr("every_kind.cpp"));
}

TEST_F(Asking, RequestsInTheMeantimeWait) {
    const auto probe = worker.request("probe", {});
    const auto second = worker.request(
        "handle", WorkerProcess::handle_params("command", "count", WorkerProcess::command_event()));
    answer(json::parse(R"({"total":3})"));
    EXPECT_EQ(text(worker.reply_to(handle).value()), "total 3");
    EXPECT_EQ(worker.reply_to(probe).value(), json::parse(R"({"ok":true})"));
    EXPECT_EQ(text(worker.reply_to(second).value()), "1");
}

TEST_F(Asking, CancellingTheHandleEndsTheWait) {
    worker.send(RpcNotification{"cancel", {{"id", handle}}});
    EXPECT_EQ(worker.reply_to(handle).error().code, rpc_code::cancelled);
    answer(json::parse(R"({"total":3})"));  // too late, and harmless
    EXPECT_EQ(worker.ask("probe").value(), json::parse(R"({"ok":true})"));
}

TEST_F(Asking, CancellingWhatWaitsDropsIt) {
    const auto waiting = worker.request(
        "handle", WorkerProcess::handle_params("command", "count", WorkerProcess::command_event()));
    worker.send(RpcNotification{"cancel", {{"id", waiting}}});
    EXPECT_EQ(worker.reply_to(waiting).error().code, rpc_code::cancelled);
    answer(json::parse(R"({"total":3})"));
    EXPECT_EQ(text(worker.reply_to(handle).value()), "total 3");
    EXPECT_EQ(text(worker.command("count").value()), "1");
}

TEST_F(Asking, TooManyWaitingRequestsAreRefused) {
    std::int64_t last = 0;
    for (int i = 0; i < 65; ++i) last = worker.request("probe", {});
    EXPECT_EQ(worker.reply_to(last).error().code, rpc_code::busy);
}

TEST_F(Asking, AHostThatGoesEndsTheWait) {
    EXPECT_EQ(worker.close_and_wait(), 0);
    EXPECT_TRUE(std::filesystem::exists(worker.data_dir() + "/shutdown"));
}

}  // namespace hotreload::native::testing
