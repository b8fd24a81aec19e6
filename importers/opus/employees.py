"""The data that is kept of each employee and person while a file is read, in compact form, since there may be a
million."""

import marshal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Generic, NamedTuple, TypeVar

from graph.disk_map import DiskMap
from importers.opus.reader import Element
from importers.opus.tree import UnitKey

V = TypeVar("V")
_MIDDLE = ":employment:"


class EmployeeKey(NamedTuple):
    """The client's number and the employee's (medarbejdernummer), both without padding."""

    client: str
    number: str

    def text(self) -> str:
        """As in statements."""
        return f"{self.client}{_MIDDLE}{self.number}"

    @classmethod
    def of_text(cls, text: str) -> "EmployeeKey":
        client, _, number = text.partition(_MIDDLE)
        return cls(client, number)


@dataclass(slots=True)
class PersonView:
    """A person's data in the employments: from the one with the best ``rank``, and from all of them."""

    rank: tuple[int, int, int]
    texts: dict[str, str]
    protected: bool = False
    names: tuple[tuple[str, str], ...] = ()
    count: int = 0


@dataclass(slots=True)
class RecalledPerson:
    """A person whose employments are all as in the previous file: the record's fingerprint, and their places in the
    file."""

    fingerprint: str
    places: tuple[tuple[int, int], ...] = ()


Persons = DiskMap[PersonView | RecalledPerson]
"""By CPR number or, for recalled ones, by the key of the person's record."""


def persons() -> Persons:
    return DiskMap(_person_packed, _person)


def _person_packed(person: PersonView | RecalledPerson) -> bytes:
    if isinstance(person, RecalledPerson):
        return marshal.dumps((person.fingerprint, person.places))
    return marshal.dumps((person.rank, person.texts, person.protected, person.names, person.count))


def _person(packed: bytes) -> PersonView | RecalledPerson:
    parts = marshal.loads(packed)
    return RecalledPerson(*parts) if len(parts) == 2 else PersonView(*parts)


@dataclass(slots=True)
class Texts:
    """How often, and how recently, each wording of one thing occurred."""

    counted: Counter[tuple[str, str]] = field(default_factory=Counter)
    latest: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, wording: tuple[str, str], changed: str) -> None:
        self.counted[wording] += 1
        self.latest[wording] = max(changed, self.latest.get(wording, ""))

    def chosen(self) -> tuple[str, str]:
        """The most frequent wording; of equals the latest, then the first by alphabet (pitfall 12)."""
        best = max(self.counted.values())
        equals = sorted(wording for wording, count in self.counted.items() if count == best)
        return max(equals, key=lambda each: self.latest[each])


class Identity(NamedTuple):
    """Identifies an employment under a new number (§4.1, number exchange)."""

    cpr: str
    start: date
    position: str


@dataclass(slots=True)
class Seen:
    """The data kept of a live employee. ``digest`` of everything except lastChanged; ``place`` of that in the spool.

    ``unit``: None if the file does not have it. ``cpr``, ``login`` and ``functions`` only if the record is accepted. If
    the file was cut (``pieces``): ``name`` of its bytes; ``recalled``, the row remembered of them (it was not parsed
    then, and ``digest`` and ``cpr`` are empty; ``memory.Row``); ``noted``, the beginning of a row to remember.
    """

    unit: UnitKey | None
    digest: bytes
    place: tuple[int, int]
    cpr: str = field(default="", repr=False)
    login: str = ""
    functions: tuple[Element, ...] = ()
    name: str = ""
    recalled: tuple[Any, ...] | None = None
    noted: tuple[Any, ...] | None = None

    def packed(self) -> bytes:
        functions = [each.packed() for each in self.functions]
        unit = self.unit and tuple(self.unit)
        return marshal.dumps(
            (unit, self.digest, self.place, self.cpr, self.login, functions, self.name, self.recalled, self.noted)
        )

    @classmethod
    def unpacked(cls, packed: bytes) -> "Seen":
        unit, digest, place, cpr, login, functions, *noted = marshal.loads(packed)
        met = tuple(map(Element.unpacked, functions))
        return cls(unit and UnitKey(*unit), digest, place, cpr, login, met, *noted)


class Employees(Generic[V]):
    """Employees, in the order of the file, with the data kept of them."""

    def __init__(self, entries: DiskMap[V]) -> None:
        self._entries = entries

    def __contains__(self, key: EmployeeKey) -> bool:
        return key.text() in self._entries

    def has(self, text: str) -> bool:
        """As ``in``, for a key as in statements."""
        return text in self._entries

    def __setitem__(self, key: EmployeeKey, value: V) -> None:
        self._entries[key.text()] = value

    def __iter__(self) -> Iterator[EmployeeKey]:
        return map(EmployeeKey.of_text, self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def items(self) -> Iterator[tuple[EmployeeKey, V]]:
        return ((EmployeeKey.of_text(text), value) for text, value in self._entries.items())


def live() -> Employees[Seen]:
    return Employees(DiskMap(Seen.packed, Seen.unpacked))


def stubs() -> Employees[None]:
    return Employees(DiskMap(marshal.dumps, marshal.loads))
