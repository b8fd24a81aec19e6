"""The content of FK-adm's JSON: records with the fields of kombit_access.md §1.2, each checked on its own.

A record that can't be read is listed with its field and rule, and the others are read. ``changedDate`` is not read: its
trailing Z is text, it may be null, and it does not move when a shared constraint type changes (pitfall 22).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeVar

from graph.questions.rights.held import Form
from graph.statements.statement import BadRecord, Problem

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CVR = re.compile(r"[0-9]{8}")
_FORMS: dict[str, Form] = {
    "SINGLE": "single",
    "MULTI": "multi",
    "TEXT": "text",
    "ITSYSTEM": "single",
    "ITSYSTEM_MULTI": "multi",
}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class System:
    """A system with a user interface (brugervendt system). ``cvr``: its vendor's."""

    uuid: str
    title: str
    cvr: str


@dataclass(frozen=True, slots=True)
class Type:
    """A constraint type (dataafgrænsningstype). ``values``: (value, title)."""

    uuid: str
    uri: str
    title: str
    common: bool
    form: Form
    of_systems: bool
    pattern: str
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Role:
    """A system role, with the constraint types that it takes, and the uuids of those that it requires, in order."""

    uuid: str
    uri: str
    title: str
    description: str
    types: tuple[Type, ...]
    required: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Constraint:
    """A constraint of a job-function role. ``value``: the parameter's name if it is dynamic, otherwise the values."""

    type_uri: str
    value: str
    dynamic: bool


@dataclass(frozen=True, slots=True)
class JobRole:
    """A job-function role. ``parts``: system role (uuid) → its constraints."""

    uuid: str
    uri: str
    title: str
    description: str
    cvr: str
    delegated_to: str
    parts: tuple[tuple[str, tuple[Constraint, ...]], ...]


@dataclass(slots=True)
class Read:
    """Records of one answer. ``unread``: uuids of those that can't be read; ``unnamed``: one that has none."""

    problems: list[Problem] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)
    unnamed: bool = False

    def each(self, kind: str, answer: Any, make: Callable[["Fields"], T]) -> Iterator[T]:
        """The result of ``make`` for each record of a list."""
        if not isinstance(answer, list):
            self.unnamed = True
            text = f"the answer is not a list of {kind}, but {_shown(answer)}"
            self.problems.append(Problem(kind, "", "", "not_a_list", text))
            return
        seen: set[str] = set()
        for place, record in enumerate(answer):
            name = f"no. {place + 1}"
            if not isinstance(record, dict):
                self.unnamed = True
                text = f"it is not a record, but {_shown(record)}"
                self.problems.append(Problem(kind, name, "", "not_a_record", text))
                continue
            fields = Fields(kind, record, name)
            try:
                made = make(fields)
            except BadRecord as bad:
                self.problems.append(bad.problem)
                self.unread |= {fields.key} if _UUID.fullmatch(fields.key) else set()
                self.unnamed |= not _UUID.fullmatch(fields.key)
                continue
            if fields.key in seen:
                text = "it occurs twice in one answer; the first one counts"
                self.problems.append(Problem(kind, fields.key, "uuid", "twice", text, "notice"))
                continue
            seen.add(fields.key)
            yield made


class Fields:
    """A record's fields. ``key``: its uuid, once that has been read."""

    def __init__(self, kind: str, record: dict[str, Any], key: str) -> None:
        self._kind = kind
        self._record = record
        self.key = key

    def uuid(self, name: str, *, own: bool = False) -> str:
        found = self.text(name).lower()
        if not _UUID.fullmatch(found):
            self.bad(name, "not_a_uuid", f"{found!r} is not a UUID")
        if own:
            self.key = found
        return found

    def uri(self, name: str) -> str:
        """Compared exactly: it is not changed."""
        found = self.text(name)
        if any(each.isspace() for each in found):
            self.bad(name, "not_a_uri", f"{found!r} has blanks")
        return found

    def text(self, name: str, default: str | None = None) -> str:
        found = self._record.get(name)
        if found is None and default is not None:
            return default
        if not isinstance(found, str) or not (found.strip() or default is not None):
            self.bad(name, "missing", f"it is {_shown(found)}, and a text is needed")
        return found

    def cvr(self, name: str, default: str | None = None) -> str:
        found = self.text(name, default).replace(" ", "")
        if found and not _CVR.fullmatch(found):
            self.bad(name, "not_a_cvr", f"{found!r} is not a CVR number")
        return found

    def truth(self, name: str, default: bool | None = None) -> bool:
        found = self._record.get(name)
        if found is None and default is not None:
            return default
        if not isinstance(found, bool):
            self.bad(name, "not_true_or_false", f"it is {_shown(found)}; true or false is needed")
        return found

    def below(self, name: str, kind: str) -> Iterator["Fields"]:
        """The records of a list in it; null is an empty one."""
        found = self._record.get(name)
        if found is not None and not isinstance(found, list):
            self.bad(name, "not_a_list", f"it is {_shown(found)}, not a list")
        for each in found or ():
            yield self._within(name, each)

    def part(self, name: str) -> "Fields":
        return self._within(name, self._record.get(name))

    def required(self) -> bool:
        """``kraevet``: JA, or something else."""
        found = self._record.get("kraevet")
        return found is True or (isinstance(found, str) and found.strip().casefold() == "ja")

    def bad(self, name: str, rule: str, text: str) -> NoReturn:
        raise BadRecord(Problem(self._kind, self.key, name, rule, text))

    def _within(self, name: str, record: Any) -> "Fields":
        if not isinstance(record, dict):
            self.bad(name, "not_a_record", f"it is {_shown(record)}, not a record")
        return Fields(self._kind, record, self.key)


def system(fields: Fields) -> System:
    return System(fields.uuid("uuid", own=True), fields.text("navn"), fields.cvr("organisationCvr", ""))


def role(fields: Fields) -> Role:
    """A role is read with all its types or not at all: without one of them it would seem wider than it is."""
    uuid, uri = fields.uuid("uuid", own=True), fields.uri("entityId")
    types: dict[str, Type] = {}
    required = set()
    for each in fields.below("dataafgraensningstyper", "ConstraintType"):
        found = _type(each.part("dataafgraensningstype"))
        types[found.uuid] = found
        if each.required():
            required.add(found.uuid)
    made = tuple(types[each] for each in sorted(types))
    return Role(uuid, uri, fields.text("navn"), fields.text("beskrivelse", ""), made, tuple(sorted(required)))


def thin_job_role(fields: Fields) -> str:
    return fields.uuid("uuid", own=True)


def job_role(fields: Fields) -> JobRole:
    uuid, uri = fields.uuid("uuid", own=True), fields.uri("entityId")
    parts: dict[str, tuple[Constraint, ...]] = {}
    for each in fields.below("brugersystemrolleDataafgraensninger", "SystemRole"):
        of = each.uuid("brugersystemrolleUuid")
        found = tuple(_constraint(one) for one in each.below("dataafgraensningsVaerdier", "ConstraintSetting"))
        if of in parts:
            fields.bad("brugersystemrolleDataafgraensninger", "twice", f"the system role {of} is included twice")
        if len({one.type_uri for one in found}) < len(found):
            fields.bad("dataafgraensningsVaerdier", "twice", f"the system role {of} has a type twice")
        parts[of] = found
    return JobRole(
        uuid,
        uri,
        fields.text("navn"),
        fields.text("beskrivelse", ""),
        fields.cvr("organisationCvr"),
        fields.cvr("delegeretTilCvr", ""),
        tuple(sorted(parts.items())),
    )


def _type(fields: Fields) -> Type:
    written = fields.text("type")
    if written not in _FORMS:
        fields.bad("type", "unknown_type", f"{written!r} is not a known type: {', '.join(_FORMS)}")
    values = tuple(
        (each.text("vaerdi"), each.text("navn", "")) for each in fields.below("vaerdiListe", "ConstraintType")
    )
    return Type(
        fields.uuid("uuid"),
        fields.uri("entityId"),
        fields.text("navn"),
        fields.truth("isCommon", False),
        _FORMS[written],
        written.startswith("ITSYSTEM"),
        fields.text("regulaertUdtryk", ""),
        values,
    )


def _constraint(fields: Fields) -> Constraint:
    return Constraint(fields.uri("dataafgraensningstypeEntityId"), fields.text("vaerdi", ""), fields.truth("dynamisk"))


def _shown(found: Any) -> str:
    text = "null" if found is None else repr(found)
    return text if len(text) <= 60 else f"{text[:59]}…"
