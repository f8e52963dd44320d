#pragma once
// A bot's outgoing calls on a store in a folder of its own, to a Telegram that answers by script,
// for the tests of this folder.

#include <algorithm>

#include <gtest/gtest.h>

#include "hotreload/base/coroutine_test.h"
#include "hotreload/base/temp_folder_test.h"
#include "hotreload/base/unix_time.h"
#include "tgstats/dispatch/outgoing.h"
#include "tgstats/telegram/scripted_server_test.h"

namespace tgstats {

using hotreload::run_to_end;
inline constexpr Millis sending_deadline{60'000};

class OutgoingTest : public testing::Test {
protected:
    OutgoingTest() : server(loop), events(loop.get_executor()) {
        server.tasks.spawn("accept", server.run());
        server.answer = [](std::size_t) { return ok(); };
        start();
    }
    ~OutgoingTest() override {
        run_to_end(loop, outgoing->finish(sending_deadline));
        server.close();
        run_to_end(loop, server.tasks.joined(sending_deadline));
    }

    // A bot on the same books; what was under way when it "ended" stays as it was.
    void start() {
        BotApiOptions options;
        options.token = "1:a";
        options.base_url =
            "http://127.0.0.1:" + std::to_string(server.acceptor.local_endpoint().port());
        outgoing.reset();
        sender.reset();
        store.reset();
        api = std::make_unique<BotApi>(loop.get_executor(), options);
        store = std::make_unique<StoreThread>(loop.get_executor(),
                                              std::move(*Store::open(folder.path())));
        gate = std::make_unique<SendGate>(loop.get_executor(), limited);
        sender = std::make_unique<EffectSender>(
            EffectSender::Parts{.executor = loop.get_executor(),
                                .api = *api,
                                .store = *store,
                                .gate = *gate,
                                .events = events,
                                .record_own = [this](Store&, const json::object&) {
                                    if (own_fault) throw SqlError(*own_fault, "no");
                                }});
        outgoing = std::make_unique<Outgoing>(Outgoing::Parts{
            .executor = loop.get_executor(), .store = *store, .sender = *sender, .events = events});
    }

    static Server::Reply ok() { return {http_answer(200, R"({"ok":true,"result":true})")}; }

    static Decision decide(std::vector<std::string> texts) {
        Decision decision;
        decision.plugin = "words";
        decision.update_id = 41;
        for (auto& text : texts)
            decision.effects.push_back(
                {"sendMessage", json::object{{"chat_id", -5}, {"text", std::move(text)}}, {}});
        return decision;
    }
    // Whether it was kept and all of it went out.
    bool send(Decision decision) {
        auto kept = run_to_end(loop, outgoing->keep(std::move(decision)));
        if (kept.has_error()) return false;
        return run_to_end(loop, outgoing->sent(*kept));
    }
    [[nodiscard]] std::vector<std::string> texts() const {
        std::vector<std::string> seen;
        for (const auto& request : server.requests) {
            const auto at = request.find("\"text\":\"") + 8;
            seen.push_back(request.substr(at, request.find('"', at) - at));
        }
        return seen;
    }
    [[nodiscard]] std::size_t told(std::string_view name) const {
        const auto all = events.after(0, 1000).events;
        return static_cast<std::size_t>(
            std::ranges::count_if(all, [&](const auto& event) { return event.name() == name; }));
    }
    std::size_t waiting() {
        auto work = [](Store& opened) { return outbox_waiting(opened).size(); };
        return run_to_end(loop, store->run(work));
    }
    // Puts calls where the last run left them.
    void leave(const std::string& text, bool sending, Millis age = Millis{0}) {
        auto work = [text, sending, age](Store& opened) {
            auto entry =
                to_entry({"sendMessage", json::object{{"chat_id", -5}, {"text", text}}, {}});
            entry.plugin = "words";
            entry.update_id = 40;
            entry.created = hotreload::unix_now() - age / std::chrono::seconds(1);
            entry.sending = sending ? 5 : 0;
            outbox_put(opened, entry);
        };
        run_to_end(loop, store->run(work));
    }

    hotreload::TempFolder folder;
    asio::io_context loop;
    Server server;
    hotreload::EventLog events;
    std::unique_ptr<BotApi> api;
    std::unique_ptr<StoreThread> store;
    bool limited = false;
    std::optional<int> own_fault;  // what the store has against the bot's own messages
    std::unique_ptr<SendGate> gate;
    std::unique_ptr<EffectSender> sender;
    std::unique_ptr<Outgoing> outgoing;
};

}  // namespace tgstats
