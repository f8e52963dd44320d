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

bool reading(const std::string& verb) {
    return verb == "list" || verb == "show" || verb == "why" || verb == "history";
}

hotreload::Result<http::Answer, std::string> fetch(http::Call call) {
    hotreload::asio::io_context loop(1);
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
    if (command.name.empty()) return command.verb == "reload" ? "/api/reload" : "/api/plugins";
    const auto base = "/api/plugins/" + http::percent_encode(command.name);
    const bool plain = reading(command.verb) && command.verb != "history";
    return plain ? base : base + "/" + command.verb;
}

http::Call call_of(const PluginsCommand& command) {
    http::Call call{.method = reading(command.verb) ? "GET" : "POST",
                    .url = "http://" + command.address + path_of(command),
                    .headers = {},
                    .body = {},
                    .deadline = answer_deadline};
    if (!command.admin_token.empty())
        call.headers.set("Authorization", "Bearer " + command.admin_token);
    if (command.verb == "rollback") {
        call.headers.set("Content-Type", "application/json");
        call.body = json::serialize(json::object{{"generation", command.generation}});
    }
    return call;
}

void print_for_people(const PluginsCommand& command, const json::value& value) {
    if (value.is_array())
        std::cout << plugins_table(value.get_array());
    else if (command.verb == "history")
        std::cout << history_table(value.get_object());
    else if (command.name.empty())
        std::cout << reload_table(value.get_object());
    else
        std::cout << plugin_card(value.get_object());
}

// Whether something that was to be done did not come about.
bool failed(const PluginsCommand& command, const json::value& value) {
    if (!value.is_object() || reading(command.verb) || command.verb == "disable") return false;
    const auto& object = value.get_object();
    if (const auto* all = object.if_contains("failed")) return all->as_bool();
    const auto* error = object.if_contains("error");
    return error != nullptr && !error->is_null();
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
    if (command.json)
        std::cout << json::serialize(value) << '\n';
    else
        print_for_people(command, value);
    return failed(command, value) ? 1 : 0;
}

}  // namespace

int run_plugins(const PluginsCommand& command) {
    if (command.name.empty() && command.verb != "list" && command.verb != "reload") {
        std::cerr << fmt::format(
            "tgstats: '{}' needs a plugin's name; 'tgstats plugins list' shows them\n",
            command.verb);
        return 2;
    }
    auto answer = fetch(call_of(command));
    if (!answer) {
        std::cerr << fmt::format(
            "tgstats: {}; is the bot running there? (--listen names another address)\n",
            answer.error());
        return 1;
    }
    const int status = print(command, *answer);
    if (command.verb != "why" || command.json || status != 0) return status;
    PluginsCommand earlier = command;
    earlier.verb = "history";
    answer = fetch(call_of(earlier));
    if (!answer) return status;
    std::cout << "\n";
    return print(earlier, *answer);
}

}  // namespace tgstats
