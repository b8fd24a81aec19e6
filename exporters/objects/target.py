"""The contract of a target that takes objects one by one.

A target makes of the image what should be there (``shape``, pure), and opens a channel to where it is to be. A channel
does six things and keeps no state that matters: everything that is decided is decided by the export. Example,
complete::

    class PhoneBook:
        name = "phone_book"
        document = Path(__file__).with_name("image.graphql").read_text()
        rules = "1"
        kinds = {"entry": KindRules()}

        def __init__(self, settings: PhoneBookSettings) -> None:
            self.settings, self.brake, self.policy = settings, settings.brake, settings.policy

        def variables(self, at: date) -> dict[str, object]:
            return {"at": at.isoformat()}

        def shape(self, image: Image, at: date) -> Objects:
            return Objects([Wanted("entry", each["uuid"], {"name": each["name"]}) for each in image["Persons"]])

        def open(self) -> PhoneBookChannel:
            return PhoneBookChannel(self.settings)

Fields and ids are the target's own; the export only compares them. A channel raises the errors of
``exporters.objects.errors``.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, Protocol, runtime_checkable

from exporters.objects.brake import ObjectBrake
from exporters.target import Image, Notice, Parked

Value = Any
"""What JSON can hold, without null: a field without a value is left out. Texts are compared and sent in NFC."""

Offer = Literal["always", "creation", "never"]
OnClose = Literal["disable", "delete", "disable_then_delete"]


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """An object of ours: its kind and key."""

    kind: str
    key: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """An object as the target should have it. ``key``: ours, which never changes and is no CPR number.

    ``links``: field → the objects that it refers to. What is not (yet) at the target is left out, and follows when it
    is. ``protected``: a person with a protected name, of whom no identifying field is shown.
    """

    kind: str
    key: str
    values: Mapping[str, Value]
    links: Mapping[str, frozenset[Ref]] = field(default_factory=dict)
    enabled: bool = True
    protected: bool = False

    @property
    def ref(self) -> Ref:
        return Ref(self.kind, self.key)


@dataclass(frozen=True, slots=True)
class Found:
    """An object as the target has it now. ``id``: the target's; ``key``: ours, where the target keeps it; ``values``:
    by our fields, as far as the target sends them; ``links``: field → ids."""

    id: str
    key: str | None
    values: Mapping[str, Value]
    links: Mapping[str, frozenset[str]] = field(default_factory=dict)
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Change:
    """What is to become of an object: only what differs. ``links``: ids to add and to remove, by field; of a field that
    holds one, what is added takes the place of what was there. ``key``: ours, to be kept there (adoption)."""

    kind: str
    id: str
    set: Mapping[str, Value] = field(default_factory=dict)
    clear: frozenset[str] = frozenset()
    enabled: bool | None = None
    add: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    remove: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    key: str | None = None

    @property
    def is_empty(self) -> bool:
        links = any(self.add.values()) or any(self.remove.values())
        return not (self.set or self.clear or links) and self.enabled is None and self.key is None


@dataclass(frozen=True, slots=True)
class KindRules:
    """How objects of a kind are treated.

    ``on_close``: what becomes of one that is no longer wanted; one that is wanted again is the same object, unless it
    has been deleted.
    ``needed``: link fields without which the target takes no such object: they go with its creation, and what they lead
    to comes first. All others are sent when every object is there, so that circles do no harm. ``single``: fields that
    lead to one object at most.
    """

    on_close: OnClose = "disable"
    needed: frozenset[str] = frozenset()
    single: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Policy:
    """What a municipality decides of a target.

    ``adopt``: whether an object that was made by others, and is found by another key than ours, becomes ours.
    ``drift``: whether a full comparison mends what differs. ``retention_days``: from disabling to deletion.
    ``verify_every``: so many objects are written for one that is read again. ``pauses``: seconds before the second,
    third … try of what was not answered. ``first_hours``, ``longest_hours``: until an object that the target refused is
    tried again although nothing of it has changed; doubled from time to time.
    """

    adopt: bool = False
    drift: Literal["report", "correct"] = "report"
    retention_days: int = 180
    verify_every: int = 25
    pauses: tuple[float, ...] = (1, 4, 15, 60)
    first_hours: float = 1
    longest_hours: float = 24


@dataclass(slots=True)
class Objects:
    """What the target should have on the day asked about. ``parked``: what can't be given; what the target has of them
    stays as it is. ``identifying``: fields that reveal who a person is; ``private``: fields that are never shown."""

    wanted: list[Wanted]
    parked: list[Parked] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    identifying: frozenset[str] = frozenset()
    private: frozenset[str] = frozenset()


class Channel(Protocol):
    """Speaks the target's protocol. Every method but ``offers`` may ask the target, and raises ObjectError of one
    object, DeliveryError of the target."""

    def offers(self, kind: str, field: str | None = None) -> Offer:
        """Whether the target takes a field, or (None) objects of the kind at all; "creation": only in a new object."""
        ...

    def find(self, wanted: Wanted) -> Sequence[Found]:
        """Every object that has our key; where there is none, every one that has another key of the wanted object, such
        as its login. Never by a name that two may have."""
        ...

    def read(self, kind: str, id: str) -> Found | None:
        """The object as it is now; None: there is none with this id."""
        ...

    def create(self, wanted: Wanted, links: Mapping[str, tuple[str, ...]]) -> str:
        """Make the object, with our key and the links that are needed (ids by field); the target's id."""
        ...

    def change(self, change: Change) -> None: ...

    def delete(self, kind: str, id: str) -> None:
        """Take the object away, and out of whatever refers to it. One that is not there is no error."""
        ...

    def listing(self, kind: str) -> Iterator[Found]:
        """Every object of the kind, ours or not. Data may shift meanwhile: what is missing may be there."""
        ...

    def same(self, field: str, sent: Value, found: Value) -> bool:
        """Whether the target has what was sent, in the form that it gives to it. ``found`` None: it has nothing."""
        ...


@runtime_checkable
class ObjectTarget(Protocol):
    """A consumer system that takes objects one by one.

    ``kinds``: kind → rules, in the order in which they are sent. ``rules``: names the version and settings of the
    shape; where it changes, changed objects are put down to that.
    """

    @property
    def name(self) -> str: ...

    @property
    def document(self) -> str: ...

    @property
    def kinds(self) -> Mapping[str, KindRules]: ...

    @property
    def brake(self) -> ObjectBrake: ...

    @property
    def policy(self) -> Policy: ...

    @property
    def rules(self) -> str: ...

    def variables(self, at: date) -> Mapping[str, object]:
        """The image's variables on a day."""
        ...

    def shape(self, image: Image, at: date) -> Objects:
        """The objects of this image. Pure. Raises ImageError where the image is not as the shape needs it."""
        ...

    def open(self) -> AbstractContextManager[Channel]:
        """The channel, open while the block runs. Raises DeliveryError where the target can't be reached."""
        ...
