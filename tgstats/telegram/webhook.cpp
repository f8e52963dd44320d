#include "tgstats/telegram/webhook.h"

#include <utility>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "hotreload/base/reason.h"
#include "tgstats/http/secret.h"
#include "tgstats/telegram/backoff.h"
#include "tgstats/telegram/json_fields.h"

namespace tgstats {

namespace {

constexpr Millis stranger_quiet{60'000};  // between two words about wrong secrets

json::object registration(const WebhookOptions& options) {
    return {{"url", options.url},
            {"secret_token", options.secret},
            {"max_connections", options.max_connections},
            {"allowed_updates", allowed_updates()}};
}

std::vector<Upload> certificate_file(const WebhookOptions& options) {
    if (options.certificate.empty()) return {};
    return {{"certificate", "certificate.pem", "application/x-pem-file", options.certificate}};
}

Task<void> wait(Millis time) {
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(asio::use_awaitable);
}

std::string text_in(const json::object& object, const char* name) {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

// Empty when the batch is durable, else why not.
Task<std::string> delivered(DeliverUpdates deliver, std::vector<Update> batch) {
    std::string reason;
    try {
        co_await deliver(std::move(batch));
    } catch (const boost::system::system_error& error) {
        if (error.code() == asio::error::operation_aborted) throw;
        reason = error.what();
    } catch (...) {
        reason = hotreload::reason_of(std::current_exception());
    }
    co_return reason;
}

}  // namespace

struct WebhookReceiver::Work {
    explicit Work(asio::any_io_executor executor) : less(std::move(executor)) {}

    int updates = 0;  // being kept
    hotreload::Condition less;
};

// Counts one update for as long as it is being kept, however that ends.
class WebhookReceiver::Keeping {
public:
    explicit Keeping(std::shared_ptr<Work> work) : work_(std::move(work)) { ++work_->updates; }
    ~Keeping() {
        --work_->updates;
        work_->less.notify_all();
    }
    Keeping(const Keeping&) = delete;
    Keeping& operator=(const Keeping&) = delete;

private:
    std::shared_ptr<Work> work_;
};

WebhookReceiver::WebhookReceiver(const asio::any_io_executor& executor, Parts parts)
    : parts_(std::move(parts)), work_(std::make_shared<Work>(executor)) {}

void WebhookReceiver::mount(http::Router& router) {
    router.add(
        "POST", webhook_path, [this](http::Request request) { return take(std::move(request)); },
        http::Access::open);
}

Task<http::Response> WebhookReceiver::take(http::Request request) {
    const auto given = request.headers.get("X-Telegram-Bot-Api-Secret-Token");
    if (!http::same_secret(given, parts_.secret)) {
        tell_stranger(request.remote);
        co_return http::Response::text(403, "Refused: the secret token is wrong.\n");
    }
    if (request.body.size() > webhook_body_bytes_max)
        co_return http::Response::text(413, "The update is larger than 1 MB.\n");
    if (!open_) co_return http::Response::text(503, "Not ready to take updates.\n");
    const Keeping keeping(work_);
    auto response = co_await keep(std::move(request.body));
    co_return response;
}

Task<bool> WebhookReceiver::finish(Millis deadline) {
    const auto until = hotreload::deadline_after(deadline);
    while (work_->updates > 0) {
        const bool in_time = co_await work_->less.wait_until(until);
        if (!in_time) co_return false;
    }
    co_return true;
}

Task<http::Response> WebhookReceiver::keep(std::string body) {
    auto update = read_update(body);
    if (!update) {
        parts_.events.emit_host("telegram_update_malformed", hotreload::Level::warning,
                                {{"reason", std::string("a webhook's body is no Update")}});
        co_return http::Response::text(400, "The body is no Update.\n");
    }
    std::vector<Update> batch;
    batch.push_back(std::move(*update));
    const auto reason = co_await delivered(parts_.deliver, std::move(batch));
    if (reason.empty()) co_return http::Response::text(200, "");
    parts_.events.emit_host("telegram_delivery_failed", hotreload::Level::warning,
                            {{"reason", reason}});
    co_return http::Response::text(503, "The update could not be kept.\n");
}

// A word now and then: whoever knocks must not fill the log.
void WebhookReceiver::tell_stranger(const std::string& remote) {
    const auto now = hotreload::monotonic_now();
    if (stranger_told_ && now - *stranger_told_ < stranger_quiet) return;
    stranger_told_ = now;
    parts_.events.emit_host(
        "webhook_refused", hotreload::Level::warning,
        {{"remote", remote}, {"reason", std::string("the secret token is missing or wrong")}});
}

WebhookRegistration::WebhookRegistration(BotApi& api, hotreload::EventLog& events,
                                         WebhookOptions options)
    : api_(api), events_(events), options_(std::move(options)) {}

Task<void> WebhookRegistration::run() {
    Backoff backoff(options_.backoff_first, options_.backoff_max);
    for (;;) {
        const bool is_set = co_await set();
        if (!is_set) {
            co_await wait(backoff.next());
            continue;
        }
        backoff.reset();
        for (bool ours = true; ours;) {
            co_await wait(options_.look_interval);
            ours = co_await look();
        }
    }
}

void WebhookRegistration::tell(const char* event, hotreload::Level level,
                               const std::string& reason) {
    events_.emit_host(event, level, {{"url", options_.url}, {"reason", reason}});
}

Task<bool> WebhookRegistration::set() {
    auto params = registration(options_);
    auto files = certificate_file(options_);
    const auto answer =
        co_await api_.call("setWebhook", std::move(params), std::move(files), api_call_deadline);
    if (answer.has_error()) {
        tell("webhook_failed", hotreload::Level::warning, answer.error().text());
        co_return false;
    }
    events_.emit_host("webhook_set", hotreload::Level::info, {{"url", options_.url}});
    co_return true;
}

// False when it has to be set again. What cannot be asked is taken for well.
Task<bool> WebhookRegistration::look() {
    const auto answer = co_await api_.call("getWebhookInfo", json::object());
    const auto* info = answer.has_value() ? answer->if_object() : nullptr;
    if (info == nullptr) co_return true;
    const auto url = text_in(*info, "url");
    if (url != options_.url) {
        tell("webhook_lost", hotreload::Level::warning,
             url.empty()
                 ? "somebody has removed the webhook; it is set again"
                 : "somebody has set another webhook with this token; this one is set again");
        co_return false;
    }
    const auto date = integer_in(*info, "last_error_date");
    if (date > std::exchange(error_date_, date))
        tell("webhook_not_delivered", hotreload::Level::warning,
             text_in(*info, "last_error_message"));
    co_return true;
}

}  // namespace tgstats
