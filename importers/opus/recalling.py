"""The first look through a file that parses only what is new in it, and remembers it for the next one.

It gives what ``survey.look`` gives, or leaves the file to that where it can't be cut with certainty (``pieces``).
Employees that tell of one person are looked at together: one that is new or gone has all of them parsed.
"""

import io
from collections import Counter
from collections.abc import Iterator, Mapping, Set
from datetime import date
from pathlib import Path

from graph.statements.statement import Problem
from importers.opus import employment, fields, mapping
from importers.opus.mapping import File
from importers.opus.memory import Memory, Row
from importers.opus.pieces import InDoubt, Pieces, parsed
from importers.opus.reader import Element, check_end, elements_of
from importers.opus.settings import OpusSettings
from importers.opus.survey import (
    EmployeeKey,
    HasAnother,
    Oddities,
    RecalledPerson,
    Seen,
    Survey,
    add_employee,
    add_unit,
    begin,
    look,
    order_of,
)
from importers.opus.tree import UnitKey
from importers.source import Known, SourceError


def look_with(
    memory: Memory,
    known: Known,
    path: Path,
    day: date,
    settings: OpusSettings,
    known_employments: Set[str],
    kept_roots: Mapping[str, str],
    has_another: HasAnother,
) -> Survey:
    """As ``survey.look``. Raises IncompleteFile, SourceError."""
    check_end(path)
    try:
        pieces = Pieces(path)
    except InDoubt:
        return look(path, day, settings, known_employments, kept_roots, has_another)
    try:
        return _Look(memory, known, pieces, day, settings, known_employments, kept_roots, has_another).survey
    except InDoubt:
        pieces.close()
        return look(path, day, settings, known_employments, kept_roots, has_another)
    except BaseException:
        pieces.close()
        raise


class _Look:
    def __init__(
        self,
        memory: Memory,
        known: Known,
        pieces: Pieces,
        day: date,
        settings: OpusSettings,
        known_employments: Set[str],
        kept_roots: Mapping[str, str],
        has_another: HasAnother,
    ) -> None:
        self._memory = memory
        self._known = known
        self._pieces = pieces
        units: dict[UnitKey, Element] = {}
        problems: list[Problem] = []
        oddities = Oddities()
        try:
            for element in elements_of(io.BytesIO(pieces.closed_head()), "", "orgUnit", others=oddities.unknown):
                add_unit(units, element, problems)
        except SourceError as wrong:
            raise InDoubt from wrong
        self.survey = begin(
            day, settings, known_employments, units, kept_roots, has_another, pieces, problems, oddities
        )
        self._take(oddities)
        self.survey.problems += oddities.problems()

    def _take(self, oddities: Oddities) -> None:
        places, again = self._sorted_out()
        for offset, length, name in places:
            packed = self._memory.rows.get(name)
            row = None if packed is None else Row.unpacked(packed)
            if row is None or packed is None or row.person in again or not self._holds(row):
                element = self._pieces.element((offset, length))
                is_odd = oddities.count(element)
                add_employee(self.survey, element, (offset, length), name, is_odd=is_odd)
            else:
                self._recall(row, Seen(None, b"", (offset, length), name=name, recalled=packed))

    def _sorted_out(self) -> tuple[list[tuple[int, int, bytes]], set[str]]:
        """Where the live employees lie, and the persons of whom not all is as it was."""
        places: list[tuple[int, int, bytes]] = []
        again: set[str] = set()
        met: Counter[str] = Counter()
        told: dict[str, int] = {}
        rows = self._memory.rows
        for piece in self._pieces:
            if piece.left is not None:
                client, number = piece.left
                self.survey.stubs.add(EmployeeKey(fields.number(client), fields.number(number)))
                continue
            name = self._memory.name_of(piece.content)
            places.append((piece.offset, len(piece.content), name))
            if (packed := rows.get(name)) is not None and self._holds(row := Row.unpacked(packed)):
                met[row.person] += 1
                told[row.person] = row.of_person
            elif rows and (cpr := parsed(piece.content)["cpr"]):
                again.add(self._known.person_key(cpr))
        again.update(person for person, count in met.items() if count != told[person])
        return places, again

    def _holds(self, row: Row) -> bool:
        """Whether the row is what a fresh reading would make of the same bytes, on this day and in this tree."""
        survey, unit = self.survey, UnitKey(row.client, row.unit)
        return (
            unit in survey.tree.parents
            and unit not in survey.tree.filtered
            and (unit in survey.closed_units) == bool(row.standing)
            and order_of(row.start, row.end, survey.day.toordinal()) == row.order
            and f"{row.client}:employment:{row.number}" in survey.known_employments
        )

    def _recall(self, row: Row, seen: Seen) -> None:
        survey, key = self.survey, EmployeeKey(row.client, row.number)
        if key in survey.live:
            raise InDoubt
        seen.unit, seen.login = UnitKey(row.client, row.unit), row.login
        survey.live[key] = seen
        person = survey.persons.setdefault(row.person, RecalledPerson(row.person_print))
        if not isinstance(person, RecalledPerson):
            raise InDoubt
        person.places.append(seen.place)
        survey.positions[row.client, row.position].add((row.title, row.short_title), row.changed)


def remember(memory: Memory, file: File) -> None:
    """Keep what the file's employees came to, for the next file."""
    parts = memory.parts(dict(_rows(file)))
    if parts:
        file.known.remember(parts)


def _rows(file: File) -> Iterator[tuple[bytes, bytes]]:
    persons: dict[str, tuple[str, int, str]] = {}
    for employee, seen in file.survey.live.items():
        if seen.recalled is not None:
            yield seen.name, seen.recalled
        elif seen.noted is not None:
            if seen.cpr not in persons:
                persons[seen.cpr] = mapping.print_of_person(file, seen.cpr)
            person, of_person, person_print = persons[seen.cpr]
            prints = employment.prints(file, employee, seen)
            yield seen.name, Row._make((*seen.noted, prints[0], person, of_person, person_print, *prints[1:])).packed()
