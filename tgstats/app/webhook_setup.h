#pragma once
// From the settings to what the webhook needs: its whole address, its secret, its certificate.

#include "tgstats/app/settings.h"
#include "tgstats/telegram/webhook.h"

namespace tgstats {

// The secret is that of the settings; where they have none, one is made at the first start and kept
// in the data folder. The error is one line for the operator.
hotreload::Result<WebhookOptions, std::string> webhook_options(const Settings& settings);

}  // namespace tgstats
