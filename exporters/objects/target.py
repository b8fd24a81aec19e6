"""The contract of a target that takes objects one by one.

A target makes the wanted objects from the image (``shape``, pure), and opens a channel to the system. A channel keeps
no important state: the export makes all decisions. Example, complete::

    class PhoneBook:
        name = "phone_book"
        document = Path(__file__).with_name("image.graphql").read_text()
        rules = "1"
        place = "https://phone.example"
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

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, Protocol, runtime_checkable

from exporters.objects.brake import ObjectBrake
from exporters.objects.hook import Hook
from exporters.target import Image, Notice, Parked

Value = Any
"""A JSON value without null: a field without a value is omitted. Texts are compared and sent in NFC."""

Offer = Literal["always", "creation", "never"]
OnClose = Literal["disable", "delete", "disable_then_delete"]


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """An object of ours: its kind and key."""

    kind: str
    key: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """An object as the target should have it. ``key``: ours, which never changes and is not a CPR number.

    ``links``: field → the objects that it refers to. Objects that the target does not have (yet) are omitted, and
    follow later. ``protected``: a person with a protected name, whose identifying fields are never shown.
    ``candidates``: field → further values, tried in turn if another object has the first already (``Taken``).
    ``after``: objects of the same kind that come first where both are sent, such as a manager who gets the password.
    ``left``: sets of fields and links that stay as they are in an object that was sent any of the set; a new one gets
    what is stated here. ``may_have``: links that stay where they were sent, and are not made. ``if_there``: it is
    changed if it is there, and not created.
    ``context``: for the channel's own steps, such as the recipient of a password; never compared, kept or shown.
    """

    kind: str
    key: str
    values: Mapping[str, Value]
    links: Mapping[str, frozenset[Ref]] = field(default_factory=dict)
    enabled: bool = True
    protected: bool = False
    candidates: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    after: frozenset[Ref] = frozenset()
    left: tuple[frozenset[str], ...] = ()
    may_have: Mapping[str, frozenset[Ref]] = field(default_factory=dict)
    if_there: bool = False
    context: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def ref(self) -> Ref:
        return Ref(self.kind, self.key)


@dataclass(frozen=True, slots=True)
class Found:
    """An object as the target has it now. ``id``: the target's; ``key``: ours, if the target keeps it; ``values``:
    by our fields, as far as the target sends them; ``links``: field → ids; ``may_be_cut``: it may have more links than
    these. ``barred``: why it is never written; empty if it may be. ``like_by``: by which fields it is like what was
    sought, if it does not have its key; ``surely``: whether two people never share these."""

    id: str
    key: str | None
    values: Mapping[str, Value]
    links: Mapping[str, frozenset[str]] = field(default_factory=dict)
    enabled: bool = True
    barred: str = ""
    may_be_cut: bool = False
    like_by: tuple[str, ...] = ()
    surely: bool = True


@dataclass(frozen=True, slots=True)
class Change:
    """The change of an object: only differences. ``links``: ids to add and to remove, by field; in a field with at most
    one, the added link replaces the present one. ``key``: ours, to be kept there (adoption). ``owner``: our key of the
    object; a target that keeps keys may refuse to change an object with another. ``wanted``: what it leads to, if the
    object is wanted."""

    kind: str
    id: str
    set: Mapping[str, Value] = field(default_factory=dict)
    clear: frozenset[str] = frozenset()
    enabled: bool | None = None
    add: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    remove: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    key: str | None = None
    owner: str = ""
    wanted: Wanted | None = field(default=None, repr=False)

    @property
    def is_empty(self) -> bool:
        links = any(self.add.values()) or any(self.remove.values())
        return not (self.set or self.clear or links) and self.enabled is None and self.key is None


@dataclass(frozen=True, slots=True)
class KindRules:
    """How objects of a kind are treated.

    ``on_close``: what happens to one that is no longer wanted; one that is wanted again is the same object, unless it
    has been deleted. ``needed``: link fields without which the target accepts no such object: they are sent with its
    creation, and the linked objects come first. All others are sent once every object exists, so that circles do no
    harm. ``names``: what planned accounts call *login* and *email* → the field. ``ends``: the field with the first day
    (YYYY-MM-DD) on which the target itself lets nobody use the object; empty if it has none. ``single``: fields that
    lead to at most one object. ``found_by``: fields by which the channel looks for what a creation without an answer
    has left; the ledger keeps their values until that is known. ``lost``: values and links that closing takes from an
    object; they are sent again when it returns. ``closes_last``: closed after all others have been changed, such as a
    place that they leave first. ``placed_by``: fields and links that state where an object is: another one moves it.
    """

    on_close: OnClose = "disable"
    needed: frozenset[str] = frozenset()
    ends: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    single: frozenset[str] = frozenset()
    found_by: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()
    closes_last: bool = False
    placed_by: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Policy:
    """A municipality's decisions about a target.

    ``adopt``: whether an object that others created, and that is found by another key than ours, becomes ours at once;
    otherwise a person decides, and nothing is created beside it. ``first_beside_others``: what happens to the first
    objects of a kind if others' are there: "match", those that are like one wait for a decision; "stop", all wait.
    ``drift``: whether a full comparison corrects differences. ``deleted_by_others``: what becomes of an account that is
    wanted, and that others have deleted: "ask", a person decides; "make_again", a new one is made. ``retention_days``:
    from disabling to deletion. ``verify_every``: one in this many written objects is read again. ``pauses``: seconds
    before the second, third … try of a request without an answer. ``first_hours``, ``longest_hours``: until a refused
    object is tried again although it has not changed; doubled each time. ``hook``: called after each change that the
    target has accepted.
    """

    adopt: bool = False
    first_beside_others: Literal["match", "stop"] = "match"
    drift: Literal["report", "correct"] = "report"
    deleted_by_others: Literal["ask", "make_again"] = "make_again"
    retention_days: int = 180
    verify_every: int = 25
    pauses: tuple[float, ...] = (1, 4, 15, 60)
    first_hours: float = 1
    longest_hours: float = 24
    hook: Hook | None = None

    def asks(self, rules: KindRules) -> bool:
        """Whether a person decides on objects of a kind that others have deleted. A kind that can't be disabled has no
        accounts: another group or OU does as well."""
        return self.deleted_by_others == "ask" and rules.on_close != "delete"


@dataclass(slots=True)
class Objects:
    """What the target should have on the day. ``parked``: objects that can't be delivered; the target's present ones
    stay as they are. ``identifying``: fields that identify a person; ``private``: fields that are never shown.

    ``keep_until``: objects that are no longer wanted → the first day on which they may be deleted, instead of the
    policy's retention; None: never. ``urgent``: objects that are closed before anything else, whatever the brake says.
    """

    wanted: list[Wanted]
    parked: list[Parked] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    identifying: frozenset[str] = frozenset()
    private: frozenset[str] = frozenset()
    keep_until: Mapping[Ref, date | None] = field(default_factory=dict)
    urgent: frozenset[Ref] = frozenset()


@dataclass(frozen=True, slots=True)
class Closing:
    """What the organisation has, now, of objects that others have changed: ``stopped`` must not be open, whatever the
    brake; ``ended`` is no longer wanted; ``open`` is to be open."""

    stopped: frozenset[Ref] = frozenset()
    ended: frozenset[Ref] = frozenset()
    open: frozenset[Ref] = frozenset()


class Channel(Protocol):
    """Speaks the target's protocol. Every method except ``offers`` may call the target, and raises ObjectError for one
    object, DeliveryError for the target. ``server``: the one that is used; empty if the target has only one."""

    @property
    def server(self) -> str: ...

    def offers(self, kind: str, field: str | None = None) -> Offer:
        """Whether the target accepts a field, or (None) objects of the kind at all; "creation": only in a new
        object."""
        ...

    def find(self, wanted: Wanted) -> Sequence[Found]:
        """Every object with our key; if there is none, every one that may be the wanted object: with another key of it,
        such as its login or mail address. Never by nothing but a name that two may share."""
        ...

    def left_by(self, sought: Wanted) -> Sequence[Found] | None:
        """What a creation without an answer may have left, although ``find`` finds nothing with our key: every object
        with the value of a field of ``found_by``, even if two may share it. ``sought`` has these values only. None if
        the target can't be searched for them."""
        ...

    def read(self, kind: str, id: str) -> Found | None:
        """The object as it is now; None if there is none with this id."""
        ...

    def is_deleted(self, kind: str, id: str) -> bool:
        """Whether an object that ``read`` does not find was deleted. False: it may be where it can't be seen, or this
        server may not have it yet."""
        ...

    def foreseen(self, wanted: Wanted) -> Mapping[str, Value]:
        """For a dry run: what creating the object now, after those that were asked about before, would give it in place
        of values that others have. Reads only. Raises Refused if it would not be created."""
        ...

    def create(self, wanted: Wanted, links: Mapping[str, tuple[str, ...]]) -> str:
        """Create the object, with our key and the needed links (ids by field). Returns the target's id."""
        ...

    def change(self, change: Change) -> None:
        """Raises LinksRefused if only some links are refused, and everything else was sent."""
        ...

    def completed(self, wanted: Wanted, found: Found) -> None:
        """Finish what goes with the creation or the return of our object, whose answer was lost: it is there, and it is
        unknown whether, for example, its first password was handed over."""
        ...

    def delete(self, kind: str, id: str, owner: str) -> None:
        """Delete the object, and remove it from objects that refer to it. A missing one is not an error. ``owner``: our
        key of it."""
        ...

    def listing(self, kind: str) -> Iterator[Found]:
        """Every object of the kind, ours or not. Data may shift meanwhile, so an object that is missing may exist."""
        ...

    def same(self, field: str, sent: Value, found: Value) -> bool:
        """Whether the target has the sent value, in its own form. ``found`` None: it has no value."""
        ...


RENAMED = "renamed"
"""The rule of a notice that an object has lost its counter."""


@runtime_checkable
class Counting(Channel, Protocol):
    """The target has no two objects of one name in one place: the second gets a counter."""

    def remove_counters(
        self, wanted: Mapping[str, Wanted], *, dry: bool, begin: Callable[[], object]
    ) -> Iterator[Notice]:
        """At the end of a run: objects (by id) that the run has named, or listed, get the wanted name without a
        counter, if nothing else has that any more; a person's account keeps its own. ``dry``: none is written.
        ``begin``: called before one is written. Yields what was renamed (rule ``RENAMED``), and what was refused."""
        ...


@runtime_checkable
class ObjectTarget(Protocol):
    """A consumer system that takes objects one by one.

    ``kinds``: kind → rules, in the order in which they are sent. ``rules``: identifies the version and settings of the
    shape; if it changes, changed objects are attributed to that. ``place``: identifies the system whose objects the
    ledger knows; another has none of them.
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

    @property
    def place(self) -> str: ...

    def variables(self, at: date) -> Mapping[str, object]:
        """The image's variables on a day."""
        ...

    def shape(self, image: Image, at: date) -> Objects:
        """The objects of this image. Pure. Raises ImageError if the image lacks what the shape needs."""
        ...

    def open(self, server: str = "") -> AbstractContextManager[Channel]:
        """The channel, for a block. ``server``: of several that tell each other later, the one that has had the last
        changes; no other is used. Raises DeliveryError if the target can't be reached."""
        ...


@runtime_checkable
class NamesPlacesAnew(ObjectTarget, Protocol):
    """A target whose ``place`` has become more exact: a ledger that knows one of ``former_places`` goes on."""

    @property
    def former_places(self) -> Sequence[str]: ...


@runtime_checkable
class CheckedSystem(ObjectTarget, Protocol):
    """A target whose system has a set-up of its own that decides how objects fare in it."""

    def check(self) -> Sequence[Notice]:
        """What a person should know of it, and what to do. Reads only. Raises DeliveryError, ObjectError."""
        ...


@runtime_checkable
class ClosesAtOnce(ObjectTarget, Protocol):
    """A target whose objects are also closed while a run goes on, as soon as a person is stopped or leaves.

    ``closing_document``: GraphQL beside the image's. Each operation is named by whose changes it is asked about: a kind
    of the model (``PlannedAccount``), or a kind and property (``Person_stopped``). It has the image's variables, and
    ``uuids``: the things that have changed. ``waits_for_imports``: whether who has left is seen in what imports write,
    in several transactions: while one is at work, nobody counts as a leaver. Account rules wait by themselves.
    """

    @property
    def waits_for_imports(self) -> bool: ...

    @property
    def closing_document(self) -> str: ...

    def closing(self, image: Image, asked: Mapping[str, Sequence[str]], at: date) -> Closing:
        """What these answers mean for our objects. ``asked``: operation → ``uuids``. Pure. Raises ImageError."""
        ...
