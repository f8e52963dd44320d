#include "workers/native/host_table.h"

#include "hotreload/base/base64.h"

namespace hotreload::native {

namespace {

json::object take_object(hr_value* value) {
    auto* object = value ? known(value)->if_object() : nullptr;
    return object ? std::move(*object) : json::object();
}

void set(hr_value* object, hr_string key, hr_value* child) {
    auto* members = object ? known(object)->if_object() : nullptr;
    if (members && child) members->insert_or_assign(view(key), std::move(*known(child)));
}

void push(hr_value* array, hr_value* child) {
    auto* elements = array ? known(array)->if_array() : nullptr;
    if (elements && child) elements->push_back(std::move(*known(child)));
}

const char* word(hr_level level) {
    switch (level) {
        case HR_DEBUG:
            return "debug";
        case HR_INFO:
            return "info";
        case HR_WARNING:
            return "warning";
        case HR_ERROR:
            return "error";
    }
    return "info";
}

}  // namespace

HostTable::HostTable(Upstream& upstream) : upstream_(&upstream) {
    table_.owner = this;
    table_.functions.abi = HR_PLUGIN_ABI;
    table_.functions.size = sizeof(hr_host);
    table_.functions.log = &HostTable::on_log;
    table_.functions.call = &HostTable::on_call;
    table_.functions.fail = &HostTable::on_fail;
    fill_reading(table_.functions);
    fill_building();
}

HostTable& HostTable::owner(const hr_host* host) {
    return *reinterpret_cast<const Table*>(host)->owner;  // `functions` is the first member
}

void HostTable::fill_building() {
    auto& table = table_.functions;
    table.make_null = [](const hr_host* host) { return opaque(owner(host).keep(nullptr)); };
    table.make_boolean = [](const hr_host* host, int value) {
        return opaque(owner(host).keep(value != 0));
    };
    table.make_integer = [](const hr_host* host, std::int64_t value) {
        return opaque(owner(host).keep(value));
    };
    table.make_number = [](const hr_host* host, double value) {
        return opaque(owner(host).keep(value));
    };
    table.make_string = [](const hr_host* host, hr_string value) {
        return opaque(owner(host).keep(json::value(view(value))));
    };
    table.make_bytes = [](const hr_host* host, hr_string bytes) {
        return opaque(owner(host).keep(json::value(base64_encode(view(bytes)))));
    };
    table.make_array = [](const hr_host* host) { return opaque(owner(host).keep(json::array())); };
    table.make_object = [](const hr_host* host) {
        return opaque(owner(host).keep(json::object()));
    };
    table.copy = [](const hr_host* host, const hr_value* value) {
        return opaque(owner(host).keep(value ? *known(value) : json::value()));
    };
    table.set = set;
    table.push = push;
}

void HostTable::on_log(const hr_host* host, hr_level level, hr_string message, hr_value* fields) {
    owner(host).upstream_->notify(
        "log",
        {{"level", word(level)}, {"message", view(message)}, {"fields", take_object(fields)}});
}

int HostTable::on_call(const hr_host* host, hr_string method, hr_value* params,
                       const hr_value** out, hr_error* error) {
    auto& self = owner(host);
    auto outcome = self.upstream_->call(view(method), take_object(params));
    if (outcome.has_value()) {
        *out = opaque(self.keep(std::move(*outcome)));
        return 0;
    }
    auto& message = self.keep(json::value(outcome.error().message));
    *error = hr_error{};
    error->code = outcome.error().code;
    error->message = raw(message.get_string());
    return 1;
}

void HostTable::on_fail(const hr_host* host, const hr_error* error) {
    RpcError failure{rpc_code::plugin_error, std::string(view(error->message)), {}};
    json::object data;
    if (error->type.size > 0) data["type"] = view(error->type);
    data["message"] = view(error->message);
    if (error->file.size > 0) data["file"] = view(error->file);
    if (error->line > 0) data["line"] = error->line;
    failure.data = std::move(data);
    owner(host).failure_ = std::move(failure);
}

void HostTable::end() { std::deque<json::value>().swap(arena_); }

RpcError HostTable::failure() const {
    if (failure_) return *failure_;
    return {rpc_code::plugin_error, "the plugin failed without saying why", {}};
}

}  // namespace hotreload::native
