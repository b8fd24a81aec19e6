"""Whom to look up, in which order, and what is left for the next run (cpr.md §6)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from graph.statements.statement import Problem
from graph.time import unless_ahead
from importers.cpr.errors import (
    AccessFault,
    LogUnwritable,
    Misconfigured,
    NoAnswer,
    ServiceFault,
    UnknownNumber,
    UnreadableAnswer,
    without_numbers,
)
from importers.cpr.lookup import Lookup
from importers.cpr.mapping import notice
from importers.cpr.persons import Persons, Tied
from importers.cpr.records import doubtful_record, person_record, problems_record
from importers.cpr.renumbering import follow
from importers.cpr.settings import CprSettings
from importers.source import Known, RawRecord, Reading, SourceError

FIRST, REFRESH, AGAIN, EVERYBODY = "first lookup", "refresh", "another try", "a file of changes is missing"
_TENTHS = 10
_LOOKUP = "Lookup"
_PATIENCE = 5
"""Of those without an answer last time, so many times ``give_up_after`` in a row are enough if others were answered:
they say little of the service, but it may have gone since."""


@dataclass(frozen=True, slots=True)
class Left:
    """What earlier readings have left to look up, as kept in the source's cursor.

    ``again``: uuids of persons without a usable answer, or with an unreadable line in a file. ``everybody``: all
    subscribed persons, since a file is missing. ``refreshed``: the last day of a refresh.
    """

    again: frozenset[str] = frozenset()
    everybody: bool = False
    refreshed: date | None = None

    @classmethod
    def of(cls, cursor: Mapping[str, str]) -> "Left":
        day = cursor.get("refreshed")
        again = frozenset(cursor.get("again", "").split())
        return cls(again, "everybody" in cursor, None if day is None else date.fromisoformat(day))

    def put(self, cursor: Mapping[str, str]) -> dict[str, str]:
        """The cursor, with this in it."""
        kept = {name: each for name, each in cursor.items() if name not in ("again", "everybody", "refreshed")}
        if self.again:
            kept["again"] = " ".join(sorted(self.again))
        if self.everybody:
            kept["everybody"] = "yes"
        if self.refreshed is not None:
            kept["refreshed"] = self.refreshed.isoformat()
        return kept


@dataclass
class Asking:
    """The lookups of one run, on ``day`` (Copenhagen). ``tied``: by uuid, all persons who may be looked up."""

    known: Known
    settings: CprSettings
    persons: Persons
    lookup: Lookup
    tied: Mapping[str, Tied]
    day: date
    _in_a_row: int = 0
    _is_up: bool = False  # the service has answered in this run
    _refused: AccessFault | None = None  # a fault about certificate or agreement, before any answer
    _is_refused_anew: bool = False  # not only of a person who got no answer last time
    _patience: int = 1
    _tried: set[str] = field(default_factory=set)
    _unanswered: dict[str, str] = field(default_factory=dict)  # uuid → why
    _again: set[str] = field(default_factory=set)
    _waiting: int = 0
    _unread: set[str] = field(default_factory=set)

    def readings(self) -> Iterator[Reading]:
        """First lookups of new persons; then the refresh, if there is no subscription; then those left over.

        Whoever got no answer last time comes last: some persons' data may never be answered, and must not keep the
        others from being looked up. Raises Misconfigured or LogUnwritable after the records of earlier answers.
        """
        left = Left.of(self.known.cursor)
        known = set(self.known.keys("Person"))
        asked: set[str] = set()
        refreshed = unless_ahead(left.refreshed, self.day)
        digits = frozenset[int]() if self.settings.subscription else self._digits_due(refreshed)
        again = left.again & self.tied.keys()
        finished: set[str] = set()
        for purpose, wanted in (
            (FIRST, self.tied.keys() - known - again),
            (EVERYBODY, self.tied.keys() - again if left.everybody else ()),
            (REFRESH, {each.uuid for each in self.tied.values() if int(each.number[-1]) in digits} - again),
            (AGAIN, again),
        ):
            due = [self.tied[uuid] for uuid in sorted({*wanted} & self.tied.keys() - asked)]
            asked |= {each.uuid for each in due}
            self._patience = _PATIENCE if purpose == AGAIN and self._is_up else 1
            yield from self._asked(self._turned(due) if purpose == AGAIN else due, purpose)
            if self._given_up:
                break
            finished.add(purpose)
        done = Left(
            frozenset(self._again | (again - self._tried)),
            left.everybody and EVERYBODY not in finished,
            self.day if digits and REFRESH in finished else refreshed,
        )
        cursor = done.put(self.known.cursor)
        if cursor != dict(self.known.cursor) or not asked:
            yield Reading(
                "CPR, the rest waits" if self._given_up else "CPR, all looked up",
                self.day,
                (),
                cursor=cursor,
                problems=self._unlearned(),
                recheck_kinds=frozenset({_LOOKUP}),
            )
        if self._refused is not None and self._is_refused_anew and not self._is_up:
            raise self._refused  # nobody was answered: it is not shown to be about one person

    @property
    def _given_up(self) -> bool:
        return self._in_a_row >= self.settings.give_up_after * self._patience

    def _turned(self, due: list[Tied]) -> list[Tied]:
        """Beginning elsewhere each day: if the run is given up, it is not always after the same ones."""
        start = self.day.toordinal() * self.settings.give_up_after % len(due) if due else 0
        return due[start:] + due[:start]

    def _digits_due(self, last: date | None) -> frozenset[int]:
        """A tenth of the persons each day, by last digit, including the days missed since the last run."""
        days = 1 if last is None else min((self.day - last).days, _TENTHS)
        return frozenset((self.day - timedelta(days=back)).toordinal() % _TENTHS for back in range(days))

    def _asked(self, persons: Sequence[Tied], purpose: str) -> Iterator[Reading]:
        size = self.settings.persons_at_a_time
        for first in range(0, len(persons), size):
            tried = 0
            records: list[RawRecord] = []
            stopped: SourceError | None = None
            for each in persons[first : first + size]:
                tried += 1
                try:
                    records += self._records(each, purpose)
                except (Misconfigured, LogUnwritable) as stop:
                    stopped = stop
                    break
                if self._given_up:
                    break
            self._waiting = len(persons) - first - tried if self._given_up else 0
            label = f"CPR, {purpose}: {len(records)} of {len(persons)} persons from {first + 1} on"
            service = problems_record("Service", "lookup", *self._silence(purpose), *self._unknown_elements())
            yield Reading(
                label,
                self.day,
                [*records, service],
                problems=self._unlearned(),
                recheck_kinds=frozenset({_LOOKUP}),
            )
            if stopped is not None:
                raise stopped
            if self._given_up:
                return

    def _records(self, person: Tied, purpose: str) -> Iterable[RawRecord]:
        """The person's record. Without an answer there is none, and the next run looks the person up again."""
        try:
            self._tried.add(person.uuid)
            followed = follow(self.lookup, self.persons, person, purpose, self.day)
        except NoAnswer as missing:
            self._in_a_row += 1
            self._again.add(person.uuid)
            self._unanswered[person.uuid] = str(missing)
            return ()
        except UnknownNumber:
            text = "CPR does not know the number (PNR not found); what is known from CPR stays"
            problem = notice(person.uuid, "cpr", "unknown_number", text)
        except (ServiceFault, AccessFault) as fault:
            if isinstance(fault, AccessFault):
                if self._refused is not None and not self._is_up:
                    raise  # the second person: it is about every call
                self._refused = fault
                self._is_refused_anew = purpose != AGAIN
            text = (
                f"the CPR service answered with the fault {fault}; what is known from CPR stays, and the next run "
                "asks again"
            )
            self._in_a_row += 1
            self._again.add(person.uuid)
            return (doubtful_record(self.known, person.uuid, Problem("Person", person.uuid, "answer", "fault", text)),)
        except UnreadableAnswer as wrong:
            self._again.add(person.uuid)
            problem = Problem("Person", person.uuid, wrong.field, "unreadable_answer", str(wrong))
        else:
            self._note_answer()
            self._unread |= followed.registered.unread
            return (
                person_record(self.known, self.settings, person.uuid, followed.registered, self.day, followed.numbers),
            )
        self._note_answer()
        return (doubtful_record(self.known, person.uuid, problem),)

    def _note_answer(self) -> None:
        self._in_a_row, self._is_up = 0, True

    def _silence(self, purpose: str) -> tuple[Problem, ...]:
        if not self._given_up:
            return ()
        text = (
            f"{self._in_a_row} calls in a row were not answered, or with a fault; the rest of the {purpose} "
            f"({self._waiting} persons) waits for the next run. The log of lookups has the result of each call."
        )
        return (Problem("Service", "lookup", "answer", "service_silent", text),)

    def _unlearned(self) -> tuple[Problem, ...]:
        """Every person without an answer in this run; the next run looks them up again."""
        return tuple(
            Problem(
                _LOOKUP,
                uuid,
                "answer",
                "unanswered",
                f"CPR gave no answer about Person {uuid}: {why}; the next run asks again",
            )
            for uuid, why in self._unanswered.items()
        )

    def _unknown_elements(self) -> tuple[Problem, ...]:
        if not self._unread:
            return ()
        names = without_numbers(", ".join(sorted(self._unread)))
        text = f"answers have unknown elements, which are not read: {names}"
        return (Problem("Service", "lookup", "answer", "unknown_element", text, "notice"),)
