"""The default adapter: a plugin is a module with `handle(offer, event)` and, if it wants, the names
below.

    offers = [{"kind": "…", "name": "…", "description": "…"}]   what it can handle, or a function
    schedules = [{"name": "…", "every_seconds": 60}]   or "cron"; offered as kind "schedule", too
    def handle(offer, event): …       plain or async; the result is any JSON value
    def migrate(state, from_version, to_version): …             the state in the new version
    def initialize(host): …    def probe(): …    def shutdown(): …  optional
    name, version, description, author, dependencies, permissions, state_version, kinds   optional

`probe` raises, or returns False or a reason, to say that the plugin is not fit to serve.
"""

import inspect
import types


class ModulePlugin:
    def __init__(self, module, host):
        self._module = module
        self._host = host
        if not callable(getattr(module, "handle", None)):
            raise TypeError(f"{module.__name__} has no function handle(offer, event)")
        if hasattr(module, "migrate"):
            self.migrate = self._migrate
        if hasattr(module, "shutdown"):
            self.shutdown = self._shutdown

    async def start(self):
        await self._hook("initialize", self._host)

    def manifest(self):
        def said(name, default):
            return getattr(self._module, name, default)

        offers = said("offers", [])
        offers = [
            {
                "kind": offer["kind"],
                "name": offer["name"],
                "description": offer.get("description", ""),
            }
            for offer in (offers() if callable(offers) else offers)
        ]
        schedules = [dict(schedule) for schedule in said("schedules", [])]
        offers += [
            {"kind": "schedule", "name": schedule["name"], "description": ""}
            for schedule in schedules
        ]
        return {
            "class": self._module.__name__.rpartition(".")[2],
            "kinds": list(said("kinds", dict.fromkeys(offer["kind"] for offer in offers))),
            "name": said("name", self._host.plugin),
            "version": said("version", "0"),
            "description": said("description", ""),
            "author": said("author", ""),
            "dependencies": list(said("dependencies", [])),
            "offers": offers,
            "schedules": schedules,
            "state_version": said("state_version", 0),
            "permissions": list(said("permissions", [])),
        }

    async def probe(self):
        return await self._hook("probe")

    async def handle(self, offer, event):
        result = self._module.handle(offer, event)
        return await result if inspect.isawaitable(result) else result

    async def _shutdown(self):
        await self._hook("shutdown")

    async def _migrate(self, state, from_version, to_version):
        migrated = await self._hook("migrate", state, from_version, to_version)
        return state if migrated is None else migrated

    async def _hook(self, name, *arguments):
        function = getattr(self._module, name, None)
        if function is None:
            return None
        result = function(*arguments[: parameters_of(function)])
        return await result if inspect.isawaitable(result) else result


def parameters_of(function):
    """How many it names. A signature says it of anything that can be called, and costs half a
    millisecond where nothing is warm; a plain function's code knows.
    """
    code = getattr(function, "__code__", None)
    if type(function) is types.FunctionType and not code.co_flags & inspect.CO_VARARGS:
        return code.co_argcount
    return len(inspect.signature(function).parameters)


def adapt(module, host):
    return ModulePlugin(module, host)
