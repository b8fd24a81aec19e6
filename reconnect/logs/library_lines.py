"""Reduces a library's log line to its place in the code, and its text as written in the library's code.

Libraries put data into their lines: strawberry the rejected document, zeep the envelope, neo4j the statement,
websockets the frames, requests the address. In a finished text, values can't be distinguished from words, so it is not
used. A text is logged only if it is, letter by letter, in the source of the module that logged it: then it contains no
value.
"""

import ast
import logging
import sys
import threading
import warnings
from collections.abc import MutableMapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TextIO

from structlog.stdlib import get_logger

_log = get_logger("reconnect")


def processor(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The first structlog step for a line that is not ours; its arguments and extra fields are left out."""
    record: logging.LogRecord = event["_record"]
    told = {name: event[name] for name in ("_record", "_from_structlog", "exc_info") if name in event}
    told["event"] = _text(record) or "a library's line"
    told["place"] = f"{Path(record.pathname).name}:{record.lineno}"
    return told


def catch_what_passes_by() -> None:
    """Log what Python itself would print to stderr with its text: failed threads and finalisers, and warnings."""
    threading.excepthook = _thread_failed
    sys.unraisablehook = _unraisable
    warnings.showwarning = _warned


def _text(record: logging.LogRecord) -> str:
    text = record.msg.strip() if isinstance(record.msg, str) else ""
    return text if text in _texts(record.pathname) else ""


@lru_cache(maxsize=200)
def _texts(file: str) -> frozenset[str]:
    """The constant texts of a module, without parts of f-strings, which are logged only with their values."""
    try:
        tree = ast.parse(Path(file).read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return frozenset()  # compiled, or made at run time: its texts are unknown
    of_f_strings = {id(part) for each in ast.walk(tree) if isinstance(each, ast.JoinedStr) for part in each.values}
    return frozenset(
        each.value.strip()
        for each in ast.walk(tree)
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and id(each) not in of_f_strings
    )


def _thread_failed(failed: threading.ExceptHookArgs) -> None:
    if failed.exc_type is not SystemExit:
        _log.error("thread_failed", exc_info=failed.exc_value or failed.exc_type())


def _unraisable(failed: "sys.UnraisableHookArgs") -> None:
    _log.error("finaliser_failed", exc_info=failed.exc_value)


def _warned(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    _log.warning("python_warning", category=category.__name__, place=f"{Path(filename).name}:{lineno}")
