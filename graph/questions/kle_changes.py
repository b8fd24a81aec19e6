"""What a release of KLE has changed, as KL's subscribers speak of it (kle.md §6.8): read out of the change log.

One change of the log may be several kinds at once: an entry is renamed and its end is announced. An end that is to come
is announced when it becomes known; that it has ended is reported on its day, by the day turn, and only then.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import neo4j
import orjson

from graph.time import COPENHAGEN
from graph.writing.day_turn import DAY_TURN
from graph.writing.difference import Difference

What = Literal["added", "renamed", "uuid_corrected", "end_announced", "ended", "moved", "missing", "back_in_force"]
KINDS_OF_KLE = ("KleNode", "KleFacetCategory", "KleFacet")
KLE = "kle"

_CHANGES = """
MATCH (c:Change)-[:CONCERNS]->(n)
WHERE c.kind IN $kinds AND c.number > $after AND ($run IS NULL OR c.run = $run)
    AND (c.source = $kle OR (
        c.source = $turn AND c.operation = 'ends' AND EXISTS { (n)<-[:TELLS]-(:SourceRecord {source: $kle}) }
    ))
RETURN c.number AS change, c.run AS run, c.kind AS kind, n.uuid AS thing, n.number AS number,
    c.source AS source, c.operation AS operation, c.at AS at, c.day AS day, c.before AS before, c.after AS after,
    [(n)-[r:REPLACED_BY]->(m) WHERE r.from = c.day | m.uuid] AS successors
ORDER BY c.number
"""
_VALUES: Mapping[What, str] = {"renamed": "title", "uuid_corrected": "kle_uuid"}
_Change = tuple[What, str | None, str | None]


@dataclass(frozen=True, slots=True)
class KleChange:
    """``change``: its number in the log. ``old``, ``new``: titles, UUIDs, or the days (ISO; of an announced end perhaps
    only the year) from which it is no longer in force; of what is back in force, ``new`` is the first day.
    ``successors``: uuids, of what has been moved."""

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
    """Those of one run (None: of all, and of the day turn) after a number of the log, in its order, as a stream."""
    parameters = {"kinds": list(KINDS_OF_KLE), "run": run, "after": after, "kle": KLE, "turn": DAY_TURN}
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        for row in session.run(_CHANGES, parameters):
            if row["source"] == DAY_TURN:
                day = None if row["day"] is None else row["day"].to_native().isoformat()
                what = _ending(orjson.loads(row["before"])["values"].get("ending"))
                changes: Iterable[_Change] = [(what, None, day)]
                successors = tuple(sorted(row["successors"]))
            else:
                changes = _kinds(row["operation"], row["before"], row["after"], _day(row["at"].to_native()))
                successors = _Side.of(row["after"]).successors
            for what, old, new in changes:
                followed = successors if what == "moved" else ()
                yield KleChange(
                    row["change"], row["run"], row["kind"], row["thing"], row["number"], what, old, new, followed
                )


def foreseen(differences: Iterable[Difference], day: date) -> Iterator[What]:
    """The kind of each change that an import would make, taken in on ``day``."""
    for each in differences:
        if each.kind in KINDS_OF_KLE and each.operation != "recorded":
            yield from (what for what, _, _ in _kinds(each.operation, *each.told(), day))


def _day(moment: datetime) -> date:
    return moment.astimezone(COPENHAGEN).date()


@dataclass(frozen=True, slots=True)
class _Side:
    """What a change has taken away, or put in its place: states by their start, and links."""

    states: Sequence[Mapping[str, Any]]
    successors: tuple[str, ...]

    @classmethod
    def of(cls, text: str | None) -> "_Side":
        side = orjson.loads(text) if text else {}
        links = (each["uuid"] for each in side.get("links", ()) if each["name"] == "replaced_by")
        return cls(side.get("states", ()), tuple(dict.fromkeys(links)))

    def last(self, name: str) -> str | None:
        return str(self.states[-1][name]) if self.states and self.states[-1].get(name) is not None else None

    def first_day(self) -> str:
        return str(self.states[0]["from"])


def _kinds(operation: str, taken: str | None, put: str | None, day: date) -> Iterator[_Change]:
    """What a change of the log, made on ``day``, means; ``taken`` and ``put``: its before and after."""
    before, now = _Side.of(taken), _Side.of(put)
    if not before.states and now.states:
        # Nothing was taken away: it is new, or it had ended and begins again.
        yield ("added", None, now.last("title")) if operation == "created" else ("back_in_force", None, now.first_day())
        return
    for what, name in _VALUES.items():
        old, new = before.last(name), now.last(name)
        if None not in (old, new) and old != new:  # a first title or UUID of what facts had made is no news of KL
            yield what, old, new
    was, ends = before.last("to"), now.last("to")
    if ends is not None and ends <= day.isoformat():
        if ends != was:
            yield _ending(now.last("ending")), was, ends
        return
    if was is not None and ends is None and now.states:
        yield "back_in_force", was, now.first_day()  # the end was taken back before it came
    old, new = was or before.last("announced_end"), ends or now.last("announced_end")
    if new is not None and new != old:
        yield "end_announced", old, new


def _ending(ending: str | None) -> What:
    return "moved" if ending == "moved" else "missing" if ending == "missing" else "ended"
