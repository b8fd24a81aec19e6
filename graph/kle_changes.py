"""What a release of KLE has changed, as KL's subscribers speak of it (kle.md §6.8): read out of the change log.

One change of the log may be several kinds at once: an entry is renamed and its end is announced. An end that is planned
is told when it becomes known, as the log does.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import neo4j
import orjson

What = Literal["added", "renamed", "uuid_corrected", "end_announced", "ended", "moved", "missing", "back_in_force"]
KINDS_OF_KLE = ("KleNode", "KleFacetCategory", "KleFacet")

_CHANGES = """
MATCH (c:Change)-[:CONCERNS]->(n)
WHERE c.kind IN $kinds AND c.source = 'kle' AND c.number > $after AND ($run IS NULL OR c.run = $run)
RETURN c.number AS change, c.run AS run, c.kind AS kind, n.uuid AS thing, n.number AS number,
    c.operation AS operation, c.before AS before, c.after AS after
ORDER BY c.number
"""
_VALUES: Mapping[What, str] = {"renamed": "title", "uuid_corrected": "kle_uuid"}


@dataclass(frozen=True, slots=True)
class KleChange:
    """``change``: its number in the log. ``old``, ``new``: titles, UUIDs, or the days (ISO) from which it is no longer
    in force; of what is back in force, ``new`` is the first day. ``successors``: uuids, of what has been moved."""

    change: int
    run: str | None
    kind: str
    thing: str
    number: str
    what: What
    old: str | None
    new: str | None
    successors: tuple[str, ...] = ()


def kle_changes(driver: neo4j.Driver, run: str | None = None, after: int = 0) -> Iterator[KleChange]:
    """Those of one run (None: of all) after a number of the log, in the log's order, as they are asked for."""
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        for row in session.run(_CHANGES, kinds=list(KINDS_OF_KLE), run=run, after=after):
            before, now = _Side.of(row["before"]), _Side.of(row["after"])
            for what, old, new in _kinds(row["operation"], before, now):
                successors = now.successors if what == "moved" else ()
                yield KleChange(
                    row["change"], row["run"], row["kind"], row["thing"], row["number"], what, old, new, successors
                )


@dataclass(frozen=True, slots=True)
class _Side:
    """What a change has taken away, or put in its place: states by their start, and links."""

    states: Sequence[Mapping[str, Any]]
    successors: tuple[str, ...]

    @classmethod
    def of(cls, text: str | None) -> "_Side":
        told = orjson.loads(text) if text else {}
        links = (each["uuid"] for each in told.get("links", ()) if each["name"] == "replaced_by")
        return cls(told.get("states", ()), tuple(dict.fromkeys(links)))

    def last(self, name: str) -> str | None:
        return str(self.states[-1][name]) if self.states and self.states[-1].get(name) is not None else None

    def first_day(self) -> str:
        return str(self.states[0]["from"])


def _kinds(operation: str, before: _Side, now: _Side) -> Iterator[tuple[What, str | None, str | None]]:
    if not before.states and now.states:
        # Nothing was taken away: it is new, or it had ended and begins again.
        yield ("added", None, now.last("title")) if operation == "created" else ("back_in_force", None, now.first_day())
        return
    for what, name in _VALUES.items():
        old, new = before.last(name), now.last(name)
        if None not in (old, new) and old != new:  # a first title or UUID of what facts had made is no news of KL
            yield what, old, new
    announced = now.last("announced_end")
    if announced is not None and announced != before.last("announced_end"):
        yield "end_announced", before.last("announced_end"), announced
    was, ends = before.last("to"), now.last("to")
    if ends is not None and ends != was:
        yield _ending(now.last("ending")), was, ends
    elif was is not None and ends is None and now.states:
        yield "back_in_force", was, now.first_day()  # the end was taken back before it came


def _ending(told: str | None) -> What:
    return "moved" if told == "moved" else "missing" if told == "missing" else "ended"
