"""Turns a module with a plugin class into what the worker serves: its offers, and the answers to
events.
"""

import inspect
import re

from hotreload.peer import BAD_PARAMS, Refusal
from tgstats.context import Context
from tgstats.objects import Update
from tgstats.plugins import base

COMMAND_NAME = re.compile(r"[a-z0-9_]{1,32}")  # what Telegram takes for a command

OBSERVERS = {
    "message": ("process_message", "message"),
    "reaction": ("process_reaction", "message_reaction"),
    "edited_message": ("process_edited_message", "edited_message"),
}
KINDS = (
    ("command", base.CommandPlugin),
    ("statistic", base.StatisticsPlugin),
    ("observer", base.HandlerPlugin),
    ("service", base.ServicePlugin),
)


class PluginError(Exception):
    """The module is not a plugin, and why."""


class ClassPlugin:
    """A plugin object behind the worker's requests."""

    def __init__(self, plugin, host):
        self._plugin = plugin
        self._host = host
        self._answers = {}  # (kind, name) -> coroutine function of an event
        plugin.context = Context(host)
        plugin.config = plugin.context.config

    async def start(self):
        await call(self._plugin.initialize, self._plugin.context)

    def manifest(self):
        metadata = self._plugin.metadata
        if not isinstance(metadata, base.PluginMetadata):
            raise PluginError(f"{type(self._plugin).__name__}.metadata must be a PluginMetadata")
        return {
            "class": type(self._plugin).__name__,
            "kinds": [kind for kind, cls in KINDS if isinstance(self._plugin, cls)],
            "name": metadata.name,
            "version": metadata.version,
            "description": metadata.description,
            "author": metadata.author,
            "dependencies": metadata.dependencies,
            "offers": list(self._offers(metadata)),
            "state_version": metadata.state_version,
            "permissions": metadata.permissions,
        }

    async def probe(self):
        return await call(self._plugin.probe)

    async def handle(self, offer, event):
        answer = self._answers.get((offer.get("kind"), offer.get("name")))
        if answer is None:
            raise Refusal(
                BAD_PARAMS, f"the plugin does not offer {offer.get('kind')} {offer.get('name')!r}"
            )
        return await answer(event)

    async def shutdown(self):
        await call(self._plugin.shutdown)

    # --- offers -----------------------------------------------------------------------------------

    def _offers(self, metadata):
        plugin = self._plugin
        if isinstance(plugin, base.CommandPlugin):
            descriptions = plugin.get_command_descriptions() or {}
            for name, handler in checked_commands(plugin).items():
                yield self._offer(
                    "command",
                    name,
                    descriptions.get(name) or metadata.description,
                    self._command(handler),
                )
        if isinstance(plugin, base.StatisticsPlugin):
            yield self._offer(
                "statistic", plugin.get_stat_name(), plugin.get_stat_description(), self._statistic
            )
        if isinstance(plugin, base.HandlerPlugin):
            for name, (method, field) in OBSERVERS.items():
                if getattr(type(plugin), method) is not getattr(base.HandlerPlugin, method):
                    yield self._offer(
                        "observer", name, "", self._observer(getattr(plugin, method), field)
                    )
        if isinstance(plugin, base.ServicePlugin):
            yield self._offer(
                "service", plugin.get_service_name(), metadata.description, self._service
            )

    def _offer(self, kind, name, description, answer):
        self._answers[kind, name] = answer
        return {"kind": kind, "name": name, "description": description}

    # --- answers ----------------------------------------------------------------------------------

    def _command(self, handler):
        async def answer(event):
            context = Context(self._host, event)
            fields = {"update_id": event.get("update_id"), "message": event.get("message")}
            await call(handler, Update(fields, context._turn), context, context.store)
            return {"effects": context.effects}

        return answer

    def _observer(self, method, field):
        async def answer(event):
            effects = []
            for update in event.get("updates") or [event.get("update") or event]:
                if field not in update and "message" in update:
                    update = {**update, field: update["message"]}
                    del update["message"]
                carried = update.get(field) or {}
                context = Context(
                    self._host,
                    {"chat_id": (carried.get("chat") or {}).get("id"), **event, **update},
                )
                await call(method, Update(update, context._turn), context, context.store)
                effects += context.effects
            return {"effects": effects}

        return answer

    async def _statistic(self, event):
        context = Context(self._host, event)
        result = self._plugin.calculate_stats(
            context.store, event.get("chat_id"), **(event.get("params") or {})
        )
        return {"result": await result if inspect.isawaitable(result) else result}

    async def _service(self, event):
        context = Context(self._host, event)
        result = self._plugin.execute(context.store, **(event.get("params") or {}))
        return {"result": await result if inspect.isawaitable(result) else result}


async def call(function, *arguments):
    """Calls a hook, plain or async, with as many of the arguments as it takes."""
    result = function(*arguments[: positional_count(function)])
    return await result if inspect.isawaitable(result) else result


def positional_count(function):
    parameters = inspect.signature(function).parameters.values()
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return None
    return sum(
        parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        for parameter in parameters
    )


def checked_commands(plugin):
    commands = plugin.get_commands()
    if not isinstance(commands, dict):
        raise PluginError(
            f"{type(plugin).__name__}.get_commands() must return a dict of name: handler"
        )
    for name, handler in commands.items():
        if not isinstance(name, str) or not COMMAND_NAME.fullmatch(name):
            raise PluginError(
                f"command {name!r}: 1 to 32 lower-case letters, digits and underscores, without the"
                " slash"
            )
        if not callable(handler):
            raise PluginError(
                f"command {name!r}: its handler is a {type(handler).__name__}, not a function"
            )
    return commands


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
