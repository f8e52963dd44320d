#pragma once
// The words of the messages to operators, as Telegram HTML within note_bytes_max.

#include <string>
#include <vector>

#include "hotreload/event/event.h"

namespace tgstats {

std::string text_in(const hotreload::Event& event, std::string_view field);
std::vector<std::string> texts_in(const hotreload::Event& event, std::string_view field);

std::string under_way(const std::string& plugin);
std::string live(const std::string& plugin, const hotreload::Event& event);
std::string failure(const std::string& plugin, const hotreload::Event& event);
std::string failure_line(const std::string& plugin, const hotreload::Event& event);
std::string crash(const std::string& plugin, const hotreload::Event& event);
std::string changed(const std::string& plugin, const hotreload::Event& event);

struct DigestCounts {
    std::size_t plugins = 0;
    std::size_t live = 0;
    std::size_t failed = 0;
    std::size_t under_way = 0;
};
std::string digest(const DigestCounts& counts);

}  // namespace tgstats
