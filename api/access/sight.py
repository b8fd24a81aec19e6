"""Which things a caller may read, whose roles hold in a part of the organisation."""

from collections.abc import Callable, Container, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

import neo4j

from api.access.places import PLACED, PLACES, Place, inside, inside_record
from api.access.rights import READ, Access
from graph.errors import Ambiguous
from graph.identity.lookup import Found, found
from graph.questions.readable import Inside
from graph.time import today


def seen(
    driver: neo4j.Driver, access: Access, things: Iterable[tuple[str, str]], roles: frozenset[str] | None = None
) -> frozenset[str]:
    """The UUIDs of those things that may be read. ``things``: (kind, UUID); a kind that can't be read has none.
    ``roles``: only with one of these."""
    wanted: dict[str, list[str]] = {}
    for kind, uuid in things:
        wanted.setdefault(kind, []).append(uuid)
    found: set[str] = set()
    for kind, uuids in wanted.items():
        may = READ[kind] if roles is None else READ[kind] & roles
        if not may & access.roles:
            continue
        where, parameters = condition(access, kind, "n", may)
        rows, _, _ = driver.execute_query(
            f"UNWIND $uuids AS uuid MATCH (n:{kind} {{uuid: uuid}}) WHERE {where} RETURN collect(uuid) AS seen",
            {**parameters, "uuids": uuids},
            routing_=neo4j.RoutingControl.READ,
        )
        found.update(rows[0]["seen"])
    return frozenset(found)


def found_seen(
    driver: neo4j.Driver,
    access: Access,
    kind: str,
    name: str,
    look_up: Callable[[], str],
    roles: frozenset[str] | None = None,
    own: frozenset[str] = frozenset(),
) -> str:
    """What ``look_up`` finds under a name, among what the caller may read: anything else is as if it were not there.

    ``roles``: as in ``seen``. ``own``: UUIDs that the caller may name in any case. Raises Unknown, Ambiguous.
    """
    if access.scope is None or not isinstance(PLACES.get(kind), Place):
        return look_up()
    candidates: Sequence[str]
    try:
        candidates = (look_up(),)
    except Ambiguous as ambiguous:
        candidates = ambiguous.candidates
    known = own | seen(driver, access, [(kind, each) for each in candidates], roles)
    return found(kind, name, [Found(each) for each in candidates if each in known]).uuid


def each_found_seen(
    driver: neo4j.Driver,
    access: Access,
    kind: str,
    fits: Mapping[str, Sequence[Found]],
    roles: frozenset[str] | None = None,
) -> list[str]:
    """As ``found_seen``, of several names. ``fits``: what fits each of them (``graph.identity.lookup.fitting``)."""
    known: Container[str] | None = None
    if access.scope is not None and isinstance(PLACES.get(kind), Place):
        known = seen(driver, access, [(kind, row.uuid) for rows in fits.values() for row in rows], roles)

    def one(name: str, rows: Sequence[Found]) -> str:
        if known is None:
            return found(kind, name, rows).uuid
        candidates: Sequence[str]
        try:
            candidates = (found(kind, name, rows).uuid,) if rows else ()
        except Ambiguous as ambiguous:
            candidates = ambiguous.candidates
        return found(kind, name, [Found(each) for each in candidates if each in known]).uuid

    return [one(name, rows) for name, rows in fits.items()]


_TIES = """
UNWIND $uuids AS uuid
MATCH (p:Person {uuid: uuid})
RETURN uuid AS person, COLLECT {
    MATCH (p)-[:HAS|HOLDS*1..2]->(tie:Employment|Affiliation|Assignment)
    RETURN DISTINCT [head([each IN labels(tie) WHERE each IN ['Employment', 'Affiliation', 'Assignment']]), tie.uuid]
} AS ties
"""


def seen_wholly(
    driver: neo4j.Driver, access: Access, persons: Iterable[str], roles: frozenset[str] | None = None
) -> frozenset[str]:
    """Those of the persons of whom every employment, affiliation and assignment may be read. What is worked out from
    all of these would tell, of anybody else, what is hidden."""
    rows, _, _ = driver.execute_query(_TIES, uuids=list(persons), routing_=neo4j.RoutingControl.READ)
    ties = {row["person"]: [(kind, uuid) for kind, uuid in row["ties"]] for row in rows}
    named = {("Person", person) for person in ties} | {each for of_one in ties.values() for each in of_one}
    found = seen(driver, access, named, roles)
    return frozenset(
        person for person, of_one in ties.items() if person in found and all(uuid in found for _, uuid in of_one)
    )


def hidden(
    driver: neo4j.Driver, access: Access, uuids: Iterable[str], roles: frozenset[str] | None = None
) -> frozenset[str]:
    """Those of the UUIDs whose things, of any kind, lie where they may not be read. ``roles``: as in ``seen``."""
    wanted = sorted(set(uuids))
    found: set[str] = set()
    for kind in PLACED:
        may = (READ[kind] if roles is None else READ[kind] & roles) & access.roles
        where, parameters = condition(access, kind, "n", may) if may else ("false", {})
        rows, _, _ = driver.execute_query(
            f"UNWIND $uuids AS uuid MATCH (n:{kind} {{uuid: uuid}}) WHERE NOT {where} RETURN collect(uuid) AS hidden",
            {**parameters, "uuids": wanted},
            routing_=neo4j.RoutingControl.READ,
        )
        found.update(rows[0]["hidden"])
    return frozenset(found)


@dataclass(slots=True)
class Sight:
    """All that callers may read of what lies somewhere, kept as long as nothing changes."""

    _kept: dict[tuple[Hashable, ...], list[str]] = field(default_factory=dict)

    def of(self, driver: neo4j.Driver, access: Access, roles: Sequence[str] | None) -> list[str]:
        """UUIDs. ``roles``: what one of these may read; None = by the roles that may read each kind."""
        rows, _, _ = driver.execute_query("MATCH (log:ChangeLog) RETURN log.number AS number")
        number = rows[0]["number"] if rows else None
        held = frozenset(access.within.items())
        key = (number, today(), access.everywhere, held, None if roles is None else tuple(roles))
        found = self._kept.get(key)
        if found is None:
            found = []
            for kind in PLACED:
                may = READ[kind] if roles is None else READ[kind] & frozenset(roles)
                if not may & access.roles:
                    continue
                where, parameters = condition(access, kind, "n", may)
                rows, _, _ = driver.execute_query(
                    f"MATCH (n:{kind}) WHERE {where} RETURN collect(n.uuid) AS seen",
                    dict(parameters),
                    routing_=neo4j.RoutingControl.READ,
                )
                found += rows[0]["seen"]
            # Another thread may do the same: each makes a mapping of its own.
            kept = [each for each in self._kept.items() if each[0][0] == number][1 - _MOST :]
            self._kept = dict([*kept, (key, found)])
        return found


_MOST = 20
"""Callers whose sight is kept at the same time."""


def inside_of(access: Access, kinds: Sequence[str], roles: frozenset[str]) -> Inside | None:
    """That one of these roles holds where a thing of one of the kinds lies, or the thing that an entry of the change
    log ("Change") is of; None where one of them holds everywhere."""
    limited = None if access.scope is None else access.scope.limited(roles)
    if limited is None:
        return None
    numbers = count()

    def on(n: str) -> str:
        def fresh(name: str) -> str:
            return f"{name}_{next(numbers)}"

        if kinds == ("Change",):
            return inside_record("Change", n, lambda _: "$units", "$today", fresh)
        return inside(kinds, n, lambda _: "$units", "$today", fresh)

    return Inside(on, {"units": list(access.units(limited)), "today": today()})


def condition(access: Access, kind: str, n: str, roles: frozenset[str]) -> tuple[str, Mapping[str, object]]:
    """(the condition that one of these roles holds where a thing lies, its parameters)."""
    limited = None if access.scope is None else access.scope.limited(roles)
    if limited is None:
        return "true", {}
    numbers = count()
    text = inside((kind,), n, lambda _: "$units", "$today", lambda name: f"{name}_{next(numbers)}")
    return text or "true", {"units": list(access.units(limited)), "today": today()}
