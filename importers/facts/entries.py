"""An entry of a facts file: its days, and the meaning of its references. Its problems name entry and field."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from graph.errors import Unknown
from graph.identity.lookup import responsibility_kind
from graph.model import KINDS, Link, Property
from graph.model.rights import prefixed
from graph.statements.statement import BadRecord, DatedLink, DatedValue, Problem, Ref
from graph.time import EmptyPeriod, Period, period
from importers.facts.reader import Entry, day

KLE_PREFIX = "kle:"
KLE_NUMBER = re.compile(r"[0-9]{2}(\.[0-9]{2}){0,2}")
# The number of a node that the file creates: KLE has no main group of one digit, so there is no confusion.
OWN_KLE_NUMBER = re.compile(r"[0-9]{1,2}(\.[0-9]{2}){0,2}")
Values = dict[str, tuple[DatedValue, ...]]
Links = dict[str, tuple[DatedLink, ...]]


@dataclass(frozen=True)
class Entries:
    """The entry being mapped, and the file's own ids: others are looked up elsewhere.

    ``notices``: doubts about an accepted entry.
    """

    kind: str
    entry: Entry
    own: Mapping[str, frozenset[str]]
    notices: list[Problem] = field(default_factory=list)

    @property
    def key(self) -> str:
        return key_of(self.entry)

    def bad(self, field: str, rule: str, text: str) -> BadRecord:
        return BadRecord(Problem(self.kind, self.key, field, rule, text))

    def period(self, entry: Entry, field: str, default: Period | None = None) -> Period:
        default = default or Period()
        try:
            start = day(entry["from"]) if entry.get("from") is not None else default.start
            end = day(entry["to"]) if entry.get("to") is not None else default.end
            return period(start, end)
        except EmptyPeriod as empty:
            raise self.bad(field, "empty_period", str(empty)) from empty
        except ValueError as wrong:
            raise self.bad(field, "date", str(wrong)) from wrong

    def ref(self, field: str, kind: str, name: object) -> Ref:
        """An own id, a uuid, a natural key, or another source's key (``sd:employment:XA:00417``)."""
        if name is None or name == "" or isinstance(name, dict | list | bool):
            raise self.bad(field, "reference", f"{shown(name)} is not the id of a {kind}")
        text = str(name)
        if kind == "KleNode":
            return self._kle(field, text)
        if text in self.own.get(kind, ()):
            return Ref(kind, text, "natural" if KINDS[kind].natural else "source")
        if KINDS[kind].natural:
            return Ref(kind, text, "natural")
        if _is_uuid(text):
            return Ref(kind, text.lower(), "uuid")
        return Ref(kind, text, "other" if ":" in text else "source")

    def _kle(self, field: str, text: str) -> Ref:
        """A KLE number; every field accepts it with or without the prefix kle:."""
        number = text.removeprefix(KLE_PREFIX)
        form = OWN_KLE_NUMBER if number in self.own.get("KleNode", ()) else KLE_NUMBER
        return Ref("KleNode", self.kle_number(field, number, form), "natural")

    def kle_number(self, field: str, number: str, form: re.Pattern[str]) -> str:
        if not form.fullmatch(number):
            told = f"{number!r} is not a KLE number: write 27, 27.12 or 27.12.04, in quotes"
            raise self.bad(field, "kle_number", told)
        return number

    def responsibility(self, field: str, text: object) -> Ref:
        if KLE_NUMBER.fullmatch(str(text)) or str(text).startswith(KLE_PREFIX):
            return self._kle(field, str(text))
        try:
            kind, key = responsibility_kind(str(text))
        except Unknown as unknown:
            raise self.bad(field, "responsibility", str(unknown)) from unknown
        return Ref(kind, key, "natural")

    def prefixed(self, field: str, link: Link, text: object) -> Ref:
        """``unit:jobcenter``: a reference with its kind in front, one that the link may lead to."""
        try:
            kind, name = prefixed(link, str(text))
        except ValueError as wrong:
            raise self.bad(field, "reference", str(wrong)) from wrong
        return self.ref(field, kind, name)

    def listed(self, field: str, entry: Entry | None = None) -> list[Any]:
        value = (entry or self.entry).get(field) or []
        if not isinstance(value, list):
            raise self.bad(field, "list", f"{shown(value)} is not a list")
        return value

    def units(self, field: str, life: Period) -> tuple[DatedLink, ...]:
        """Places over time: [{unit, from, to}]."""
        tolds = []
        for each in self.listed(field):
            if not isinstance(each, dict) or "unit" not in each:
                raise self.bad(field, "place", f"{shown(each)} is not a place: {{unit, from, to}}")
            days = self.period(each, field, Period(life.start))
            tolds.append(DatedLink(days, self.ref(field, "Unit", each["unit"])))
        return tuple(tolds)


def shown(value: object, prop: Property | None = None) -> str:
    """A wrong value in a message, which every reader may see: what it is, where its content may be about a person.

    That is the content of a mapping or list, and of a property that not everyone may read.
    """
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if prop is not None and prop.access != "open":
        return "the value"
    return repr(value)


def key_of(entry: Entry) -> str:
    """The entry's id; empty if it has no valid one."""
    told = entry.get("id")
    return "" if told is None or isinstance(told, dict | list | bool) else str(told)


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
