"""Preview: a change is carried out by the ordinary writer, looked at, and rolled back (``graph.rehearsal``).

While it stands in its transaction, the graph as it is can be read beside it. On each day from which something of the
change counts, those whom it touches are evaluated in both, and what they have is compared. What makes no difference on
such a day makes one later only together with something else that is known already: the days on which that begins or
ends are looked at too (``graph.questions.preview.coming``).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Generic, TypeVar

import neo4j

from graph.as_of import Day
from graph.change_log import turned_day
from graph.questions.preview import coming
from graph.questions.preview.coming import Coming
from graph.questions.preview.followed import Change, Difference, Follow, Followed
from graph.questions.preview.learnt import Learnt, Things, last_number, learnt_since
from graph.questions.preview.sides import Sides, on_both
from graph.questions.preview.standing import (
    Held,
    OfDay,
    Standing,
    What,
    names_of,
    other_managers,
    standings,
)
from graph.questions.preview.touched import touched, touched_within
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
    """``outcome``: what the change answered. ``days``: from each, something of it counts. ``people``: UUIDs of all whom
    it touches, also of those for whom nothing differs. ``looked_until``: up to this day also those days were looked at
    on which something else that is known begins or ends; of later ones only ``days``. ``own_days``: those of ``days``
    that follow from the change alone, whomever it touches. ``is_cut``: so much begins or ends of those whom it touches
    that ``looked_until`` is earlier than otherwise."""

    outcome: T
    changes: int
    days: tuple[date, ...]
    people: frozenset[str]
    consequences: tuple[Consequence, ...]
    looked_until: date
    own_days: tuple[date, ...]
    is_cut: bool

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

    ``at``: only that day; None: today, each later day from which something of the change counts, and, as far as
    ``Preview.looked_until``, those on which something else begins or ends with which it makes a difference.
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
            learnt = learnt_since(after, number, at or today())
            days = _Days(before, after, with_reasons)
            reached = {day: days.reached(day, things) for day, things in _asked(learnt, at).items()}
            own_days = tuple(sorted(reached))
            people = frozenset[str]().union(*reached.values())
            ahead = None if at is not None else days.ahead(learnt, sum(map(len, reached.values())))
            looked_at = people if ahead is None else people | ahead.persons
            followed = Followed()
            if follow is not None:
                followed = follow(days.sides(at or today()), number, looked_at)
            if followed.of_day is not None:
                for each in followed.differences:
                    for day in _borders(each, at):
                        reached[day] = reached.get(day, frozenset()) | {each.person}
            later: Mapping[date, frozenset[str]] = {}
            if ahead is not None:
                ahead.add(followed.days, looked_at)
                later = ahead.bounded(reached.keys())
            found = []
            for day in sorted({*reached, *later}):
                persons = reached.get(day, frozenset()) | later.get(day, frozenset())
                only_these = day not in reached and ahead is not None and day not in ahead.of_all
                found.append((day, days.compared(day, persons, followed.of_day, only_these=only_these)))
            consequences = [*joined(found), *_of_differences(days.sides(at or today()), followed.differences, at)]
            return Preview(
                outcome,
                last_number(after) - number,
                tuple(sorted(reached)),
                people.union(followed.persons - looked_at, *reached.values(), (each.person for each in consequences)),
                tuple(in_order(consequences)),
                at or today() if ahead is None else ahead.last,
                own_days,
                ahead is not None and ahead.end < coming.end_of_look(ahead.start),
            )

    return rehearsed(driver, work)


def _asked(learnt: Learnt, at: date | None) -> Mapping[date, Things]:
    """On one day only, whatever has begun before counts; on the others each thing where something of it begins."""
    return learnt.days if at is None or not learnt.days else {at: learnt.on_any()}


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
    _of_others: set[str] = field(default_factory=set)
    """Units from which the way up leads to other managers, on some day."""
    _managing: set[str] = field(default_factory=set)
    """Who works there, or manages something that is touched."""

    def sides(self, at: date) -> Sides:
        before, after = ((session, Day.of(at, turned_day(session))) for session in (self.before, self.after))
        return before, after

    def reached(self, at: date, things: Things) -> frozenset[str]:
        """All who are touched."""
        both = self.sides(at)
        one, other = touched(both, at, things)
        managers = other_managers(both, at, one.units | other.units)
        self._of_others |= managers.units
        self._managing |= managers.persons
        return one.persons | other.persons | managers.persons

    def ahead(self, learnt: Learnt, own: int) -> Coming | None:
        """The days on which something else begins or ends that is known already, while something of the change counts.
        None where nothing of it does from today on. ``own``: how often it was looked at a person on its own days."""
        first = learnt.first
        if first is None:
            return None
        found = Coming(first, coming.end_of_look(first), max(coming.MOST_LOOKS, own))
        end = min(found.end, learnt.end)
        sides = self.sides(first)
        one, other = touched_within(sides, first, end, learnt.on_any())
        if len(one.persons | other.persons) > coming.MOST_PEOPLE:
            found.end = first
            return found
        managed = one.units | other.units
        days = coming.days_of_all(sides, first, end) | coming.days_of_managers(sides, managed, first, end)
        if len(days) > coming.MOST_DAYS:
            found.end = end = sorted(days)[coming.MOST_DAYS]
        looks = 0
        for day in sorted(each for each in days if each < end):
            reached = self.reached(day, learnt.on(day))
            looks += len(reached)
            if looks > found.most:
                found.end = end = day
                break
            found.of_all[day] = reached
        persons = one.persons | other.persons | self._managing
        persons |= coming.working_in(sides, self._of_others, first, end)
        if len(persons) > coming.MOST_PEOPLE:
            found.end, found.of_all = first, {}
        else:
            found.of_persons = coming.days_of_persons(sides, persons, first, end)
        return found

    def compared(
        self, at: date, reached: frozenset[str], follows: tuple[OfDay, OfDay] | None, *, only_these: bool
    ) -> dict[str, Differing]:
        """Of all who are reached, also those for whom nothing differs. ``only_these``: for all others it is as on the
        day before."""
        persons = reached if only_these else reached | self._differing
        of_side = dict(zip((id(self.before), id(self.after)), follows or (None, None), strict=True))

        def held(session: neo4j.Session, day: Day) -> Held:
            return standings(session, day, at, persons, with_reasons=self.with_reasons, follows=of_side[id(session)])

        was, would_be = on_both(self.sides(at), held)
        found = compared(was, would_be, persons)
        differing = frozenset(uuid for uuid, each in found.items() if each.gained or each.lost)
        self._differing = (self._differing - persons) | differing
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
