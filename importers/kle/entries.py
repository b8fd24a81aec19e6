"""A release as typed values: entries, their numbers, UUIDs, titles and dates (kle.md §1, §3, §6)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from graph.statements.statement import Problem
from graph.time import Period, written_day

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
        """White space is collapsed, marks that announce or tell an end are taken off (§6.6)."""
        text, announced, ended = " ".join(told.split()), "", False
        while mark := _MARK.search(text):
            text = text[: mark.start()]
            if mark["tense"].lower() == "ået":
                ended = True
            else:
                announced = announced or mark["year"] or UNKNOWN_YEAR
        return cls(text, announced, ended)


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One main group, group, subject, facet category or facet, as a release tells it.

    ``uuid`` empty: none, or not a sound one. ``ended``: from this day no longer in force; ``moved``: with successors,
    by number, or without. ``marked_ended``: the title says so. ``earlier``: other days on which the same thing was in
    force, where a release tells it twice. ``unmentioned``: fields of the form that
    this entry does not have.
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
        """When it is in force as far as the entry itself tells."""
        return Period(self.created or date.min, self.ended)

    @property
    def is_current(self) -> bool:
        """No end is told."""
        return self.ended is None and not self.marked_ended

    @property
    def parent(self) -> tuple[Kind, str] | None:
        """Kind and number of what it is in; the number is cut by three characters (§7). None at the top."""
        if self.kind == "KleFacet":
            return ("KleFacetCategory", self.number[0])
        if self.kind == "KleNode" and len(self.number) > 2:
            return ("KleNode", self.number[:-3])
        return None


@dataclass(slots=True)
class Release:
    """What one delivery tells. ``published`` None: it bears no date.

    ``family``: deliveries of one family follow each other. ``tells``: what its form has a place for; what it has none
    for is not news. ``kinds``: those of which it tells everything. ``untaken``: entries that are there and can't be
    taken. ``unfinished``: its last line has no end.
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

    def take(self, raw: "Raw") -> Entry | None:
        """The typed entry, which is now in the release; else why not is among its problems."""
        made = entry(raw, self.problems)
        if made is None:
            self.untaken.append(Untaken.of(raw.number, raw.uuid))
        else:
            self.entries.append(made)
        return made


@dataclass(frozen=True, slots=True)
class Untaken:
    """By what an entry that can't be taken may be known; both empty: it may be anything."""

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
    """A UUID in small letters without braces; empty for what is not one (pitfall 16)."""
    bare = text.strip().removeprefix("urn:uuid:").strip("{}").strip().lower()
    return bare if _UUID.fullmatch(bare) and bare.strip("0-") else ""


def element_of(number: str) -> str | None:
    """Which element a number is of; None for what is not a KLE number."""
    return next((element for element, form in NUMBER_OF_ELEMENT.items() if form.fullmatch(number)), None)


@dataclass(slots=True)
class Raw:
    """An entry's texts, of whatever form. ``has_uuid``: the form has a place for it here."""

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
    """The typed entry. What is wrong is added to ``problems``; None where it can't be taken."""
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
    if created is not None and ended is not None and ended < created:
        note("ended", "empty_period", f"it ends on {ended}, before it was made on {created}", bad=True)
        return None
    uuid = uuid_of(raw.uuid)
    is_current = ended is None and not title.ended
    if raw.has_uuid and not uuid and is_current and _SPECIALIST not in raw.title.lower():
        note("uuid", "malformed_uuid", f"{raw.uuid.strip()[:60]!r} is no UUID; the number is what it is known by")
    if title.ended and created is not None and ended is None:
        note("title", "end_without_date", "it has ended according to its title, but without a date: it goes on")
    if raw.successors and ended is None:
        note("replaced_by", "successor_without_end", "it has successors and no end: they are not taken")
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
    """The entry can't be taken; why is among the problems."""
