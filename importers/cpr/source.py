"""The source: files of changes, subscriptions, lookups, in this order (cpr.md §6).

A reading is a file or a few hundred lookups, written before the next one is made, so that a stopped run loses little.
Every call is in the log of lookups, whatever happens to the run.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial

from graph.statements.statement import Problem
from graph.time import COPENHAGEN
from importers.cpr.asking import Asking
from importers.cpr.certificate import Certificate
from importers.cpr.changes import Changes
from importers.cpr.lookup import Log, Lookup
from importers.cpr.mapping import as_before
from importers.cpr.numbers import is_askable
from importers.cpr.persons import Persons, Tied
from importers.cpr.records import problems_record
from importers.cpr.settings import CprSettings
from importers.cpr.soap import Connection
from importers.cpr.subscribing import Subscribing
from importers.cpr.subscription import Subscription
from importers.source import Known, RawRecord, Reading

SYSTEM = "system"
"""The caller of scheduled runs."""
_UNTIED = b"no tie"


def _now() -> datetime:
    return datetime.now(UTC)


class CprSource:
    """The CPR register. ``now`` (with offset) and ``sleep`` are for tests.

    A dry run looks people up and logs it; it changes no subscription and deletes no file.
    """

    name = "cpr"

    def __init__(
        self,
        settings: CprSettings,
        persons: Persons,
        log: Log,
        *,
        now: Callable[[], datetime] = _now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings, self._persons, self._log = settings, persons, log
        self._now, self._sleep = now, sleep

    def readings(self, known: Known) -> Iterator[Reading]:
        """The files of changes, then new persons, then the refresh.

        Raises SourceError if no call can be made: certificate, agreement, log.
        """
        now = self._now()
        day = now.astimezone(COPENHAGEN).date()
        settings, by = self._settings, known.user or SYSTEM
        certificate = Certificate.read(settings.certificate, settings.private_key, now)
        tied = self._tied(day)
        yield _begun(known, day, tied, certificate.warnings(now, settings.warn_days))
        with Connection(settings, sleep=self._sleep) as connection:
            if settings.subscription is not None:
                of = settings.subscription
                yield from Changes(known, settings, of, self._persons, self._log, by, tied, day).readings()
                tied = self._tied(day)  # a file may change numbers
                if not known.dry_run:
                    subscription = Subscription(connection, of, self._log, by)
                    yield from Subscribing(
                        known, self._persons, subscription, tied, day, settings.give_up_after
                    ).readings()
            lookup = Lookup(connection, settings, self._log, by)
            yield from Asking(known, settings, self._persons, lookup, tied, day).readings()

    def _tied(self, day: date) -> Mapping[str, Tied]:
        return {each.uuid: each for each in self._persons.tied(day) if is_askable(each.number)}


def _begun(known: Known, day: date, tied: Mapping[str, Tied], warnings: Sequence[Problem]) -> Reading:
    """Notices before any call is made, and persons who have left, so that their notices are removed."""
    left = set(known.keys("Person")) - tied.keys()
    untied = known.fingerprint(_UNTIED)
    records = [RawRecord("Person", uuid, untied, partial(as_before, uuid)) for uuid in sorted(left)]
    records.append(problems_record("Certificate", "client", *warnings))
    return Reading(f"CPR, {len(tied)} persons with a tie", day, records)
