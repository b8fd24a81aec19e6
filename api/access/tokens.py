"""Bearer tokens: random, kept only as a hash, named, with system roles, and with an end."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import neo4j

from api.access.caller_names import OWN_NAMES, PERSON
from api.access.field_groups import WrongGroups, limited_to
from api.access.held import below, subtree
from api.access.rights import ROLES, Access
from graph.change_log import now
from graph.errors import ChangeRejected
from graph.statements import normal_text
from graph.time import today
from idp.person_sessions import IS_ACTIVE

PREFIX = "rc_"  # so that a secret scanner recognises a leaked one
BYTES = 32
LONGEST = timedelta(days=366)


class TokenError(Exception):
    """A token can't be created with these arguments."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is kept. Its secret is shown once, when it is created."""

    name: str
    roles: tuple[str, ...]
    created: datetime
    expires: datetime
    revoked: bool
    within: tuple[str, ...] = ()
    """UUIDs of the units in and below which its roles hold; none = everywhere."""
    fields: tuple[str, ...] = ()
    """The field groups that its roles are limited to; none = all."""
    person: str | None = None
    """UUID of who uses it; None = a program."""
    processes: tuple[str, ...] = ()
    """The processes whose webhooks it may call, and nothing else; none = it isn't limited so."""


class Limits(NamedTuple):
    """What a machine may do, as it is kept. ``within``: UUIDs of units; None = everywhere. ``fields``: None = all.
    ``processes``: whose webhooks alone it may call; None = it isn't limited so."""

    roles: list[str]
    within: list[str] | None
    fields: list[str] | None
    processes: list[str] | None


def limits_of(
    driver: neo4j.Driver,
    roles: Iterable[str],
    within: Iterable[str] | None,
    fields: Iterable[str] | None,
    processes: Iterable[str] | None = None,
) -> Limits:
    """The limits that a token or a client is made with. Raises TokenError: no role, no unit, or an unknown one; a
    process that isn't deployed, or one beside units or field groups."""
    wanted = sorted(set(roles))
    unknown = [each for each in wanted if each not in ROLES]
    if unknown or not wanted:
        raise TokenError(f"unknown system role {', '.join(unknown) or '(none given)'}; there are {', '.join(ROLES)}")
    groups = None if fields is None else sorted(set(fields))
    try:
        names_of(wanted, groups)
    except WrongGroups as wrong:
        raise TokenError(f"fields: {wrong}") from wrong
    units = None if within is None else sorted(set(within))
    if units is not None and not units:
        raise TokenError("within: name at least one unit, or omit it; a role that holds in no unit could do nothing")
    for unit in units or ():
        if not driver.execute_query("MATCH (u:Unit {uuid: $unit}) RETURN 1 AS known", unit=unit).records:
            raise TokenError(f"within: no unit has the uuid {unit!r}")
    only = None if processes is None else sorted(set(processes))
    if only is not None and (units is not None or groups is not None):
        raise TokenError("process: webhooks need roles that hold everywhere; omit within and fields")
    for process in only or ():
        if not driver.execute_query("MATCH (p:Process {id: $id}) RETURN 1 AS known", id=process).records:
            raise TokenError(f"process: no process {process!r} is deployed; `reconnect processes list` shows all")
    return Limits(wanted, units, groups, only)


def create(
    driver: neo4j.Driver,
    name: str,
    roles: Iterable[str],
    life: timedelta = timedelta(days=90),
    within: Iterable[str] | None = None,
    person: str | None = None,
    fields: Iterable[str] | None = None,
    processes: Iterable[str] | None = None,
) -> str:
    """Make a token; its secret.

    ``within``: UUIDs of units; its roles hold in and below these only; None = everywhere. ``person``: uuid of who
    uses it, and under whose name it acts then, so that the person's sessions and tokens are one person where two
    must decide. ``fields``: the field groups that its roles are limited to (``api.access.field_groups``); None = all.
    ``processes``: it may call the webhooks of these only, with its roles, and do nothing else; None = no such limit.

    Raises TokenError: unknown role, no role, no unit, an unknown group or process, processes beside units, groups or a
    person, a name that is taken, a life too long.
    """
    try:
        normal_text.refuse(name, "name", words=True)
    except ChangeRejected as refused:
        raise TokenError(str(refused)) from refused
    if not normal_text.normal(name):
        raise TokenError("name: it is blank; name the owner of the token")
    if normal_text.normal(name).lower().startswith(OWN_NAMES):
        raise TokenError(f"name: no token's name begins with {', '.join(OWN_NAMES)}: these are names of others")
    limits = limits_of(driver, roles, within, fields, processes)
    if limits.processes is not None and person is not None:
        raise TokenError("process: a person starts cases in their own name; omit person")
    if not timedelta(0) < life <= LONGEST:
        raise TokenError(f"a token lives for 1 to {LONGEST.days} days")
    secret = PREFIX + secrets.token_urlsafe(BYTES)
    moment = now()
    rows, _, _ = driver.execute_query(
        """
        OPTIONAL MATCH (old:Token {name: $name})
        WITH old WHERE old IS NULL OR old.revoked OR old.expires <= $now
        DETACH DELETE old
        CREATE (t:Token {name: $name, hash: $hash, roles: $roles, created: $now, expires: $expires, revoked: false,
            within: $within, person: $person, fields: $fields, processes: $processes})
        RETURN t.name AS name
        """,
        name=name,
        hash=_hash(secret),
        roles=limits.roles,
        now=moment,
        expires=moment + life,
        within=limits.within,
        person=person,
        fields=limits.fields,
        processes=limits.processes,
    )
    if not rows:
        raise TokenError(f"there is a token {name!r} already; revoke it first, or choose another name")
    return secret


def revoke(driver: neo4j.Driver, name: str) -> bool:
    """End a token at once. False if there is none of that name."""
    rows, _, _ = driver.execute_query(
        "MATCH (t:Token {name: $name}) SET t.revoked = true RETURN t.name AS name", name=name
    )
    return bool(rows)


def tokens(driver: neo4j.Driver) -> list[Token]:
    """All tokens, by name."""
    rows, _, _ = driver.execute_query("MATCH (t:Token) RETURN t {.*} AS token ORDER BY t.name")
    return [
        Token(
            each["token"]["name"],
            tuple(each["token"]["roles"]),
            each["token"]["created"].to_native(),
            each["token"]["expires"].to_native(),
            each["token"]["revoked"],
            tuple(each["token"].get("within") or ()),
            tuple(each["token"].get("fields") or ()),
            each["token"].get("person"),
            tuple(each["token"].get("processes") or ()),
        )
        for each in rows
    ]


async def access_of(driver: neo4j.AsyncDriver, secret: str) -> Access | None:
    """The access of a secret; None if it is unknown, revoked or expired, or if its person has left or is stopped."""
    rows, _, _ = await driver.execute_query(
        """
        MATCH (t:Token {hash: $hash})
        WHERE NOT t.revoked AND t.expires > $now
        WITH t, {person: t.person} AS s
        WHERE s.person IS NULL OR """
        + IS_ACTIVE
        + """
        RETURN t.name AS name, t.roles AS roles, t.within AS within, t.person AS person, t.fields AS fields,
            t.processes AS processes
        """,
        hash=_hash(secret),
        now=now(),
        day=today(),
        routing_=neo4j.RoutingControl.READ,
    )
    if not rows:
        return None
    person, roles = rows[0]["person"], names_of(rows[0]["roles"], rows[0]["fields"])
    name = rows[0]["name"] if person is None else f"{PERSON}{person}"
    if rows[0]["processes"] is not None:
        return Access(name, frozenset(), processes=frozenset(rows[0]["processes"]), for_webhooks=roles)
    if rows[0]["within"] is None:
        return Access(name, roles, person)
    units = await subtree(driver, rows[0]["within"])
    return Access(name, roles, person, dict.fromkeys(roles, units))


def accesses_of(driver: neo4j.Driver, name: str) -> list[Access]:
    """The access of each token that is valid now, of this name in the change log: one, or all of a person's."""
    rows, _, _ = driver.execute_query(
        f"""
        MATCH (t:Token)
        WHERE CASE WHEN t.person IS NULL THEN t.name ELSE $prefix + t.person END = $name
            AND NOT t.revoked AND t.expires > $now AND t.processes IS NULL
        WITH t, {{person: t.person}} AS s
        WHERE s.person IS NULL OR {IS_ACTIVE}
        RETURN t.roles AS roles, t.within AS within, t.person AS person, t.fields AS fields
        """,
        name=name,
        prefix=PERSON,
        now=now(),
        day=today(),
        routing_=neo4j.RoutingControl.READ,
    )
    found = []
    for row in rows:
        roles, within = names_of(row["roles"], row["fields"]), row["within"]
        units = None if within is None else below(driver, within)
        found.append(Access(name, roles, row["person"], {} if units is None else dict.fromkeys(roles, units)))
    return found


def names_of(roles: Iterable[str], groups: Iterable[str] | None) -> frozenset[str]:
    """The roles, or their names where they are limited to these groups. Raises WrongGroups."""
    if groups is None:
        return frozenset(roles)
    return frozenset().union(*(limited_to(role, groups) for role in roles))


def _hash(secret: str) -> str:
    """A plain hash will do: the secret is random, so there is nothing to guess from it."""
    return hashlib.sha256(secret.encode()).hexdigest()
