"""A copy of the graph for analysts: a database of their own, without CPR numbers and private data.

Neo4j Community has no read-only users. So an analyst gets a second embedded server, from which no change reaches the
first. Only the model's kinds and their open properties are copied, by name, so that a new kind of data stays out until
the model opens it. For people with a protected name, nothing is copied that identifies them (``Property.identifies``),
whichever node it is on.

The copy knows the number of the last change that it shows. Who is erased or gets a protected name later is taken out of
it (``forget``): by a worker, within minutes.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, TypeVar

import neo4j

from graph.change_log import LOG, last_number
from graph.migrations import migrate
from graph.model import KINDS, Kind
from graph.planning import replan
from graph.writing.protection import is_protected
from reconnect.progress import Report

T = TypeVar("T")

FOLDER = "analyst"
"""In RECONNECT_HOME: the home of the second instance."""
_BATCH = 5000
_BOOKKEEPING = frozenset({"uuid", "version", "active", "from", "to"})

_EMPTY = """
MATCH (n)
CALL (n) {
  DETACH DELETE n
} IN TRANSACTIONS OF 20000 ROWS
"""
_WRITE_NODES = """
UNWIND $rows AS row
CREATE (n:$(row.label):Copied {copied: row.id})
SET n += row.values
"""
_WRITE_LINKS = """
UNWIND $rows AS row
MATCH (a:Copied {copied: row.start})
MATCH (b:Copied {copied: row.end})
CREATE (a)-[r:$(row.type)]->(b)
SET r = row.values
"""
_FORGET_IDS = """
MATCH (n:Copied)
CALL (n) {
  REMOVE n:Copied, n.copied
} IN TRANSACTIONS OF 20000 ROWS
"""

_SHOWS = "MERGE (log:ChangeLog {name: $log}) SET log.number = $number, log.whole = $whole"
"""``whole``: the copy is made; while it is, what has been taken out may still be copied."""


def copy(source: neo4j.Driver, target: neo4j.Driver, report: Report) -> dict[str, int]:
    """Replace the content of ``target`` by a copy of ``source``. Returns the number of nodes of each kind.

    Changes made to ``source`` meanwhile may be missing or incomplete: copy when no import runs.
    """
    number = last_number(source)
    with target.session() as session:
        session.run(_EMPTY).consume()
    migrate(target)
    target.execute_query(_SHOWS, log=LOG, number=number, whole=False)
    target.execute_query("CREATE CONSTRAINT copied IF NOT EXISTS FOR (n:Copied) REQUIRE n.copied IS UNIQUE")
    counts = {}
    labels = [(label, kind) for kind in KINDS.values() for label in (kind.name, kind.state)]
    for done, (label, kind) in enumerate(labels):
        report("Copying things", done, len(labels))
        counts[label] = _copy_nodes(source, target, label, kind)
    types = sorted({"STATE"} | {link.type for kind in KINDS.values() for link in kind.links})
    for done, type_ in enumerate(types):
        report("Copying relationships", done, len(types))
        _copy_links(source, target, type_)
    report("Copying relationships", len(types), len(types))
    _copy_clock(source, target)
    with target.session() as session:
        session.run(_FORGET_IDS).consume()
    target.execute_query("DROP CONSTRAINT copied")
    target.execute_query(_SHOWS, log=LOG, number=number, whole=True)
    replan(target, sum(counts.values()), of=0)
    return {kind: counts[kind] for kind in KINDS}


_LAST = """
OPTIONAL MATCH (log:ChangeLog {name: $log})
RETURN coalesce(log.number, 0) AS number
"""
_ERASED = """
MATCH (c:Change)
WHERE c.number > $since AND c.number <= $last AND c.operation = 'erased'
RETURN c.kind AS kind, collect(c.uuid) AS uuids
"""
_FORGOTTEN = """
MATCH (log:ChangeLog {name: $log})
WHERE log.number = $since AND coalesce(log.whole, true)
SET log.number = $last
"""


def forget(source: neo4j.Driver, target: neo4j.Driver) -> int:
    """Take out of the copy who was erased since it was made, and what identifies people whose name is protected by now;
    how many things were erased from it. It may be repeated, also while the copy is being made."""
    last = last_number(source)
    (row,) = target.execute_query(_LAST, log=LOG).records
    since = row["number"]
    if since == last:
        return 0
    erased = 0
    for row in source.execute_query(_ERASED, since=since, last=last).records:
        erased += _erase(target, KINDS[row["kind"]], row["uuids"])
    for kind in KINDS.values():
        identifying = [each.name for each in kind.properties if each.identifies]
        if identifying:
            _hide(source, target, kind, identifying)
    target.execute_query(_FORGOTTEN, log=LOG, since=since, last=last)
    return erased


def _erase(target: neo4j.Driver, kind: Kind, uuids: list[str]) -> int:
    (row,) = target.execute_query(
        f"""
        MATCH (n:{kind.name})
        WHERE n.uuid IN $uuids
        OPTIONAL MATCH (n)-[:STATE]->(state)
        DETACH DELETE state, n
        RETURN count(DISTINCT n) AS count
        """,
        uuids=uuids,
    ).records
    count: int = row["count"]
    return count


def _hide(source: neo4j.Driver, target: neo4j.Driver, kind: Kind, identifying: list[str]) -> None:
    (row,) = source.execute_query(
        f"MATCH (n:{kind.name}) WHERE {is_protected(kind)} RETURN collect(n.uuid) AS uuids",
        routing_=neo4j.RoutingControl.READ,
    ).records
    target.execute_query(
        f"""
        MATCH (n:{kind.name})
        WHERE n.uuid IN $uuids
        MATCH (n)-[:STATE*0..1]->(shown)
        SET {", ".join(f"shown.{name} = null" for name in identifying)}
        """,
        uuids=row["uuids"],
    )


def open_names(kind: Kind) -> frozenset[str]:
    """The properties of ``kind`` that an analyst sees."""
    return _BOOKKEEPING | {each.name for each in kind.properties if each.access == "open"}


def _copy_nodes(source: neo4j.Driver, target: neo4j.Driver, label: str, kind: Kind) -> int:
    names = open_names(kind)
    unnamed = names - {each.name for each in kind.properties if each.identifies}
    protected = is_protected(kind, state=label == kind.state) if unnamed != names else "false"
    count = 0
    with source.session(default_access_mode=neo4j.READ_ACCESS) as session:
        rows = session.run(
            f"""
            MATCH (n:$($label))
            RETURN elementId(n) AS id, n AS values, {protected} AS protected
            """,
            label=label,
        )
        for batch in _batches(rows, _BATCH):
            made = [
                {
                    "id": row["id"],
                    "label": label,
                    "values": _kept(row["values"], unnamed if row["protected"] else names),
                }
                for row in batch
            ]
            target.execute_query(_WRITE_NODES, rows=made)
            count += len(made)
    return count


def _copy_links(source: neo4j.Driver, target: neo4j.Driver, type_: str) -> None:
    kinds = [label for kind in KINDS.values() for label in (kind.name, kind.state)]
    with source.session(default_access_mode=neo4j.READ_ACCESS) as session:
        rows = session.run(
            """
            MATCH (a)-[r:$($type)]->(b)
            WHERE any(label IN labels(a) WHERE label IN $kinds) AND any(label IN labels(b) WHERE label IN $kinds)
            RETURN elementId(a) AS start, elementId(b) AS end, properties(r) AS values
            """,
            type=type_,
            kinds=kinds,
        )
        for batch in _batches(rows, _BATCH):
            made = [{"start": row["start"], "end": row["end"], "type": type_, "values": row["values"]} for row in batch]
            target.execute_query(_WRITE_LINKS, rows=made)


def _copy_clock(source: neo4j.Driver, target: neo4j.Driver) -> None:
    rows, _, _ = source.execute_query("MATCH (c:Clock) RETURN c.today AS today")
    for row in rows:
        target.execute_query("MATCH (c:Clock) SET c.today = $today", today=row["today"])


def _kept(values: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in names}


def _batches(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, size)):
        yield batch
