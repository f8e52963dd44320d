#pragma once
// One row of an export's "messages", read with simdjson. Inside the reader only.

#include <optional>

#include <simdjson.h>

#include "tgstats/record/export_reader.h"

namespace tgstats {

inline constexpr std::int64_t export_id_max = 1LL << 52;  // of chats, people and messages

// nullopt for a row that is no message of a known type. Throws simdjson_error for invalid JSON.
std::optional<ExportMessage> read_export_message(simdjson::ondemand::object row);
// The export's chat types and ids as those of the Bot API; nullopt for a type that is not known.
std::optional<ExportChat> export_chat(std::string_view type, std::int64_t id,
                                      std::string_view name);
// A row's date alone; 0 when there is none.
std::int64_t export_date(simdjson::ondemand::object row);

}  // namespace tgstats
