#pragma once
// A Python plugin whose state has a version, and the ways in which it may migrate.

#include <string>

namespace hotreload {

// Counts its events; a file `go` in its folder lets go of what waits for it.
inline std::string counting(const std::string& name, int version, const std::string& more = {}) {
    return "import asyncio, os\nstate_version = " + std::to_string(version) +
           "\noffers = [{'kind': 'command', 'name': '" + name +
           "'}, {'kind': 'service', 'name': '" + name + "'}]\n" + R"(
host = None
async def until_go():
    open('waiting', 'w').close()
    while not os.path.exists('go'):
        await asyncio.sleep(0.01)
async def initialize(the_host):
    global host
    host = the_host
    await begin()
async def begin():
    pass
async def before(event):
    pass
async def handle(offer, event):
    await before(event)
    n = (await host.call('state.get', {'key': 'n'}))['value'] or 0
    await host.call('state.set', {'key': 'n', 'value': n + 1})
    if offer['kind'] == 'service':
        return {'result': n + 1}
    return ')" +
           name + " " + std::to_string(version) + R"(: ' + str(n + 1)
)" + more;
}

inline constexpr auto migrates =
    "def migrate(state, old, new):\n    return {'n': state['n'] + 100}\n";
inline constexpr auto fails = "def migrate(state, old, new):\n    raise ValueError('cannot')\n";
inline constexpr auto migrates_at_go =
    "async def migrate(state, old, new):\n    await until_go()\n"
    "    return {'n': state['n'] + 100}\n";
inline constexpr auto stores = R"(
async def begin():
    await host.call('state.set', {'key': 'stored', 'value': True})
)";

}  // namespace hotreload
