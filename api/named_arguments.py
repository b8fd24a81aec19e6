"""``extensions`` of a refusal: its code, whether another try is worth it, and of a name that is unknown, or that fits
several things, which argument has it and what is allowed."""

from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any

from graph.errors import GraphError
from graph.retry import SOON, Retry
from processes.engine.errors import DefinitionRejected, ProcessError

_FAULT = ("document", "element", "rule", "text")


def argument_with(value: object, arguments: object) -> str:
    """The first argument that has this value, such as ``unit``, ``filter.below`` or ``units[1].unit``; "" = none.

    ``arguments``: by name, with lists, objects and members of enums within them.
    """
    return _within("", value, arguments) or ""


def _within(at: str, value: object, given: Any) -> str | None:
    if is_dataclass(given) and not isinstance(given, type):
        given = vars(given)
    if isinstance(given, Mapping):
        places = ((f"{at}.{name}" if at else str(name), each) for name, each in given.items())
    elif isinstance(given, list | tuple):
        places = ((f"{at}[{number}]", each) for number, each in enumerate(given))
    else:
        return at if value == given or value == getattr(given, "value", given) else None
    return next((found for place, each in places if (found := _within(place, value, each))), None)


def in_argument(message: str, extensions: Mapping[str, Any], argument: str) -> tuple[str, dict[str, Any]]:
    """The message and the extensions of a refusal, with the argument that is its cause."""
    if not argument or extensions.get("argument"):
        return message, dict(extensions)
    shown = message if message.startswith(f"{argument}: ") else f"{argument}: {message}"
    return shown, {**extensions, "argument": argument}


def retry_shown(retry: Retry) -> str:
    """``never``, ``soon``, or the moment from which another try is worth it. The schedule of jobs (``next``) does not
    count for a client."""
    if retry.moment is not None:
        return retry.moment.isoformat()
    return "soon" if retry == SOON else "never"


def extensions_of(error: GraphError | ProcessError) -> dict[str, Any]:
    """``extensions`` of a refusal: its code and ``retry``; of a name, also the name and the allowed ones, if these are
    few; of a definition of a process, its faults."""
    found: dict[str, Any] = {"code": error.code, "retry": retry_shown(error.retry)}
    if isinstance(error, DefinitionRejected):
        found["faults"] = [{part: getattr(each, part) for part in _FAULT} for each in error.faults]
    if isinstance(error, ProcessError):
        return found
    if error.value is not None:
        found["value"] = error.value
    if error.allowed:
        found["allowed"] = list(error.allowed)
    return found
