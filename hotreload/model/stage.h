#pragma once
// The life of a generation, and which steps of it are legal.

#include <string_view>

namespace hotreload {

// planned → building → starting → probing → serving → draining → retired; any but retired → failed.
// What needs no build goes from planned to starting.
enum class Stage { planned, building, starting, probing, serving, draining, retired, failed };

std::string_view to_string(Stage stage);
bool legal(Stage from, Stage to);

}  // namespace hotreload
