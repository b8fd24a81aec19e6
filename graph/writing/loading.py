"""Reads the facts in force of given things from the graph, for comparing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import neo4j

from graph.connection import Run
from graph.model import KINDS
from graph.statements.merge import LinkRow, State, Thing
from graph.statements.statement import Value
from graph.time import Period
from graph.writing.tree import Edge


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """One source's kept statement, as text (``graph.statements.stored_record``)."""

    source: str
    key: str
    fingerprint: str
    text: str
    learnt: str = ""
    since: str | None = None
    """With ``learnt``, when each value was learnt (``graph.statements.learned_at``)."""


@dataclass(slots=True)
class Loaded:
    """One thing as it is in the graph."""

    version: int
    cpr_hash: str | None
    thing: Thing
    records: list[KeptRecord]


_OF_PERIODS = ("from", "to", "known_from")
"""Properties of relationships that are not a link's own."""


def _linked(pattern: str) -> str:
    """The links of a pattern from ``n`` over ``r`` to ``m``."""
    return f"""COLLECT {{
            MATCH {pattern}
            RETURN {{type: type(r), from: r.from, to: r.to, kind: labels(m)[0], uuid: m.uuid,
                     properties: properties(r)}}
        }}"""


@cache
def _query(kind: str) -> str:
    out = "|".join(link.type for link in KINDS[kind].links if not link.incoming)
    incoming = "|".join(link.type for link in KINDS[kind].links if link.incoming)
    return f"""
    UNWIND $uuids AS uuid
    MATCH (n:{kind} {{uuid: uuid}})
    RETURN n.uuid AS uuid, n.version AS version, n.cpr_hash AS cpr_hash,
        COLLECT {{
            MATCH (n)-[s:STATE]->(x)
            RETURN {{from: s.from, to: s.to, values: properties(x)}}
        }} AS states,
        {_linked(f"(n)-[r:{out}]->(m)") if out else "[]"} AS outgoing,
        {_linked(f"(n)<-[r:{incoming}]-(m)") if incoming else "[]"} AS incoming,
        COLLECT {{
            MATCH (r:SourceRecord)-[:TELLS]->(n)
            RETURN {{source: r.source, key: r.key, hash: coalesce(r.hash, ''), values: r.values,
                     learnt: toString(r.learnt), since: r.since}}
        }} AS records
    """


def load(driver: neo4j.Driver, kind: str, uuids: Sequence[str]) -> dict[str, Loaded]:
    """The things of one kind by uuid; those that don't exist are left out."""
    if not uuids:
        return {}
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        return load_within(session, kind, uuids)


def load_within(run: Run, kind: str, uuids: Sequence[str]) -> dict[str, Loaded]:
    """As ``load``. In the transaction that writes what comes of it: another one may be answered by a server of a
    cluster that lacks the last writes."""
    if not uuids:
        return {}
    names = {link.type: link.name for link in KINDS[kind].links}
    return {row["uuid"]: _loaded(row, names) for row in run.run(_query(kind), uuids=list(uuids))}


def _loaded(row: neo4j.Record, names: dict[str, str]) -> Loaded:
    states = [State(_period(each), _values(each["values"])) for each in row["states"]]
    states.sort(key=lambda each: each.period.start)
    links = []
    for each in (*row["outgoing"], *row["incoming"]):
        properties = tuple(sorted((k, v) for k, v in each["properties"].items() if k not in _OF_PERIODS))
        links.append(LinkRow(names[each["type"]], _period(each), each["kind"], each["uuid"], properties))
    return Loaded(
        row["version"],
        row["cpr_hash"],
        Thing(states, links),
        [
            KeptRecord(each["source"], each["key"], each["hash"], each["values"], each["learnt"] or "", each["since"])
            for each in row["records"]
        ],
    )


def _period(row: dict[str, Any]) -> Period:
    start: date = row["from"].to_native()
    return Period(start, None if row["to"] is None else row["to"].to_native())


def _values(values: dict[str, Any]) -> dict[str, Value]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def edges(tx: neo4j.ManagedTransaction) -> dict[str, Sequence[Edge]]:
    """The line organisation over all time: unit → its parents."""
    tree: dict[str, list[Edge]] = {}
    # In one row, and days as texts: to unpack a row a unit takes longer than to read them.
    packed = tx.run(
        """
        MATCH (child:Unit)-[part:PART_OF]->(parent:Unit)
        RETURN collect([child.uuid, parent.uuid, toString(part.from), toString(part.to)]) AS edges
        """
    ).single(strict=True)["edges"]
    for child, parent, start, end in packed:
        days = Period(date.fromisoformat(start), None if end is None else date.fromisoformat(end))
        tree.setdefault(child, []).append((days, parent))
    return dict(tree)
