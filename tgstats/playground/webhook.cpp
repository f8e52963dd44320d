// Delivery of updates by POST to a bot that has set a webhook: one after another, in order, again
// until it is taken.

#include <algorithm>

#include <boost/asio/steady_timer.hpp>
#include <boost/json/parse.hpp>

#include "tgstats/http/client.h"
#include "tgstats/playground/methods.h"
#include "tgstats/playground/playground.h"

namespace tgstats::playground {

namespace {

constexpr hotreload::Millis delivery_deadline{30'000};
constexpr hotreload::Millis pause_first{250};
constexpr hotreload::Millis pause_max{30'000};
constexpr hotreload::Millis idle_look{60'000};

// A webhook may answer with a method to call: {"method": "sendMessage", …}.
void call_from_answer(Playground& playground, Bot& bot, const http::Answer& answer) {
    boost::system::error_code error;
    const auto body = json::parse(answer.body, error);
    if (error || !body.is_object()) return;
    auto params = body.get_object();
    const auto name = Arguments(params).text("method");
    const auto method = name ? find_method(*name) : nullptr;
    if (!method) return;
    params.erase("method");
    const Arguments arguments(std::move(params));
    const auto outcome = method({playground, bot}, arguments);  // as with Telegram, told to nobody
    if (auto* traffic = playground.traffic())
        traffic->answered(Traffic::asked(*name, arguments), answer_body(outcome));
}

}  // namespace

void Playground::start_webhook(Bot& bot) {
    bot.webhook_task.cancel();
    bot.updates.set_webhook_active(!bot.webhook.url.empty());
    if (!bot.webhook.url.empty() && !closed_)
        bot.webhook_task = tasks_.spawn("webhook", run_webhook(bot));
}

Task<void> Playground::run_webhook(Bot& bot) {
    auto pause = pause_first;
    asio::steady_timer timer(executor_);
    while (!closed_) {
        auto update = bot.updates.front();
        if (!update) {
            co_await bot.updates.changed().wait_until(hotreload::monotonic_now() + idle_look);
            continue;
        }
        const bool taken = co_await deliver_to_webhook(bot, std::move(*update));
        if (taken) {
            pause = pause_first;
            continue;
        }
        timer.expires_after(pause);
        co_await timer.async_wait(asio::use_awaitable);
        pause = std::min(pause * 2, pause_max);
    }
}

Task<bool> Playground::deliver_to_webhook(Bot& bot, UpdateQueue::Update update) {
    http::Call call;
    call.method = "POST";
    call.url = bot.webhook.url;
    call.headers.add("Content-Type", "application/json");
    if (!bot.webhook.secret.empty())
        call.headers.add("X-Telegram-Bot-Api-Secret-Token", bot.webhook.secret);
    call.body = update.text;
    call.trusted = bot.webhook.certificate;
    call.deadline = delivery_deadline;
    if (traffic_) traffic_->update(update.text);
    auto answer = co_await http::fetch(executor_, std::move(call));
    if (answer && answer->status >= 200 && answer->status < 300) {
        bot.updates.confirm(update.id);
        call_from_answer(*this, bot, *answer);
        co_return true;
    }
    bot.webhook.last_error_date = unix_now();
    bot.webhook.last_error_message =
        answer ? "Wrong response from the webhook: " + std::to_string(answer->status)
               : answer.error();
    co_return false;
}

}  // namespace tgstats::playground
