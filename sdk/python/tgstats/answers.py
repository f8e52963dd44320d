"""What a plugin object offers by kind and name, and the code that answers each event."""

import inspect
import re

from tgstats.context import Context
from tgstats.objects import Update
from tgstats.plugins import base
from tgstats.schedules import Cron, Every

COMMAND_NAME = re.compile(r"[a-z0-9_]{1,32}")  # what Telegram takes for a command

# Observed name -> the method that is called, the fields of an update that it may be about.
OBSERVED = {
    "message": ("process_message", ("message", "channel_post")),
    "edited_message": ("process_edited_message", ("edited_message", "edited_channel_post")),
    "reaction": ("process_reaction", ("message_reaction", "message_reaction_count")),
    "member": ("process_member", ("chat_member", "my_chat_member")),
}


class PluginError(Exception):
    """The module is not a plugin, and why."""


class Answers:
    """Collects the offers of one plugin object; `find` gives what answers an offer's events."""

    def __init__(self, plugin, host):
        self._plugin = plugin
        self._host = host
        self._answers = {}  # (kind, name) -> coroutine function of an event
        self.offers = []
        self.schedules = []

    def find(self, kind, name):
        return self._answers.get((kind, name))

    def collect(self, metadata):
        plugin = self._plugin
        if isinstance(plugin, base.CommandPlugin):
            descriptions = plugin.get_command_descriptions() or {}
            for name, handler in checked_commands(plugin).items():
                description = descriptions.get(name) or metadata.description
                self._offer("command", name, description, self._command(handler))
        if isinstance(plugin, base.StatisticsPlugin):
            name, description = plugin.get_stat_name(), plugin.get_stat_description()
            self._offer("statistic", name, description, self._statistic)
        if isinstance(plugin, base.HandlerPlugin):
            self._observe()
        if isinstance(plugin, base.ServicePlugin):
            name = plugin.get_service_name()
            self._offer("service", name, metadata.description, self._service)
        for name, when in checked_schedules(plugin).items():
            self._offer("schedule", name, "", self._schedule(getattr(plugin, name)))
            self.schedules.append({"name": name, **when.words()})
        if not self.offers:
            methods = ", ".join(method for method, _ in OBSERVED.values())
            raise PluginError(
                f"a HandlerPlugin that handles nothing: {type(plugin).__name__} has neither "
                f"schedules nor any of the methods {methods}, process_updates"
            )

    def _offer(self, kind, name, description, answer):
        if not isinstance(name, str) or not name:
            raise PluginError(f"the name of a {kind} must be a string that is not empty")
        self._answers[kind, name] = answer
        self.offers.append({"kind": kind, "name": name, "description": description})

    def _observe(self):
        plugin = self._plugin
        batched = checked_observes(plugin) if overrides(plugin, "process_updates") else ()
        for name, (method, _) in OBSERVED.items():
            if name in batched:
                self._offer("observer", name, "", self._batch)
            elif overrides(plugin, method):
                self._offer("observer", name, "", self._observer(name))

    # --- one answer for each kind -----------------------------------------------------------------

    def _command(self, handler):
        async def answer(event):
            context = Context(self._host, event)
            fields = {"update_id": event.get("update_id"), "message": event.get("message")}
            await call(handler, Update(fields, context._turn), context, context.store)
            return {"effects": context.effects}

        return answer

    def _observer(self, name):
        method = getattr(self._plugin, OBSERVED[name][0])

        async def answer(event):
            effects = []
            for update in event["updates"]:
                context = Context(self._host, {**event, "chat_id": chat_of(update)})
                await call(method, Update(update, context._turn), context, context.store)
                effects += context.effects
            return {"effects": effects}

        return answer

    async def _batch(self, event):
        chats = {chat_of(update) for update in event["updates"]}
        chat_id = chats.pop() if len(chats) == 1 else None
        context = Context(self._host, {**event, "chat_id": chat_id})
        updates = [Update(update, context._turn) for update in event["updates"]]
        await call(self._plugin.process_updates, updates, context, context.store)
        return {"effects": context.effects}

    def _schedule(self, handler):
        async def answer(event):
            context = Context(self._host, event)
            await call(handler, context)
            return {"effects": context.effects}

        return answer

    async def _statistic(self, event):
        context = Context(self._host, event)
        result = self._plugin.calculate_stats(
            context.store, event.get("chat_id"), **(event.get("params") or {})
        )
        return {"result": await result if inspect.isawaitable(result) else result}

    async def _service(self, event):
        params = event.get("params") or {}
        context = Context(self._host, {"chat_id": params.get("chat_id"), **event})
        result = self._plugin.execute(context.store, **params)
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


def overrides(plugin, method):
    return getattr(type(plugin), method) is not getattr(base.HandlerPlugin, method)


def chat_of(update):
    for _, fields in OBSERVED.values():
        for field in fields:
            if field in update:
                return (update[field].get("chat") or {}).get("id")
    return None


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


def checked_observes(plugin):
    observes = plugin.observes
    if isinstance(observes, str) or not set(observes) <= OBSERVED.keys():
        raise PluginError(
            f"{type(plugin).__name__}.observes must be a tuple of names among"
            f" {', '.join(OBSERVED)}, not {observes!r}"
        )
    return tuple(observes)


def checked_schedules(plugin):
    schedules = plugin.schedules()
    if not isinstance(schedules, dict):
        raise PluginError(
            f"{type(plugin).__name__}.schedules() must return a dict of method name: Every(…) or"
            " Cron(…)"
        )
    for name, when in schedules.items():
        if not isinstance(when, (Every, Cron)):
            raise PluginError(f"schedule {name!r}: Every(…) or Cron(…) is expected, not {when!r}")
        if not isinstance(name, str) or not callable(getattr(plugin, name, None)):
            raise PluginError(
                f"schedule {name!r}: {type(plugin).__name__} has no method of that name to call"
            )
    return schedules
