"""Whose title an employment has: the person's own, or payroll's name of the position (positions.md §6).

Opus writes the position's text on every employment, so the text alone does not show it. The position list's title
outranks payroll's name; only a person's own outranks both.
"""

from collections.abc import Iterable, Mapping
from typing import Any

Node = Mapping[str, Any]
PayrollNames = Mapping[tuple[str, str], str | None]
"""(institution, code) → payroll's name of the position."""


def payroll_names(positions: Iterable[Node]) -> PayrollNames:
    """``positions``: with code, institution and title; those of a list have no institution."""
    return {(each["institution"], each["code"]): each["title"] for each in positions if each["institution"]}


def own_title(values: Node, names: PayrollNames) -> str:
    """Empty if the employment has none. ``values``: with title and, from payroll, institution and positionCode."""
    title = values["title"] or ""
    payroll = names.get((values.get("institution") or "", values.get("positionCode") or ""))
    return "" if title == payroll else str(title)


def shown_title(values: Node, position: Node | None, names: PayrollNames) -> str:
    """The person's own title, otherwise that of the ``position`` as it is known, otherwise payroll's text."""
    return own_title(values, names) or (position and position["title"]) or values["title"] or ""
