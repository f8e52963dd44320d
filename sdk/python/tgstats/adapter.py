"""Turns a module with a plugin class into what the worker serves: its manifest, and the answers to
events.
"""

import inspect

from hotreload.peer import BAD_PARAMS, Refusal
from tgstats.answers import Answers, PluginError, call
from tgstats.context import Context
from tgstats.plugins import base

KINDS = (
    ("command", base.CommandPlugin),
    ("statistic", base.StatisticsPlugin),
    ("observer", base.HandlerPlugin),
    ("service", base.ServicePlugin),
)


class ClassPlugin:
    """A plugin object behind the worker's requests."""

    def __init__(self, plugin, host):
        self._plugin = plugin
        self._answers = Answers(plugin, host)
        plugin.context = Context(host)
        plugin.config = plugin.context.config
        if type(plugin).migrate is not base.BasePlugin.migrate:
            self.migrate = self._migrate
        if type(plugin).shutdown is not base.BasePlugin.shutdown:
            self.shutdown = self._shutdown

    async def start(self):
        await call(self._plugin.initialize, self._plugin.context)

    def manifest(self):
        plugin = self._plugin
        metadata = plugin.metadata
        if not isinstance(metadata, base.PluginMetadata):
            raise PluginError(f"{type(plugin).__name__}.metadata must be a PluginMetadata")
        self._answers.collect(metadata)
        return {
            "class": type(plugin).__name__,
            "kinds": [kind for kind, cls in KINDS if isinstance(plugin, cls)],
            "name": metadata.name,
            "version": metadata.version,
            "description": metadata.description,
            "author": metadata.author,
            "dependencies": metadata.dependencies,
            "offers": self._answers.offers,
            "schedules": self._answers.schedules,
            "state_version": plugin.state_version or metadata.state_version,
            "permissions": metadata.permissions,
        }

    async def probe(self):
        return await call(self._plugin.probe)

    async def handle(self, offer, event):
        kind, name = offer.get("kind"), offer.get("name")
        answer = self._answers.find(kind, name)
        if answer is None:
            raise Refusal(BAD_PARAMS, f"the plugin does not offer {kind} {name!r}")
        return await answer(event)

    async def _shutdown(self):
        await call(self._plugin.shutdown)

    async def _migrate(self, state, from_version, to_version):
        migrated = await call(self._plugin.migrate, state, from_version, to_version)
        return state if migrated is None else migrated


def find_plugin_class(module):
    """The one concrete plugin class that the module, or its package, defines."""
    own = (module.__name__, f"{module.__name__}.")
    found = {
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, base.BasePlugin)
        and (value.__module__ == own[0] or value.__module__.startswith(own[1]))
    }
    concrete = sorted(
        (cls for cls in found if not inspect.isabstract(cls)), key=lambda cls: cls.__name__
    )
    if len(concrete) == 1:
        return concrete[0]
    if concrete:
        raise PluginError(
            f"one plugin class is wanted, here are {', '.join(cls.__name__ for cls in concrete)}: "
            "put each into a file of its own, or make one class of several kinds"
        )
    if found:
        missing = "; ".join(
            f"{cls.__name__} lacks {', '.join(sorted(cls.__abstractmethods__))}"
            for cls in sorted(found, key=lambda cls: cls.__name__)
        )
        raise PluginError(f"no complete plugin class: {missing}")
    raise PluginError(
        "no plugin class here: derive one from CommandPlugin, HandlerPlugin, StatisticsPlugin or "
        "ServicePlugin (tgstats.plugins.base); a package's __init__.py has to import it"
    )


def adapt(module, host):
    return ClassPlugin(find_plugin_class(module)(), host)
