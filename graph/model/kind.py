"""What a kind of thing is made of: properties and links."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from graph.model.descriptions import LINKS, PROPERTIES

Type = Literal["text", "integer", "decimal", "yes_no", "date", "texts"]
Access = Literal["open", "private", "pay", "cpr"]


def name_of(word: str) -> str:
    """The name of a word in the API's enum."""
    return word.upper().replace(" ", "_")


@dataclass(frozen=True, slots=True)
class WordSet:
    """The only words that a text may be, each with its description. ``name``: of the set, as the API has it."""

    name: str
    doc: str
    words: Mapping[str, str]

    def __iter__(self) -> Iterator[str]:
        return iter(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self.words

    def word_of(self, name: str) -> str:
        """The word that has this name in the API's enum; any other text, such as the word itself, as it is."""
        return next((word for word in self.words if name_of(word) == name), name)


@dataclass(frozen=True, slots=True)
class Property:
    """A value that may change over time. ``access`` private = home address, private phone; pay = pay grade;
    cpr = CPR number.

    ``withheld_while``: a yes_no property of the same thing; until it is over no source's value is kept, of no day, and
    what was known is erased, whatever its source (``graph.writing.withholding``; cpr.md §7: the address of a protected
    person).
    ``identifies``: it reveals who a person is (a name in any form, a login, a mail address, a photo); of a person with
    a protected name it is kept from analysts and from what a terminal shows.
    ``own``: REConnect writes it itself; neither a facts file nor ``setValue`` may.
    ``one_of``: the only words that a text may be; None: any text.
    """

    name: str
    type: Type = "text"
    doc: str = ""
    access: Access = "open"
    withheld_while: str | None = None
    identifies: bool = False
    own: bool = False
    one_of: WordSet | None = None

    def __post_init__(self) -> None:
        if not self.doc:
            object.__setattr__(self, "doc", PROPERTIES.get(self.name, ""))


@dataclass(frozen=True, slots=True)
class Link:
    """A relationship with a period.

    Stated by the kind that it is listed under. ``incoming``: in the graph the arrow points from the other thing to
    this one. ``single``: at most one at a time (the highest source wins, day by day); else all sources' are kept.
    ``outlives``: as stated, not cut to the thing's existence: a walk up the organisation goes on through a closed unit
    as long as its own PART_OF is in force (nearest.yaml A14); a successor follows when a thing ends.
    ``owner``: leads to the person whose the thing is, or to something else of that person's.
    ``narrows``: without it the thing gives more, or is for more. So a statement in which it leads to nothing that is
    known is refused, and does not wait for it.
    """

    name: str
    type: str
    targets: tuple[str, ...]
    single: bool = False
    incoming: bool = False
    outlives: bool = False
    owner: bool = False
    narrows: bool = False
    doc: str = ""
    properties: tuple[Property, ...] = ()

    def __post_init__(self) -> None:
        if not self.doc:
            object.__setattr__(self, "doc", LINKS.get(self.name, ""))


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing. ``natural``: the property that identifies it to people and other sources.

    ``reused``: when a thing has ended, another one may get its natural key. The key then leads to the one in force.
    ``limited_by``: a source that makes no thing of the kind, and limits others': a thing exists on no day on which this
    source states that it doesn't, whatever the order of sources.
    """

    name: str
    doc: str
    properties: tuple[Property, ...]
    links: tuple[Link, ...] = ()
    natural: str | None = None
    reused: bool = False
    limited_by: str | None = None

    @property
    def state(self) -> str:
        """Label of the nodes with its values over time."""
        return f"{self.name}State"

    def link(self, name: str) -> Link:
        return next(each for each in self.links if each.name == name)


def texts(
    names: str, access: Access = "open", withheld_while: str | None = None, *, identifies: bool = False
) -> tuple[Property, ...]:
    return tuple(
        Property(name, access=access, withheld_while=withheld_while, identifies=identifies) for name in names.split()
    )
