"""Reading a file of changes: CPR extract P12170 (cpr.md §5).

ISO-8859-1, fixed width, one record per line; positions count from 1. A line may be longer than its record (new fields).
If one line of a person can't be read, the others are not used either, since the missing data would look as if it had
ended; the person is looked up instead. No problem text here contains a CPR number.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from graph.cpr.keyring import is_number
from graph.statements.written_numbers import only_digits
from importers.cpr.errors import BadFile
from importers.cpr.register_data import (
    RegisteredAddress,
    RegisteredFormerNumber,
    RegisteredName,
    RegisteredPerson,
    RegisteredProtection,
)

Counter = Literal["lines", "persons"]
LARGEST = 64 * 1024 * 1024  # bytes of a file; a whole municipality's is some ten million
MOST_LINES = 2_000_000
START, END, PERSON, REJECTED, ENDED = "000", "999", "001", "910", "997"
_ADDRESS, _PROTECTION, _ABROAD, _NAME, _FORMER, _EVENT = "003", "004", "005", "008", "022", "099"
# Length of the records that are read; a shorter line is rejected.
LENGTHS = {
    START: 35, PERSON: 106, _ADDRESS: 249, _PROTECTION: 37, _ABROAD: 200, _NAME: 193, _FORMER: 45, _EVENT: 45,
    REJECTED: 157, ENDED: 43, END: 21,
}  # fmt: skip
# Disappearance (which status 70 states too), family, church, citizenship, guardianship, history: not read, not kept.
_LEFT_ALONE = frozenset(f"{number:03}" for number in range(1, 34)) - LENGTHS.keys()
_NAME_AND_ADDRESS = "0001"
_NO_ADDRESS_FROM = 30  # the first status for which the address record has only a name


@dataclass(frozen=True, slots=True)
class Doubt:
    """A problem with a line. ``number``: of the person, if it is known."""

    line: int
    rule: str
    text: str
    number: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Changed:
    """A person in the file, with the codes of the events that brought it there."""

    registered: RegisteredPerson
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Extract:
    """A file. ``previous``: production date of the file before it; None if the start record omits it."""

    produced: date
    previous: date | None
    persons: tuple[Changed, ...]
    doubts: tuple[Doubt, ...]


def read(content: bytes, counter: Counter, *, addresses: bool) -> Extract:
    """The whole file. Raises BadFile if it is cut off, wrongly counted or in another encoding."""
    lines = _lines(content)
    if not lines or lines[0].type != START or lines[-1].type != END:
        raise BadFile("cut_off", "the file does not begin with record 000 and end with record 999")
    for each in (lines[0], lines[-1]):
        if each.is_short:
            raise BadFile("cut_off", f"line {each.at}: record {each.type} is too short")
    if any(each.type in (START, END) for each in lines[1:-1]):
        raise BadFile("cut_off", "records 000 and 999 also occur inside the file; is it two files in one?")
    _count(lines, counter)
    try:
        produced, previous = lines[0].day8(20), lines[0].day8(28)
    except _Unreadable as wrong:
        raise BadFile("no_production_date", f"line 1: {wrong}") from wrong
    if produced is None:
        raise BadFile("no_production_date", "line 1: there is no production date")
    persons, doubts = _persons(lines[1:-1], addresses)
    return Extract(produced, previous, tuple(persons), tuple(doubts))


def _lines(content: bytes) -> list["_Line"]:
    if len(content) > LARGEST:
        raise BadFile("too_large", f"the file has {len(content)} bytes; {LARGEST} are read")
    if any(byte > 127 for byte in content) and _is_utf8(content):
        raise BadFile("wrong_encoding", "the file is in UTF-8; the extract is in ISO-8859-1, and its positions fail")
    if content.count(b"\n") > MOST_LINES:
        raise BadFile("too_large", f"the file has more than {MOST_LINES} lines")
    split = content.decode("iso-8859-1").split("\n")
    lines = [_Line(at, text.removesuffix("\r")) for at, text in enumerate(split, 1)]
    while lines and not lines[-1].text.strip():
        lines.pop()
    return lines


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _count(lines: list["_Line"], counter: Counter) -> None:
    found = len(lines) - 2 if counter == "lines" else sum(each.type == PERSON for each in lines)
    counted = lines[-1].cut(14, 8)
    if not only_digits(counted) or int(counted) != found:
        what = "lines between 000 and 999" if counter == "lines" else "records 001"
        raise BadFile(
            "wrong_counter", f"record 999 counts {counted if only_digits(counted) else 'nothing'}; {found} {what}"
        )


# -- persons ----------------------------------------------------------------------------------------------------------


@dataclass
class _Group:
    """A person's lines."""

    number: str
    lines: dict[str, list["_Line"]] = field(default_factory=dict)
    doubt: Doubt | None = None

    def all(self, type_: str) -> list["_Line"]:
        return self.lines.get(type_, [])

    def one(self, type_: str) -> "_Line | None":
        found = self.all(type_)
        if len(found) > 1:
            raise _Unreadable(f"line {found[1].at}: a second record {type_} of one person")
        return found[0] if found else None


def _persons(lines: list["_Line"], addresses: bool) -> tuple[list[Changed], list[Doubt]]:
    groups: dict[str, _Group] = {}
    doubts: list[Doubt] = []
    stray: _Line | None = None
    for line in lines:
        number = line.number()
        if line.type in _LEFT_ALONE:
            continue
        if line.type not in LENGTHS and only_digits(line.type):
            doubts.append(Doubt(line.at, "unknown_record", "a record of an unknown type"))
        elif line.type in (REJECTED, ENDED):  # it says nothing of anybody, whoever's key it was
            doubts.append(_told_of_subscription(line, number or ""))
        elif number is None:
            doubts.append(Doubt(line.at, "no_number", f"record {line.type} without a CPR number"))
            stray = stray or line
        elif line.type not in LENGTHS:
            # Not a new type but an unreadable line, which may have been any record of the person.
            group = groups.setdefault(number, _Group(number))
            group.lines.setdefault(line.type, []).append(line)
            group.doubt = group.doubt or Doubt(line.at, "unknown_record", "a record of no type", number)
        else:
            group = groups.setdefault(number, _Group(number))
            group.lines.setdefault(line.type, []).append(line)
            if line.is_short and group.doubt is None:
                text = f"record {line.type} has {len(line.text)} characters, not {LENGTHS[line.type]}"
                group.doubt = Doubt(line.at, "short_line", text, number)
    persons: list[Changed] = []
    for group in groups.values():
        if group.doubt is None and stray is not None:
            text = f"line {stray.at} has no CPR number; it may be this person's"
            group.doubt = Doubt(stray.at, "line_without_person", text, group.number)
        if group.doubt is None:
            try:
                persons.append(Changed(_told(group, addresses), tuple(_events(group))))
                continue
            except _Unreadable as wrong:
                first = min(each.at for lines in group.lines.values() for each in lines)
                group.doubt = Doubt(first, "unreadable_record", str(wrong), group.number)
        doubts.append(group.doubt)
    return persons, doubts


def _told_of_subscription(line: "_Line", number: str) -> Doubt:
    if line.is_short:
        return Doubt(line.at, "short_line", f"record {line.type} has {len(line.text)} characters", number)
    if line.type == ENDED:
        code = line.cut(26, 3)
        return Doubt(line.at, "subscription_deleted", f"CPR has deleted the subscription (code {code})", number)
    return Doubt(line.at, "rejected", f"CPR reports the error {line.cut(89, 4)}: {line.cut(93, 65)}", number)


def _told(group: _Group, addresses: bool) -> RegisteredPerson:
    person = group.one(PERSON)
    if person is None:
        raise _Unreadable("there is no record 001 of the person")
    status = person.cut(24, 2)
    if not only_digits(status):
        raise _Unreadable(f"line {person.at}: the status is not a number")
    current = person.cut(14, 10) or None
    if current is not None and not is_number(current):
        raise _Unreadable(f"line {person.at}: the current number is not a CPR number")
    here = group.one(_ADDRESS)
    return RegisteredPerson(
        number=group.number,
        current=current,
        name=_name(group.one(_NAME), here),
        status=str(int(status)),
        status_since=person.moment(26, mark=38),
        protections=tuple(_protections(group.all(_PROTECTION))),
        address=_address(here, int(status), bool(group.all(_ABROAD))) if addresses else None,
        formers=tuple(_formers(group.all(_FORMER))),
    )


def _name(line: "_Line | None", here: "_Line | None") -> RegisteredName | None:
    if line is None:
        return None if here is None or not here.cut(14, 34) else RegisteredName(addressing=here.cut(14, 34))
    first = line.cut(14, 50)
    return RegisteredName(
        " ".join(filter(None, (first, line.cut(65, 40)))) if first else None,
        line.cut(106, 40) or None,
        line.cut(160, 34) or None,
        line.moment(147, mark=159),
        line.cut(64, 1) + line.cut(105, 1) + line.cut(146, 1),
    )


def _protections(lines: list["_Line"]) -> Iterator[RegisteredProtection]:
    """A record without dates states that the protection is in force, but not for how long."""
    for line in lines:
        if line.cut(14, 4) == _NAME_AND_ADDRESS:
            start, end = line.day10(18), line.day10(28)
            if start is not None and end is not None and end < start:
                raise _Unreadable(f"line {line.at}: the protection ends before it begins")
            yield RegisteredProtection(start, end, True if start is None and end is None else None)


def _address(line: "_Line | None", status: int, abroad: bool) -> RegisteredAddress | None:
    if status >= _NO_ADDRESS_FROM or abroad:
        return RegisteredAddress()
    if line is None:
        return None
    supplement = ", ".join(filter(None, (line.cut(48, 34), line.cut(82, 34), line.cut(150, 34))))
    return RegisteredAddress(line.cut(116, 34), supplement, line.cut(184, 4), line.cut(188, 20))


def _formers(lines: list["_Line"]) -> Iterator[RegisteredFormerNumber]:
    for line in lines:
        former = line.cut(14, 10)
        if not is_number(former):
            raise _Unreadable(f"line {line.at}: the former number is not a CPR number")
        yield RegisteredFormerNumber(former, line.day10(24), line.day10(35))


def _events(group: _Group) -> Iterator[str]:
    for line in group.all(_EVENT):
        if code := line.cut(26, 3):
            yield code


# -- lines ------------------------------------------------------------------------------------------------------------


class _Unreadable(Exception):
    """A field that can't be read; the text names the line and never quotes it."""


@dataclass(frozen=True, slots=True)
class _Line:
    at: int
    text: str = field(repr=False)

    @property
    def type(self) -> str:
        return self.text[:3]

    @property
    def is_short(self) -> bool:
        return len(self.text) < LENGTHS.get(self.type, 0)

    def cut(self, start: int, length: int) -> str:
        """A field, stripped."""
        return self.text[start - 1 : start - 1 + length].strip()

    def number(self) -> str | None:
        number = self.cut(4, 10)
        return number if is_number(number) else None

    def day8(self, start: int) -> date | None:
        text = self.cut(start, 8)
        return self._day(text, (text[:4], text[4:6], text[6:]), start)

    def day10(self, start: int) -> date | None:
        text = self.cut(start, 10)
        return self._day(text, tuple(text.split("-")), start)

    def moment(self, start: int, mark: int) -> date | None:
        """The day of a moment; None if it is marked as uncertain."""
        if self.cut(mark, 1):
            return None
        text = self.cut(start, 12)
        return self._day(text, (text[:4], text[4:6], text[6:8]), start)

    def _day(self, text: str, parts: tuple[str, ...], start: int) -> date | None:
        """None if blank, or with a month or day of zero: CPR does not know it. 9999-12-31: no end."""
        if not text.strip("0-"):
            return None
        if len(parts) == 3 and all(map(only_digits, parts)):
            if "00" in parts[1:]:
                return None
            try:
                day = date(int(parts[0]), int(parts[1]), int(parts[2]))
            except ValueError:
                pass
            else:
                return None if day == date.max else day
        raise _Unreadable(f"line {self.at}: at position {start} there is no date")
