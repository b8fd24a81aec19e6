"""Things of rights as rules between them look at them: what they are, and what they are to be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

Things = Mapping[str, "Thing"]


@dataclass(slots=True)
class Thing:
    """``links``: by name, the uuids that it leads to from today on. ``over``: it has ended.

    ``place``: of what is being saved, its place; of two that want the same, the first has it. ``since``, ``until``: its
    days, half-open.
    """

    kind: str
    values: dict[str, Any] = field(default_factory=dict)
    links: dict[str, list[str]] = field(default_factory=dict)
    over: bool = False
    place: int = -1
    since: date | None = None
    until: date | None = None

    @property
    def name(self) -> str:
        return str(self.values.get("title") or self.values.get("key") or self.kind)

    def one(self, link: str) -> str | None:
        return next(iter(self.links.get(link, ())), None)


def included(right: str, things: Things) -> frozenset[str]:
    """uuids of a right and of all that it includes, also of what other authorities' roles include."""
    found: set[str] = set()
    waiting = [right]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += things[each].links.get("includes", ()) if each in things else ()
    return frozenset(found)
