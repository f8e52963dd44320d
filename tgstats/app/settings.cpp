#include "tgstats/app/settings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

#include "tgstats/playground/bot.h"

namespace tgstats {
namespace {

// Ends the reading of one file; becomes the error's text.
struct Wrong {
    std::string text;
};

class Reader {
public:
    Reader(const std::filesystem::path& file, YAML::Node root, std::string below = {})
        : file_(file), root_(std::move(root)), below_(std::move(below)) {}

    void text(const char* key, std::string& target) const {
        const auto node = root_[key];
        if (!node.IsDefined() || node.IsNull()) return;
        if (!node.IsScalar()) fail(node, key, "a text");
        target = node.Scalar();
    }
    void path(const char* key, std::filesystem::path& target) const {
        std::string value = target.string();
        text(key, value);
        target = value;
    }
    void ids(const char* key, std::vector<std::int64_t>& target) const {
        const auto node = root_[key];
        if (!node.IsDefined() || node.IsNull()) return;
        if (!node.IsSequence()) fail(node, key, "a list of user ids");
        for (const auto& item : node) {
            std::int64_t id = 0;
            if (!YAML::convert<std::int64_t>::decode(item, id))
                fail(item, key, "a list of user ids (whole numbers)");
            target.push_back(id);
        }
    }
    void id(const char* key, std::int64_t& target) const {
        const auto node = root_[key];
        if (!node.IsDefined() || node.IsNull()) return;
        if (!YAML::convert<std::int64_t>::decode(node, target)) fail(node, key, "a chat's id");
    }
    void count(const char* key, std::int64_t most, std::int64_t& target) const {
        const auto node = root_[key];
        if (!node.IsDefined() || node.IsNull()) return;
        if (!YAML::convert<std::int64_t>::decode(node, target) || target < 1 || target > most)
            fail(node, key, fmt::format("a whole number from 1 to {}", most));
    }
    void texts(const char* key, std::vector<std::string>& target) const {
        const auto node = root_[key];
        if (!node.IsDefined() || node.IsNull()) return;
        if (!node.IsSequence()) fail(node, key, "a list of texts");
        for (const auto& item : node) {
            if (!item.IsScalar()) fail(item, key, "a list of texts");
            target.push_back(item.Scalar());
        }
    }
    // The settings below a key; nullopt when there are none.
    [[nodiscard]] std::optional<Reader> section(const char* key) const {
        const auto node = root_[key];
        if (!node.IsDefined() || node.IsNull()) return std::nullopt;
        if (!node.IsMap()) fail(node, key, "keys and values");
        return Reader(file_, node, std::string(key) + ".");
    }
    template <std::size_t N>
    void word(const char* key, const std::array<const char*, N>& words, std::string& target) const {
        text(key, target);
        if (std::find(words.begin(), words.end(), target) == words.end())
            fail(root_[key], key, fmt::format("one of {}", fmt::join(words, ", ")));
    }
    template <std::size_t N>
    void only(const std::array<const char*, N>& keys) const {
        for (const auto& member : root_) {
            const auto key = member.first.as<std::string>("");
            const bool known = std::find(keys.begin(), keys.end(), key) != keys.end();
            if (!known) fail(member.first, key, fmt::format("one of {}", fmt::join(keys, ", ")));
        }
    }
    [[noreturn]] void fail(const YAML::Node& node, const std::string& key,
                           const std::string& expected) const {
        throw Wrong{fmt::format("{}:{}: {}{}: expected {}", file_.string(), node.Mark().line + 1,
                                below_, key, expected)};
    }

private:
    const std::filesystem::path& file_;
    YAML::Node root_;
    std::string below_;  // "webhook." before the keys of a section
};

constexpr std::array keys{
    "token",  "telegram_api_url", "proxy",       "admin_token", "admins",
    "notify", "listen",           "notify_chat", "plugins",     "data",
    "log",    "webhook",          "hosts",       "send_limits", "business_texts"};
constexpr std::array webhook_keys{"url", "secret", "listen", "certificate", "max_connections"};
constexpr std::int64_t webhook_connections_max = 100;
constexpr std::size_t webhook_secret_bytes_max = 256;
constexpr std::array notify_words{"all", "failures", "none"};
constexpr std::array limit_words{"auto", "on", "off"};
constexpr std::array business_words{"owner", "never"};

// As the Bot API wants it.
bool is_webhook_secret(const std::string& secret) {
    return secret.size() <= webhook_secret_bytes_max &&
           secret.find_first_not_of(
               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
               "0123456789_-") == std::string::npos;
}

void read_webhook(const Reader& reader, WebhookSettings& webhook) {
    reader.only(webhook_keys);
    reader.text("url", webhook.url);
    reader.text("secret", webhook.secret);
    reader.text("listen", webhook.listen);
    reader.path("certificate", webhook.certificate);
    reader.count("max_connections", webhook_connections_max, webhook.max_connections);
}

void read_file(const std::filesystem::path& file, Settings& settings) {
    YAML::Node root;
    try {
        root = YAML::LoadFile(file.string());
    } catch (const YAML::BadFile&) {
        throw Wrong{fmt::format("{}: cannot be read", file.string())};
    } catch (const YAML::Exception& error) {
        throw Wrong{fmt::format("{}:{}: {}", file.string(), error.mark.line + 1, error.msg)};
    }
    if (root.IsNull()) return;
    const Reader reader(file, root);
    if (!root.IsMap()) reader.fail(root, "the file", "keys and values");
    reader.only(keys);
    reader.text("token", settings.token);
    reader.text("telegram_api_url", settings.telegram_api_url);
    reader.text("proxy", settings.proxy);
    reader.text("admin_token", settings.admin_token);
    reader.ids("admins", settings.admins);
    reader.id("notify_chat", settings.notify_chat);
    reader.word("notify", notify_words, settings.notify);
    reader.word("send_limits", limit_words, settings.send_limits);
    reader.word("business_texts", business_words, settings.business_texts);
    reader.text("listen", settings.listen);
    reader.texts("hosts", settings.hosts);
    if (const auto webhook = reader.section("webhook")) read_webhook(*webhook, settings.webhook);
    reader.path("plugins", settings.plugins);
    reader.path("data", settings.data);
    reader.path("log", settings.log);
}

void from_environment(const char* name, std::string& target) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') target = value;
}

void ids_from_environment(const char* name, std::vector<std::int64_t>& target) {
    std::string text;
    from_environment(name, text);
    if (text.empty()) return;
    target.clear();
    std::istringstream words(text);
    for (std::string word; std::getline(words, word, ',');) {
        std::int64_t id = 0;
        const auto end = word.data() + word.size();
        const auto begin = word.data() + std::min(word.find_first_not_of(' '), word.size());
        if (std::from_chars(begin, end, id).ptr == begin)
            throw Wrong{
                fmt::format("{}: expected user ids with commas between, found '{}'", name, text)};
        target.push_back(id);
    }
}

template <std::size_t N>
void word_from_environment(const char* name, const std::array<const char*, N>& words,
                           std::string& target) {
    from_environment(name, target);
    if (std::ranges::find(words, target) == words.end())
        throw Wrong{fmt::format("{}: expected one of {}", name, fmt::join(words, ", "))};
}

void read_environment(Settings& settings) {
    from_environment("BOT_TOKEN", settings.token);
    from_environment("TELEGRAM_API_URL", settings.telegram_api_url);
    from_environment("TELEGRAM_PROXY", settings.proxy);
    from_environment("SSL_CERT_FILE", settings.ca_file);
    from_environment("WEBHOOK_URL", settings.webhook.url);
    from_environment("WEBHOOK_SECRET", settings.webhook.secret);
    from_environment("WEBHOOK_LISTEN", settings.webhook.listen);
    if (!is_webhook_secret(settings.webhook.secret))
        throw Wrong{"webhook.secret: expected 1 to 256 letters, digits, '_' and '-'"};
    from_environment("ADMIN_TOKEN", settings.admin_token);
    ids_from_environment("ADMINS", settings.admins);
    std::vector<std::int64_t> chat;
    ids_from_environment("NOTIFY_CHAT", chat);
    if (!chat.empty()) settings.notify_chat = chat.front();
    word_from_environment("NOTIFY", notify_words, settings.notify);
    word_from_environment("SEND_LIMITS", limit_words, settings.send_limits);
    word_from_environment("BUSINESS_TEXTS", business_words, settings.business_texts);
}

}  // namespace

bool Settings::keeps_send_limits() const {
    if (send_limits != "auto") return send_limits == "on";
    return token != playground::BotAccount{}.token;
}

hotreload::Result<Settings, std::string> read_settings(const std::filesystem::path& file) {
    Settings settings;
    settings.file = file;
    std::error_code error;
    try {
        if (std::filesystem::exists(file, error)) read_file(file, settings);
        read_environment(settings);
    } catch (const Wrong& wrong) {
        return hotreload::Result<Settings, std::string>(boost::system::in_place_error, wrong.text);
    }
    return settings;
}

}  // namespace tgstats
