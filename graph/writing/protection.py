"""People whose name and address are protected, and their things.

The model defines which properties identify a person (``Property.identifies``), and to whom a thing belongs
(``Link.owner``). Protection on any day counts: a name is the same before and after.
"""

from collections.abc import Iterable, Iterator

import neo4j

from graph.model import KINDS, Kind, Link
from graph.writing.difference import Difference

PROTECTED = "address_protected"


def is_protected(kind: Kind, *, state: bool = False) -> str:
    """A Cypher condition on ``n``, a thing of the kind (or a state of one): it belongs to a protected person."""
    if state:
        # Separate patterns: within one, the state in question could not be the one that protects.
        return f"EXISTS {{ (n)<-[:STATE]-(of:{kind.name}) WHERE {_protected(kind, 'of')} }}"
    return _protected(kind, "n")


def protected_among(driver: neo4j.Driver, differences: Iterable[Difference]) -> frozenset[str]:
    """Uuids of the things in these differences, and of their owners, that belong to protected people."""
    wanted: dict[str, set[str]] = {}
    owners: list[tuple[str, tuple[str, ...]]] = []
    found: set[str] = set()
    for each in differences:
        if each.kind != "Person" and not _owners(KINDS[each.kind]):
            continue
        owned_by = tuple(_owned_by(each))
        for kind, uuid in ((each.kind, each.uuid), *owned_by):
            wanted.setdefault(kind, set()).add(uuid)
        if owned_by:
            owners.append((each.uuid, tuple(uuid for _, uuid in owned_by)))
        if _is_protected_person(each):
            found.add(each.uuid)
    for name, uuids in wanted.items():
        rows, _, _ = driver.execute_query(
            f"""
            MATCH (n:{name})
            WHERE n.uuid IN $uuids AND ({is_protected(KINDS[name])})
            RETURN n.uuid AS uuid
            """,
            uuids=sorted(uuids),
            routing_=neo4j.RoutingControl.READ,
        )
        found.update(row["uuid"] for row in rows)
    # A new thing may belong to another new thing: an account to an employment, which belongs to a person.
    while more := {thing for thing, theirs in owners if thing not in found and any(uuid in found for uuid in theirs)}:
        found |= more
    return frozenset(found)


def unprotected(driver: neo4j.Driver, uuids: Iterable[str]) -> frozenset[str]:
    """Those of these that are people whose name is not protected on any day."""
    rows, _, _ = driver.execute_query(
        f"""
        MATCH (n:Person)
        WHERE n.uuid IN $uuids AND NOT ({is_protected(KINDS["Person"])})
        RETURN n.uuid AS uuid
        """,
        uuids=sorted(uuids),
        routing_=neo4j.RoutingControl.READ,
    )
    return frozenset(row["uuid"] for row in rows)


def _protected(kind: Kind, node: str) -> str:
    paths = [f"EXISTS {{ ({node}){path}-[:STATE]->({{{PROTECTED}: true}}) }}" for path in _to_persons(kind)]
    return " OR ".join(paths) or "false"


def _to_persons(kind: Kind) -> Iterator[str]:
    """Paths from a thing of the kind to its owners."""
    if kind.name == "Person":
        yield ""
    for link in _owners(kind):
        for target in link.targets:
            arrow = f"<-[:{link.type}]-" if link.incoming else f"-[:{link.type}]->"
            yield from (f"{arrow}(:{target}){rest}" for rest in _to_persons(KINDS[target]))


def _owners(kind: Kind) -> list[Link]:
    return [link for link in kind.links if link.owner]


def _owned_by(difference: Difference) -> Iterator[tuple[str, str]]:
    names = {link.name for link in _owners(KINDS[difference.kind])}
    for row in (*difference.before.links, *difference.after.links):
        if row.name in names:
            yield row.kind, row.to


def _is_protected_person(difference: Difference) -> bool:
    states = (*difference.before.states, *difference.after.states)
    return difference.kind == "Person" and any(each.values.get(PROTECTED) is True for each in states)
