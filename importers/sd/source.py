"""The source: a whole reading, or the registrations since the last one (sd.md §5)."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from graph.statements.statement import Problem, Statement
from graph.time import COPENHAGEN, Period, copenhagen_now, unless_ahead, within
from importers.lookups import Lookups
from importers.sd import unit_mapping
from importers.sd.again import WHOLE, Again
from importers.sd.client import Client
from importers.sd.errors import OF_ONE_THING
from importers.sd.institutions import Institution, Institutions
from importers.sd.operations import Operations
from importers.sd.organisation import SETTINGS, LeftOut
from importers.sd.people import People
from importers.sd.records import NOT_TAKEN
from importers.sd.settings import SdSettings
from importers.source import Known, Mapped, RawRecord, Reading

MINUTE = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True, slots=True)
class Hint:
    """Notice of a change: of an employment, a person (no number) or a department (``unit``)."""

    institution: str
    cpr: str = ""
    number: str = ""
    unit: str = ""


def hint_of(event: Mapping[str, str]) -> Hint:
    """An event of SD's AMQP feed (§5.3). Its ``eventType`` is ignored: every event leads to one refetch."""
    return Hint(
        event.get("instCode", ""), event.get("cpr", ""), event.get("tjnr", ""), event.get("orgUnitUuid", "").lower()
    )


class SdSource:
    """SD's payroll. ``whole``: read everything, whatever the cursor is. ``now`` and ``sleep`` are for tests."""

    name = "sd"

    def __init__(
        self,
        settings: SdSettings,
        *,
        whole: bool = False,
        now: Callable[[], datetime] = copenhagen_now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings = settings
        self._whole = whole
        self._now = now
        self._sleep = sleep

    def readings(self, known: Known) -> Iterator[Reading]:
        """One reading. Raises SourceError if SD can't be read; nothing is changed then."""
        with self._run(known) as run:
            why = "requested" if self._whole else run.why_whole()
            yield run.whole(why) if why else run.delta()

    def refetch(self, institution: str, cpr: str, number: str = "") -> "SdHints":
        """A source that reads one employment (or all of a person's) anew; for ``run_import``."""
        return SdHints(self, [Hint(institution, cpr, number)])

    @contextmanager
    def _run(self, known: Known) -> Iterator["_Run"]:
        now = self._now().astimezone(COPENHAGEN).replace(tzinfo=None)
        with Client(self._settings, self._now, self._sleep) as client:
            operations = Operations(client, self._settings, now.date())
            lookups, again = Lookups(OF_ONE_THING), Again.of(known.cursor)
            institutions = Institutions(operations, known, self._settings, now.date(), lookups, again)
            people = People(known, self._settings, operations, lookups, again)
            yield _Run(known, self._settings, now, operations, institutions, people, again)


class SdHints:
    """Refetches what hints point to. The cursor stays: a hint says nothing about other changes."""

    name = SdSource.name

    def __init__(self, source: SdSource, hints: Iterable[Hint]) -> None:
        self._source = source
        self._hints = tuple(dict.fromkeys(hints))  # an event may arrive more than once

    def readings(self, known: Known) -> Iterator[Reading]:
        with self._source._run(known) as run:
            yield run.hinted(self._hints)


@dataclass
class _Run:
    """One run. ``now``: Copenhagen's wall clock, naive, as SD's windows are."""

    known: Known
    settings: SdSettings
    now: datetime
    operations: Operations
    institutions: Institutions
    people: People
    again: Again

    @property
    def day(self) -> date:
        return self.now.date()

    def why_whole(self) -> str:
        """Why the cursor does not allow a delta; empty if it does."""
        cursor = self.known.cursor
        if "window" not in cursor:
            return "first reading"
        if cursor.get("settings") != self.settings.digest():
            return "the settings have changed"
        if WHOLE in cursor:
            return cursor[WHOLE]
        last = self._last_window()
        if last is None:
            return "the last window lies in the future, so the clock was ahead"
        age = self.now - last
        if age > timedelta(days=self.settings.delta_days):
            return f"the last window ended {age.days} days ago, and SD sends the changes of 30 days only"
        return ""

    def _last_window(self) -> datetime | None:
        """The end of the last window; None if it lies ahead. In the hour that a night has twice nothing tells which of
        the two it was in, so the next window begins an hour earlier."""
        last = datetime.strptime(self.known.cursor["window"], MINUTE)
        first, second = (last.replace(tzinfo=COPENHAGEN, fold=fold).utcoffset() for fold in (0, 1))
        return unless_ahead(last if first == second else last - timedelta(hours=1), self.now)

    # -- whole ------------------------------------------------------------------------------------------------------

    def whole(self, why: str) -> Reading:
        """Everything that SD has."""
        answer = self.institutions.listed()
        structures, digest = self.institutions.structures(answer)
        made = [self.institutions.whole(each, structures[each.code]) for each in answer]
        kinds = {"Unit", "Employment"} | ({"Position"} if all(each.has_positions for each in made) else set())
        return self.again.of_reading(
            Reading(
                label=f"SD, whole: {why}",
                day=self.day,
                records=self._everything(made),
                complete_kinds=frozenset(kinds),
                absent=lambda previous: self._absent(made, previous),
                cursor=self._cursor(digest, made, self.institutions.forms(structures), all_units=True),
                store_cursor_when_unchanged=self._is_cursor_due(),
                incomplete_because=self._suspect(made),
            )
        )

    def _suspect(self, made: list[Institution]) -> tuple[str, ...]:
        """Why the organisation may be incomplete: what SD sent before and now omits."""
        before = json.loads(self.known.cursor.get("levels", "{}"))
        gone = sorted(set(before) - {each.code for each in made})
        if self.settings.institutions:
            gone = [each for each in gone if each in self.settings.institutions]
        missing = [f"SD no longer has the institution {each}" for each in gone]
        return (*missing, *(why for each in made for why in each.unsure))

    def _everything(self, made: list[Institution]) -> Iterator[RawRecord]:
        for each in made:
            yield from each.units()
            yield from each.position_list()
        yield from self.people.everybody(made)
        yield self._settings(made)
        yield from self.people.counted()

    def _settings(self, made: list[Institution]) -> RawRecord:
        """A record that states nothing: it lists what the settings name but SD lacks, and removes what is corrected.

        It comes after the employments, which may have positions that the list lacks.
        """
        organisations = [each.organisation for each in made]
        problems = [*LeftOut(self.settings).matching_nothing(organisations)]
        positions = {code for each in made for code in (*each.records.titles, *each.records.unknown_positions)}
        if unused := sorted(self.settings.full_time_hours_by_position.keys() - positions):
            name = "full_time_hours_by_position"
            text = f"sources.sd.{name}: {', '.join(map(repr, unused))} applies to nobody: SD has no such position"
            problems.append(Problem("Employment", SETTINGS, name, "matches_nothing", text, "notice"))
        return RawRecord("Unit", SETTINGS, NOT_TAKEN, lambda previous: Mapped(None, tuple(problems)))

    def _absent(self, made: list[Institution], previous: Statement) -> Mapped | None:
        past = Period(end=self.day)
        if previous.kind == "Employment":
            return self.people.absent({each.code: each for each in made}, previous, past)
        if not within(previous.exists or (), (Period(self.day),)):
            return None
        if previous.kind == "Unit":
            uuid = previous.key.partition(":")[2]
            below = sum(
                any(answer.parent == uuid and answer.period.holds(self.day) for answer in department.parents)
                for each in made
                for department in each.organisation.departments.values()
            )
            people = sum(each.records.people_in.get(uuid, 0) for each in made)
            return unit_mapping.gone(previous, past, below, people)
        return Mapped(replace(previous, exists=within(previous.exists or (), (past,))))

    # -- delta ------------------------------------------------------------------------------------------------------

    def delta(self) -> Reading:
        """The registrations since the cursor and, once a day, the parts of the organisation that differ."""
        cursor = self.known.cursor
        answer = self.institutions.listed()
        digest, units_due = cursor.get("tree", ""), False
        some: dict[str, list[str]] | None = {}
        forms: dict[str, dict[str, str]] = json.loads(cursor.get("departments") or "{}")
        levels = {each.code: self._levels(each.code) for each in answer}
        if cursor.get("tree_day") != self.day.isoformat():
            structures, digest = self.institutions.structures(answer)
            differs = digest != cursor.get("tree")
            if differs and self.settings.lifts:
                return self.whole("the organisation has changed, and employments are lifted in it")
            some = self.institutions.changed(structures, forms) if differs else {}
            units_due = some is None or self._are_all_units_due()
            if differs or units_due:
                forms = self.institutions.forms(structures)
                levels = {code: self.institutions.levels(code, each) for code, each in structures.items()}
        if units_due:
            made = [self.institutions.whole(each, structures[each.code]) for each in answer]
        else:
            made = [self.institutions.lazy(each, levels[each.code]) for each in answer]
        last = self._last_window()
        assert last is not None, "otherwise everything is read"
        start = last - timedelta(minutes=self.settings.overlap_minutes)
        return self.again.of_reading(
            Reading(
                label=f"SD, registered from {start:%Y-%m-%d %H:%M} to {self.now:%Y-%m-%d %H:%M}",
                day=self.day,
                records=self._changes(made, start, None if units_due else some or {}),
                complete_kinds=frozenset({"Unit"}) if units_due else frozenset(),
                absent=lambda previous: self._absent(made, previous),
                cursor=self._cursor(digest, made, forms, all_units=units_due),
                store_cursor_when_unchanged=self._is_cursor_due(),
                incomplete_because=self._suspect(made) if units_due else (),
            )
        )

    def _changes(
        self, made: list[Institution], start: datetime, some: Mapping[str, list[str]] | None
    ) -> Iterator[RawRecord]:
        """``some``: the changed departments, by institution; None = all are read."""
        for each in made:
            yield from each.units() if some is None else each.some_units(some.get(each.code, ()))
        for each in made:
            yield from each.position_list()
        changed: dict[str, dict[str, set[str]]] = {}
        for each in made:
            here = changed.setdefault(each.code, {})
            for cpr, number in self.operations.changed_employments(each.code, start, self.now):
                here.setdefault(cpr, set()).add(number)
            for cpr, numbers in self.operations.changed_persons(each.code, start, self.now):
                here.setdefault(cpr, set())
                self.people.work.setdefault(each.code, {})[cpr] = numbers
            yield from self.people.still_due(each, here)
        yield from self._people(made, changed)

    def _people(self, made: list[Institution], changed: Mapping[str, Mapping[str, set[str]]]) -> Iterator[RawRecord]:
        yield from self.people.some(made, changed)
        for each in made:
            yield from each.positions_met()
            yield from each.new_units(self.known)
        yield from self.people.counted()

    def hinted(self, hints: tuple[Hint, ...]) -> Reading:
        """What hints point to, each once."""
        wanted = {each.institution for each in hints}
        made = [self.institutions.lazy(each, self._levels(each.code)) for each in self.institutions.listed()]
        changed: dict[str, dict[str, set[str]]] = {}
        for each in hints:
            if each.cpr:
                numbers = changed.setdefault(each.institution, {}).setdefault(each.cpr, set())
                numbers |= {each.number} if each.number else set()
        return Reading(
            label=f"SD, {len(hints)} hints in {', '.join(sorted(wanted))}",
            day=self.day,
            records=self._hinted(made, hints, changed),
        )

    def _hinted(
        self, made: list[Institution], hints: tuple[Hint, ...], changed: Mapping[str, Mapping[str, set[str]]]
    ) -> Iterator[RawRecord]:
        met: set[str] = set()
        for hint in hints:
            for each in made:
                found = each.organisation.department(hint.unit) if hint.unit and each.code == hint.institution else None
                if found is not None:
                    met.add(found.uuid)
                    yield each.records.department(found)
        for each in made:
            each.looked_up -= met
        yield from self._people(made, changed)

    # -- cursor -----------------------------------------------------------------------------------------------------

    def _cursor(
        self, digest: str, made: list[Institution], forms: Mapping[str, Mapping[str, str]], *, all_units: bool
    ) -> dict[str, str]:
        """The new cursor; stored once everything in the window is. ``window``: its last minute."""
        return {
            "window": self.now.strftime(MINUTE),
            "settings": self.settings.digest(),
            "tree": digest,
            "tree_day": self.day.isoformat(),
            "departments": json.dumps(forms, separators=(",", ":")),
            "levels": json.dumps({each.code: each.organisation.levels for each in made}, ensure_ascii=False),
            "units_day": self.day.isoformat() if all_units else self.known.cursor.get("units_day", ""),
        }

    def _levels(self, institution: str) -> tuple[str, ...]:
        """The names of the institution's levels, lowest first, as last read with the tree."""
        return tuple(json.loads(self.known.cursor.get("levels", "{}")).get(institution, ()))

    def _is_cursor_due(self) -> bool:
        """Whether the cursor must move although nothing has changed."""
        last = None if self.why_whole() else self._last_window()
        if last is None or self.known.cursor.get("tree_day") != self.day.isoformat():
            return True
        return self.now - last >= timedelta(hours=self.settings.cursor_every_hours)

    def _are_all_units_due(self) -> bool:
        kept = self.known.cursor.get("units_day", "")
        last = unless_ahead(date.fromisoformat(kept) if kept else None, self.day)
        return last is None or self.day - last >= timedelta(days=self.settings.all_units_every_days)
