"""A release as typed values: entries, their numbers, UUIDs, titles and dates (kle.md §1, §3, §6)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from graph.statements.normal_text import normal
from graph.statements.statement import Problem
from graph.time import FOREVER, Period, written_day

Kind = Literal["KleNode", "KleFacetCategory", "KleFacet"]

_LEVELS: tuple[tuple[Kind, str, str], ...] = (
    ("KleNode", "Hovedgruppe", r"[0-9]{2}"),
    ("KleNode", "Gruppe", r"[0-9]{2}\.[0-9]{2}"),
    ("KleNode", "Emne", r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}"),
    ("KleFacetCategory", "HandlingsfacetKategori", r"[A-ZÆØÅ]"),
    ("KleFacet", "Handlingsfacet", r"[A-ZÆØÅ][0-9]{2}"),
)
KIND_OF_ELEMENT: dict[str, Kind] = {element: kind for kind, element, _ in _LEVELS}
NUMBER_OF_ELEMENT = {element: re.compile(number) for _, element, number in _LEVELS}

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MARK = re.compile(r"\s*\[\s*udg(?P<tense>år|ået)\s*(?P<year>[0-9]{4})?\s*\]\s*$", re.IGNORECASE)
_SPECIALIST = "[fagsystem-emne"
UNKNOWN_YEAR = "unknown"


@dataclass(frozen=True, slots=True)
class Title:
    """A title without the marks at its end. ``announced_end``: a year, ``unknown``, or empty; ``ended``: [udgået]."""

    text: str
    announced_end: str = ""
    ended: bool = False

    @classmethod
    def of(cls, told: str) -> "Title":
        """Collapses white space and removes the marks that announce or state an end (§6.6)."""
        text, announced, ended = normal(told), "", False
        while mark := _MARK.search(text):
            text = text[: mark.start()]
            if mark["tense"].lower() == "ået":
                ended = True
            else:
                announced = announced or mark["year"] or UNKNOWN_YEAR
        return cls(text, announced, ended)


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One main group, group, subject, facet category or facet of a release.

    ``uuid``: empty if missing or invalid. ``ended``: from this day no longer in force; ``moved``: likewise, with
    successors (by number) or without. ``marked_ended``: according to its title. ``earlier``: other periods in which the
    same thing was in force, if the release has it twice. ``unmentioned``: fields of the form that this entry lacks.
    """

    kind: Kind
    number: str
    title: str
    uuid: str = ""
    created: date | None = None
    changed: date | None = None
    ended: date | None = None
    moved: bool = False
    successors: tuple[str, ...] = ()
    announced_end: str = ""
    marked_ended: bool = False
    preservation: str = ""
    deletion_after: str = ""
    earlier: tuple[Period, ...] = ()
    unmentioned: tuple[str, ...] = ()

    @property
    def life(self) -> Period:
        """When it is in force according to the entry itself."""
        return Period(self.created or date.min, self.ended)

    @property
    def is_current(self) -> bool:
        """The entry has no end."""
        return self.ended is None and not self.marked_ended

    @property
    def parent(self) -> tuple[Kind, str] | None:
        """Kind and number of its parent: the number without its last three characters (§7). None at the top."""
        if self.kind == "KleFacet":
            return ("KleFacetCategory", self.number[0])
        if self.kind == "KleNode" and len(self.number) > 2:
            return ("KleNode", self.number[:-3])
        return None


@dataclass(slots=True)
class Release:
    """The content of one delivery. ``published``: None if it has no date.

    ``family``: deliveries of one family replace each other. ``tells``: the fields that its form has; others don't count
    as missing. ``kinds``: the kinds that it contains completely. ``untaken``: rejected entries. ``unfinished``: its
    last line has no end. ``tags``: the server's, of the contents that it was read from.
    """

    label: str
    family: Literal["plan", "facets"]
    published: date | None
    kinds: frozenset[Kind]
    tells: frozenset[str]
    entries: list[Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    untaken: list["Untaken"] = field(default_factory=list)
    unfinished: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)

    def tagged(self, tags: Mapping[str, str]) -> "Release":
        """The release, which has these tags now."""
        self.tags = tags
        return self

    def take(self, raw: "Raw") -> Entry | None:
        """Add the typed entry to the release and return it; or None, with the reason among its problems."""
        made = entry(raw, self.problems)
        if made is None:
            self.untaken.append(Untaken.of(raw.number, raw.uuid))
        else:
            self.entries.append(made)
        return made


@dataclass(frozen=True, slots=True)
class Untaken:
    """The number and UUID of a rejected entry; if both are empty it may be any."""

    number: str
    uuid: str

    @classmethod
    def of(cls, number: str, uuid: str) -> "Untaken":
        number = number.strip()
        return cls(number if element_of(number) else "", uuid_of(uuid))


DATES = "dates"
"""In ``Release.tells``: the form has a place for when an entry was created and ended, and what replaced it."""
FULL = frozenset({DATES, "changed", "preservation", "deletion_after", "kle_uuid"})


def uuid_of(text: str) -> str:
    """A UUID in lower case without braces; empty if the text is not a UUID (pitfall 16)."""
    bare = text.strip().removeprefix("urn:uuid:").strip("{}").strip().lower()
    return bare if _UUID.fullmatch(bare) and bare.strip("0-") else ""


def element_of(number: str) -> str | None:
    """The element that a number belongs to; None if it is not a KLE number."""
    return next((element for element, form in NUMBER_OF_ELEMENT.items() if form.fullmatch(number)), None)


@dataclass(slots=True)
class Raw:
    """An entry's texts, in any form. ``has_uuid``: the form has a UUID here."""

    element: str
    number: str
    title: str
    uuid: str = ""
    has_uuid: bool = False
    created: str = ""
    changed: Iterable[str] = ()
    ended: str = ""
    moved: bool = False
    successors: tuple[str, ...] = ()
    preservation: str = ""
    deletion_after: str = ""
    where: str = ""
    unmentioned: tuple[str, ...] = ()


def entry(raw: Raw, problems: list[Problem]) -> Entry | None:
    """The typed entry; None if it is rejected. Adds to ``problems``."""
    kind = KIND_OF_ELEMENT[raw.element]
    number = raw.number.strip()

    def note(field_: str, rule: str, text: str, *, bad: bool = False) -> None:
        of = number or raw.where
        problems.append(Problem(kind, of, field_, rule, f"{of}: {text}", "bad" if bad else "notice"))

    def day(field_: str, text: str) -> date | None:
        try:
            return written_day(text.strip()[:10]) if text.strip() else None
        except ValueError:
            note(field_, "date", f"{text.strip()!r} is not a date", bad=True)
            raise _NotTaken from None

    if not NUMBER_OF_ELEMENT[raw.element].fullmatch(number):
        note("number", "number", f"{number!r} is not the number of a {raw.element}", bad=True)
        return None
    title = Title.of(raw.title)
    if not title.text:
        note("title", "title", "it has no title", bad=True)
        return None
    try:
        created, ended = day("created", raw.created), day("ended", raw.ended)
        changed = max(filter(None, (day("changed", each) for each in raw.changed)), default=None)
    except _NotTaken:
        return None
    ended = None if ended == FOREVER else ended
    if created is not None and ended is not None and ended < created:
        note("ended", "empty_period", f"it ends on {ended}, before it was created on {created}", bad=True)
        return None
    uuid = uuid_of(raw.uuid)
    is_current = ended is None and not title.ended
    if raw.has_uuid and not uuid and is_current and _SPECIALIST not in raw.title.lower():
        note("uuid", "malformed_uuid", f"{raw.uuid.strip()[:60]!r} is not a UUID; the number identifies it")
    if title.ended and created is not None and ended is None:
        note("title", "end_without_date", "it has ended according to its title, but has no end date: it stays in force")
    if raw.successors and ended is None:
        note("replaced_by", "successor_without_end", "it has successors but no end: they are ignored")
    return Entry(
        kind=kind,
        number=number,
        title=title.text,
        uuid=uuid,
        created=created,
        changed=changed,
        ended=ended,
        moved=raw.moved and ended is not None,
        successors=tuple(dict.fromkeys(raw.successors)) if ended is not None else (),
        announced_end=title.announced_end,
        marked_ended=title.ended and created is None and ended is None,
        preservation=raw.preservation.strip(),
        deletion_after=raw.deletion_after.strip(),
        unmentioned=raw.unmentioned,
    )


class _NotTaken(Exception):
    """The entry is rejected; the reason is among the problems."""
