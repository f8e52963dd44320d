"""What a handler is given besides the update: arguments, configuration, the bot, the store, the
log.
"""

import base64
import io
import mimetypes
import os

from hotreload.peer import Call
from tgstats.objects import Message, Object, wrap

_FILE_FIELDS = (
    "photo",
    "document",
    "video",
    "animation",
    "audio",
    "voice",
    "video_note",
    "sticker",
    "thumbnail",
)
_POSITIONAL = {
    "sendMessage": ("chat_id", "text"),
    "sendPhoto": ("chat_id", "photo", "caption"),
    "sendDocument": ("chat_id", "document", "caption"),
    "sendChatAction": ("chat_id", "action"),
    "sendAnimation": ("chat_id", "animation"),
    "sendVideo": ("chat_id", "video"),
    "sendAudio": ("chat_id", "audio"),
    "editMessageText": ("text", "chat_id", "message_id"),
    "deleteMessage": ("chat_id", "message_id"),
    "pinChatMessage": ("chat_id", "message_id"),
    "setMessageReaction": ("chat_id", "message_id", "reaction"),
    "getChat": ("chat_id",),
    "getChatAdministrators": ("chat_id",),
    "getChatMemberCount": ("chat_id",),
    "getChatMember": ("chat_id", "user_id"),
    "getFile": ("file_id",),
}
# Parameters of python-telegram-bot that say how to send, not what.
_CLIENT_ONLY = ("read_timeout", "write_timeout", "connect_timeout", "pool_timeout", "api_kwargs")


class Log:
    def __init__(self, host):
        self._host = host

    def debug(self, message, **fields):
        self._host.log("debug", message, fields)

    def info(self, message, **fields):
        self._host.log("info", message, fields)

    def warning(self, message, **fields):
        self._host.log("warning", message, fields)

    def error(self, message, **fields):
        self._host.log("error", message, fields)


class Pages:
    """A verb that answers page by page: `await` it for one page, iterate (`async for`, `for`) over
    all of them.
    """

    def __init__(self, fetch, field, after):
        self._fetch = fetch
        self._field = field
        self._after = after

    def __await__(self):
        return self._fetch(self._after).__await__()

    def wait(self):
        return self._fetch(self._after).wait()

    async def __aiter__(self):
        after = self._after
        while after is not None:
            page = await self._fetch(after)
            for item in page[self._field]:
                yield wrap("", item)
            after = page.get("next")

    def __iter__(self):
        after = self._after
        while after is not None:
            page = self._fetch(after).wait()
            for item in page[self._field]:
                yield wrap("", item)
            after = page.get("next")


class Store:
    """The host's data, by verbs (docs/protocol.md, section 6), for the chat at hand.

    `await context.store.users(days=30)` in an async handler, in a plain one
    `context.store.users(days=30).wait()`.
    """

    def __init__(self, host, chat_id):
        self._host = host
        self.chat_id = chat_id

    def call(self, verb, **params):
        """Any verb by its name."""
        params = {name: value for name, value in params.items() if value is not None}
        if self.chat_id is not None:
            params.setdefault("chat_id", self.chat_id)
        return self._host.call(f"store.{verb}", params).then(lambda result: wrap("", result))

    def chat(self, **params):
        return self.call("chat", **params)

    def activity(self, by="hour", **params):
        return self.call("activity", by=by, **params)

    def users(self, **params):
        return self.call("users", **params)

    def texts(self, limit=5000, after=0, **params):
        return Pages(
            lambda cursor: self.call("texts", limit=limit, after=cursor, **params), "texts", after
        )

    def messages(self, limit=5000, after=0, **params):
        return Pages(
            lambda cursor: self.call("messages", limit=limit, after=cursor, **params),
            "messages",
            after,
        )


class State:
    """What the host keeps for the plugin across reloads, crashes and restarts, by key: any JSON
    values.

    Changes become real when the handler has succeeded. `set` and `delete` may be awaited and need
    not be; `get` and `keys` are awaited in an async handler, in a plain one
    `context.state.get("count", 0).wait()`.
    """

    def __init__(self, host):
        self._host = host

    def get(self, key, default=None):
        def value(result):
            return result["value"] if result.get("found") else default

        return self._host.call("state.get", {"key": key}).then(value)

    def set(self, key, value):
        return self._host.post("state.set", {"key": key, "value": value})

    def delete(self, key):
        return self._host.post("state.delete", {"key": key})

    def keys(self, prefix=""):
        """All keys, or those that begin with `prefix`, in order."""
        params = {"prefix": prefix} if prefix else {}
        return self._host.call("state.keys", params).then(lambda result: result["keys"])


class Bot:
    """The Bot API by method: `send_message(chat_id, text)`. What sends is done when the handler has
    succeeded; what
    asks (`get_…`) is a request at once and must be awaited."""

    def __init__(self, turn, me):
        self._turn = turn
        self._me = me

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        if name in ("id", "username", "first_name"):
            return self._me.get(name)
        head, *rest = name.split("_")
        method = head + "".join(part.capitalize() for part in rest)
        return lambda *args, **params: self._call(method, args, params)

    def _call(self, method, args, params):
        names = _POSITIONAL.get(method, ("chat_id",))
        if len(args) > len(names):
            raise TypeError(
                f"{method} takes {len(names)} positional arguments, give the others by name"
            )
        params = {**dict(zip(names, args)), **params}
        if method.startswith("get"):
            return self._turn.send_now(method, **params)
        return self._turn.effect(method, params)


class Turn:
    """One event being handled: collects the effects, which count only when the handler succeeds."""

    def __init__(self, host, event):
        self._host = host
        self.effects = []
        self.bot = Bot(self, event.get("bot") or {})

    def effect(self, method, params):
        effect = bot_api_call(method, params)
        self.effects.append(effect)
        return Message({"chat": {"id": effect["params"].get("chat_id")}}, self, effect)

    def withdraw(self, effect):
        self.effects[:] = [kept for kept in self.effects if kept is not effect]

    def send_now(self, method, **params):
        def converted(result):
            is_message = isinstance(result, dict) and "message_id" in result
            return Message(result, self) if is_message else wrap("", result, self)

        return self._host.call("telegram.call", bot_api_call(method, params)).then(converted)


class Context:
    """What every handler gets: as its second argument, one of a schedule as its only one."""

    def __init__(self, host, event=None):
        event = event or {}
        self._host = host
        self._turn = Turn(host, event)
        message = event.get("message") or {}
        self.event = event
        self.args = [str(argument) for argument in event.get("args") or []]
        self.command = event.get("command")
        self.config = Object(host.config)
        self.settings = Object(event.get("settings") or {})
        self.now = event.get("now")  # Unix seconds
        self.data_dir = host.data_dir
        self.chat_id = event.get("chat_id", (message.get("chat") or {}).get("id"))
        self.caller = event.get("caller")  # of a service: the plugin that asks
        self.schedule = event.get("schedule")  # of a schedule: its name, when it was due,
        self.due = event.get("due")
        self.chats = list(event.get("chats") or [])  # and the chats that the bot serves
        # The forum topic the event came from; None outside of one.
        self.thread_id = (
            message.get("message_thread_id") if message.get("is_topic_message") else None
        )
        self.bot = self._turn.bot
        self.store = Store(host, self.chat_id)
        self.state = State(host)
        self.log = Log(host)

    @property
    def effects(self):
        return self._turn.effects

    def send_now(self, method="sendMessage", **params):
        """One Bot API call at once, for progress messages: `await context.send_now(text="Counting
        …")`.
        """
        if self.chat_id is not None:
            params.setdefault("chat_id", self.chat_id)
        return self._turn.send_now(method, **params)

    def call_service(self, service, /, **params):
        """Another plugin's service: `await context.call_service("translate", text="…")`. Raises a
        HostError when nobody offers it, when it fails, or when the calls form a circle.
        """
        asked = {"service": service, "params": params}
        return self._host.call("service.call", asked).then(lambda result: result["result"])


def bot_api_call(method, params):
    """{"method", "params", "files"}: bytes, open files and paths become uploads."""
    plain, files = {}, {}
    filename = params.pop("filename", None)
    for name, value in params.items():
        if value is None or name in _CLIENT_ONLY:
            continue
        if isinstance(value, Call):
            value.refuse_use()
        if name in _FILE_FIELDS and not isinstance(value, str):
            files[name] = upload(value, filename, name)
        elif name == "media":
            plain[name] = attached(value, files)
        else:
            plain[name] = value
    return (
        {"method": method, "params": plain, "files": files}
        if files
        else {"method": method, "params": plain}
    )


def attached(media, files):
    """The items of an album (or the one of editMessageMedia): what they hold becomes uploads."""
    if not isinstance(media, (list, tuple)):
        return attached_item(media, files) if isinstance(media, dict) else media
    return [attached(item, files) for item in media]


def attached_item(item, files):
    item = dict(item)
    for key in ("media", "thumbnail"):
        value = item.get(key)
        if value is not None and not isinstance(value, str):
            field = f"{key}{len(files)}"
            files[field] = upload(value, item.pop("filename", None), field)
            item[key] = f"attach://{field}"
    return item


def upload(value, filename, field):
    if isinstance(value, os.PathLike):
        with open(value, "rb") as file:
            data, own_name = file.read(), os.path.basename(value)
    elif isinstance(value, (bytes, bytearray, memoryview)):
        data, own_name = bytes(value), None
    else:
        own_name = getattr(value, "name", None)
        # A picture has just been written into it: what counts is all of it.
        data = value.getvalue() if isinstance(value, io.BytesIO) else value.read()
    kind = _image_type(data)
    name = filename or (os.path.basename(own_name) if isinstance(own_name, str) else None)
    name = name or field + (mimetypes.guess_extension(kind) or "" if kind else "")
    kind = kind or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return {"name": name, "type": kind, "base64": base64.b64encode(data).decode("ascii")}


def _image_type(data):
    for start, kind in (
        (b"\x89PNG", "image/png"),
        (b"\xff\xd8", "image/jpeg"),
        (b"GIF8", "image/gif"),
    ):
        if data.startswith(start):
            return kind
    return None
