"""The validator of recorded Bot API traffic finds what does not fit, and nothing else."""

import contextlib
import io
import json
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import bot_api_schema
from bot_api_schema import Misfit

USER = {"id": 5, "is_bot": False, "first_name": "Ada"}
CHAT = {"id": -1001, "type": "supergroup", "title": "T"}
MESSAGE = {"message_id": 1, "date": 2, "chat": CHAT, "from": USER, "text": "x"}


@unittest.skipUnless(bot_api_schema.DESCRIPTION.exists(), "the Bot API's description is not here")
class BotApiSchema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.schema = bot_api_schema.load()

    def misfit(self, function, *arguments, **named):
        with self.assertRaises(Misfit) as caught:
            function(*arguments, **named)
        return str(caught.exception)

    def wrong(self, kind, value):
        return self.misfit(self.schema.check, kind, value, "it")

    def test_what_fits(self):
        self.schema.check("Message", MESSAGE, "it")
        self.schema.check("Update", {"update_id": 1, "message": MESSAGE}, "it")
        self.schema.check("ChatMember", {"status": "left", "user": USER}, "it")
        self.schema.check("MessageEntity", {"type": "bold", "offset": 0, "length": 1}, "it")
        self.schema.check("Array of Array of PhotoSize", [[]], "it")

    def test_a_wrong_type(self):
        self.assertIn("it.id is no Integer", self.wrong("User", {**USER, "id": "5"}))
        self.assertIn("it.id is no Integer", self.wrong("User", {**USER, "id": True}))
        self.assertIn("it.id is no Integer", self.wrong("User", {**USER, "id": 2**60}))
        self.assertIn("it.is_bot is no Boolean", self.wrong("User", {**USER, "is_bot": 0}))
        self.assertIn("it.text is no String", self.wrong("Message", {**MESSAGE, "text": 7}))
        self.assertIn("it.chat is no Chat", self.wrong("Message", {**MESSAGE, "chat": -1001}))
        self.assertIn("is no array", self.wrong("Message", {**MESSAGE, "photo": {}}))

    def test_a_missing_field(self):
        self.assertEqual(
            self.wrong("User", {"id": 5, "is_bot": False}), "it.first_name is missing"
        )
        update = {"update_id": 1, "message": {**MESSAGE, "from": {"id": 5}}}
        self.assertIn("it.message.from.is_bot is missing", self.wrong("Update", update))

    def test_an_unknown_field(self):
        self.assertIn("it.age is not described", self.wrong("User", {**USER, "age": 3}))
        entity = {"type": "bold", "offset": 0, "length": 1, "size": 2}
        wrong = self.wrong("Message", {**MESSAGE, "entities": [entity]})
        self.assertIn("it.entities[0].size is not described", wrong)

    def test_unions_are_told_apart(self):
        banned = {"status": "kicked", "user": USER}
        self.assertIn("until_date is missing", self.wrong("ChatMember", banned))
        self.assertIn("status", self.wrong("ChatMember", {"status": "king", "user": USER}))
        self.assertIn("it.type", self.wrong("Chat", {**CHAT, "type": "club"}))

    def test_requests(self):
        check = self.schema.check_request
        check("sendMessage", {"chat_id": -1001, "text": "x"})
        check("sendMessage", {"chat_id": "@name", "text": "x"})
        check("sendPhoto", {"chat_id": 1}, files=("photo",))
        self.assertEqual(self.misfit(check, "sendMesage", {}), "sendMesage is no method")
        self.assertIn("text is missing", self.misfit(check, "sendMessage", {"chat_id": 1}))
        bad = {"chat_id": 1, "text": "x", "txt": "y"}
        self.assertIn("txt is not described", self.misfit(check, "sendMessage", bad))
        bad = {"chat_id": 1, "text": "x", "message_thread_id": "3"}
        self.assertIn("message_thread_id is no", self.misfit(check, "sendMessage", bad))
        self.assertIn("photo", self.misfit(check, "sendPhoto", {"chat_id": 1, "photo": 7}))
        bad = {"chat_id": 1}
        self.misfit(check, "sendMessage", bad, files=("text",))

    def test_forms_have_everything_as_text(self):
        check = self.schema.check_request
        markup = json.dumps({"inline_keyboard": [[{"text": "b", "callback_data": "d"}]]})
        form = {"chat_id": "1", "text": "x", "message_thread_id": "3", "reply_markup": markup}
        check("sendMessage", form, text=True)
        self.misfit(check, "sendMessage", form)
        form["message_thread_id"] = "three"
        self.assertIn("message_thread_id", self.misfit(check, "sendMessage", form, text=True))
        form["message_thread_id"] = "3"
        form["reply_markup"] = json.dumps({"inline_keyboard": [[{"txt": "b"}]]})
        self.assertIn("reply_markup", self.misfit(check, "sendMessage", form, text=True))

    def test_uploads_are_referred_to(self):
        check = self.schema.check_request
        photo = {"type": "photo", "media": "attach://a"}
        album = {"chat_id": 1, "media": [photo, {**photo, "media": "an_id"}]}
        check("sendMediaGroup", album, files=("a",))
        form = {"chat_id": "1", "media": json.dumps(album["media"])}
        check("sendMediaGroup", form, files=("a",), text=True)
        check("sendPhoto", {"chat_id": "1", "photo": "attach://x"}, files=("x",), text=True)
        self.assertIn('no upload "a"', self.misfit(check, "sendMediaGroup", album))
        self.assertIn('no upload "a"', self.misfit(check, "sendMediaGroup", form, text=True))
        wrong = self.misfit(check, "sendMediaGroup", form, files=("a", "b"), text=True)
        self.assertEqual(wrong, "sendMediaGroup.b is not described: an upload")
        check("sendMessage", {"chat_id": 1, "text": "attach://a"})
        wrong = self.misfit(check, "sendMessage", {"chat_id": 1, "text": "attach://a"}, ("a",))
        self.assertEqual(wrong, "sendMessage.a is not described: an upload")

    def test_answers(self):
        check = self.schema.check_answer
        check("sendMessage", {"ok": True, "result": MESSAGE})
        check("editMessageText", {"ok": True, "result": True})
        flood = {"ok": False, "error_code": 429, "description": "x"}
        check("sendMessage", {**flood, "parameters": {"retry_after": 3}})
        self.misfit(check, "sendMessage", {"ok": True, "result": True})
        self.misfit(check, "sendMessage", {"ok": True})
        self.misfit(check, "sendMessage", {**flood, "parameters": {"retry_in": 3}})
        self.misfit(check, "sendMessage", {"ok": False, "description": "x"})

    def test_a_recording(self):
        call = {
            "method": "sendMessage",
            "params": {"chat_id": 1, "text": "x"},
            "files": [],
            "text": False,
            "answer": {"ok": True, "result": MESSAGE},
        }
        lines = [
            call,
            {**call, "params": {"chat_id": 1}},
            {"update": {"update_id": 1, "message": {**MESSAGE, "date": "2"}}},
        ]
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
            file.write("".join(json.dumps(line) + "\n" for line in lines) + '{"method": "send')
            file.flush()
            counted, faults = bot_api_schema.check_file(self.schema, file.name)
            self.assertEqual(counted, {"sendMessage": 2, "update": 1})
            self.assertEqual(
                sorted(faults),
                ["sendMessage.text is missing", 'update.message.date is no Integer: "2"'],
            )

    def test_the_program(self):
        good = {"update": {"update_id": 1, "message": MESSAGE}}
        for lines, status in (([good], 0), ([], 1), ([good, {"update": {}}], 1)):
            with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
                file.write("".join(json.dumps(line) + "\n" for line in lines))
                file.flush()
                with contextlib.redirect_stdout(io.StringIO()):
                    self.assertEqual(bot_api_schema.main([file.name]), status)


if __name__ == "__main__":
    unittest.main()
