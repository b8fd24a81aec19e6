"""Statements: the one form in which every source's data reaches the graph.

One ``Statement`` is what one source states of one thing. It replaces what the same source stated under the same key
before. The graph keeps it as ``(:SourceRecord)-[:TELLS]->(thing)``, so that each value can be traced to its source.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from graph.cpr.keyring import numbers_hidden
from graph.time import Period

Scalar = str | int | float | bool
Value = Scalar | tuple[str, ...]


By = Literal["source", "other", "natural", "uuid", "cpr", "employment"]


@dataclass(frozen=True, slots=True)
class Ref:
    """Points to another thing of the model.

    ``by="source"``: the key that the same source uses in its own statements (a statement for it may come later in
    the same reading). ``by="other"``: another source's key, written ``<source>:<key>``. ``by="natural"``: the kind's
    natural key (``Role.key``, ``KleNode.number`` …), whatever its source. ``by="uuid"``: the thing itself.
    ``by="cpr"``: a person by keyed hash of the CPR number. ``by="employment"``: an Employment, or the Person who has
    it, by the employment's number in payroll, ``<institution>:<number>``; ``:<number>`` if the source does not
    know the institution. A number that fits several employments (several persons) leads to nothing.
    """

    kind: str
    key: str
    by: By = "source"


@dataclass(frozen=True, slots=True)
class DatedValue:
    """A property's value in a period. A source that has none claims none: no ``DatedValue``.

    ``value`` None, by hand only: there is none, whatever sources claim.
    """

    period: Period
    value: Value | None


@dataclass(frozen=True, slots=True)
class DatedLink:
    """A relationship in a period, with properties of its own."""

    period: Period
    to: Ref
    properties: tuple[tuple[str, Scalar], ...] = ()


@dataclass(frozen=True, slots=True)
class Former:
    """A CPR number that a person had before it was changed; it still finds the person. ``period``: when it was so."""

    cpr: str = field(repr=False)
    period: Period


@dataclass(slots=True)
class Statement:
    """All that one source states of one thing.

    ``key`` is the source's own key, unique among the source's statements of that kind.
    ``exists``: the days on which it exists; empty tuple = withdrawn (never was); None = the source does not state
    it (it only adds values).
    ``values`` and ``links`` are cut to the thing's existence when merged.
    ``cpr``: ten digits, for a Person only; never stored or logged in plain text.
    ``about``: the thing that it is about, if the source only adds to a thing of other sources and has no key or number
    of its own for it. As long as that thing is not known, the statement waits with a notice, and each run tries again.
    It is resolved once: for another thing the source must use another key.
    ``among``: uuids of things that it may be about, if the source must not decide by itself (empty: it may be a new
    one). As long as the source has no record of this key, the statement waits for a decision as an ambiguity.
    ``former_cprs``: only a statement with these changes a known person's number: to ``cpr``, for good, whatever
    number payroll goes on sending. Not kept in the record.
    ``erased``: properties whose values are erased from all entries of the thing in the change log (cpr.md §7).
    """

    kind: str
    key: str
    exists: tuple[Period, ...] | None = (Period(),)
    values: Mapping[str, tuple[DatedValue, ...]] = field(default_factory=dict)
    links: Mapping[str, tuple[DatedLink, ...]] = field(default_factory=dict)
    cpr: str | None = field(default=None, repr=False)
    about: Ref | None = None
    among: tuple[str, ...] | None = None
    former_cprs: tuple[Former, ...] = field(default=(), repr=False)
    erased: frozenset[str] = frozenset()


_NOT_COMPARED: tuple[str, ...] = field(default=(), compare=False)


KINDS_OF_FILES = ("Certificate", "ChangeFile", "File", "Folder", "RoleRule", "Service", "Subscription")
"""Kinds of problems that are not about a thing of the model, but about what a source reads or a rule looks for."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A record, or part of one, with a problem; kept and shown until mended.

    ``severity`` "bad": the record was rejected; "notice": it was accepted, but needs a look.
    ``persons``: uuids of persons who are the same according to the record: a possible duplicate
    (``graph.corrections.possible_duplicates``).
    """

    kind: str
    key: str
    field: str
    rule: str
    text: str
    severity: Literal["bad", "notice"] = "bad"
    persons: tuple[str, ...] = _NOT_COMPARED

    def __post_init__(self) -> None:
        # Texts quote what is wrong. They are kept, and shown to all readers, on terminals and in logs.
        if (hidden := numbers_hidden(self.text)) != self.text:
            object.__setattr__(self, "text", hidden)

    def where(self) -> str:
        """The record and its field, as far as there are any."""
        return ", ".join(filter(None, (" ".join(filter(None, (self.kind, self.key))), self.field)))


class BadRecord(Exception):
    """Raised by a mapping to reject a record; carries the problem to keep and show."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.where()}: {problem.text} ({problem.rule})")
        self.problem = problem


def cpr_numbers(statements: Iterable[Statement]) -> Iterator[str]:
    """All CPR numbers in statements, present and former."""
    for each in statements:
        if each.cpr:
            yield each.cpr
        yield from (former.cpr for former in each.former_cprs)
