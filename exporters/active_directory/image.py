"""The image's answers as typed things. Only this module knows the form of image.graphql's answers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from exporters.errors import ImageError
from exporters.held_roles import held_for, is_held_in
from exporters.target import Image
from exporters.titles import PayrollNames, payroll_names, shown_title
from graph.time import NO_BEGINNING, Period

Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit on the day. ``parent``: uuid of the unit above, which may be outside the image. ``values``: by the names
    that expressions use."""

    uuid: str
    name: str
    number: str
    parent: str | None
    values: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Tie:
    """An employment or affiliation, in force on the day or soon after. ``values``: as for a unit. ``title``: the
    person's own, else the position's; that in ``values`` is the source's text. ``has_begun``: by the day."""

    uuid: str
    person: str
    unit: str | None
    position: str
    position_title: str | None
    values: Mapping[str, str | None]
    has_begun: bool
    title: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """An account that is to be open. ``observed``: ids (objectGUID) of accounts of the person that the directory has in
    the same system, and that realise no other planned account. ``values``: as for a unit; ``person``, too."""

    uuid: str
    tie: str | None
    owner: str
    protected: bool
    stopped: bool
    expires: str | None
    former_emails: tuple[str, ...]
    observed: tuple[str, ...]
    values: Mapping[str, Any]
    person: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Role:
    uuid: str
    key: str
    title: str
    holder: str
    person: str


@dataclass(frozen=True, slots=True)
class KnownRole:
    """A role that is there on the day, whether anybody holds it or not."""

    uuid: str
    key: str
    title: str


@dataclass(frozen=True, slots=True)
class Right:
    """A right that is a group. ``holders``: (employment, affiliation or person; person); ``within``: uuids of those of
    the other rights that include it."""

    uuid: str
    key: str
    title: str
    holders: tuple[tuple[str, str], ...]
    within: frozenset[str]


@dataclass(frozen=True, slots=True)
class Organisation:
    """``managers``: employment or affiliation → persons; ``delete_on``: every planned account that has been open → the
    first day on which it may be deleted, if there is one; ``stopped``: those of them whose owner is stopped;
    ``positions``: those that are there on the day → titles; ``names``: user names and addresses that are planned, on
    the day or soon, in small letters."""

    units: Mapping[str, Unit]
    accounts: tuple[Account, ...]
    ties: Mapping[str, Tie]
    managers: Mapping[str, tuple[str, ...]]
    roles: tuple[Role, ...]
    delete_on: Mapping[str, date | None]
    stopped: frozenset[str]
    rights: tuple[Right, ...] = ()
    known_roles: tuple[KnownRole, ...] = ()
    positions: Mapping[str, str] = field(default_factory=dict)
    names: frozenset[str] = frozenset()


def organisation(image: Image, system: str, at: date) -> Organisation:
    """The image on the day, for the accounts of one system. Raises ImageError if an answer does not match
    image.graphql."""
    try:
        names = payroll_names(image["Positions"])
        ties = [_tie(each, at, names) for each in (*image["Employments"], *image["Affiliations"])]
        units = {each["uuid"]: _unit(each) for each in image["Units"]}
        return Organisation(
            units=units,
            accounts=tuple(
                _account(each, system) for each in image["Accounts"] if each["owner"] and _key(each) == system
            ),
            ties={each.uuid: each for each in ties if each is not None},
            managers={**dict(_managers(image["ComingManagers"])), **dict(_managers(image["Managers"]))},
            roles=tuple(
                role for each in image["Roles"] if is_held_in(held_for(each, units), units) for role in _roles(each)
            ),
            delete_on={each["uuid"]: _delete_on(each) for each in image["Former"]},
            stopped=frozenset(each["uuid"] for each in image["Former"] if _is_stopped(each["owner"], at)),
            rights=tuple(_right(each) for each in image["Rights"] if each["right"]),
            known_roles=tuple(
                KnownRole(each["uuid"], each["key"] or "", each["title"] or "") for each in image["KnownRoles"]
            ),
            positions={each["uuid"]: each["title"] or "" for each in image["Positions"]},
            names=frozenset(
                str(name).casefold()
                for each in (*image["Accounts"], *image["Coming"])
                if _key(each) == system
                for name in (each["login"], each["principalName"], each["email"])
                if name
            ),
        )
    except (LookupError, TypeError, ValueError) as error:
        raise ImageError(f"The image lacks what Active Directory's shape needs: {error!r}") from error


def _key(node: Node) -> str:
    return str((node["system"] or {}).get("key") or "")


def _unit(node: Node) -> Unit:
    parent = node["parent"]
    values = {
        "uuid": node["uuid"], "name": node["name"], "number": node["number"], "street": node["street"],
        "postal_code": node["postalCode"], "city": node["city"], "cost_center": node["costCenter"], "ean": node["ean"],
    }  # fmt: skip
    return Unit(node["uuid"], node["name"] or "", node["number"] or "", parent and parent["uuid"], values)


def _account(node: Node, system: str) -> Account:
    owner = node["owner"]
    tie = node["employment"] or node["affiliation"]
    # What a person has asked for ends on its day at the directory, too, whatever becomes of REConnect.
    expires = node["expires"] or (node["existsTo"] if node["extra"] else None)
    own = {_guid(key) for key in ((node["realisedBy"] or {}).get("keys") or ())}
    observed = [
        _guid(key)
        for each in owner["accounts"]
        if _key(each) == system and all(other["uuid"] == node["uuid"] for other in each["plannedAs"])
        for key in each["keys"] or ()
    ]
    return Account(
        uuid=node["uuid"],
        tie=tie["uuid"] if tie else None,
        owner=owner["uuid"],
        protected=bool(owner["addressProtected"]),
        stopped=bool(owner["stopped"]),
        expires=expires,
        former_emails=tuple(node["formerEmails"] or ()),
        observed=tuple(sorted({*observed, *own} - {""})),
        values={
            "login": node["login"], "principal_name": node["principalName"], "email": node["email"],
            "common_name": node["commonName"], "licence": node["licence"], "type": node["type"],
            "extra": bool(node["extra"]), "expires": expires,
        },
        person={
            "uuid": owner["uuid"], "name": owner["name"], "given_name": owner["givenName"],
            "surname": owner["surname"], "work_phone": owner["workPhone"], "mobile": owner["mobile"],
        },
    )  # fmt: skip


def _guid(key: str) -> str:
    """The objectGUID at the end of a source's key of an account; empty if there is none."""
    last = key.rpartition(":")[2].lower()
    return last if len(last) == 36 and last.count("-") == 4 else ""


def _tie(node: Node, at: date, names: PayrollNames) -> Tie | None:
    """None if it is over, or has no person."""
    due = sorted(
        (each for each in node["history"] if _period(each).last > at), key=lambda each: each["from"] or NO_BEGINNING
    )
    if not due or node["person"] is None:
        return None
    now, position = due[0], node.get("position")
    return Tie(
        uuid=node["uuid"],
        person=node["person"]["uuid"],
        unit=node["unit"] and node["unit"]["uuid"],
        position=position["uuid"] if position else "",
        position_title=position["title"] if position else None,
        title=shown_title(now, position, names),
        values={
            "uuid": node["uuid"], "number": now.get("number"), "type": now.get("type"), "title": now["title"],
            "email": None if now.get("emailHidden") else now["email"],
            "phone": None if now.get("phoneHidden") else now["phone"],
            "start": now["from"] or NO_BEGINNING,
        },
        has_begun=_period(now).start <= at,
    )  # fmt: skip


def _managers(nodes: Sequence[Node]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for node in nodes:
        found = [each["person"]["uuid"] for each in node["holders"] if each["person"]]
        if found and node["employment"]:
            yield node["employment"]["uuid"], tuple(found)


def _roles(node: Node) -> Iterator[Role]:
    role, holder = node["role"], node["holder"]
    if role is not None and holder is not None:
        person = holder.get("person", holder)
        if person is not None:
            yield Role(role["uuid"], role["key"] or "", role["title"] or "", holder["uuid"], person["uuid"])


def _right(node: Node) -> Right:
    right = node["right"]
    holders = ((each["uuid"], each.get("person", each)) for each in node["subjects"])
    return Right(
        right["uuid"],
        right["key"] or "",
        right["title"] or "",
        tuple((uuid, person["uuid"]) for uuid, person in holders if person is not None),
        frozenset(each["uuid"] for each in node["within"]),
    )


def _delete_on(node: Node) -> date | None:
    last = max(node["history"], key=lambda each: each["from"] or NO_BEGINNING, default=None)
    return date.fromisoformat(last["deleteOn"]) if last and last["deleteOn"] else None


def _is_stopped(owner: Node | None, at: date) -> bool:
    history = owner["history"] if owner else ()
    return any(each["stopped"] and _period(each).holds(at) for each in history)


def _period(node: Node) -> Period:
    end = node["to"]
    return Period(date.fromisoformat(node["from"] or NO_BEGINNING), None if end is None else date.fromisoformat(end))
