"""Holds recorded traffic of the Bot API against its published description: every request that a bot
has sent, and every object that the playground has given out.

    bot_api_schema.py FILE…     status 1 and the faults when something does not fit, or nothing came
    bot_api_schema.py           whether the description is here

The description is data beside the project (TGSTATS_SHARED, else ../shared). A checkout that has no
such folder beside it checks nothing, which status 77 tells ctest; a folder without the description
in it is a fault. The recording is what TGSTATS_TRAFFIC makes the playground
write (tgstats/playground/traffic.h).
"""

import collections
import json
import os
import pathlib
import re
import sys

SOURCE = pathlib.Path(os.environ.get("SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[2])
SHARED = pathlib.Path(os.environ.get("TGSTATS_SHARED") or SOURCE.parent / "shared")
DESCRIPTION = SHARED / "data" / "bot-api" / "api.json"
INTEGER_MAX = 2**52  # "at most 52 significant bits"
FAULTS_SHOWN_MAX = 20
SHOWN_CHARACTERS_MAX = 300
# What a type can be told by: `Type of the …, always "user"`, `Scope type, must be chat`.
CONSTANT = re.compile(r'(?:always|must be) "?(\w+)"?\.?$')
CHOICE = re.compile(r"\bcan be\b")
ATTACHED = "attach://"  # and the name of an upload of the same request
SKIPPED = 77  # the status that ctest takes for a test that was not run (tests/CMakeLists.txt)
PRIMITIVES = ("Integer", "Float", "String", "Boolean", "InputFile")


class Misfit(Exception):
    """What does not fit, and how much else does: of the kinds that a value may have, the one with
    the right `type` is meant, then the one that was followed deepest.
    """

    def __init__(self, where, what, other_kind=False):
        super().__init__(f"{where} {what}")
        self.rank = (not other_kind, where.count(".") + where.count("["))


class Schema:
    """The description, asked about values. `text` says that values may come as a form has them:
    numbers and booleans written out, structures as JSON.
    """

    def __init__(self, api):
        self.methods = {name: fields_of(method) for name, method in api["methods"].items()}
        self._returns = {name: method["returns"] for name, method in api["methods"].items()}
        self._types = {name: fields_of(described) for name, described in api["types"].items()}
        self._subtypes = {
            name: described["subtypes"]
            for name, described in api["types"].items()
            if described.get("subtypes")
        }
        everything = [*self.methods.values(), *self._types.values()]
        self._takes_file = {name for each in everything for name, f in each.items() if f.takes_file}

    def check_request(self, method, params, files=(), text=False):
        if method not in self.methods:
            raise Misfit(method, "is no method")
        attached = set(self._attached(params, text))
        if attached - set(files):
            raise Misfit(method, f"has no upload {shown(min(attached - set(files)))}")
        params = {**params, **dict.fromkeys(set(files) - attached, Upload)}
        self._check_fields(self.methods[method], params, method, text)

    def _attached(self, value, text, key=None):
        """The names of uploads that the parameters refer to, where files may stand."""
        if isinstance(value, str) and value.startswith(ATTACHED) and key in self._takes_file:
            yield value.removeprefix(ATTACHED)
            return
        value = structure(value, text)
        if isinstance(value, list):
            for item in value:
                yield from self._attached(item, False, key)
        elif isinstance(value, dict):
            for name, item in value.items():
                yield from self._attached(item, text and key is None, name)

    def check_answer(self, method, answer):
        if answer.get("ok") is True:
            known_only(answer, ("ok", "result"), method)
            if "result" not in answer:
                raise Misfit(method, "answers without a result")
            self.check_any(self._returns[method], answer["result"], f"{method} →")
            return
        known_only(answer, ("ok", "error_code", "description", "parameters"), method)
        where = f"{method} → error"
        self.check("Boolean", answer.get("ok"), where + ".ok")
        self.check("Integer", answer.get("error_code"), where + ".error_code")
        self.check("String", answer.get("description"), where + ".description")
        if "parameters" in answer:
            self.check("ResponseParameters", answer["parameters"], where + ".parameters")

    def check(self, kind, value, where, text=False):
        if kind in PRIMITIVES:
            check_primitive(kind, value, where, text)
        elif kind.startswith("Array of "):
            self._check_array(kind.removeprefix("Array of "), structure(value, text), where)
        elif kind in self._subtypes:
            self.check_any(self._subtypes[kind], structure(value, text), where)
        else:
            self._check_object(kind, structure(value, text), where)

    def check_any(self, kinds, value, where, text=False):
        """One of the kinds fits; else the fault of the one that came farthest is told."""
        faults = []
        for kind in kinds:
            try:
                return self.check(kind, value, where, text)
            except Misfit as fault:
                faults.append(fault)
        raise max(faults, key=lambda fault: fault.rank)

    def _check_array(self, kind, value, where):
        if not isinstance(value, list):
            raise Misfit(where, f"is no array: {shown(value)}")
        for number, item in enumerate(value):
            self.check(kind, item, f"{where}[{number}]")

    def _check_object(self, kind, value, where):
        if not isinstance(value, dict):
            raise Misfit(where, f"is no {kind}: {shown(value)}")
        self._check_fields(self._types[kind], value, where)

    def _check_fields(self, fields, values, where, text=False):
        for name, field in fields.items():
            if field.choices and values.get(name) not in (None, *field.choices):
                wrong = f"is {shown(values[name])}, not one of {', '.join(field.choices)}"
                raise Misfit(f"{where}.{name}", wrong, other_kind=True)
        for name, value in values.items():
            field = fields.get(name)
            if field is None:
                raise Misfit(f"{where}.{name}", f"is not described: {shown(value)}")
            self.check_any(field.kinds, value, f"{where}.{name}", text)
        for name, field in fields.items():
            if field.required and name not in values:
                raise Misfit(f"{where}.{name}", "is missing")


class Field:
    def __init__(self, described):
        self.kinds = described["types"]
        self.required = described["required"]
        self.choices = ()
        words = described["description"]
        self.takes_file = "InputFile" in self.kinds or ATTACHED in words
        if self.kinds == ["String"] and described["name"] in ("type", "status", "source"):
            constant = CONSTANT.search(words)
            if constant:
                self.choices = (constant[1],)
            elif CHOICE.search(words):
                self.choices = tuple(re.findall(r'"(\w+)"', words))


class Upload:
    """Stands for the bytes of a file that came with a request."""


def fields_of(described):
    return {field["name"]: Field(field) for field in described.get("fields", ())}


def check_primitive(kind, value, where, text):
    if kind == "InputFile":
        right = value is Upload
    elif kind == "String":
        right = isinstance(value, str)
    elif text and isinstance(value, str):
        right = written_out(kind, value)
    elif kind == "Boolean":
        right = isinstance(value, bool)
    elif isinstance(value, bool):
        right = False
    elif kind == "Integer":
        right = isinstance(value, int) and abs(value) <= INTEGER_MAX
    else:
        right = isinstance(value, (int, float))
    if not right:
        raise Misfit(where, f"is no {kind}: {shown(value)}")


def written_out(kind, value):
    if kind == "Boolean":
        return value in ("true", "false")
    pattern = r"-?\d+" if kind == "Integer" else r"-?\d+(\.\d+)?"
    return re.fullmatch(pattern, value) is not None


def structure(value, text):
    """A structure, which a form carries as JSON."""
    if not text or not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def known_only(answer, names, method):
    for name in answer:
        if name not in names:
            raise Misfit(f"{method} → {name}", "is not described")


def shown(value):
    return "an upload" if value is Upload else json.dumps(value)[:SHOWN_CHARACTERS_MAX]


def load():
    """The schema; None where the project lies alone. What should be here ends the test if not."""
    if not DESCRIPTION.exists():
        if "TGSTATS_SHARED" in os.environ or SHARED.exists():
            raise SystemExit(f"{DESCRIPTION} is missing: Bot API traffic cannot be checked")
        return None
    return Schema(json.loads(DESCRIPTION.read_text(encoding="utf-8")))


def check_line(schema, entry):
    if "update" in entry:
        schema.check("Update", entry["update"], "update")
        return
    method = entry["method"]
    schema.check_request(method, entry["params"], entry["files"], entry["text"])
    schema.check_answer(method, entry["answer"])


def check_file(schema, path):
    """(lines by kind, faults) of one recording. A last line without its end is that of a playground
    that was killed.
    """
    counted, faults = collections.Counter(), collections.Counter()
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if not line.endswith("\n"):
                break
            entry = json.loads(line)
            counted[entry.get("method", "update")] += 1
            try:
                check_line(schema, entry)
            except Misfit as fault:
                faults[str(fault)] += 1
    return counted, faults


def report(faults):
    lines = [f"{fault} ({count}×)" for fault, count in faults.most_common(FAULTS_SHOWN_MAX)]
    return "\n".join(lines)


def main(paths):
    schema = load()
    if schema is None:
        print(f"SKIPPED: {DESCRIPTION} is not here, so what goes over the Bot API is not checked")
        return SKIPPED
    if not paths:
        print(f"{DESCRIPTION}: {len(schema.methods)} methods")
        return 0 if schema.methods else 1
    status = 0
    for path in paths:
        counted, faults = check_file(schema, path)
        print(f"{path}: {counted.total()} calls and updates, {faults.total()} faults")
        if faults or not counted:
            print(report(faults))
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
