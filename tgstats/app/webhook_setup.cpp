#include "tgstats/app/webhook_setup.h"

#include <fmt/format.h>

#include "hotreload/base/durable_file.h"
#include "tgstats/http/client.h"
#include "tgstats/http/secret.h"

namespace tgstats {
namespace {

using Outcome = hotreload::Result<WebhookOptions, std::string>;
using Text = hotreload::Result<std::string, std::string>;

constexpr const char* secret_file = "webhook_secret";

Outcome wrong(std::string reason) { return {boost::system::in_place_error, std::move(reason)}; }
Text no_text(std::string reason) { return {boost::system::in_place_error, std::move(reason)}; }

// An address without a path means the route of this bot.
std::string whole_address(const std::string& url) {
    const auto host = url.find("://") + 3;
    const auto path = url.find('/', host);
    if (path != std::string::npos && path + 1 < url.size()) return url;
    return url.substr(0, path) + webhook_path;
}

Text kept_secret(const std::filesystem::path& data) {
    const auto file = data / secret_file;
    if (auto kept = hotreload::read_whole_file(file); kept && !kept->empty())
        return Text(boost::system::in_place_value, std::move(*kept));
    auto secret = http::random_secret();
    if (const auto made = hotreload::make_folders(data); !made) return no_text(made.error());
    if (const auto written = hotreload::write_durably(file, secret); !written)
        return no_text(written.error());
    return Text(boost::system::in_place_value, std::move(secret));
}

}  // namespace

Outcome webhook_options(const Settings& settings) {
    const auto& wanted = settings.webhook;
    if (!http::parse_http_url(wanted.url))
        return wrong(fmt::format("webhook.url: expected https://HOST[:PORT][/PATH], found '{}'",
                                 wanted.url));
    WebhookOptions options;
    options.url = whole_address(wanted.url);
    options.max_connections = static_cast<int>(wanted.max_connections);
    if (!wanted.certificate.empty()) {
        const auto certificate = hotreload::read_whole_file(wanted.certificate);
        if (!certificate)
            return wrong(
                fmt::format("webhook.certificate: {} cannot be read", wanted.certificate.string()));
        options.certificate = *certificate;
    }
    options.secret = wanted.secret;
    if (!options.secret.empty()) return options;
    auto secret = kept_secret(settings.data);
    if (!secret) return wrong(secret.error());
    options.secret = std::move(*secret);
    return options;
}

}  // namespace tgstats
