"""A sample plugin for the nursery's rehearsal (hotreload/rehearsal.py): a command that replies."""

from tgstats.plugins.base import CommandPlugin, PluginMetadata

event = {
    "update_id": 1,
    "command": "rehearsed",
    "args": ["7"],
    "message": {
        "message_id": 1,
        "date": 0,
        "chat": {"id": 1, "type": "private"},
        "from": {"id": 1, "is_bot": False, "first_name": "Ada"},
        "text": "/rehearsed 7",
    },
    "bot": {"id": 1, "is_bot": True, "first_name": "tgstats", "username": "tgstats_bot"},
    "settings": {"timezone": "UTC", "locale": "en", "stop_words": []},
    "now": 0,
}


class RehearsedPlugin(CommandPlugin):
    @property
    def metadata(self):
        return PluginMetadata(name="rehearsed", version="1", dependencies=[])

    def get_commands(self):
        return {"rehearsed": self.rehearsed}

    def get_command_descriptions(self):
        return {"rehearsed": "Replies"}

    async def rehearsed(self, update, context):
        await update.message.reply_text(f"{update.effective_user.first_name} {context.args[0]}")
