"""The kinds of fields of a type, and how each is found in the graph. ``api.model.types`` lists the types."""

from dataclasses import dataclass, field
from typing import Literal

from graph.model import KINDS, Kind

Scalar = Literal[
    "ID",
    "ID!",
    "String",
    "String!",
    "Int",
    "Int!",
    "Float",
    "Boolean",
    "Boolean!",
    "Date",
    "Date!",
    "Moment",
    "[String!]",
    "[ID!]",
    "Kind",
    "Kind!",
    "Operation",
    "RunType",
    "RunState",
    "BrakeState",
    "Severity",
    "LedgerState",
]
Right = Literal["open", "private", "pay", "cpr"]


@dataclass(frozen=True, slots=True)
class Value:
    """A plain field. ``text``: Cypher in which {n} is the identity node and {v} the node with the day's values.

    {active} stands for "exists on the day", {cpr} for the encrypted number, which is decrypted after reading, {unless}
    for what a record may hold that needs a right, {label} for the thing's label (``api.reads.labels``), {as_of} for the
    day of its values, {known_on} for the day of asKnownOn, and {moment} for both that and the day or period that is
    read, as text. {exists_from} and {exists_to} are its first day and the day after its last.
    """

    name: str
    type: Scalar | str  # or the name of an enum of the model's words
    text: str
    doc: str = ""
    right: Right = "open"
    only_now: str = ""
    """Why it can't be read as it was known on another day; empty if it can."""
    group: str = ""
    """The field group (``api.access.field_groups``) that a reader's role may lack."""
    instead: str = "null"
    """What is told, as Cypher, of a thing of which the value is not shown while it is of others."""


@dataclass(frozen=True, slots=True)
class Way:
    """A field that leads to other things.

    ``pattern``: Cypher from {n} over {r} to {m}. ``to``: names of the types it can lead to (several = those of the
    interface ``interface``). ``many``: a list. ``dated``: {r} has a period that must be in force on the day. ``order``:
    of a list.
    """

    name: str
    to: tuple[str, ...]
    pattern: str
    many: bool = True
    dated: bool = True
    doc: str = ""
    interface: str = ""
    order: str = "{m}.uuid"
    """The order if the query gives none: {name} is the name in the Danish order, {v} the node of the day's values."""

    @property
    def has_order(self) -> bool:
        """It is a list that can be read in another order."""
        return self.many and self.to[0] in KINDS

    @property
    def usual_order(self) -> str:
        """The order if the query gives none, in words."""
        for sign, words in (("{name}", "name"), (".number", "number"), ("size({r})", "level, the nearest first")):
            if sign in self.order:
                return words
        return "UUID"

    @property
    def is_tree(self) -> bool:
        """It walks any number of levels; {r} is then the list of relationships."""
        return "*1.." in self.pattern


@dataclass(frozen=True, slots=True)
class Periods:
    """A field beside a link's own: the link's periods in force, each with the thing that it leads to in the period.

    ``way``: the link's own field. ``to``: the type of a period.
    """

    name: str
    way: Way
    to: str

    @property
    def doc(self) -> str:
        return f"Each period of {self.way.name} that is in force, by its first day"


@dataclass(frozen=True, slots=True)
class Paged:
    """A field beside a list's own: the list in pages, as at the root. ``way``: the list's own field."""

    way: Way

    @property
    def name(self) -> str:
        return f"{self.way.name}Connection"

    @property
    def of(self) -> str:
        """What is on a page: a type, or an interface of several."""
        return self.way.interface or self.way.to[0]

    @property
    def to(self) -> str:
        return f"{self.of}Connection"

    @property
    def doc(self) -> str:
        return f"{self.way.doc}, in pages"


@dataclass(frozen=True, slots=True)
class Counted:
    """Counts of a unit's employments by their type; with ``below`` also those of every unit below it."""

    name: str
    doc: str
    to: str = "EmploymentCount"


@dataclass(frozen=True, slots=True)
class Linked:
    """In a link's period: the thing that the link led to. ``way``: the link's own field."""

    way: Way

    @property
    def name(self) -> str:
        return self.way.name


@dataclass(frozen=True, slots=True)
class Answered:
    """A field that ``graph.questions.nearest`` answers for everyone at once: the nearest manager counted from {n}."""

    name: str
    doc: str
    to: str = "Nearest"


Field = Value | Way | Periods | Paged | Counted | Linked | Answered


@dataclass(frozen=True, slots=True)
class Type:
    """A GraphQL type. ``kind``: None for types without states (records, changes, runs)."""

    name: str
    label: str
    doc: str
    fields: dict[str, Field] = field(default_factory=dict)
    kind: Kind | None = None
    key: str = "uuid"  # what identifies nodes, and orders them where nothing else does
    newest: str = ""  # the moment by which a list at the root is ordered, the newest first
    caption: str = ""  # the property that names it for users
