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
    days, half-open. ``by_hand``: it is saved by itself, not with all that a source tells.
    """

    kind: str
    values: dict[str, Any] = field(default_factory=dict)
    links: dict[str, list[str]] = field(default_factory=dict)
    over: bool = False
    place: int = -1
    since: date | None = None
    until: date | None = None
    by_hand: bool = False

    @property
    def name(self) -> str:
        return str(self.values.get("title") or self.values.get("key") or self.kind)

    def one(self, link: str) -> str | None:
        return next(iter(self.links.get(link, ())), None)


def bundles(things: Things) -> dict[str, tuple[int, int]]:
    """Of each job-function role, how many levels of them it holds, itself counted, and in how many ways it includes
    what it includes. One that includes itself is gone through once."""
    measured: dict[str, tuple[int, int]] = {}
    begun: set[str] = set()
    for uuid, thing in things.items():
        waiting = [uuid] if thing.kind == "JobFunctionRole" else []
        while waiting:
            at = waiting[-1]
            below = [each for each in things[at].links.get("includes", ()) if _is_bundle(each, things)]
            if at not in begun:
                begun.add(at)
                waiting += [each for each in below if each not in begun]
                continue
            waiting.pop()
            found = [measured[each] for each in below if each in measured]
            measured[at] = 1 + max((each[0] for each in found), default=0), max(1, sum(each[1] for each in found))
    return measured


def _is_bundle(uuid: str, things: Things) -> bool:
    return uuid in things and things[uuid].kind == "JobFunctionRole" and not things[uuid].over


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
