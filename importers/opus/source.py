"""KMD Opus as a source: each file of the series is one reading (opus.md §1.1, §4.1)."""

import tempfile
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import chain
from pathlib import Path

import structlog

from graph.statements.statement import Problem
from graph.time import today
from importers.opus import absence, advance, employment, mapping
from importers.opus.employees import EmployeeKey
from importers.opus.mapping import File
from importers.opus.memory import Memory
from importers.opus.oddities import file_problem
from importers.opus.places import Folder, OneFile, Place, SftpServer, digest
from importers.opus.recalling import look_with, remember
from importers.opus.series import FileName, Plan, ordered, parse, planned, remembered, twins
from importers.opus.settings import OpusSettings
from importers.opus.settings_match import matching_nothing
from importers.opus.tree import KeptTree, UnitKey
from importers.source import Known, Reading, SourceError

log = structlog.get_logger(__name__)

WHOLE = frozenset({"Unit", "Employment", "Account", "Assignment"})
FEWER_STUBS = 0.9  # stubs seem only to accumulate: a file with less than this share of the earlier stubs is odd
_EXCHANGED = "exchanged "  # prefixes in the cursor
_ROOT = "root "
_FILTERED = "filtered "
_FILTERS = "filters"


class Opus:
    """The files of one folder or SFTP server. ``folder``, which may be one file, replaces the place in the settings.

    The cursor holds the last applied file (``file``, ``hash``), the names seen until then (``seen``), how many live
    employments and stubs it had, each client's root, the units that filters left out, and employments that continue
    under a new number.
    """

    name = "opus"

    def __init__(self, settings: OpusSettings, folder: Path | None = None, *, day: Callable[[], date] = today) -> None:
        self._settings = settings
        self._day = day
        self._place: Place
        self._is_named = folder is not None
        largest = settings.largest_file_megabytes << 20
        if (path := folder or settings.folder) is not None:
            self._place = OneFile(path, largest) if path.is_file() else Folder(path, largest)
        elif settings.sftp is not None:
            self._place = SftpServer(settings.sftp, largest)
        else:
            raise SourceError("Opus has no place to read from: set folder or sftp, or name a folder")

    def readings(self, known: Known) -> Iterator[Reading]:
        """The files due, oldest first. Raises SourceError; files before the wrong one are applied."""
        names = self._place.names()
        files = ordered(names)
        if len(files) < len(names):
            log.info("files that are not from Opus are ignored", count=len(names) - len(files))
        cursor: Mapping[str, str] = dict(known.cursor)
        if not files:
            yield self._nothing(names, cursor)
            return
        plan = planned(
            files,
            cursor,
            history=self._settings.history,
            today=self._day(),
            warn_after_days=self._settings.warn_after_days,
            rerun_from=self._rerun(cursor),
            named=isinstance(self._place, OneFile),
        )
        with tempfile.TemporaryDirectory(prefix="opus-") as temporary:
            copied = Path(temporary)
            self._refuse_twins(plan, copied)
            plan.problems += self._rewritten(files, cursor, copied)
            if not plan.due and plan.problems:
                problems = tuple(plan.problems)
                yield Reading("no new file", self._day(), (), problems=problems, overdue=plan.is_overdue)
            for file in plan.due:
                path = copied / file.name
                self._place.copy(file.name, path)
                applied, cursor = cursor, self._next_cursor(cursor, plan, file, digest(path))
                memory = Memory(known, self._settings)
                made = self._file(path, file, known, cursor, memory)
                try:
                    reading = self._reading(made, file, cursor, plan)
                    yield reading
                    if reading.incomplete_because and dict(known.cursor) != reading.cursor:
                        cursor = applied  # it wrote nothing and was not applied: the next file follows the one before
                    else:
                        remember(memory, made)  # hash of the applied file; one that the brake stopped is read anew
                finally:
                    made.survey.aside.close()
                path.unlink()

    # -- which files --------------------------------------------------------------------------------------------

    def _nothing(self, names: list[str], cursor: Mapping[str, str]) -> Reading:
        """A notice that nothing has been delivered yet. Raises SourceError if the command named the place."""
        if self._is_named:
            what = f"{names[0]} is not a file from Opus" if len(names) == 1 else "There is no file from Opus"
            raise SourceError(f"{what}: its name must contain its day, as in ZLPE20240305224112_delta.xml.")
        text = "There is no file from Opus at the place in the settings."
        if last := cursor.get("file"):
            text += f" {last} was applied from there: is the share still mounted?"
        problem = Problem("Folder", "", "newest", "no_file", text, "notice")
        return Reading("no file", self._day(), (), problems=(problem,), overdue=last is not None)

    def _rerun(self, cursor: Mapping[str, str]) -> str | None:
        wanted = self._settings.rerun_from
        return wanted if wanted != cursor.get("rerun") else None

    def _refuse_twins(self, plan: Plan, copied: Path) -> None:
        """Two names of one moment: equal contents count once; different ones can't both be true (§1.1)."""
        for one, other in twins(plan.due):
            hashes = set()
            for each in (one, other):
                self._place.copy(each.name, copied / each.name)
                hashes.add(digest(copied / each.name))
                (copied / each.name).unlink()
            if len(hashes) > 1:
                raise SourceError(
                    f"{one.name} and {other.name} are of the same moment and differ; remove the wrong one"
                )
            plan.due.remove(other)

    def _rewritten(self, files: list[FileName], cursor: Mapping[str, str], copied: Path) -> list[Problem]:
        last = parse(cursor.get("file", ""))
        if last is None or last not in files or self._rerun(cursor):
            return []
        path = copied / last.name
        self._place.copy(last.name, path)
        found = digest(path)
        path.unlink()
        if found == cursor["hash"]:
            return []
        text = f"{last.name} was changed after it had been applied, and was not applied again. To do so: rerun_from."
        return [Problem("Folder", "", last.name, "rewritten_file", text, "notice")]

    def _next_cursor(self, cursor: Mapping[str, str], plan: Plan, file: FileName, found: str) -> dict[str, str]:
        made = {**cursor, "file": file.name, "hash": found, "seen": remembered(plan, file)}
        if self._settings.rerun_from is not None:
            made["rerun"] = self._settings.rerun_from
        return made

    # -- one file -----------------------------------------------------------------------------------------------

    def _file(self, path: Path, name: FileName, known: Known, cursor: Mapping[str, str], memory: Memory) -> File:
        """The survey of the file, with exchanged numbers."""
        numbers = {key.removeprefix(_EXCHANGED): old for key, old in cursor.items() if key.startswith(_EXCHANGED)}
        kept = KeptTree(_roots(cursor), self._filtered(cursor))
        known_employments = _Either(known.keys("Employment"), numbers)
        survey = look_with(
            memory, known, path, name.day, self._settings, known_employments, kept, partial(_has_another, known)
        )
        file = File(survey, known, numbers, first="live" not in cursor)
        gone = absence.vanished(file)
        new_numbers = absence.exchanged(file, gone)
        made = replace(file, exchanged={**numbers, **new_numbers}) if new_numbers else file
        # A new number is of nobody known, so it can only bring back those that had vanished.
        return replace(made, vanished={key: each for key, each in gone.items() if not made.is_present(key)})

    def _filtered(self, cursor: Mapping[str, str]) -> frozenset[UnitKey]:
        """The units that the same filters left out of the last applied file."""
        if cursor.get(_FILTERS) != self._settings.tree_filters():
            return frozenset()
        kept = ((key.removeprefix(_FILTERED), each) for key, each in cursor.items() if key.startswith(_FILTERED))
        return frozenset(UnitKey(client, number) for client, numbers in kept for number in numbers.split())

    def _reading(self, file: File, name: FileName, cursor: dict[str, str], plan: Plan) -> Reading:
        survey = file.survey
        missing = absence.missing(survey, _roots(cursor))
        suspicions = [
            *(text for _, text in missing),
            *([] if file.first else absence.suspicions(file, int(cursor["live"]))),
        ]
        problems = [
            *(file_problem("client", rule, text) for rule, text in missing),
            *plan.problems,
            *survey.problems,
            *matching_nothing(survey),
            *_odd_numbers(file),
            *_fewer_stubs(file, cursor),
        ]
        cursor["live"], cursor["stubs"] = str(len(survey.live)), str(len(survey.stubs))
        cursor.update({_EXCHANGED + new: old for new, old in file.exchanged.items()})
        gone = {_ROOT + client for client in _roots(cursor).keys() - survey.clients}
        for key in [each for each in cursor if each in gone or each.startswith(_FILTERED)]:
            del cursor[key]
        cursor.update({_ROOT + client: root.number for client, root in survey.tree.roots.items() if root is not None})
        cursor[_FILTERS] = self._settings.tree_filters()
        left_out: dict[str, list[str]] = {}
        for client, number in sorted(survey.tree.filtered):
            left_out.setdefault(_FILTERED + client, []).append(number)
        cursor.update({key: " ".join(numbers) for key, numbers in left_out.items()})
        return Reading(
            label=name.name,
            day=name.day,
            records=chain(mapping.records(file), employment.records(file)),
            complete_kinds=WHOLE,
            absent=partial(absence.absent, file),
            cursor=cursor,
            problems=tuple(problems),
            incomplete_because=tuple(suspicions),
        )


@dataclass(frozen=True, slots=True)
class _Either:
    """Keys that are in one or the other."""

    one: Container[str]
    other: Container[str]

    def __contains__(self, key: object) -> bool:
        return key in self.one or key in self.other


def _roots(cursor: Mapping[str, str]) -> dict[str, str]:
    """Client → its root in the last applied file."""
    return {key.removeprefix(_ROOT): root for key, root in cursor.items() if key.startswith(_ROOT)}


def _has_another(known: Known, employment: str, cpr: str) -> bool:
    previous = known.statement("Employment", employment)
    person = advance.newest_link(previous, "person")
    return person is not None and person.key != known.person_key(cpr)


def _odd_numbers(file: File) -> Iterator[Problem]:
    for old in sorted(each for each in file.superseded if EmployeeKey.of_text(each) in file.survey.live):
        text = f"{old} is live again beside the number that had replaced it; it was rejected"
        yield file_problem(old, "exchanged_number", text)


def _fewer_stubs(file: File, cursor: Mapping[str, str]) -> Iterator[Problem]:
    before, now = int(cursor.get("stubs", "0")), len(file.survey.stubs)
    if now < FEWER_STUBS * before:
        text = f"the file has {now} employments that have ended, the one before had {before}"
        yield file_problem("leave", "fewer_stubs", text)
