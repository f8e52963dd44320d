// The bot's own account: who it is, its commands and texts, and how it gets its updates.

#include <algorithm>

#include "tgstats/http/client.h"
#include "tgstats/http/host_check.h"
#include "tgstats/playground/commands.h"
#include "tgstats/playground/methods.h"

namespace tgstats::playground {

namespace {

using Answer = Outcome<json::value>;

constexpr std::size_t secret_bytes_max = 256;

Answer get_me(Caller caller, const Arguments&) {
    auto me = to_json(caller.bot.user);
    for (const auto* ability :
         {"can_join_groups", "can_read_all_group_messages", "supports_inline_queries"}) {
        me[ability] = true;
    }
    me["can_connect_to_business"] = true;
    me["has_main_web_app"] = false;
    return json::value(std::move(me));
}

using CommandKey = std::pair<std::string, std::string>;

Outcome<CommandKey> command_key(Caller caller, const Arguments& arguments) {
    auto scope = command_scope(caller.playground.world, arguments);
    if (!scope) return scope.error();
    return CommandKey(std::move(*scope), arguments.text("language_code").value_or(""));
}

void note_commands(Caller caller) {
    caller.playground.world.note("commands", 0, {{"bot_id", caller.bot.user.id}});
}

Answer set_my_commands(Caller caller, const Arguments& arguments) {
    auto commands = checked_commands(arguments);
    if (!commands) return commands.error();
    const auto key = command_key(caller, arguments);
    if (!key) return key.error();
    if (commands->empty())
        caller.bot.commands.erase(*key);
    else
        caller.bot.commands[*key] = std::move(*commands);
    note_commands(caller);
    return json::value(true);
}

Answer get_my_commands(Caller caller, const Arguments& arguments) {
    const auto key = command_key(caller, arguments);
    if (!key) return key.error();
    const auto found = caller.bot.commands.find(*key);
    return json::value(found == caller.bot.commands.end() ? json::array() : found->second);
}

Answer delete_my_commands(Caller caller, const Arguments& arguments) {
    const auto key = command_key(caller, arguments);
    if (!key) return key.error();
    caller.bot.commands.erase(*key);
    note_commands(caller);
    return json::value(true);
}

// setMyName, getMyName and so on: one text for each language.
std::string text_key(const char* name, const Arguments& arguments) {
    return std::string(name) + "/" + arguments.text("language_code").value_or("");
}

Answer set_text(Caller caller, const Arguments& arguments, const char* name) {
    caller.bot.texts[text_key(name, arguments)] = arguments.text(name).value_or("");
    return json::value(true);
}

Answer get_text(Caller caller, const Arguments& arguments, const char* name) {
    const auto found = caller.bot.texts.find(text_key(name, arguments));
    auto text = found == caller.bot.texts.end() ? std::string() : found->second;
    if (text.empty() && std::string_view(name) == "name") text = caller.bot.user.first_name;
    return json::value(json::object{{name, text}});
}

Answer set_my_name(Caller caller, const Arguments& a) { return set_text(caller, a, "name"); }
Answer get_my_name(Caller caller, const Arguments& a) { return get_text(caller, a, "name"); }
Answer set_my_description(Caller caller, const Arguments& a) {
    return set_text(caller, a, "description");
}
Answer get_my_description(Caller caller, const Arguments& a) {
    return get_text(caller, a, "description");
}
Answer set_my_short(Caller caller, const Arguments& a) {
    return set_text(caller, a, "short_description");
}
Answer get_my_short(Caller caller, const Arguments& a) {
    return get_text(caller, a, "short_description");
}

bool is_loopback(const std::string& host) {
    return host == "localhost" || host == "::1" || host.starts_with("127.");
}

bool is_secret(const std::string& secret) {
    return secret.size() <= secret_bytes_max &&
           std::all_of(secret.begin(), secret.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '-';
           });
}

// An empty URL takes the webhook away, as with Telegram.
Answer set_webhook(Caller caller, const Arguments& arguments) {
    const auto url = arguments.text("url").value_or("");
    const auto parsed = http::parse_http_url(url);
    if (!url.empty() && (!parsed || !is_loopback(parsed->host))) {
        return bad_request(
            "bad webhook: the playground delivers to addresses of this machine only");
    }
    const auto secret = arguments.text("secret_token").value_or("");
    if (!is_secret(secret)) return bad_request("secret token contains unallowed characters");
    const auto kinds = allowed_kinds(arguments);
    if (!kinds) return kinds.error();
    if (*kinds) caller.bot.updates.allow(std::move(**kinds));
    Webhook webhook{.url = url, .secret = secret};
    if (const auto* certificate = arguments.upload("certificate"))
        webhook.certificate = *certificate->data;
    webhook.max_connections = arguments.integer("max_connections").value_or(40);
    caller.bot.webhook = std::move(webhook);
    if (arguments.boolean("drop_pending_updates")) caller.bot.updates.clear();
    caller.playground.start_webhook(caller.bot);
    return json::value(true);
}

Answer delete_webhook(Caller caller, const Arguments& arguments) {
    caller.bot.webhook = Webhook{};
    if (arguments.boolean("drop_pending_updates")) caller.bot.updates.clear();
    caller.playground.start_webhook(caller.bot);
    return json::value(true);
}

Answer get_webhook_info(Caller caller, const Arguments&) {
    const auto& webhook = caller.bot.webhook;
    json::object info{{"url", webhook.url},
                      {"has_custom_certificate", !webhook.certificate.empty()},
                      {"pending_update_count", caller.bot.updates.pending()}};
    if (!webhook.url.empty()) info["max_connections"] = webhook.max_connections;
    if (webhook.last_error_date > 0) {
        info["last_error_date"] = webhook.last_error_date;
        info["last_error_message"] = webhook.last_error_message;
    }
    if (!caller.bot.updates.allowed().empty()) {
        json::array kinds;
        for (const auto& kind : caller.bot.updates.allowed()) kinds.emplace_back(kind);
        info["allowed_updates"] = std::move(kinds);
    }
    return json::value(std::move(info));
}

Answer get_business_connection(Caller caller, const Arguments& arguments) {
    const auto id = arguments.text("business_connection_id").value_or("");
    auto connection = caller.playground.business.connection(caller.bot, id);
    if (!connection) return bad_request("BUSINESS_CONNECTION_INVALID");
    return json::value(std::move(*connection));
}

Answer yes(Caller, const Arguments&) { return json::value(true); }

}  // namespace

Outcome<std::optional<std::vector<std::string>>> allowed_kinds(const Arguments& arguments) {
    using Kinds = std::optional<std::vector<std::string>>;
    const auto value = arguments.structure("allowed_updates");
    if (!value) return value.error();
    if (value->is_null()) return Kinds();
    if (!value->is_array())
        return bad_request("can't parse allowed_updates: must be an Array of Strings");
    std::vector<std::string> kinds;
    for (const auto& kind : value->get_array()) {
        if (!kind.is_string())
            return bad_request("can't parse allowed_updates: must be an Array of Strings");
        kinds.emplace_back(kind.get_string());
    }
    return Kinds(std::move(kinds));
}

const std::vector<MethodEntry> account_methods{{"getMe", get_me},
                                               {"setMyCommands", set_my_commands},
                                               {"getMyCommands", get_my_commands},
                                               {"deleteMyCommands", delete_my_commands},
                                               {"setMyName", set_my_name},
                                               {"getMyName", get_my_name},
                                               {"setMyDescription", set_my_description},
                                               {"getMyDescription", get_my_description},
                                               {"setMyShortDescription", set_my_short},
                                               {"getMyShortDescription", get_my_short},
                                               {"setWebhook", set_webhook},
                                               {"deleteWebhook", delete_webhook},
                                               {"getWebhookInfo", get_webhook_info},
                                               {"getBusinessConnection", get_business_connection},
                                               {"close", yes},
                                               {"logOut", yes}};

}  // namespace tgstats::playground
