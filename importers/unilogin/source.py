"""The source: one independent reading per institution (unilogin.md §7)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from graph.statements.statement import DatedValue, Problem, Statement
from graph.time import COPENHAGEN, Period, copenhagen_now, unless_ahead
from importers.source import Known, Mapped, RawRecord, Reading, SourceError
from importers.unilogin.accounts import SYSTEM, Accounts
from importers.unilogin.answers import Export
from importers.unilogin.client import Client
from importers.unilogin.doubts import doubts, notices, other_managers
from importers.unilogin.errors import Unavailable, Unreadable
from importers.unilogin.lookup import Lookup, Memory
from importers.unilogin.mapping import Institution
from importers.unilogin.people import People
from importers.unilogin.settings import UniLoginSettings

NOT_TAKEN = "not taken"  # equal to no fingerprint, so that problems are checked each time
IN_A_ROW = 3  # institutions without an answer in a row before the run is given up
MINUTE = "%Y-%m-%dT%H:%M%z"


class UniLogin:
    """STIL's user database. ``now`` is for tests."""

    name = "unilogin"

    def __init__(
        self,
        settings: UniLoginSettings,
        lookup: Lookup,
        memory: Memory,
        *,
        now: Callable[[], datetime] = copenhagen_now,
    ) -> None:
        self._settings = settings
        self._lookup = lookup
        self._memory = memory
        self._now = now

    def readings(self, known: Known) -> Iterator[Reading]:
        """First the list of agreements, then each institution that is due.

        Raises SourceError if nothing can be read; an error of one institution is listed for it.
        """
        with Client(self._settings, self._now) as client:
            if not known.cursor:
                client.hello()  # shows most plainly whether certificate and provider are known
            agreed = client.agreements()
            run = _Run(self._settings, self._lookup, self._memory, known, client, self._now)
            due, problems = run.plan(agreed)
            yield run.overview(problems)
            unanswered = 0
            for institution, unit in due.items():
                try:
                    yield from run.institution(institution, unit)
                    unanswered = 0
                except SourceError as failure:
                    unanswered += isinstance(failure, Unavailable)
                    if unanswered == IN_A_ROW:
                        raise
                    yield run.failed(institution, failure)


@dataclass
class _Run:
    """One run."""

    settings: UniLoginSettings
    lookup: Lookup
    memory: Memory
    known: Known
    client: Client
    now: Callable[[], datetime]

    def __post_init__(self) -> None:
        self.accounts = Accounts(self.known)
        self.people = People(self.known, self.lookup, self.accounts)

    @property
    def today(self) -> date:
        return self.now().astimezone(COPENHAGEN).date()

    # -- which institutions -----------------------------------------------------------------------------------------

    def plan(self, agreed: Sequence[str]) -> tuple[Mapping[str, str], list[Problem]]:
        """(institution → unit, of those to read now; problems)."""
        units = self.lookup.units()
        due: dict[str, str] = {}
        problems: list[Problem] = []

        def note(institution: str, rule: str, text: str) -> None:
            problems.append(Problem("Unit", "agreements", institution, rule, text, "notice"))

        wanted = self.settings.institutions or frozenset(units)
        for each in sorted(wanted - {*agreed}):
            note(each, "no_agreement", "there is no approved data agreement; what is known of its people stays")
        for each in agreed:
            places = units.get(each, ())
            if self.settings.institutions and each not in self.settings.institutions:
                note(each, "not_configured", "there is an agreement, but the settings do not name the institution")
            elif len(places) != 1:
                text = f"{len(places)} units have it as institution_number; it is read once exactly one has"
                note(each, "no_unit" if not places else "several_units", text)
            elif self._is_due(each):
                if self.memory.calls(each, self.today) < self.settings.exports_a_day:
                    due[each] = places[0]
                else:
                    text = f"all {self.settings.exports_a_day} calls of {self.today} are used up"
                    note(each, "calls_used_up", text)
        return due, problems

    def _is_due(self, institution: str) -> bool:
        last = self.known.cursor.get(f"read:{institution}")
        moments = (datetime.strptime(last, MINUTE) if last else None, self.memory.read_at(institution))
        now, pause = self.now(), timedelta(hours=self.settings.pause_hours)
        return all(now - each >= pause for mark in moments if (each := unless_ahead(mark, now)))

    def overview(self, problems: Sequence[Problem]) -> Reading:
        """The system of the accounts, and problems."""
        values = {"key": (DatedValue(Period(), SYSTEM),), "title": (DatedValue(Period(), "UNI-Login"),)}
        system = Statement("ItSystem", SYSTEM, values=values)
        made = RawRecord("ItSystem", SYSTEM, self.known.fingerprint(repr(system).encode()), lambda _: Mapped(system))
        return Reading("UNI-Login, agreements", self.today, [made, _listed("agreements", problems)])

    # -- one institution --------------------------------------------------------------------------------------------

    def institution(self, number: str, unit: str) -> Iterator[Reading]:
        """Its reading. Raises SourceError."""
        self.memory.note_call(number, self.today)
        answer = self.client.export(number)
        if answer.day > self.today:
            raise Unreadable(f"the export of {number} is of {answer.day}, which is in the future")
        problems = notices(answer, number)
        if answer.number is None or not answer.persons:
            text = "the export is empty; what is known of the institution's people stays"
            problems.append(Problem("Unit", number, "", "empty_export", text, "notice"))
            # An empty export does not begin a school year: the first export with people must still be stopped.
            answer.year = None
            yield self._reading(number, answer, [_listed(number, problems)])
            return
        people = self.people.sort(number, answer.persons)
        doubtful = frozenset(people.doubtful)
        before = self.accounts.of(number)
        present = {each.key for each in people.placed} | doubtful
        nameless = self.known.cursor.get(f"nameless:{number}", str(people.unidentified))
        missing = before - present
        if missing and people.unidentified > int(nameless):
            # As many records may be theirs: STIL has the people, but does not identify them.
            text = (
                f"{people.unidentified} records have no name, {nameless} before: the {len(missing)} missing people stay"
            )
            problems.append(Problem("Unit", number, "", "may_be_there", text))
            doubtful |= missing
            present |= missing
        else:
            nameless = str(people.unidentified)
        suspect = doubts(answer, self._year(number), len(before), len(before & present), self.settings.least_share)
        day = unless_ahead(self.memory.held_since(number), self.today) or answer.day
        employed = self.lookup.employed(unit)
        problems += other_managers(people.placed, self.lookup.managers(unit), number)
        grace = timedelta(days=self.settings.grace_days)
        salt = self.settings.digest()
        of = Institution(self.known, self.accounts, number, unit, day, grace, salt, employed)
        listed = _listed(number, [*problems, *people.problems])
        records = [*of.records(people.placed, doubtful), listed]
        reading = self._reading(number, answer, records, suspect, nameless)
        stopped = self.memory.stopped_so_far()
        yield reading
        if self.known.cursor == reading.cursor:
            self.memory.release(number)
        elif self.memory.stopped_so_far() > stopped:
            self.memory.hold(number, day)
        elif suspect and not self.known.dry_run:
            # There was nothing to approve: the doubt stays, and the pause before the next call is kept.
            self.memory.note_read(number, self.now())
        self.accounts.refresh(present | before)
        self.people.refresh(present)

    def failed(self, number: str, failure: SourceError) -> Reading:
        """An institution that could not be read: it does not change, and the others go on."""
        problem = Problem("Unit", number, "", failure.rule, str(failure))
        label = f"UNI-Login, {number}: {failure.rule}"
        return Reading(label, self.today, [_listed(number, [problem])], independent=True)

    def _reading(
        self,
        number: str,
        answer: Export,
        records: Sequence[RawRecord],
        suspect: Sequence[str] = (),
        nameless: str | None = None,
    ) -> Reading:
        year = max(filter(None, (answer.year, self._year(number))), default=None)
        return Reading(
            label=f"UNI-Login, {number} as of {answer.exported:%Y-%m-%d %H:%M}",
            day=answer.day,
            records=records,
            cursor={
                **self.known.cursor,
                f"read:{number}": self.now().strftime(MINUTE),
                **({f"year:{number}": str(year)} if year else {}),
                **({f"nameless:{number}": nameless} if nameless is not None else {}),
            },
            incomplete_because=tuple(suspect),
            independent=True,
        )

    def _year(self, number: str) -> int | None:
        kept = self.known.cursor.get(f"year:{number}")
        return None if kept is None else int(kept)


def _listed(key: str, problems: Sequence[Problem]) -> RawRecord:
    """A record that states nothing: it lists an institution's problems, and removes those that are corrected."""
    return RawRecord("Unit", key, NOT_TAKEN, lambda previous: Mapped(None, tuple(problems)))
