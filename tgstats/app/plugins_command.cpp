#include "tgstats/app/plugins_command.h"

#include <iostream>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "tgstats/app/plugins_table.h"
#include "tgstats/http/client.h"
#include "tgstats/http/form.h"

namespace tgstats {
namespace {

namespace json = boost::json;

constexpr hotreload::Millis answer_deadline{130'000};  // a reload is answered when it has ended

hotreload::Result<http::Answer, std::string> ask(const PluginsCommand& command,
                                                 const std::string& method,
                                                 const std::string& path) {
    hotreload::asio::io_context loop(1);
    http::Call call{.method = method,
                    .url = "http://" + command.address + path,
                    .headers = {},
                    .body = {},
                    .deadline = answer_deadline};
    if (!command.admin_token.empty())
        call.headers.set("Authorization", "Bearer " + command.admin_token);
    std::optional<hotreload::Result<http::Answer, std::string>> outcome;
    std::exception_ptr failure;
    hotreload::asio::co_spawn(
        loop, http::fetch(loop.get_executor(), std::move(call)),
        [&](const std::exception_ptr& error, hotreload::Result<http::Answer, std::string> got) {
            failure = error;
            outcome.emplace(std::move(got));
        });
    loop.run();
    if (failure) std::rethrow_exception(failure);
    return std::move(*outcome);
}

std::string path_of(const PluginsCommand& command) {
    if (command.name.empty()) return "/api/plugins";
    const auto base = "/api/plugins/" + http::percent_encode(command.name);
    const bool reading = command.verb == "list" || command.verb == "show" || command.verb == "why";
    return reading ? base : base + "/" + command.verb;
}

int print(const PluginsCommand& command, const http::Answer& answer) {
    boost::system::error_code error;
    const auto value = json::parse(answer.body, error);
    if (error) {
        std::cerr << fmt::format("tgstats: {} answered {} with no JSON\n", command.address,
                                 answer.status);
        return 1;
    }
    if (answer.status != 200) {
        const auto* reason = value.is_object() ? value.get_object().if_contains("error") : nullptr;
        std::cerr << "tgstats: " << (reason != nullptr ? reason->as_string().c_str() : "refused")
                  << '\n';
        return 1;
    }
    if (command.json) {
        std::cout << json::serialize(value) << '\n';
        return 0;
    }
    if (value.is_array())
        std::cout << plugins_table(value.get_array());
    else
        std::cout << plugin_card(value.get_object());
    const bool acting = command.verb == "reload" || command.verb == "enable";
    const bool failed = value.is_object() && !value.get_object().at("error").is_null();
    return acting && failed ? 1 : 0;
}

}  // namespace

int run_plugins(const PluginsCommand& command) {
    if (command.name.empty() && command.verb != "list") {
        std::cerr << fmt::format(
            "tgstats: '{}' needs a plugin's name; 'tgstats plugins list' shows them\n",
            command.verb);
        return 2;
    }
    const bool reading = command.verb == "list" || command.verb == "show" || command.verb == "why";
    const auto answer = ask(command, reading ? "GET" : "POST", path_of(command));
    if (!answer) {
        std::cerr << fmt::format(
            "tgstats: {}; is the bot running there? (--listen names another address)\n",
            answer.error());
        return 1;
    }
    return print(command, *answer);
}

}  // namespace tgstats
