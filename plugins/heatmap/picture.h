#pragma once
// The heatmap as a picture: seven rows of hours, with totals at the sides and a legend below.

#include <string>

#include "week.h"

namespace heatmap {

struct Caption {
    std::string title;   // the chat's name
    std::string period;  // "Last 7 days"
};

// PNG bytes, drawn at twice the logical size. The week must hold at least one message.
std::string draw(const Week& week, const Caption& caption);

}  // namespace heatmap
