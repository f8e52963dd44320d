#pragma once
// The host side of the C interface: Boost.JSON values behind hr_value, and an arena that keeps
// what a plugin's call makes alive until that call returns.

#include <deque>
#include <optional>
#include <string_view>

#include <hotreload/plugin.h>

#include "hotreload/rpc/message.h"

namespace hotreload::native {

inline const hr_value* opaque(const json::value& value) {
    return reinterpret_cast<const hr_value*>(&value);
}
inline hr_value* opaque(json::value& value) { return reinterpret_cast<hr_value*>(&value); }
inline json::value* known(hr_value* value) { return reinterpret_cast<json::value*>(value); }
inline const json::value* known(const hr_value* value) {
    return reinterpret_cast<const json::value*>(value);
}
inline std::string_view view(hr_string text) { return {text.data, text.size}; }
inline hr_string raw(std::string_view text) { return {text.data(), text.size()}; }

// Where the plugin's requests go.
class Upstream {
public:
    virtual ~Upstream() = default;
    virtual Result<json::value, RpcError> call(std::string_view method, json::object params) = 0;
    virtual void notify(std::string_view method, json::object params) = 0;
};

// What a plugin is given as its host. One call of the plugin at a time.
class HostTable {
public:
    explicit HostTable(Upstream& upstream);
    HostTable(const HostTable&) = delete;
    HostTable& operator=(const HostTable&) = delete;

    [[nodiscard]] const hr_host* table() const { return &table_.functions; }
    // Around each call of the plugin: begin() forgets the reported failure, end() frees what the
    // call has made.
    void begin() { failure_.reset(); }
    void end();
    // What the plugin gave to `fail` during the call, or that it failed without a word.
    [[nodiscard]] RpcError failure() const;
    json::value& keep(json::value value) { return arena_.emplace_back(std::move(value)); }

private:
    // The functions are handed the table alone, and find their way back from it.
    struct Table {
        hr_host functions{};
        HostTable* owner = nullptr;
    };
    static HostTable& owner(const hr_host* host);
    static void on_log(const hr_host* host, hr_level level, hr_string message, hr_value* fields);
    static int on_call(const hr_host* host, hr_string method, hr_value* params,
                       const hr_value** out, hr_error* error);
    static void on_fail(const hr_host* host, const hr_error* error);
    void fill_building();

    Table table_;
    Upstream* upstream_;
    std::deque<json::value> arena_;
    std::optional<RpcError> failure_;
};

// The reading half of the table: functions over values, without a host.
void fill_reading(hr_host& table);

}  // namespace hotreload::native
