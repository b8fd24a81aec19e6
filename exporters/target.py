"""The contract between the pipeline and a target.

A target is a folder with ``target`` and ``settings`` (with the delivery), by which it is found; ``image.graphql``
(the part of the organisation and the fields; it runs with the target's own rights in the API); ``shape`` (makes the
target's form from it: pure, so that the same image gives the same bytes); and a README. ``TargetFolder`` lists its
exports. Example, complete::

    class Staff:
        name = "staff"
        document = Path(__file__).with_name("image.graphql").read_text()
        order = ("person",)
        rules = "1"

        def __init__(self, settings: StaffSettings) -> None:
            self.files, self.delivery, self.brake = settings.files, settings.delivery, settings.brake

        def variables(self, at: date) -> dict[str, object]:
            return {"at": at.isoformat()}

        def shape(self, image: Image, at: date) -> Shaped:
            rows = {person["uuid"]: {"Navn": person["name"]} for person in image["Persons"]}
            protected = frozenset(person["uuid"] for person in image["Persons"] if person["addressProtected"])
            name = frozenset({"Navn"})
            return Shaped([ShapedFile("person", "staff.csv", ("Navn",), rows, name, name, protected)])

Such a target gets whole files; to add one: docs/add-a-target.md. A target that takes objects one by one has the same
folder, and the contract in ``exporters.objects.target``.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

from exporters.brake import ExportBrake
from exporters.errors import NotSetUp as NotSetUp
from exporters.files.delivery_settings import DeliverySettings
from exporters.files.table import TableForm

if TYPE_CHECKING:  # the settings are read with every command; these take long to load
    import neo4j
    from pydantic import BaseModel

    from exporters.objects.target import ObjectTarget
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


@dataclass(frozen=True, slots=True)
class FileRules:
    """How the target's files are made and sent.

    ``ready``: name of an empty file that is sent last; ``manifest``: name of a file, sent last, with each file's rows
    and SHA-256. ``always``: send every file on every run, changed or not.
    """

    form: TableForm
    ready: str | None = None
    manifest: str | None = None
    always: bool = False


class Target(Protocol):
    """A consumer system that is supplied with whole files.

    ``order``: objects, in the order in which their files are sent, referenced ones first. ``rules``: identifies the
    version and settings of the shape; if it changes, changed rows are attributed to that.
    """

    @property
    def name(self) -> str: ...

    @property
    def document(self) -> str: ...

    @property
    def order(self) -> Sequence[str]: ...

    @property
    def files(self) -> FileRules: ...

    @property
    def delivery(self) -> DeliverySettings: ...

    @property
    def brake(self) -> ExportBrake: ...

    @property
    def rules(self) -> str: ...

    def variables(self, at: date) -> Mapping[str, object]:
        """The image's variables on a day."""
        ...

    def shape(self, image: Image, at: date) -> Shaped:
        """The files of this image. Pure. Raises ImageError if the image lacks what the shape needs."""
        ...


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


class TargetFolder(Protocol):
    """The exports of a target's folder. Loading it loads only the settings; ``build`` loads the rest.

    ``TITLE``: the target's name in a sentence. ``NEEDS``: the settings that it needs, in words. ``OBJECTS``: the
    ledger's names of its kinds of objects. ``Settings``: a pydantic model, in ``reconnect.toml`` under
    ``[targets.<folder>]``. If a setting is required, the target is used only if that section is there. A folder that
    also exports ``SEVERAL = True`` contains any number of targets, each with a name that the municipality chooses:
    their settings are in ``[targets.<folder>.<name>]``, and each has a ledger, a brake and a schedule of its own.
    """

    TITLE: str
    NEEDS: str
    OBJECTS: tuple[str, ...]
    Settings: "type[BaseModel]"

    def build(self, settings: Any, surroundings: Surroundings) -> "Target | ObjectTarget":
        """The target. ``settings``: a ``Settings``. Raises NotSetUp."""
        ...
