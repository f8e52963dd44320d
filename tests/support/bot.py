"""Runs a real bot for one case: a folder of its own, a port that the kernel chose, the playground
in front. Nothing here waits for a time to pass; everything waits for something to happen, with a
deadline.
"""

import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import bot_api_schema
import saves
from processes import disk_is_busy

SOURCE = pathlib.Path(os.environ.get("SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[2])
TGSTATS = os.environ.get("TGSTATS") or str(SOURCE / "build" / "release" / "tgstats")
TOKEN = "1000000001:playground"
CHAT = -1001000000001
ADA = {"id": 101, "first_name": "Ada", "username": "ada"}

# The bot's own commands, which are always in the menu of a group's administrators.
OWN = {"help", "settings", "setup", "set_text", "set_reactions", "set_timezone", "set_locale"}
OWN |= {"set_retention", "stopwords", "optout", "optin", "mydata", "forgetme"}
ADMINISTRATORS = '{"type":"all_chat_administrators"}'

DEADLINE_S = 240  # C++ is compiled meanwhile, perhaps on a busy machine
STOP_DEADLINE_S = 40
STOP_CUT_OFF = 3  # the bot's status when its last files did not reach the disk in time
POLL_PAUSE_S = 0.02
ENDS_BADLY = ("plugin_build_failed", "plugin_load_failed", "plugin_held")


class Failed(Exception):
    """The case has found what it should not have found."""


def true(condition, what):
    if not condition:
        raise Failed(what)


def equal(got, wanted, what):
    true(got == wanted, f"{what}\n  wanted: {wanted!r}\n  got:    {got!r}")


def contains(text, part, what):
    true(part in text, f"{what}\n  wanted in it: {part!r}\n  got: {text!r}")


def until(condition, what, seconds=DEADLINE_S):
    """Asks again and again; returns the first answer that is true."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        true(time.monotonic() < deadline, f"still not so after {seconds} s: {what}")
        select.select([], [], [], POLL_PAUSE_S)


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(bot_api_schema.SKIPPED)


def passed(what):
    print(f"ok: {what}", flush=True)


def tgstats(*words, folder=None, **environment):
    """Runs the program to its end."""
    return subprocess.run(
        [TGSTATS, *map(str, words)],
        cwd=folder,
        env={**clean_environment(), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )


def clean_environment():
    ours = ("BOT_TOKEN", "ADMIN_TOKEN", "TELEGRAM_API_URL", "TELEGRAM_PROXY", "NOTIFY_SOCKET")
    ours += ("SEND_LIMITS", "BUSINESS_TEXTS")
    return {
        name: value
        for name, value in os.environ.items()
        if name not in ours and not name.startswith("WEBHOOK_")
    }


SCHEMA = bot_api_schema.load()


class Server:
    """A long-running tgstats: its process, what it printed, and HTTP to it. When it has ended, all
    that went over the Bot API is held against the published description.
    """

    must_stop_in_time = False
    _refuses_floods = False

    def __init__(self, words, folder, **environment):
        self.folder = folder
        self.traffic = new_file("traffic-", folder)
        self._is_telegram = words[0] == "playground" or "--playground" in words
        token = environment.get("ADMIN_TOKEN")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.lines = []
        self._address_known = threading.Event()
        self.address = None
        self.process = subprocess.Popen(
            [TGSTATS, *map(str, words)],
            cwd=folder,
            env={**clean_environment(), **environment, "TGSTATS_TRAFFIC": self.traffic},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._address_known.wait(DEADLINE_S)
        if self.address is None:
            self.kill()
            raise Failed("the program gave no address:\n" + self.printed())

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if " is on http://" in line and self.address is None:
                self.address = line.split(" is on ")[1].strip().rstrip("/")
                self._address_known.set()
        self._address_known.set()

    @property
    def pid(self):
        return self.process.pid

    def printed(self):
        return "\n".join(self.lines)

    def get(self, path, **query):
        return self._open(path, query, None)

    def post(self, path, body):
        return self._open(path, {}, json.dumps(body).encode())

    def _open(self, path, query, data):
        with self.raw(path, query, data) as answer:
            return json.load(answer)

    def raw(self, path, query=None, data=None):
        url = self.address + path + ("?" + urllib.parse.urlencode(query) if query else "")
        headers = {} if data is None else {"Content-Type": "application/json"}
        request = urllib.request.Request(url, data, {**self._headers, **headers})
        try:
            return urllib.request.urlopen(request, timeout=DEADLINE_S)
        except urllib.error.HTTPError as error:
            raise Failed(f"{url} answered {error.code}: {error.read().decode()}") from error

    def stop(self):
        """Ends it as an operator does."""
        if self._refuses_floods:
            self.check_limits()
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failed(f"SIGTERM did not end it within {STOP_DEADLINE_S} s") from None
        self._reader.join(STOP_DEADLINE_S)
        # Others' work may hold up the disk for longer than a stop may take.
        if status == STOP_CUT_OFF and not self.must_stop_in_time and disk_is_busy():
            print("the stop was cut off: the disk was busy")
        else:
            equal(status, 0, f"exit status after SIGTERM; it printed:\n{self.printed()}")
        self.check_traffic(some=self._is_telegram)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self._reader.join(STOP_DEADLINE_S)
        if sys.exc_info()[0] is None:  # else what has gone wrong before is to be told
            self.check_traffic()

    def check_traffic(self, some=False):
        """`some`: nothing at all is a fault, too."""
        if SCHEMA is None:
            print(f"SKIPPED: {bot_api_schema.DESCRIPTION} is not here: traffic is not checked")
            return
        counted, faults = bot_api_schema.check_file(SCHEMA, self.traffic)
        true(not faults, f"what went over the Bot API:\n{bot_api_schema.report(faults)}")
        true(counted or not some, f"{self.traffic}: no traffic of the Bot API has been recorded")
        os.unlink(self.traffic)

    def refuse_floods(self):
        """As Telegram does, what comes too fast; stop() fails if anything did."""
        equal(self.post("/playground/api/limits", {"on": True})["on"], True, "floods are refused")
        self._refuses_floods = True

    def check_limits(self):
        limits = self.get("/playground/api/limits")
        equal(limits["violations"], 0, f"limits that were broken: {limits}")

    # --- the people's side ------------------------------------------------------------------------

    def say(self, text, chat_id=CHAT, sender=None, **more):
        """Posts a message as a person; returns its id."""
        body = {"chat_id": chat_id, "from": sender or ADA, "text": text, **more}
        return self.post("/playground/api/messages", body)["message_id"]

    def messages(self, after, chat_id=CHAT, wait=0):
        path = "/playground/api/messages"
        return self.get(path, chat_id=chat_id, after=after, wait=wait, limit=500)["messages"]

    def answer(self, after, chat_id=CHAT):
        """The bot's next message."""
        deadline = time.monotonic() + DEADLINE_S
        last = after
        while time.monotonic() < deadline:
            for message in self.messages(last, chat_id, wait=10):
                last = message["message_id"]
                if message["from"]["is_bot"]:
                    return message
        raise Failed(f"no answer within {DEADLINE_S} s; it printed:\n{self.printed()}")

    def ask(self, text, chat_id=CHAT, sender=None):
        """Posts a message; returns the text of the answer."""
        message = self.answer(self.say(text, chat_id, sender), chat_id)
        return message.get("text") or message.get("caption") or ""

    def press(self, message, text, sender=None):
        """Presses the button of a message that has this in its text; returns what the bot answers
        to the press: {text, show_alert}.
        """
        last = self.get("/playground/api/changes", after=2**53)["last"]
        rows = message.get("reply_markup", {}).get("inline_keyboard", [])
        found = [b for row in rows for b in row if text in b["text"]]
        true(found, f"no button has {text!r} in {rows}")
        body = {"chat_id": message["chat"]["id"], "message_id": message["message_id"]}
        body |= {"from": sender or ADA, "data": found[0]["callback_data"]}
        query = self.post("/playground/api/callbacks", body)["callback_query_id"]
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            page = self.get("/playground/api/changes", after=last, wait=10)
            last = page["last"]
            for change in page["changes"]:
                mine = change["message"].get("callback_query_id") == query
                if change["kind"] == "answer" and mine:
                    return change["message"]
        raise Failed(f"nobody answered the press on {text!r} within {DEADLINE_S} s")

    def now_shows(self, message, part):
        """The same message, as soon as it has this in its text or on its buttons."""
        chat, number = message["chat"]["id"], message["message_id"]

        def look():
            shown = next(m for m in self.messages(number - 1, chat) if m["message_id"] == number)
            return part in json.dumps(shown, ensure_ascii=False) and shown

        return until(look, f"message {number} shows {part!r}")

    def menu(self):
        """{command: description}, as an administrator's client and the Bot API have them."""
        own = self.get(f"/bot{TOKEN}/getMyCommands", scope=ADMINISTRATORS)["result"]
        seen = self.get("/playground/api/commands", chat_id=CHAT, user_id=ADA["id"])["commands"]
        equal(seen, own, "the command menu of the chat and getMyCommands differ")
        return {entry["command"]: entry["description"] for entry in own}

    def menu_when(self, condition):
        """The menu, as soon as it is as wanted."""
        return until(lambda: (menu := self.menu()) and condition(menu) and menu, "the command menu")


class Bot(Server):
    """`tgstats serve --playground` with `files` ({path: text}) as its plugins."""

    def __init__(self, files, folder=None, words=("--playground",), **environment):
        folder = folder or new_folder()
        self.folder = folder
        self.plugins = folder / "plugins"
        self.plugins.mkdir(exist_ok=True)
        self.log = folder / "log" / "tgstats.log"
        for path, text in files.items():
            self.save(path, text)
        places = ("--plugins", self.plugins, "--data", folder / "data", "--log", self.log)
        super().__init__(
            ("serve", *words, "--listen", "127.0.0.1:0", *places), folder, **environment
        )

    def __enter__(self):
        self.wait_event("hot_reload_started", 0)
        equal(self.get("/healthz")["status"], "ok", "/healthz")
        return self

    def __exit__(self, kind, error, trace):
        if error is None and self.process.poll() is None:
            self.stop()
        if self.process.poll() is None:
            self.kill()
        if error is None:
            shutil.rmtree(self.folder)
        else:
            print(f"--- {self.folder} is kept; the bot printed:\n{self.printed()}\n---")

    # --- plugins ----------------------------------------------------------------------------------

    def save(self, path, text):
        """Whoever looks in the midst of it sees the old content or the new one: a busy machine may
        stand still there. Other ways of saving are the affair of cases of their own.
        """
        target = self.plugins / path
        target.parent.mkdir(parents=True, exist_ok=True)
        saves.whole(target, text.encode(), self.folder)
        return target

    def plugin(self, name):
        return next((p for p in self.get("/api/plugins") if p["name"] == name), None)

    def commands(self):
        """Every command of every plugin, as often as it is there."""
        plugins = self.get("/api/plugins")
        return sorted(command["name"] for plugin in plugins for command in plugin["commands"])

    # --- events -----------------------------------------------------------------------------------

    def now(self):
        """The number of the last event."""
        return self.get("/api/events", after=2**53)["last"]

    def events(self, after):
        """From the log: much happens in a storm, and the ring of those who ask later is short."""
        return [event for event in self.logged() if event["seq"] > after]

    def logged(self):
        """All events so far from the log file: for a bot that does not listen any more, too."""
        if not self.log.exists():
            return []
        with open(self.log, encoding="utf-8") as log:
            return [json.loads(line) for line in log if line.endswith("\n")]

    def follow(self, after, seconds=DEADLINE_S):
        """Events as they happen, until the deadline."""
        deadline = time.monotonic() + seconds
        with self.raw("/api/events/stream", {"after": after}) as stream:
            for line in stream:
                if line.startswith(b"data: {\"seq\""):
                    yield json.loads(line[len("data: ") :])
                if time.monotonic() > deadline:
                    return

    def wait_event(self, name, after, **fields):
        for event in self.follow(after):
            if event["event"] == name and fields.items() <= event.items():
                return event
        raise Failed(f"no event {name} {fields} within {DEADLINE_S} s")

    def reloaded(self, plugin, after):
        """Waits for the event that says that the plugin's new code is in service."""
        for event in self.follow(after):
            if event["event"] == "plugins_reloaded" and plugin in event["plugins"]:
                return event
            if event["event"] in ENDS_BADLY and event["plugin"] == plugin:
                raise Failed(f"{plugin} was to be reloaded, but: {event}")
        raise Failed(f"{plugin} was not reloaded within {DEADLINE_S} s")

    def serves(self, plugin, answer, after):
        """Waits until the command answers so and the end of that reload is told: the event comes
        later, and must not be taken for that of another edit."""
        until(lambda: self.ask(f"/{plugin}") == answer, f"/{plugin} answers {answer!r}")
        generation = self.plugin(plugin)["generation"]
        for event in self.follow(after):
            if event.get("generation") == generation and plugin in event.get("plugins", ()):
                return
        raise Failed(f"generation {generation} of {plugin} was not told within {DEADLINE_S} s")


def new_folder():
    """Below the working folder; a case that fails leaves it there."""
    return pathlib.Path(tempfile.mkdtemp(prefix="bot-", dir=os.getcwd()))


def new_file(prefix, folder):
    handle, path = tempfile.mkstemp(".jsonl", prefix, folder)
    os.close(handle)
    return path
