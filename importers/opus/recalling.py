"""The first pass over a file, which parses only its new parts, and remembers them for the next file.

Its result is that of ``survey.look``, which reads the file if it can't be cut with certainty (``pieces``). Employees of
one person are read together: if one is new or gone, all of them are parsed.
"""

import io
import marshal
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from graph.batches import Batches
from graph.statements.statement import Problem
from importers.opus import employment, fields, mapping
from importers.opus.employees import EmployeeKey, RecalledPerson, Seen
from importers.opus.errors import InDoubt
from importers.opus.mapping import File
from importers.opus.memory import Memory, Row
from importers.opus.oddities import Oddities
from importers.opus.pieces import Pieces, parsed
from importers.opus.reader import Element, check_end, elements_of
from importers.opus.settings import OpusSettings
from importers.opus.survey import (
    HasAnother,
    Survey,
    add_employee,
    add_unit,
    begin,
    look,
    order_of,
)
from importers.opus.tree import KeptTree, UnitKey
from importers.source import Known, SourceError

_AT_ONCE = 1000  # employees


def look_with(
    memory: Memory,
    known: Known,
    path: Path,
    day: date,
    settings: OpusSettings,
    known_employments: Container[str],
    kept: KeptTree,
    has_another: HasAnother,
) -> Survey:
    """As ``survey.look``. Raises IncompleteFile, SourceError."""
    check_end(path)
    try:
        pieces = Pieces(path)
    except InDoubt:
        return look(path, day, settings, known_employments, kept, has_another)
    try:
        return _Look(memory, known, pieces, day, settings, known_employments, kept, has_another).survey
    except InDoubt:
        pieces.close()
        return look(path, day, settings, known_employments, kept, has_another)
    except BaseException:
        pieces.close()
        raise


_Place = tuple[int, int, str, tuple[Any, ...] | None]
"""Offset and length of an employee, the name of its bytes, and the row remembered of them if it holds."""


def _pack(places: Sequence[_Place]) -> bytes:
    return marshal.dumps(list(places))


class _Look:
    def __init__(
        self,
        memory: Memory,
        known: Known,
        pieces: Pieces,
        day: date,
        settings: OpusSettings,
        known_employments: Container[str],
        kept: KeptTree,
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
        self.survey = begin(day, settings, known_employments, units, kept, has_another, pieces, problems, oddities)
        tree = self.survey.tree
        self._is_closed: dict[tuple[str, str], bool] = {
            unit: unit in self.survey.closed_units for unit in tree.parents if unit not in tree.filtered
        }
        self._today = day.toordinal()
        self._take(oddities)
        self.survey.problems += oddities.problems()

    def _take(self, oddities: Oddities) -> None:
        places, again = self._sorted_out()
        for offset, length, name, remembered in places.each():
            if remembered is None or (row := Row._make(remembered)).person in again:
                element = self._pieces.element((offset, length))
                is_odd = oddities.count(element)
                add_employee(self.survey, element, (offset, length), name, is_odd=is_odd)
            else:
                self._recall(row, Seen(None, b"", (offset, length), name=name, recalled=remembered))

    def _sorted_out(self) -> tuple[Batches[_Place], set[str]]:
        """The places of the live employees, and the persons with a difference."""
        places: Batches[_Place] = Batches(_pack, marshal.loads)
        begun: list[_Place] = []
        again: set[str] = set()
        met: Counter[str] = Counter()
        counts: dict[str, int] = {}
        rows = self._memory.rows
        has_rows = len(rows) > 0
        for piece in self._pieces:
            if piece.left is not None:
                client, number = piece.left
                self.survey.stubs[EmployeeKey(fields.number(client), fields.number(number))] = None
                continue
            name = self._memory.name_of(piece.content)
            remembered: tuple[Any, ...] | None = None
            if (packed := rows.get(name)) is not None and self._holds(row := Row.unpacked(packed)):
                remembered = tuple(row)
                if row.of_person > 1:  # a person with one employee: that one occurred now
                    met[row.person] += 1
                    counts[row.person] = row.of_person
            elif has_rows and (cpr := parsed(piece.content)["cpr"]):
                again.add(self._known.person_key(cpr))
            begun.append((piece.offset, len(piece.content), name, remembered))
            if len(begun) == _AT_ONCE:
                places.add(begun)
                begun = []
        places.add(begun)
        again.update(person for person, count in met.items() if count != counts[person])
        return places, again

    def _holds(self, row: Row) -> bool:
        """Whether a fresh reading of the same bytes would give this row, on this day and in this tree."""
        return (
            self._is_closed.get((row.client, row.unit)) == bool(row.standing)
            and order_of(row.start, row.end, self._today) == row.order
            and f"{row.client}:employment:{row.number}" in self.survey.known_employments
        )

    def _recall(self, row: Row, seen: Seen) -> None:
        survey, key = self.survey, EmployeeKey(row.client, row.number)
        if key in survey.live:
            raise InDoubt
        seen.unit, seen.login = UnitKey(row.client, row.unit), row.login
        survey.live[key] = seen
        person = survey.persons.get(row.person) or RecalledPerson(row.person_print)
        if not isinstance(person, RecalledPerson):
            raise InDoubt
        person.places = (*person.places, seen.place)
        survey.persons[row.person] = person
        survey.positions[row.client, row.position].add((row.title, row.short_title), row.changed)


def remember(memory: Memory, file: File) -> None:
    """Keep the results of the file's employees, for the next file."""
    file.known.remember(memory.parts(_rows(file)))


def _rows(file: File) -> Iterator[tuple[str, bytes | None]]:
    """The name of each employee's bytes, with its row; None = as remembered."""
    persons: dict[str, tuple[str, int, str]] = {}  # persons with several employees
    for employee, seen in file.survey.live.items():
        if seen.recalled is not None:
            yield seen.name, None
        elif seen.noted is not None:
            known = persons.get(seen.cpr) or mapping.print_of_person(file, seen.cpr)
            if known[1] > 1:
                persons[seen.cpr] = known
            person, of_person, person_print = known
            prints = employment.prints(file, employee, seen)
            yield seen.name, Row._make((*seen.noted, prints[0], person, of_person, person_print, *prints[1:])).packed()
