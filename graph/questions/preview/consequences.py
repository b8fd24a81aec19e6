"""Preview: a change is carried out by the ordinary writer, looked at, and rolled back (``graph.rehearsal``).

While it stands in its transaction, the graph as it is can be read beside it. On each day from which something of the
change counts, those whom it touches are evaluated in both, and what they have is compared. What makes no difference on
such a day makes one later only by something else that is known already; that is not looked for.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Generic, TypeVar

import neo4j

from graph.as_of import Day
from graph.change_log import turned_day
from graph.questions.preview.followed import Change, Difference, Follow, Followed
from graph.questions.preview.learnt import Things, last_number, learnt_since
from graph.questions.preview.sides import Sides, on_both
from graph.questions.preview.standing import (
    Held,
    OfDay,
    Standing,
    What,
    in_units_of_other_managers,
    names_of,
    standings,
)
from graph.questions.preview.touched import touched
from graph.rehearsal import rehearsed
from graph.time import today

T = TypeVar("T")


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
    driver: neo4j.Driver,
    change: Callable[[neo4j.Driver], T],
    at: date | None = None,
    *,
    with_reasons: bool = True,
    follow: Follow | None = None,
) -> Preview[T]:
    """What ``change`` would do, made with the driver that it is given; nothing of it stays.

    ``at``: only that day; None: today, and each later day from which something of the change counts.
    ``with_reasons``: as in ``standings``. ``follow``: what rules above the graph make of it.
    Raises what ``change`` raises.
    """

    def work(rehearsal: neo4j.Driver) -> Preview[T]:
        with (
            rehearsal.session() as after,
            driver.session(default_access_mode=neo4j.READ_ACCESS) as before,
        ):
            number = last_number(before)
            outcome = change(rehearsal)
            learnt = _asked(learnt_since(after, number, at or today()), at)
            days = _Days(before, after, with_reasons)
            reached = {day: days.reached(day, things) for day, things in learnt.items()}
            people = frozenset[str]().union(*reached.values())
            followed = Followed()
            if follow is not None:
                followed = follow(days.sides(at or today()), number, people)
            if followed.of_day is not None:
                for each in followed.differences:
                    for day in _borders(each, at):
                        reached[day] = reached.get(day, frozenset()) | {each.person}
            found = [(day, days.compared(day, persons, followed.of_day)) for day, persons in sorted(reached.items())]
            consequences = [*joined(found), *_of_differences(days.sides(at or today()), followed.differences, at)]
            return Preview(
                outcome,
                last_number(after) - number,
                tuple(day for day, _ in found),
                people.union(followed.persons, *(persons for _, persons in found)),
                tuple(in_order(consequences)),
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
    """Asked one after the other: on the day on which a thing ends, nobody is reached through it any more, or only in a
    place where they are no longer. So those for whom something differed on the day before are looked at again."""

    before: neo4j.Session
    after: neo4j.Session
    with_reasons: bool = True
    _differing: frozenset[str] = frozenset()

    def sides(self, at: date) -> Sides:
        before, after = ((session, Day.of(at, turned_day(session))) for session in (self.before, self.after))
        return before, after

    def reached(self, at: date, things: Things) -> frozenset[str]:
        """All who are touched."""
        both = self.sides(at)
        one, other = touched(both, at, things)
        return one.persons | other.persons | in_units_of_other_managers(both, at, one.units | other.units)

    def compared(self, at: date, reached: frozenset[str], follows: tuple[OfDay, OfDay] | None) -> dict[str, Differing]:
        """Of all who are reached, also those for whom nothing differs."""
        persons = reached | self._differing
        of_side = dict(zip((id(self.before), id(self.after)), follows or (None, None), strict=True))

        def held(session: neo4j.Session, day: Day) -> Held:
            return standings(session, day, at, persons, with_reasons=self.with_reasons, follows=of_side[id(session)])

        was, would_be = on_both(self.sides(at), held)
        found = compared(was, would_be, persons)
        self._differing = frozenset(uuid for uuid, each in found.items() if each.gained or each.lost)
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
    return in_order((*done, *open_.values()))


def _borders(difference: Difference, at: date | None) -> Iterator[date]:
    """The days on which it begins and ends; of one day only, that day, where it counts then."""
    if at is None:
        yield from (day for day in difference.days if day is not None)
    elif difference.days.holds(at):
        yield at


def _of_differences(sides: Sides, differences: Sequence[Difference], at: date | None) -> list[Consequence]:
    """``at``: only what differs on that day."""
    differing = [each for each in differences if at is None or each.days.holds(at)]
    persons = {each.person for each in differing}
    was, would_be = on_both(sides, lambda session, day: names_of(session, day, at or today(), persons))
    names = {**was, **would_be}
    return [
        Consequence(
            each.person,
            names.get(each.person, ""),
            each.change,
            each.standing.what,
            each.standing.about,
            each.text,
            at or each.days.start,
            None if at is not None else each.days.end,
        )
        for each in differing
    ]


def in_order(consequences: Iterable[Consequence]) -> list[Consequence]:
    """By name and person."""
    return sorted(
        consequences,
        key=lambda each: (each.name, each.person, each.since, each.what, each.text, each.about, each.change),
    )
