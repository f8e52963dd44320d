#pragma once
// One plugin's history as the text of its file. Inside this folder only.

#include <string>
#include <string_view>

#include "hotreload/history/history.h"

namespace hotreload {

struct HistoryFault {
    std::string reason;  // "not valid JSON at byte 12", "records[0].number: expected …"
};

// A fault when this could not be read again (an infinite number in `config`).
Result<std::string, HistoryFault> history_text(const PluginHistory& history);
Result<PluginHistory, HistoryFault> parse_history(std::string_view text);

}  // namespace hotreload
