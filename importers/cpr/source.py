"""The source: whom to look up, one reading after the other, and what the files of changes hold (formats/cpr.md §6).

A reading is a few hundred lookups, written before the next ones are made, so that a run that is stopped has lost
little; every call is in the log of lookups whatever becomes of the run.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial

from graph.facts import Problem, Statement
from graph.time import COPENHAGEN
from importers.cpr.certificate import Certificate
from importers.cpr.errors import Faulted, LogUnwritable, Misconfigured, Unanswered, UnknownNumber, UnreadableAnswer
from importers.cpr.lookup import Log, Lookup
from importers.cpr.mapping import as_before, notice, to_person
from importers.cpr.numbers import is_askable
from importers.cpr.persons import Persons, Tied
from importers.cpr.renumbering import Followed, follow
from importers.cpr.settings import CprSettings
from importers.cpr.soap import Connection
from importers.source import Known, Mapped, RawRecord, Reading, SourceError

FIRST, REFRESH = "first lookup", "refresh"
_TENTHS = 10
_UNTIED = b"no tie"


def _now() -> datetime:
    return datetime.now(UTC)


class CprSource:
    """The CPR register. ``now`` (with offset) and ``sleep`` are for tests; ``by``: the user who started the run."""

    name = "cpr"

    def __init__(
        self,
        settings: CprSettings,
        persons: Persons,
        log: Log,
        *,
        by: str = "system",
        now: Callable[[], datetime] = _now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings, self._persons, self._log = settings, persons, log
        self._by, self._now, self._sleep = by, now, sleep

    def readings(self, known: Known) -> Iterator[Reading]:
        """New persons, then those whose turn it is.

        Raises SourceError where nobody can be asked: certificate, agreement, log.
        """
        now = self._now()
        certificate = Certificate.read(self._settings.certificate, self._settings.private_key, now)
        with Connection(self._settings, sleep=self._sleep) as connection:
            lookup = Lookup(connection, self._settings, self._log, self._by)
            run = _Run(known, self._settings, self._persons, lookup, now.astimezone(COPENHAGEN).date())
            yield run.begun(certificate.warnings(now, self._settings.warn_days))
            yield from run.lookups()


@dataclass
class _Run:
    """One run, on ``day`` (Copenhagen)."""

    known: Known
    settings: CprSettings
    persons: Persons
    lookup: Lookup
    day: date
    unanswered: int = 0
    """Calls in a row without an answer."""
    tied: Mapping[str, Tied] = field(init=False)

    def __post_init__(self) -> None:
        self.tied = {each.uuid: each for each in self.persons.tied(self.day) if is_askable(each.number)}

    def begun(self, warnings: Sequence[Problem]) -> Reading:
        """What is to be said before anybody is asked; and who is no longer here, so that no notice stays of them."""
        told = self.known.fingerprint(*(each.text.encode() for each in warnings))
        records = [RawRecord("Certificate", "client", told, lambda previous: Mapped(None, tuple(warnings)))]
        left = set(self.known.keys("Person")) - self.tied.keys()
        untied = self.known.fingerprint(_UNTIED)
        records += [RawRecord("Person", uuid, untied, partial(as_before, uuid)) for uuid in sorted(left)]
        return Reading(f"CPR, {len(self.tied)} persons with a tie", self.day, records)

    def lookups(self) -> Iterator[Reading]:
        """First lookups, then the refresh."""
        known = set(self.known.keys("Person"))
        new = [each for each in self.tied.values() if each.uuid not in known]
        yield from self._asked(new, FIRST)
        digits = self._digits_due()
        due = [each for each in self.tied.values() if each.uuid in known and int(each.number[-1]) in digits]
        yield from self._asked(due, REFRESH)
        if not self.given_up and digits:
            mark = {**self.known.mark, "refreshed": self.day.isoformat()}
            yield Reading("CPR, refresh done", self.day, (), mark=mark)

    @property
    def given_up(self) -> bool:
        return self.unanswered >= self.settings.give_up_after

    def _digits_due(self) -> frozenset[int]:
        """A tenth of the persons a day, by last digit; and what the days since the last run have left."""
        last = self.known.mark.get("refreshed")
        days = _TENTHS if last is None else min((self.day - date.fromisoformat(last)).days, _TENTHS)
        if last is None:
            days = 1
        return frozenset((self.day - timedelta(days=back)).toordinal() % _TENTHS for back in range(days))

    # -- asking -----------------------------------------------------------------------------------------------------

    def _asked(self, persons: Sequence[Tied], purpose: str) -> Iterator[Reading]:
        size = self.settings.persons_at_a_time
        for first in range(0, len(persons), size):
            if self.given_up:
                return
            records: list[RawRecord] = []
            stopped: SourceError | None = None
            for each in persons[first : first + size]:
                try:
                    record = self._record(each, purpose)
                except (Misconfigured, LogUnwritable) as stop:
                    stopped = stop
                    break
                if record is not None:
                    records.append(record)
                if self.given_up:
                    break
            label = f"CPR, {purpose}: {len(records)} of {len(persons)} persons from {first + 1} on"
            problems = (self._silence(purpose),) if self.given_up else ()
            yield Reading(label, self.day, records, problems=problems)
            if stopped is not None:
                raise stopped

    def _record(self, person: Tied, purpose: str) -> RawRecord | None:
        """None where there was no answer: the person's turn comes again in the next run."""
        try:
            followed = follow(self.lookup, self.persons, person, purpose, self.day)
        except Unanswered:
            self.unanswered += 1
            return None
        except UnknownNumber:
            text = "CPR does not know the number (PNR not found); what it told before stays"
            problem = notice(person.uuid, "cpr", "unknown_number", text)
        except Faulted as fault:
            problem = notice(person.uuid, "answer", "fault", f"the CPR service answered with the fault {fault}")
        except UnreadableAnswer as wrong:
            problem = Problem("Person", person.uuid, wrong.field, "unreadable_answer", str(wrong))
        else:
            self.unanswered = 0
            return self._told(person, followed)
        self.unanswered = 0
        told = self.known.fingerprint(problem.rule.encode(), problem.text.encode())
        return RawRecord("Person", person.uuid, told, lambda previous: as_before(person.uuid, previous, problem))

    def _told(self, person: Tied, followed: Followed) -> RawRecord:
        told, numbers = followed.told, followed.numbers
        fingerprint = self.known.fingerprint(
            told.raw(),
            repr((numbers.current, [each.cpr for each in numbers.formers], numbers.problems)).encode(),
            repr((told.is_protected(self.day), self.settings.digest())).encode(),
        )

        def to_statement(previous: Statement | None) -> Mapped:
            return to_person(told, person.uuid, previous, self.day, tied=True, numbers=numbers)

        return RawRecord("Person", person.uuid, fingerprint, to_statement)

    def _silence(self, purpose: str) -> Problem:
        text = (
            f"{self.unanswered} calls in a row were not answered; the rest of the {purpose} waits for the next run. "
            "The log of lookups tells what each call met."
        )
        return Problem("Service", "lookup", "answer", "service_silent", text, "notice")
