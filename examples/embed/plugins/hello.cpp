// A plugin of the example, on the bare C interface: says hello to what was typed. A host with many
// plugins lays a C++ header of its own over it.

#include <new>
#include <string>
#include <string_view>

#include <hotreload/plugin.h>

namespace {

hr_string raw(std::string_view text) { return {text.data(), text.size()}; }

struct Hello {
    const hr_host* host;

    hr_value* text(std::string_view words) const { return host->make_string(host, raw(words)); }
};

void* create(const hr_host* host) { return new (std::nothrow) Hello{host}; }

int load(void* plugin, const hr_value*, hr_value** out) {
    const auto& self = *static_cast<Hello*>(plugin);
    const auto* host = self.host;
    auto* offer = host->make_object(host);
    host->set(offer, raw("kind"), self.text("answer"));
    host->set(offer, raw("name"), self.text("hello"));
    auto* offers = host->make_array(host);
    host->push(offers, offer);
    *out = host->make_object(host);
    host->set(*out, raw("class"), self.text("Hello"));
    host->set(*out, raw("offers"), offers);
    return 0;
}

int probe(void* plugin, hr_value** out) {
    const auto* host = static_cast<Hello*>(plugin)->host;
    *out = host->make_object(host);
    host->set(*out, raw("ok"), host->make_boolean(host, 1));
    return 0;
}

int handle(void* plugin, const hr_event* event, hr_value** out) {
    const auto& self = *static_cast<Hello*>(plugin);
    const auto line = self.host->string(self.host->get(event->event, raw("line")));
    *out = self.text("Hello from C++, " + std::string(line.data, line.size));
    return 0;
}

void shutdown(void*) {}

void destroy(void* plugin) { delete static_cast<Hello*>(plugin); }

}  // namespace

const hr_plugin* hotreload_plugin(void) {
    static const hr_plugin table{HR_PLUGIN_ABI, sizeof(hr_plugin), create, load, probe,
                                 handle,        shutdown,          destroy};
    return &table;
}
