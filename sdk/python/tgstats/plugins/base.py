"""What a plugin author derives from. One class may be of several kinds; every hook may be plain or
`async`.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from hotreload.peer import RpcError as HostError  # what the host answers when it refuses
from tgstats.schedules import Cron, Every

__all__ = [
    "BasePlugin",
    "CommandPlugin",
    "Cron",
    "Every",
    "HandlerPlugin",
    "HostError",
    "PluginMetadata",
    "ServicePlugin",
    "StatisticsPlugin",
]


@dataclass
class PluginMetadata:
    name: str
    version: str
    description: str = ""
    author: str = ""
    dependencies: list = field(default_factory=list)  # names of plugins that must be there
    permissions: list = field(
        default_factory=list
    )  # what the operator has to grant in plugins.yaml
    state_version: int = 0

    def __post_init__(self):
        self.dependencies = list(self.dependencies or [])
        self.permissions = list(self.permissions or [])


class BasePlugin(ABC):
    """The worker sets `context` and `config` before `initialize`, whether or not __init__ is
    overridden.
    """

    context = None
    config = {}
    state_version = 0  # of what is kept in context.state; a new number makes migrate() run

    @property
    @abstractmethod
    def metadata(self):
        """Returns a PluginMetadata."""

    def initialize(self, context):
        """Called once after loading, before anything is served. Raising keeps the generation before
        this one in service.
        """

    def probe(self):
        """A self-test before going live: raise, or return a reason, to stay out of service."""

    def shutdown(self):
        """Called when the process is about to end; it has one second."""

    def schedules(self):
        """Returns {"method name": Every(hours=6) or Cron("0 9 * * *")}; the method takes (context).
        """
        return {}

    def migrate(self, state, from_version, to_version):
        """Called when what is kept has another version than `state_version`: `state` is a dict of
        all of it. Change it, or return a new one; raising keeps the generation before this one.
        """
        raise NotImplementedError

    def call_service(self, service, /, **params):
        """Another plugin's service: `await self.call_service("translate", text="…")`."""
        return self.context.call_service(service, **params)

    @property
    def log(self):
        return self.context.log


class CommandPlugin(BasePlugin):
    @abstractmethod
    def get_commands(self):
        """Returns {"name without the slash": handler}; a handler takes (update, context)."""

    def get_command_descriptions(self):
        """Returns {"name": "what it does"}; shown in Telegram's command menu."""
        return {}


class HandlerPlugin(BasePlugin):
    """Sees what happens in the chats, in order and after it has been recorded. Only the overridden
    methods are called; each takes (update, context, session) or fewer.
    """

    observes = ("message",)  # what process_updates gets, where it is overridden

    def process_message(self, update, context, session):
        """A new message: update.message, in channels update.channel_post."""

    def process_edited_message(self, update, context, session):
        """An edited message: update.edited_message."""

    def process_reaction(self, update, context, session):
        """A changed reaction: update.message_reaction."""

    def process_member(self, update, context, session):
        """Somebody joined, left or changed roles: update.chat_member, the bot itself:
        update.my_chat_member.
        """

    def process_updates(self, updates, context, session):
        """Up to 100 updates at once, of any chats and of one name among `observes`, instead of the
        methods above for those names.
        """


class StatisticsPlugin(BasePlugin):
    @abstractmethod
    def get_stat_name(self):
        """Returns the name the statistic is asked for by."""

    def get_stat_description(self):
        return ""

    @abstractmethod
    def calculate_stats(self, session, chat_id, **params):
        """Returns the result, any JSON value. `session` is the store of that chat: `await
        session.users(days=30)`.
        """


class ServicePlugin(BasePlugin):
    @abstractmethod
    def get_service_name(self):
        """Returns the name that other plugins call it by."""

    @abstractmethod
    def execute(self, session, **params):
        """Does the work and returns any JSON value."""
