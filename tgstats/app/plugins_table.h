#pragma once
// Plugins as people read them on a terminal, from the JSON of the HTTP API.

#include <string>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace tgstats {

std::string plugins_table(const boost::json::array& plugins);
// What became of everything that was saved, a line each.
std::string reload_table(const boost::json::object& answer);
// A plugin's last generations, newest first.
std::string history_table(const boost::json::object& history);
// One plugin in full: what it is, why it is so, what went wrong and where.
std::string plugin_card(const boost::json::object& plugin);

}  // namespace tgstats
