"""The invented register: persons, and scripted events in their lives (cpr.md §10)."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

ALIVE, ANNULLED, CHANGED, DISAPPEARED, EMIGRATED, DEAD = 1, 30, 60, 70, 80, 90
DOUBLE = 50


@dataclass(frozen=True, slots=True)
class Name:
    """``marks``: of given, middle and surname: ``+``, ``*``, ``=`` or nothing."""

    given: str
    surname: str
    middle: str = ""
    since: date | None = None
    marks: tuple[str, str, str] = ("", "", "")
    addressing: str = ""

    @property
    def whole(self) -> str:
        return self.addressing or " ".join(filter(None, (self.given, self.middle, self.surname)))


@dataclass(frozen=True, slots=True)
class Protection:
    """``marked``: the value of ``beskyttet``; None = it is omitted."""

    start: date | None
    end: date | None = None
    marked: bool | None = None


@dataclass(frozen=True, slots=True)
class Address:
    street: str
    postal_code: str
    city: str
    care_of: str = ""


@dataclass(frozen=True, slots=True)
class CprPerson:
    """``number`` is the one looked up, ``current`` the one in force. ``formers``: (number, from, to)."""

    number: str = field(repr=False)
    name: Name
    current: str = field(default="", repr=False)
    status: int | str | None = ALIVE
    status_since: date | None = None
    protection: Protection | None = None
    address: Address | None = None
    abroad: bool = False
    guardianship: bool = False
    formers: tuple[tuple[str, date | None, date | None], ...] = field(default=(), repr=False)

    @property
    def gender(self) -> Literal["K", "M"]:
        return "K" if int(self.number[-1]) % 2 == 0 else "M"


class Register:
    """Persons by number. ``changed``: numbers of persons with events since it was last emptied."""

    def __init__(self, persons: Iterable[CprPerson] = ()) -> None:
        self.persons: dict[str, CprPerson] = {each.number: each for each in persons}
        self.changed: set[str] = set()

    def find(self, number: str) -> CprPerson | None:
        """None for unknown numbers, including replacement numbers, which the register never has."""
        return self.persons.get(number)

    # -- events -----------------------------------------------------------------------------------------------------

    def add(self, person: CprPerson) -> None:
        self._put(person)

    def rename(self, number: str, name: Name) -> None:
        self._put(replace(self.persons[number], name=name))

    def protect(self, number: str, start: date, end: date | None = None, marked: bool | None = None) -> None:
        self._put(replace(self.persons[number], protection=Protection(start, end, marked)))

    def lift(self, number: str) -> None:
        """The protection ends: no record of it is left."""
        self._put(replace(self.persons[number], protection=None))

    def die(self, number: str, day: date) -> None:
        self._put(replace(self.persons[number], status=DEAD, status_since=day))

    def emigrate(self, number: str, day: date) -> None:
        self._put(replace(self.persons[number], status=EMIGRATED, status_since=day, address=None, abroad=True))

    def become(self, number: str, status: int | str | None, day: date | None = None) -> None:
        """Any status code, even one that does not exist."""
        self._put(replace(self.persons[number], status=status, status_since=day))

    def move(self, number: str, address: Address) -> None:
        self._put(replace(self.persons[number], address=address))

    def renumber(self, old: str, new: str, day: date) -> None:
        """The number changes: a lookup of the old one returns status 60 and the new one."""
        person = self.persons[old]
        self._put(replace(person, status=CHANGED, status_since=day, current=new))
        self._put(replace(person, number=new, current=new, formers=(*person.formers, (old, None, day))))

    def forget(self, number: str) -> None:
        """The register does not know the number any more."""
        del self.persons[number]
        self.changed.discard(number)

    def _put(self, person: CprPerson) -> None:
        self.persons[person.number] = person if person.current else replace(person, current=person.number)
        self.changed.add(person.number)
