#include "tgstats/settings/operator_panel.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "tgstats/settings/operator_pages.h"

namespace tgstats {
namespace {

std::size_t number_in(std::string_view word) {
    std::size_t number = 0;
    std::from_chars(word.data(), word.data() + word.size(), number);
    return number;
}

bool is_verb(std::string_view word) {
    return word == "reload" || word == "enable" || word == "disable" || word == "rollback";
}

const hotreload::PluginStatus* status_of(const std::vector<hotreload::PluginStatus>& all,
                                         std::string_view plugin) {
    const auto found = std::ranges::find(all, plugin, &hotreload::PluginStatus::name);
    return found == all.end() ? nullptr : &*found;
}

}  // namespace

void OperatorPanel::add_to(BuiltIns& built_ins) {
    built_ins.add({.name = "plugins",
                   .description = "The plugins, for operators",
                   .listed = Listed::nowhere,
                   .plugins_go_before = false,
                   .answer = [this](BuiltInCallPtr call) { return list(std::move(call)); }});
    built_ins.add_buttons(std::string(operator_prefix),
                          [this](BuiltInCallPtr call) { return press(std::move(call)); });
}

bool OperatorPanel::is_operator(const BuiltInCall& call) const {
    if (!call.in_private()) return false;
    const auto operators = parts_.operators();
    return std::ranges::find(operators, call.user_id()) != operators.end();
}

Task<BuiltInOutcome> OperatorPanel::list(BuiltInCallPtr call) {
    if (!is_operator(*call)) co_return std::nullopt;
    co_return reply(*call, plugins_page(parts_.engine.status(), 0));
}

Task<BuiltInOutcome> OperatorPanel::press(BuiltInCallPtr call) {
    if (!is_operator(*call)) co_return std::nullopt;
    const auto words = words_of_data(call->data);
    if (words.size() < 2) co_return std::nullopt;
    if (is_verb(words[0])) {
        auto outcome = co_await act(call, words[0], plugin_with(words[1]));
        co_return outcome;
    }
    co_await tell_press(call, "");
    const auto all = parts_.engine.status();
    const auto* status = status_of(all, plugin_with(words[1]));
    if (words[0] == "list" || status == nullptr)
        co_return replace(*call, plugins_page(all, number_in(words[1])));
    co_return replace(*call, words[0] == "why" ? why_page(*status) : plugin_page(*status, ""));
}

// The press is answered at once; the page changes when the plugin has come to rest.
Task<BuiltInOutcome> OperatorPanel::act(BuiltInCallPtr call, std::string verb, std::string plugin) {
    const auto done = tell(verb, plugin);
    auto told = done.has_error() ? "That cannot be done" : verb + " …";
    co_await tell_press(call, std::move(told));
    auto note = done.has_error() ? "❌ " + done.error() : std::string();
    if (done.has_value()) {
        const bool settled = co_await parts_.engine.settled(operator_deadline);
        if (!settled) note = "⏳ It is still on its way: " + verb;
    }
    const auto all = parts_.engine.status();
    const auto* status = status_of(all, plugin);
    if (status == nullptr) co_return replace(*call, plugins_page(all, 0));
    if (note.empty())
        note =
            status->error ? fmt::format("❌ {}: failed", verb) : fmt::format("✅ {}: done", verb);
    co_return replace(*call, plugin_page(*status, note));
}

std::string OperatorPanel::plugin_with(std::string_view handle) const {
    for (const auto& status : parts_.engine.status())
        if (handle_of(status.name) == handle) return status.name;
    return {};
}

hotreload::Result<void, std::string> OperatorPanel::tell(std::string_view verb,
                                                         const std::string& plugin) {
    if (verb == "reload") return parts_.engine.reload(plugin);
    if (verb == "rollback") return parts_.engine.roll_back(plugin, 0);
    return parts_.engine.set_enabled(plugin, verb == "enable");
}

}  // namespace tgstats
