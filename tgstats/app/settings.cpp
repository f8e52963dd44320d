#include "tgstats/app/settings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
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
    Reader(const std::filesystem::path& file, YAML::Node root)
        : file_(file), root_(std::move(root)) {}

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
        throw Wrong{fmt::format("{}:{}: {}: expected {}", file_.string(), node.Mark().line + 1, key,
                                expected)};
    }

private:
    const std::filesystem::path& file_;
    YAML::Node root_;
};

constexpr std::array keys{"token",  "telegram_api_url", "proxy",       "admin_token", "admins",
                          "notify", "listen",           "notify_chat", "plugins",     "data",
                          "log",    "send_limits"};
constexpr std::array notify_words{"all", "failures", "none"};
constexpr std::array limit_words{"auto", "on", "off"};

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
    reader.text("listen", settings.listen);
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
    from_environment("ADMIN_TOKEN", settings.admin_token);
    ids_from_environment("ADMINS", settings.admins);
    std::vector<std::int64_t> chat;
    ids_from_environment("NOTIFY_CHAT", chat);
    if (!chat.empty()) settings.notify_chat = chat.front();
    word_from_environment("NOTIFY", notify_words, settings.notify);
    word_from_environment("SEND_LIMITS", limit_words, settings.send_limits);
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
