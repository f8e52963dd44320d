#pragma once
// The pages of the operators' panel.

#include <string>
#include <vector>

#include "hotreload/reload/status.h"
#include "tgstats/settings/replies.h"

namespace tgstats {

// A plugin's name in callback data, which is short: itself, or a hash of a long one.
std::string handle_of(const std::string& plugin);
// `first`: where the page begins in the list.
Page plugins_page(const std::vector<hotreload::PluginStatus>& all, std::size_t first);
// `note` (plain text) stands above the rest.
Page plugin_page(const hotreload::PluginStatus& status, const std::string& note);
// Why it is as it is: last plan, the tool's words, stderr.
Page why_page(const hotreload::PluginStatus& status);

}  // namespace tgstats
