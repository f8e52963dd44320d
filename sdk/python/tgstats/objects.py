"""Bot API objects with attribute access, as users of python-telegram-bot know them. A missing field
is None.
"""

import difflib
import functools
import html
import string

_ALIASES = {"from_user": "from"}


class _EscapingFormatter(string.Formatter):
    """What a value becomes cannot become markup."""

    def format_field(self, value, format_spec):
        return html.escape(super().format_field(value, format_spec))


_HTML = _EscapingFormatter()


class Object(dict):
    """A Bot API object: `message.chat.title` and `message["chat"]["title"]` are the same. `from` is
    `from_user`.
    """

    __slots__ = ("_turn",)

    def __init__(self, fields=(), turn=None):
        super().__init__(fields)
        self._turn = turn

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        key = _ALIASES.get(name, name)
        if key not in self:
            refuse_misspelt(type(self), name)
        return wrap(key, self.get(key), self._turn)


@functools.cache
def refuse_misspelt(kind, name):
    """A field that is missing is None, but a method's name with a slip in it is a mistake."""
    methods = [known for known in dir(kind) if "_" in known and not known.startswith("_")]
    for meant in difflib.get_close_matches(name, methods, n=1, cutoff=0.85):
        raise AttributeError(
            f"a {kind.__name__.lower()} has no {name!r}; did you mean {meant!r}?", name=name
        )


def wrap(key, value, turn=None):
    """A field's value as an object of the class that its name says."""
    if isinstance(value, dict):
        return value if isinstance(value, Object) else _CLASSES.get(key, Object)(value, turn)
    if isinstance(value, list):
        return [wrap(key, item, turn) for item in value]
    return value


class User(Object):
    __slots__ = ()

    @property
    def full_name(self):
        return " ".join(part for part in (self.get("first_name"), self.get("last_name")) if part)

    @property
    def name(self):
        return f"@{self['username']}" if self.get("username") else self.full_name

    @property
    def display_name(self):
        """Username, else first name, else id: what a list of people shows."""
        return self.get("username") or self.get("first_name") or str(self.get("id", "?"))

    @property
    def link(self):
        return f"https://t.me/{self['username']}" if self.get("username") else None

    def mention_html(self, name=None):
        return f'<a href="tg://user?id={self.get("id")}">{html.escape(name or self.full_name)}</a>'


class Chat(Object):
    __slots__ = ()

    def send_message(self, text, **params):
        return self._turn.bot.send_message(self["id"], text, **params)

    def send_photo(self, photo, **params):
        return self._turn.bot.send_photo(self["id"], photo, **params)

    def send_document(self, document, **params):
        return self._turn.bot.send_document(self["id"], document, **params)

    def send_action(self, action, **params):
        return self._turn.bot.send_chat_action(self["id"], action, **params)

    @property
    def effective_name(self):
        return self.get("title") or User(self).full_name


class Message(Object):
    """A message. One that a reply returned is not sent before the handler ends: editing it changes
    what will be sent.
    """

    __slots__ = ("_effect",)

    def __init__(self, fields=(), turn=None, effect=None):
        super().__init__(fields, turn)
        self._effect = effect

    def __await__(self):
        return self
        yield  # a generator that ends at once: `await message.reply_text(…)` gives the message

    @property
    def id(self):
        return self.get("message_id")

    @property
    def chat_id(self):
        return self.get("chat", {}).get("id")

    def reply_text(self, text, **params):
        return self._reply("sendMessage", text=text, **params)

    def reply_html(self, text, *values, **params):
        """With values, `text` is a pattern as for str.format, and they are escaped:
        `reply_html("<b>{}</b> wrote {}", name, words)`.
        """
        if values:
            text = _HTML.format(text, *values)
        return self._reply("sendMessage", text=text, parse_mode="HTML", **params)

    def reply_markdown_v2(self, text, **params):
        return self._reply("sendMessage", text=text, parse_mode="MarkdownV2", **params)

    def reply_photo(self, photo, caption=None, **params):
        return self._reply("sendPhoto", photo=photo, caption=caption, **params)

    def reply_document(self, document, caption=None, **params):
        return self._reply("sendDocument", document=document, caption=caption, **params)

    def reply_chat_action(self, action, **params):
        return self._reply("sendChatAction", action=action, **params)

    def _reply(self, method, quote=None, do_quote=None, **params):
        params.setdefault("chat_id", self.chat_id)
        if self.get("is_topic_message"):
            params.setdefault("message_thread_id", self.get("message_thread_id"))
        if (quote or do_quote) and self.id:
            params["reply_parameters"] = {"message_id": self.id}
        return self._turn.effect(method, params)

    def edit_text(self, text, **params):
        return self._edit("editMessageText", "sendMessage", text=text, **params)

    def edit_caption(self, caption=None, **params):
        return self._edit("editMessageCaption", "", caption=caption, **params)

    def edit_reply_markup(self, reply_markup=None, **params):
        return self._edit("editMessageReplyMarkup", "", reply_markup=reply_markup, **params)

    def _edit(self, method, sent_by, **params):
        if self._effect is None:
            return self._turn.effect(
                method, {"chat_id": self.chat_id, "message_id": self.id, **params}
            )
        if sent_by and self._effect["method"] != sent_by:
            raise ValueError(f"{method}: this reply is a {self._effect['method']}, it has no text")
        self._effect["params"].update(
            {name: value for name, value in params.items() if value is not None}
        )
        return self

    def delete(self):
        if self._effect is None:
            return self._turn.effect(
                "deleteMessage", {"chat_id": self.chat_id, "message_id": self.id}
            )
        self._turn.withdraw(self._effect)
        return self

    def set_reaction(self, reaction, **params):
        kinds = [{"type": "emoji", "emoji": reaction}] if isinstance(reaction, str) else reaction
        where = {"chat_id": self.chat_id, "message_id": self.id}
        return self._turn.effect("setMessageReaction", {**where, "reaction": kinds, **params})


class Update(Object):
    """What came from Telegram."""

    __slots__ = ()

    @property
    def effective_message(self):
        return self.message or self.edited_message or self.channel_post or self.edited_channel_post

    @property
    def _carrier(self):
        return (
            self.effective_message
            or self.message_reaction
            or self.message_reaction_count
            or self.chat_member
            or self.my_chat_member
        )

    @property
    def effective_chat(self):
        return self._carrier.chat if self._carrier is not None else None

    @property
    def effective_user(self):
        carrier = self._carrier
        return None if carrier is None else carrier.from_user or carrier.user


_CLASSES = {
    **dict.fromkeys(
        ("from", "user", "via_bot", "new_chat_members", "left_chat_member", "bot"), User
    ),
    **dict.fromkeys(("chat", "sender_chat", "actor_chat"), Chat),
    **dict.fromkeys(
        (
            "message",
            "edited_message",
            "channel_post",
            "edited_channel_post",
            "reply_to_message",
            "pinned_message",
        ),
        Message,
    ),
}
