"""Reasons in words: a path for readers who do not know the model."""

from collections.abc import Iterator
from datetime import date

from graph.questions.rights.held import HeldRight, IncludedRight, Limit, LimitValue, Omitted, Reason
from graph.time import ALWAYS

OPEN_ON_PURPOSE = "not limited, on purpose"
NOTHING_SET = "not limited, as nothing is set for it"


def heading(held: HeldRight | Omitted) -> str:
    """The right, and through what it is held: ``Sagsbehandler (SAPA) for Jobcenter since 2026-03-01``."""
    title = held.right.title or held.right.key
    if isinstance(held, Omitted):
        return f"{title}: left out, {held.text}"
    place = f" for {held.unit.title}" if held.unit is not None and held.unit.title else ""
    return f"{title}{place}{days(held.since, held.until)}"


def because(why: tuple[Reason, ...]) -> str:
    """The chain from the grant on, each step once."""
    return " → ".join(dict.fromkeys(f"{each.text}{days(each.since, each.until)}" for each in why if each.text))


def limits(included: IncludedRight) -> Iterator[str]:
    """What a system role is limited to, a line a type."""
    for limit in included.limits:
        title = limit.type.title or limit.type.key
        if limit.unlimited:
            yield f"{title}: {OPEN_ON_PURPOSE}"
            continue
        yield f"{title}: {', '.join(_value(limit, each) for each in limit.values)}"
    for type_ in included.unset_types:
        yield f"{type_.title or type_.key}: {NOTHING_SET}"


def _value(limit: Limit, value: LimitValue) -> str:
    """A value, with its last reason: ``15.20.* (Jobcenter performs 15.20)``."""
    shown = next((level.label for level in limit.type.levels if level.value == value.value), value.value)
    if not value.why:
        return shown
    last = value.why[-1]
    passing = next((each.text for each in value.why if "passes its KLE down" in each.text), "")
    reason = f"{last.text}, {passing}" if passing and last.text != passing else last.text
    return f"{shown} ({reason})"


def days(since: date | None, until: date | None) -> str:
    """``" since 2026-03-01 until 2026-06-01"``; empty where it has always been so, until further notice."""
    start = f" since {since}" if since is not None and since != ALWAYS else ""
    return f"{start}{f' until {until}' if until is not None else ''}"
