"""Sources of small plugins in both languages, each with one command that gives one answer."""

PYTHON = '''from tgstats.plugins.base import CommandPlugin, PluginMetadata
{before}

class {class_name}(CommandPlugin):
    @property
    def metadata(self):
        return PluginMetadata(name="{command}", version="1.0.0", dependencies={dependencies})

    def get_commands(self):
        return {{"{command}": self.answer}}

    def get_command_descriptions(self):
        return {{"{command}": "{description}"}}

    async def answer(self, update, context):
{body}
{members}'''

CPP = '''#include <tgstats/plugin.hpp>
{before}
class {class_name} : public tgstats::CommandPlugin {{
public:
    tgstats::Metadata metadata() const override {{ return {{.name = "{command}"}}; }}
    void commands(tgstats::Commands& commands) override {{
        commands.add("{command}", "{description}", [](tgstats::Call& call) {{
{body}
        }});
    }}
{members}}};

TGSTATS_PLUGIN({class_name})
'''


def class_name(command):
    return "".join(word.capitalize() for word in command.split("_")) + "Plugin"


def python(command, answer="", description="Says something", **more):
    """`body` replaces the answer by code, `before` stands before the class and `members` in it; all
    are indented here.
    """
    body = more.get("body", f"update.message.reply_text({answer!r})")
    return PYTHON.format(
        command=command,
        class_name=class_name(command),
        description=description,
        dependencies=more.get("dependencies", []),
        before=more.get("before", ""),
        body=indented(body, 8),
        members=members(more),
    )


def cpp(command, answer="", description="Says something", **more):
    body = more.get("body", f'call.reply_text("{answer}");')
    return CPP.format(
        command=command,
        class_name=class_name(command),
        description=description,
        before=more.get("before", ""),
        body=indented(body, 12),
        members=members(more),
    )


def members(more):
    return "\n" + indented(more["members"], 4) + "\n" if "members" in more else ""


def indented(code, columns):
    return "\n".join(" " * columns + line for line in code.splitlines())
