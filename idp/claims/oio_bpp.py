"""A person's rights as an OIO-BPP document: what is sent, in which groups, written how (kombit_access.md §2).

Pure: from held rights to bytes. Two forms of the same grammar exist. Towards KOMBIT (``kombit``) a privilege is a
job-function role, and of its constraints the dynamic values are sent, under their parameter names; KOMBIT adds the
fixed ones. A system that reads OIO-BPP itself (``system``, ``system_bpp12``) gets its own system roles with all values,
under the types' URIs. Equal rights give equal bytes.

A right whose limit is missing or empty is left out here as well, whatever made it: at some receivers a group without
a constraint matches everything (kombit_access.md §3: rules 1 to 3).
"""

import base64
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from types import MappingProxyType
from typing import Literal

from graph.questions.rights.held import (
    ConstraintType,
    HeldRight,
    IncludedRight,
    JobFunctionRole,
    Limit,
    Omitted,
    OmittedBecause,
    Rights,
    SystemRole,
)
from graph.questions.rights.kle import is_wire
from graph.questions.rights.kombit_content import ContentAtKombit, beyond
from graph.questions.rights.large import LARGE, LARGEST
from idp.claims.merging import Constraint, Group, merged

Profile = Literal["kombit", "system", "system_bpp12"]
NAMESPACES: Mapping[Profile, str] = MappingProxyType({
    "kombit": "http://itst.dk/oiosaml/basic_privilege_profile",
    "system": "http://itst.dk/oiosaml/basic_privilege_profile",
    "system_bpp12": "http://digst.dk/oiosaml/basic_privilege_profile",
})  # fmt: skip
SCOPE = "urn:dk:gov:saml:cvrNumberIdentifier:"
SCOPES: Mapping[str, tuple[str, re.Pattern[str]]] = MappingProxyType({
    "https://nemlogin.dk/constraints/pnr/1": (
        "urn:dk:gov:saml:productionUnitIdentifier:", re.compile("[0-9]{10}"),
    ),
    "https://nemlogin.dk/constraints/senr/1": ("urn:dk:gov:saml:seNumberIdentifier:", re.compile("[0-9]{8}")),
})  # fmt: skip
"""Types whose values are not constraints but scopes, a group each: P and SE numbers (kombit_access.md §1.1)."""

_CVR = re.compile(r"[0-9]{8}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NOT_IN_XML = re.compile("[^\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\x7f-\x9f]")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"})
_SHOWN = 3  # of the largest groups


class DocumentTooLarge(ValueError):
    """A document that receivers would not take. ``largest``: privilege and bytes of its largest groups."""

    def __init__(self, size: int, largest: tuple[tuple[str, int], ...]) -> None:
        named = ", ".join(f"{privilege} ({length} bytes)" for privilege, length in largest)
        super().__init__(
            f"the rights take {size} bytes; {LARGEST} are allowed. Largest: {named}. Let these roles go without the "
            "long constraint, with approval, or choose fewer units."
        )
        self.size = size
        self.largest = largest


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who the document is for.

    ``cvr``: our own number. ``system``: the uuid of the system that asks; of profiles ``system`` and ``system_bpp12``.
    ``systems``: with ``kombit``, only roles with a right in one of these (uuids); None = all, since the Context Handler
    may use its session for the next system without asking again. ``known``: the roles, by CVR and URI, that the last
    read of FK-adm contained; None = not compared. ``contents``: what our own contain there, by URI. ``namespace``:
    where it is not the profile's own. ``units``: the units (uuids) that were exported to where the receiver looks them
    up; None = not compared. Others match nothing there, and are left out (kombit_access.md pitfall 13). ``separate``:
    with ``kombit``, parameters that it gets as an attribute each, and not in the document (kombit_access.md §2.3).

    Raises:
        ValueError: a CVR number that does not have eight digits, or a system that is missing or not wanted.
    """

    profile: Profile
    cvr: str
    system: str | None = None
    systems: frozenset[str] | None = None
    known: frozenset[tuple[str, str]] | None = None
    namespace: str | None = None
    units: frozenset[str] | None = None
    separate: frozenset[str] = frozenset()
    contents: Mapping[str, ContentAtKombit] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not _CVR.fullmatch(self.cvr):
            raise ValueError(f"{self.cvr!r} is not a CVR number: eight digits")
        if (self.profile == "kombit") == bool(self.system):
            raise ValueError(f"profile {self.profile} {'takes no' if self.system else 'needs a'} system")
        if self.separate and self.profile != "kombit":
            raise ValueError(f"profile {self.profile} has no parameters that could be attributes")


@dataclass(frozen=True, slots=True)
class Privileges:
    """A document. ``xml`` is None when nothing is left: then no attribute is sent at all, not an empty list.
    ``separate``: the parameters that are attributes of their own beside it, with their values.

    Logs get ``logged``: a document says what a person works with, so that it and its values stay out of them.
    """

    groups: tuple[Group, ...] = field(default=(), repr=False)
    xml: str | None = field(default=None, repr=False)
    omitted: tuple[Omitted, ...] = field(default=(), repr=False)
    warnings: tuple[str, ...] = ()
    separate: tuple[Constraint, ...] = field(default=(), repr=False)

    @property
    def encoded(self) -> str | None:
        """The attribute's one value: UTF-8 in base64, padded, without line breaks."""
        return None if self.xml is None else base64.b64encode(self.xml.encode("utf-8")).decode("ascii")

    @property
    def size(self) -> int:
        """Bytes before base64."""
        return 0 if self.xml is None else len(self.xml.encode("utf-8"))

    @property
    def logged(self) -> dict[str, str | int | list[str]]:
        """What may stand in a log: which privileges, how many groups, how large; and the document's hash, by which it
        is compared with another (kombit_access.md pitfall 41)."""
        return {
            "privileges": sorted({each.privilege for each in self.groups}),
            "groups": len(self.groups),
            "omitted": len(self.omitted),
            "bytes": self.size,
            "sha256": "" if self.xml is None else sha256(self.xml.encode("utf-8")).hexdigest(),
        }


class _LeftOut(Exception):
    """Why a right cannot be sent."""

    def __init__(self, reason: OmittedBecause, text: str, constraint: ConstraintType | None = None) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text
        self.constraint = constraint


def privileges(rights: Rights, receiver: Receiver) -> Privileges:
    """What a receiver is sent of somebody's rights, and what is left out and why.

    Raises:
        DocumentTooLarge: more than 64 kB.
    """
    made: list[tuple[HeldRight, Group]] = []
    omitted = list(rights.omitted)
    unknown: set[str] = set()
    for held in rights.held:
        try:
            made += [(held, each) for each in _groups(held, receiver, unknown)]
        except _LeftOut as why:
            omitted.append(_omitted(held, why))
    kept = merged(each for _, each in made)
    separate: dict[str, Constraint] = {}
    if receiver.separate:
        torn = _torn(kept, receiver.separate)
        omitted += [_omitted(held, torn[role]) for held, each in made if (role := (each.scope, each.privilege)) in torn]
        left = [each for each in kept if (each.scope, each.privilege) not in torn]
        separate = {each.name: each for group in left for each in group.constraints if each.name in receiver.separate}
        kept = merged(_without(each, receiver.separate) for each in left)
    if not kept:
        return Privileges(omitted=tuple(omitted))
    xml = written(kept, receiver.namespace or NAMESPACES[receiver.profile])
    size = len(xml.encode("utf-8")) + sum(len(",".join(each.values).encode("utf-8")) for each in separate.values())
    if size > LARGEST:
        raise DocumentTooLarge(size, _largest(kept))
    return Privileges(kept, xml, tuple(omitted), tuple(_warnings(kept, size, unknown)), _in_order(separate))


def _omitted(held: HeldRight, why: _LeftOut) -> Omitted:
    return Omitted(held.right, held.grant, held.subject, held.person, why.reason, why.constraint, why.text, held.why)


def _torn(groups: Iterable[Group], names: Collection[str]) -> dict[tuple[str, str], _LeftOut]:
    """The roles (scope and privilege) whose parameters can't be sent as attributes, and why.

    An attribute has one list of values for all ways in which a role is held. Where they differ, their union would be a
    cross product (kombit_access.md §3: rule 11).
    """
    separate = [(group, each) for group in groups for each in group.constraints if each.name in names]
    values: dict[str, set[tuple[str, ...]]] = {}
    for _, each in separate:
        values.setdefault(each.name, set()).add(each.values)
    torn: dict[tuple[str, str], _LeftOut] = {}
    for group, each in separate:
        if len(values[each.name]) > 1:
            text = f"{each.name} is sent as an attribute, which has one list of values, and it is held with several"
            torn[group.scope, group.privilege] = _LeftOut("not_deliverable", text, each.type)
    return torn


def _in_order(separate: Mapping[str, Constraint]) -> tuple[Constraint, ...]:
    return tuple(separate[name] for name in sorted(separate))


def _without(group: Group, names: Collection[str]) -> Group:
    return replace(group, constraints=tuple(each for each in group.constraints if each.name not in names))


def written(groups: Iterable[Group], namespace: str) -> str:
    """The document. Only the root is qualified: consumers look for ``//Privilege`` and by literal names."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<bpp:PrivilegeList xmlns:bpp="{_escaped(namespace)}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"{''.join(map(_written, groups))}</bpp:PrivilegeList>"
    )


def scope_of(cvr: str) -> str:
    """The scope of an authority."""
    return f"{SCOPE}{cvr}"


def _groups(held: HeldRight, receiver: Receiver, unknown: set[str]) -> Iterator[Group]:
    """``unknown``: units that were not exported, to be added to."""
    if receiver.profile == "kombit":
        if _is_wanted(held, receiver.systems):
            yield _job_function(_with_known_units(held, receiver, unknown), receiver)
    elif not _is_delegated(held.right):  # what a delegated role contains is the delegating authority's
        own = held._replace(included=tuple(each for each in held.included if each.system.uuid == receiver.system))
        for included in _with_known_units(own, receiver, unknown).included:
            yield from _system_role(included, receiver)


def _with_known_units(held: HeldRight, receiver: Receiver, unknown: set[str]) -> HeldRight:
    """Without the units that were not exported; these are noted. KOMBIT holds fixed values itself.

    Raises _LeftOut where none is left.
    """
    known = receiver.units
    if known is None or _is_delegated(held.right):
        return held

    def limited(limit: Limit) -> Limit:
        is_sent = limit.dynamic or receiver.profile != "kombit"
        if limit.type.content not in ("unit", "payout") or limit.unlimited or not is_sent:
            return limit
        unknown.update(each for each in limit.wire if each not in known)
        left = tuple(each for each in limit.values if each.value in known)
        if limit.values and not left:
            raise _LeftOut("empty", f"{limit.type.title}: none of its units has been exported yet", limit.type)
        return replace(limit, values=left)

    included = (each._replace(limits=tuple(map(limited, each.limits))) for each in held.included)
    return held._replace(included=tuple(included))


def _job_function(held: HeldRight, receiver: Receiver) -> Group:
    role = held.right
    if isinstance(role, SystemRole):
        raise _LeftOut("not_deliverable", "granted directly; KOMBIT takes job-function roles only")
    _check_uri(role.uri, role.title)
    cvr = role.delegated_from_cvr or receiver.cvr
    if not _CVR.fullmatch(cvr):
        raise _LeftOut("not_deliverable", f"{cvr!r}, which delegates the role, is not a CVR number")
    if role.delegated_from_cvr == receiver.cvr:
        text = "our own CVR number is said to delegate it, so its limits would be missing; end delegatedFromCvr"
        raise _LeftOut("not_deliverable", text)
    if not (role.delegated_from_cvr or held.included):
        text = "it includes no system role here, so that no limit of it at KOMBIT would be sent: say what it includes"
        raise _LeftOut("not_deliverable", text)
    if receiver.known is None and receiver.systems is None and _is_of_test(held):
        text = "its systems are of the test environment: name them for the receiver that gets it (idp.receivers)"
        raise _LeftOut("not_deliverable", text)
    if receiver.known is not None and (cvr, role.uri) not in receiver.known:
        raise _LeftOut("unknown_at_kombit", "the last read of FK-adm did not contain the role")
    constraints: dict[str, Constraint] = {}
    for included in () if role.delegated_from_cvr else held.included:
        for limit in _checked(included):
            if limit.dynamic and not limit.unlimited:
                _add(constraints, _parameter(limit, role), limit)
    if not role.delegated_from_cvr and (there := receiver.contents.get(role.uri)) is not None:
        more = beyond(held.included, there)
        if more is not None:
            raise _LeftOut("differs_at_kombit", f"{more.text}: make the role the same at both ends", more.type)
    return Group(scope_of(cvr), role.uri, tuple(constraints[name] for name in sorted(constraints)))


def _system_role(included: IncludedRight, receiver: Receiver) -> Iterator[Group]:
    role = included.system_role
    _check_uri(role.uri, role.title)
    constraints: dict[str, Constraint] = {}
    scoped: list[Limit] = []
    for limit in _checked(included):
        if limit.unlimited:
            continue
        if limit.type.uri in SCOPES:
            scoped.append(limit)
            continue
        _check_uri(limit.type.uri, limit.type.title, limit.type)
        _add(constraints, limit.type.uri, limit)
    for scope in _scopes(scoped, receiver):
        yield Group(scope, role.uri, tuple(constraints[name] for name in sorted(constraints)))


def _scopes(limits: list[Limit], receiver: Receiver) -> list[str]:
    """The authority's own, or one for each P number or SE number. A group has one scope, never two."""
    if not limits:
        return [scope_of(receiver.cvr)]
    if len(limits) > 1:
        titles = " and ".join(each.type.title for each in limits)
        raise _LeftOut("not_deliverable", f"{titles}: a group has one scope; limit it by one of them", limits[1].type)
    (limit,) = limits
    prefix, form = SCOPES[limit.type.uri]
    for value in limit.wire:
        if not form.fullmatch(value):
            text = f"{limit.type.title}: {value!r} is not such a number: {form.pattern}"
            raise _LeftOut("invalid_value", text, limit.type)
    return [f"{prefix}{value}" for value in limit.wire]


def _checked(included: IncludedRight) -> tuple[Limit, ...]:
    """All limits of a system role, each with values that can be sent, or open on purpose."""
    if included.system.blocked:
        raise _LeftOut("system_blocked", f"{included.system.title} is blocked")
    limited = {limit.type.uuid for limit in included.limits if not limit.unlimited}
    for required in included.system_role.required:
        if required.uuid not in limited:
            text = f"{included.system_role.title} requires {required.title}"
            raise _LeftOut("mandatory_not_configured", text, required)
    for limit in included.limits:
        if not limit.unlimited:
            _check_values(limit)
    return included.limits


def _check_values(limit: Limit) -> None:
    values = limit.wire
    if not values:
        raise _LeftOut("empty", f"{limit.type.title} came to nothing", limit.type)
    if len(values) > 1 and not limit.type.takes_several:
        raise _LeftOut("invalid_value", f"{limit.type.title} takes one value, not {len(values)}", limit.type)
    for value in values:
        problem = _problem(value, limit.type)
        if problem:
            raise _LeftOut("invalid_value", f"{limit.type.title}: {value!r} {problem}", limit.type)


def _problem(value: str, kind: ConstraintType) -> str:
    """What is wrong with a value on the wire; empty = nothing."""
    if not value.strip() or value != value.strip():
        return "is blank, or has blanks around it, which receivers drop"
    if "," in value:
        return "has a comma, at which receivers cut"
    if NOT_IN_XML.search(value):
        return "has a control character or line break"
    if kind.content == "kle" and not is_wire(value):
        return "is not a KLE value: NN.*, NN.NN.*, NN.NN.NN or *"
    if kind.content == "unit" and not _UUID.fullmatch(value):
        return "is not the UUID of a unit, in lower case"
    return ""


def _parameter(limit: Limit, role: JobFunctionRole) -> str:
    if not limit.parameter:
        text = (
            f"{limit.type.title} of {role.title} has no parameter name, and KOMBIT knows no limit that only a grant "
            "sets: set it on the job-function role, as assignment_value where each grant has its own"
        )
        raise _LeftOut("not_deliverable", text, limit.type)
    _check_uri(limit.parameter, limit.type.title, limit.type)
    return limit.parameter


def _add(constraints: dict[str, Constraint], name: str, limit: Limit) -> None:
    """Names are unique within a group; one that has two meanings cannot be sent."""
    added = Constraint(name, tuple(sorted(set(limit.wire))), limit.type)
    if constraints.setdefault(name, added).values != added.values:
        raise _LeftOut("not_deliverable", f"{name} would stand for two lists of values", limit.type)


def _check_uri(uri: str, title: str, constraint: ConstraintType | None = None) -> None:
    if not uri or any(each.isspace() for each in uri) or NOT_IN_XML.search(uri):
        raise _LeftOut("not_deliverable", f"{title} has no usable URI: {uri!r}", constraint)


def _is_wanted(held: HeldRight, systems: Collection[str] | None) -> bool:
    """What a delegated role contains is not known here, so it may be in any system."""
    if systems is None or _is_delegated(held.right):
        return True
    return any(included.system.uuid in systems for included in held.included)


def _is_of_test(held: HeldRight) -> bool:
    """Nobody else says whether such a role is for this environment where FK-adm was never read: a login to production
    would carry it (kombit_access.md pitfall 26)."""
    return bool(held.included) and all(each.system.environment == "test" for each in held.included)


def _is_delegated(right: JobFunctionRole | SystemRole) -> bool:
    return isinstance(right, JobFunctionRole) and right.delegated_from_cvr is not None


def _written(group: Group) -> str:
    constraints = "".join(
        f'<Constraint Name="{_escaped(each.name)}">{_escaped(",".join(each.values))}</Constraint>'
        for each in group.constraints
    )
    return (
        f'<PrivilegeGroup Scope="{_escaped(group.scope)}"><Privilege>{_escaped(group.privilege)}</Privilege>'
        f"{constraints}</PrivilegeGroup>"
    )


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)


def _largest(groups: tuple[Group, ...]) -> tuple[tuple[str, int], ...]:
    sizes = [(group.privilege, len(_written(group).encode("utf-8"))) for group in groups]
    return tuple(sorted(sizes, key=lambda each: (-each[1], each[0]))[:_SHOWN])


def _warnings(groups: tuple[Group, ...], size: int, unknown: Collection[str]) -> Iterator[str]:
    if unknown:
        yield f"units that have not been exported are left out: {', '.join(sorted(unknown))}"
    if size >= LARGE:
        privilege, length = _largest(groups)[0]
        yield f"the rights take {size} bytes, {privilege} alone {length}; more than {LARGEST} are refused"
