"""What all targets have in common: the image that they read, what they make of it, and what the program passes to them.

The contracts are ``exporters.files.target`` (whole files) and ``exporters.objects.target`` (objects, one by one);
``exporters.target_folder`` has what a target's folder exports.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from exporters.errors import NotSetUp as NotSetUp

if TYPE_CHECKING:  # the settings are read with every command; these take long to load
    import neo4j

    from exporters.one_time_links import OneTimeLinks
    from graph.cpr.keyring import Keyring

ImageReader = Callable[[str, str, Mapping[str, object]], Iterable[Mapping[str, Any]]]
"""Reads one operation of an image: (document, name of the operation, variables) → the answer's objects, one by one.

The program provides one that queries the API with the target's rights; exporters know neither the API nor the image's
store.
An operation has one field at its root: a connection, of which the reader reads every page, or a list.
"""

Image = Mapping[str, Sequence[Mapping[str, Any]]]
"""The answers of all operations of an image, by operation."""

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Parked:
    """An object that can't be delivered to this target, and why. ``problem`` is the rule's name."""

    object: str
    key: str
    problem: str
    reason: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something in a delivered object, or missing from the image, that a person should check."""

    object: str
    key: str
    field: str
    rule: str
    text: str


@dataclass(slots=True)
class ShapedFile:
    """One file of the target. ``rows``: each object's key, which never changes and is not a CPR number → its values.

    ``columns``: the titles, in order; every row has exactly these. Rows are written in the order of ``rows``.
    ``shown``: titles whose values a dry run may show. ``identifying``: titles that identify a person, in a file whose
    rows' keys are persons' uuids. ``protected``: keys of people with a protected name.
    """

    object: str
    name: str
    columns: tuple[str, ...]
    rows: Mapping[str, Row]
    shown: frozenset[str] = frozenset()
    identifying: frozenset[str] = frozenset()
    protected: frozenset[str] = frozenset()


@dataclass(slots=True)
class Shaped:
    """What the target should have on the day. ``counts``: shown in the report beside the files."""

    files: list[ShapedFile]
    parked: list[Parked] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Surroundings:
    """What the program passes to a target when it makes it.

    ``name``: the target's name: its folder's, or ``<folder>-<name>`` if the folder has several. ``driver``: opens the
    graph's store; ``keyring``: opens the keys of CPR numbers. A target of files needs neither: the export reads the
    image and keeps the ledger for it. ``mail``: gives what sends a mail (address, subject, text) and
    raises OSError if it is not accepted; None if the settings name no mail server. ``sms``: the same for text messages
    (number in the form of E.164, text) and their gateway. ``links``: keeps the texts of one-time links.
    """

    name: str
    driver: "Callable[[], neo4j.Driver]"
    keyring: "Callable[[], Keyring]"
    mail: Callable[[], Callable[[str, str, str], None] | None] = lambda: None
    sms: Callable[[], Callable[[str, str], None] | None] = lambda: None
    links: "Callable[[], OneTimeLinks | None]" = lambda: None
