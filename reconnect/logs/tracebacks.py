"""Tracebacks for the log: the place and the kind of an error, never its text.

An error's text contains the data it failed on: a name, an address, a statement with its values. The user gets it in the
answer or on the terminal; the log is read by others, and kept.
"""

import re
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from typing import Any

from graph.retry import Retry

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.]{1,99}")


def processor(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The structlog step that renders ``exc_info``; it takes structlog's own ``format_exc_info``'s place."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["exception"] = traceback_of(error)
    return event


def traceback_of(error: BaseException) -> str:
    """Frames and kinds of the error and of what caused it, the first cause first."""
    return "\n".join(_parts(error, set()))


def _parts(error: BaseException, seen: set[int]) -> Iterator[str]:
    if id(error) in seen:
        return
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _parts(before, seen)
        yield "\nThen, because of it or meanwhile:\n"
    if error.__traceback__ is not None:
        yield "Traceback (most recent call last):"
        yield "".join(traceback.format_tb(error.__traceback__)).rstrip()
    yield kind_of(error)
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield "\nOne of the group:\n"
            yield from _parts(each, seen)


def kind_of(error: BaseException) -> str:
    """The error's class, with its code if it has one: Neo4j's, ours, or the system's."""
    name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    code = getattr(error, "code", None)
    if isinstance(error, OSError) and error.errno is not None:
        return f"{name} (errno {int(error.errno)})"
    return f"{name} ({code})" if isinstance(code, str) and _CODE.fullmatch(code) else name


def told(error: BaseException) -> str:
    """For a line of the log: our own errors in their words, which name no values; of others, whose texts may, the kind
    only. Ours are those that say whether to try again."""
    return f"{type(error).__name__}: {error}" if isinstance(getattr(error, "retry", None), Retry) else kind_of(error)
