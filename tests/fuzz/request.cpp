// Requests to the Bot API as a client might send them: query, form, multipart or JSON, to a method.
// The input's first line is METHOD[?QUERY], its second the Content-Type, the rest the body.

#include <algorithm>
#include <memory>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>

#include "tests/fuzz/fuzz.h"
#include "tgstats/http/form.h"
#include "tgstats/http/host_check.h"
#include "tgstats/http/router.h"
#include "tgstats/playground/mount.h"

namespace {

namespace asio = hotreload::asio;
namespace http = tgstats::http;
using tgstats::playground::Playground;

constexpr const char* address = "127.0.0.1:1";
constexpr std::string_view webhook = "setwebhook";

// A playground that is made anew now and then: what inputs leave in it must not pile up.
class World {
public:
    World() : router_(http::HostCheck(address)) {
        tgstats::playground::Options options;
        options.first_update_id = 1;
        options.first_message_id = 1;
        playground_ = std::make_unique<Playground>(loop_.get_executor(), std::move(options));
        playground_->add_default_content();
        tgstats::playground::mount(router_, *playground_);
    }
    ~World() {
        playground_->close();
        run();
    }
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    std::optional<http::Response> ask(http::Request request) {
        std::optional<http::Response> response;
        auto answer = router_.handle(std::move(request));
        asio::co_spawn(loop_, std::move(answer),
                       [&response](const std::exception_ptr& error, http::Response got) {
                           if (error) std::rethrow_exception(error);
                           response = std::move(got);
                       });
        run();
        if (response) return response;
        playground_->close();  // a long poll
        run();
        return response;
    }

private:
    void run() {
        loop_.restart();
        loop_.poll();
    }

    asio::io_context loop_;
    http::Router router_;
    std::unique_ptr<Playground> playground_;
};

// Whoever sets a webhook gets connections, to any port of this machine.
bool sets_webhook(std::string_view method) {
    return std::search(method.begin(), method.end(), webhook.begin(), webhook.end(),
                       [](char a, char b) { return (a | 0x20) == b; }) != method.end();
}

std::string_view first_line(std::string_view& rest) {
    const auto end = rest.find('\n');
    const auto line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return line;
}

void check_form(std::string_view type, std::string_view body) {
    const auto decoded = http::percent_decode(body, true);
    if (decoded)
        fuzz::hold(http::percent_decode(http::percent_encode(*decoded), true) == decoded,
                   "what is encoded is decoded as the same");
    const auto fields = http::parse_urlencoded(body);
    if (fields) fuzz::hold(fields->size() <= http::form_fields_max, "fields are bounded");
    const auto parts = http::parse_multipart(type, body);
    if (!parts) return;
    std::size_t bytes = 0;
    for (const auto& part : *parts) bytes += part.data.size();
    fuzz::hold(bytes <= body.size(), "no part is larger than the form");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static constexpr std::uint64_t uses_max = 200;
    static std::unique_ptr<World> world;
    static std::uint64_t uses = 0;
    if (uses++ % uses_max == 0) {
        world.reset();
        world = std::make_unique<World>();
    }
    auto rest = fuzz::text_of(data, size);
    const auto target = first_line(rest);
    const auto type = first_line(rest);
    check_form(type, rest);
    const auto path = "/bot1000000001:playground/" + std::string(target);
    http::Request request;
    request.method = "POST";
    request.target = path;
    const auto mark = path.find('?');
    const auto decoded = http::percent_decode(path.substr(0, mark), false);
    if (!decoded || sets_webhook(*decoded)) return 0;
    request.path = *decoded;
    if (mark != std::string::npos) {
        auto query = http::parse_urlencoded(std::string_view(path).substr(mark + 1));
        if (!query) return 0;
        request.query = std::move(*query);
    }
    request.headers.add("Host", address);
    request.headers.add("Content-Type", std::string(type));
    request.body = std::string(rest);
    const auto response = world->ask(std::move(request));
    if (!response) {  // a poll that was ended before it began to wait
        world = std::make_unique<World>();
        return 0;
    }
    if (response->content_type.starts_with("application/json")) {
        boost::system::error_code error;
        const auto answer = boost::json::parse(response->body, error);
        fuzz::hold(!error && answer.is_object(), "an answer is a JSON object");
    }
    return 0;
}
