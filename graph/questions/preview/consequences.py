"""Preview: a change is carried out by the ordinary writer, looked at, and rolled back (``graph.rehearsal``).

While it stands in its transaction, the graph as it is can be read beside it. On each day from which something of the
change counts, those whom it touches are evaluated in both, and what they have is compared. What makes no difference on
such a day makes one later only by something else that is known already; that is not looked for.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Generic, Literal, TypeVar

import neo4j

from graph.as_of import Day
from graph.change_log import turned_day
from graph.questions.preview.learnt import Things, last_number, learnt_since
from graph.questions.preview.sides import on_both
from graph.questions.preview.standing import Held, Standing, What, in_units_of_other_managers, standings
from graph.questions.preview.touched import touched
from graph.rehearsal import rehearsed
from graph.time import today

T = TypeVar("T")
Change = Literal["gained", "lost"]


@dataclass(frozen=True, slots=True)
class Consequence:
    """A person would gain or lose something from ``since`` on. ``until``: the day on which the change ends that."""

    person: str
    name: str
    change: Change
    what: What
    about: tuple[str, ...]
    text: str
    since: date
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Preview(Generic[T]):
    """``outcome``: what the change answered. ``days``: on which it was looked at. ``people``: UUIDs of all whom it
    touches, also of those for whom nothing differs."""

    outcome: T
    changes: int
    days: tuple[date, ...]
    people: frozenset[str]
    consequences: tuple[Consequence, ...]

    @property
    def touched(self) -> int:
        return len(self.people)

    @property
    def counts(self) -> dict[tuple[What, Change], int]:
        return dict(Counter((each.what, each.change) for each in self.consequences))

    @property
    def persons(self) -> int:
        """Who would gain or lose something."""
        return len({each.person for each in self.consequences})


def preview(
    driver: neo4j.Driver, change: Callable[[neo4j.Driver], T], at: date | None = None, *, with_reasons: bool = True
) -> Preview[T]:
    """What ``change`` would do, made with the driver that it is given; nothing of it stays.

    ``at``: only that day; None: today, and each later day from which something of the change counts.
    ``with_reasons``: as in ``standings``. Raises what ``change`` raises.
    """

    def work(rehearsal: neo4j.Driver) -> Preview[T]:
        with (
            rehearsal.session() as after,
            driver.session(default_access_mode=neo4j.READ_ACCESS) as before,
        ):
            number = last_number(before)
            outcome = change(rehearsal)
            learnt = learnt_since(after, number, at or today())
            days = _Days(before, after, with_reasons)
            found = [(day, days.compared(day, things)) for day, things in sorted(_asked(learnt, at).items())]
            people = frozenset(person for _, each in found for person in each)
            return Preview(
                outcome, last_number(after) - number, tuple(day for day, _ in found), people, tuple(joined(found))
            )

    return rehearsed(driver, work)


def _asked(learnt: dict[date, Things], at: date | None) -> dict[date, Things]:
    """On one day only, whatever has begun before counts; on the others each thing where something of it begins."""
    if at is None or not learnt:
        return learnt
    things: dict[str, frozenset[str]] = {}
    for of_day in learnt.values():
        for kind, uuids in of_day.items():
            things[kind] = things.get(kind, frozenset()) | uuids
    return {at: things}


@dataclass(frozen=True, slots=True)
class Differing:
    """Of one person on one day."""

    name: str
    gained: dict[Standing, str]
    lost: dict[Standing, str]


@dataclass(slots=True)
class _Days:
    """Asked one after the other: on the day on which a thing ends, nobody is reached through it any more, and whoever
    was on an earlier day is looked at again."""

    before: neo4j.Session
    after: neo4j.Session
    with_reasons: bool = True
    _earlier: list[tuple[frozenset[str], frozenset[str]]] = field(default_factory=list)

    def compared(self, at: date, things: Things) -> dict[str, Differing]:
        """Of all who are touched, also those for whom nothing differs."""
        sides = tuple((session, Day.of(at, turned_day(session))) for session in (self.before, self.after))
        both = (sides[0], sides[1])
        one, other = touched(both, at, things)
        persons = {*one.persons, *other.persons}
        persons |= in_units_of_other_managers(both, at, one.units | other.units)
        changed = frozenset(uuid for of_kind in things.values() for uuid in of_kind)
        persons.update(*(differing for of_day, differing in self._earlier if changed & of_day))
        was, would_be = on_both(
            both, lambda session, day: standings(session, day, at, persons, with_reasons=self.with_reasons)
        )
        found = compared(was, would_be, persons)
        self._earlier.append((changed, frozenset(uuid for uuid, each in found.items() if each.gained or each.lost)))
        return found


def compared(was: Held, would_be: Held, persons: Iterable[str]) -> dict[str, Differing]:
    """What each person gains and loses."""
    found = {}
    for person in sorted(persons):
        before, after = was.standings.get(person, {}), would_be.standings.get(person, {})
        found[person] = Differing(
            would_be.names.get(person) or was.names.get(person, ""),
            {each: text for each, text in after.items() if each not in before},
            {each: text for each, text in before.items() if each not in after},
        )
    return found


def joined(found: list[tuple[date, dict[str, Differing]]]) -> list[Consequence]:
    """One for what is gained or lost on several days that follow each other, by name and person."""
    open_: dict[tuple[str, Change, Standing], Consequence] = {}
    done: list[Consequence] = []
    for day, persons in found:
        for person, differing in persons.items():
            now: dict[tuple[str, Change, Standing], str] = {
                **{(person, "gained", each): text for each, text in differing.gained.items()},
                **{(person, "lost", each): text for each, text in differing.lost.items()},
            }
            for key in [key for key in open_ if key[0] == person and key not in now]:
                done.append(replace(open_.pop(key), until=day))
            for key, text in now.items():
                if key not in open_:
                    _, change, standing = key
                    open_[key] = Consequence(person, differing.name, change, standing.what, standing.about, text, day)
    return sorted(
        (*done, *open_.values()),
        key=lambda each: (each.name, each.person, each.since, each.what, each.text, each.about, each.change),
    )
