"""Turns an exception of a plugin into the error data of the protocol: what happened, and where in
the plugin's files.
"""

import os
import traceback

TRACEBACK_CHARACTERS_MAX = 16 << 10

_SDK_DIR = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def describe(error, roots):
    """`error` as {"type", "message", "file", "line", "traceback"}, as far as known."""
    data = {"type": type(error).__name__, "message": _text(error)}
    if isinstance(error, SyntaxError) and error.filename:
        data.update(
            file=error.filename, line=error.lineno or 0, column=error.offset or 0, message=error.msg
        )
        if error.text:
            data["text"] = error.text.rstrip("\n")
    else:
        place = _innermost(error, roots)
        if place:
            data["file"], data["line"] = place
    try:
        data["traceback"] = _traceback(error)
    except (
        Exception
    ):  # an exception class may misbehave in every way; the rest of the report still stands
        data["traceback"] = ""
    return data


def headline(data):
    """One line for people: `NameError: name 'x' is not defined (top_users.py:12)`."""
    message = data["message"].strip().split("\n", 1)[0]
    line = f"{data['type']}: {message}" if message else data["type"]
    if data.get("file"):
        line += f" ({os.path.basename(data['file'])}:{data.get('line', 0)})"
    return line


def _text(error):
    try:
        return str(error)
    except Exception:
        return "(the exception's own text could not be had)"


def _innermost(error, roots):
    """The innermost frame inside the plugin's folders, else the innermost one outside the SDK."""
    place, fallback = None, None
    frame = error.__traceback__
    while frame is not None:
        path = frame.tb_frame.f_code.co_filename
        if path.startswith(roots):
            place = (path, frame.tb_lineno)
        elif not path.startswith((_SDK_DIR, "<frozen ")):
            fallback = (path, frame.tb_lineno)
        frame = frame.tb_next
    return place or fallback


def _traceback(error):
    report = traceback.TracebackException.from_exception(error, limit=-60, compact=True)
    _drop_own_frames(report, seen=set())
    text = "".join(report.format())
    if len(text) > TRACEBACK_CHARACTERS_MAX:
        half = TRACEBACK_CHARACTERS_MAX // 2
        text = f"{text[:half]}\n  … {len(text) - 2 * half} characters left out …\n{text[-half:]}"
    return text


def _drop_own_frames(report, seen):
    """How the worker came to call the plugin is of no interest to its author."""
    while report is not None and id(report) not in seen:
        seen.add(id(report))
        kept = [
            frame for frame in report.stack if not frame.filename.startswith((_SDK_DIR, "<frozen "))
        ]
        if kept:
            report.stack = traceback.StackSummary.from_list(kept)
        _drop_own_frames(report.__context__, seen)
        report = report.__cause__
