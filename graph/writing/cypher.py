"""The Cypher that writes a difference. Labels and types come from ``graph.model``, values are parameters.

``$moment`` (when it was learnt) is one parameter for all rows, since packing a moment costs as much as packing a row.

Each period has the number of the change from which it is known. A replaced one is kept as superseded, with the number
from which it is no longer known (``graph.as_of.as_known``).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from graph.as_of import SUPERSEDED, superseded
from graph.change_log import Origin, append, entry
from graph.cpr.keyring import Keyring
from graph.identity.known_keys import RecordId
from graph.model import KINDS, Link
from graph.statements.learned_at import carried
from graph.statements.merge import LinkRow, State
from graph.writing.difference import Difference

Row = dict[str, Any]

NOTHING_TOLD = '{"exists":[],"values":{},"links":{}}'


@cache
def reserve(kind: str) -> str:
    natural = KINDS[kind].natural
    key = f", {natural}: row.natural" if natural else ""
    return f"""
    UNWIND $rows AS row
    CREATE (n:{kind} {{uuid: row.uuid, version: 0, active: false{key}}})
    CREATE (r:SourceRecord)-[:TELLS]->(n)
    SET r = row.record
    """


@cache
def stale(kind: str) -> str:
    """Finds things that are no longer at the version with which they were compared."""
    return f"""
    UNWIND $versions AS row
    OPTIONAL MATCH (n:{kind} {{uuid: row.uuid}})
    WITH row, n
    WHERE n IS NULL OR n.version <> row.version
    RETURN row.uuid AS uuid
    LIMIT 1
    """


@cache
def create(kind: str) -> str:
    state = KINDS[kind].state
    return f"""
    UNWIND $rows AS row
    CREATE (n:{kind})
    SET n = row.node
    CREATE (r:SourceRecord)-[:TELLS]->(n)
    SET r = row.record, r.learnt = $moment
    {_gained(state)}
    FOREACH (change IN row.changes |
        {append("change", "n")}
    )
    """


@cache
def update(kind: str) -> str:
    return _of_known(
        kind,
        """
    MERGE (r:SourceRecord {id: row.record.id})
    SET r = row.record, r.learnt = $moment
    MERGE (r)-[:TELLS]->(n)""",
    )


@cache
def rewrite(kind: str) -> str:
    """As ``update``, if the records are written separately (``graph.corrections.reassigning``)."""
    return _of_known(kind, "")


def _of_known(kind: str, record: str) -> str:
    state = KINDS[kind].state
    drops = "\n".join(
        f"""
    CALL (n, row) {{
        UNWIND row.lost_{link.name} AS lost
        MATCH (n){_arrow(link, "r", link.type)}(m)
        WHERE r.from = lost.from AND m.uuid = lost.to
        CREATE (n){_arrow(link, "was", SUPERSEDED + link.type)}(m)
        SET was = properties(r), was.known_to = row.number
        DELETE r
    }}"""
        for link in KINDS[kind].links
    )
    return f"""
    UNWIND $rows AS row
    MATCH (n:{kind} {{uuid: row.uuid}})
    SET n += row.node{record}
    WITH row, n
    CALL (n, row) {{
        UNWIND row.lost AS from
        MATCH (n)-[s:STATE {{from: from}}]->(x)
        CREATE (n)-[was:{SUPERSEDED}STATE]->(x)
        SET was = properties(s), was.known_to = row.number, x:{superseded(state)}
        REMOVE x:{state}
        DELETE s
    }}
    {drops}
    {_gained(state)}
    FOREACH (change IN row.changes |
        {append("change", "n")}
    )
    """


def _gained(state: str) -> str:
    return f"""FOREACH (s IN row.gained |
        CREATE (n)-[:STATE {{from: s.from, to: s.to, known_from: row.number}}]->(x:{state})
        SET x = s.values
    )"""


def _arrow(link: Link, name: str, type_: str) -> str:
    return f"<-[{name}:{type_}]-" if link.incoming else f"-[{name}:{type_}]->"


def row(
    each: Difference, node: Row, keyring: Keyring, origin: Origin, number: int | None, known: int, moment: datetime
) -> Row:
    """One difference as the parameter of ``create`` or ``update``.

    ``number``: of its change, None if only a record changes. ``known``: that number, otherwise the log's last one.
    """
    if each.cpr is not None:
        node["cpr_hash"] = keyring.hash(each.cpr)
        node["cpr_cipher"], node["cpr_key"] = keyring.encrypt(each.cpr)
    if number is None:
        del node["version"]  # a difference that is only recorded does not change the thing
    made: Row = {
        "node": {name: value for name, value in node.items() if value is not None} if each.new else node,
        "record": _record(each.record, each, moment),
        "number": known,
        "gained": [_state(state) for state in each.gained_states],
        "changes": [] if number is None else [_change(each, origin, number)],
    }
    if not each.new:
        made["uuid"] = each.uuid
        made["lost"] = [state.period.start for state in each.lost_states]
        for link in KINDS[each.kind].links:
            made[f"lost_{link.name}"] = []
        for lost in each.lost_links:
            made[f"lost_{lost.name}"].append({"from": lost.period.start, "to": lost.to})
    return made


def _state(state: State) -> Row:
    values = {name: list(value) if isinstance(value, tuple) else value for name, value in state.values.items()}
    return {"from": state.period.start, "to": state.period.end, "values": values}


def _record(record: RecordId, each: Difference, moment: datetime) -> Row:
    kept = each.kept
    since = None
    if kept is not None and kept.learnt:
        since = carried(kept.text, each.record_text, kept.learnt, kept.since, moment)
    return {
        "since": since,
        "id": record.text(),
        "source": record.source,
        "kind": record.kind,
        "key": record.key,
        "hash": each.fingerprint,
        "values": each.record_text,
    }


def _change(each: Difference, origin: Origin, number: int) -> Row:
    assert each.operation != "recorded"  # without an entry in the log
    before, after = each.told()
    return entry(origin, number, each.kind, each.uuid, each.operation, before, after)


def links(kind: str, batch: Sequence[Difference], known: Sequence[int]) -> Iterator[tuple[str, list[Row]]]:
    """A query for each type of link and kind of target, with the links to make; it returns how many it ``made``.

    ``known``: the number from which those of each difference are known.
    """
    groups: dict[tuple[str, str], list[Row]] = {}
    for each, number in zip(batch, known, strict=True):
        for link in each.gained_links:
            groups.setdefault((link.name, link.kind), []).append(_link(each.uuid, link, number))
    for (name, target), rows in groups.items():
        yield _make_link(kind, name, target), rows


def _link(uuid: str, link: LinkRow, number: int) -> Row:
    return {
        "of": uuid,
        "to": link.to,
        "properties": {
            "from": link.period.start,
            "to": link.period.end,
            "known_from": number,
            **dict(link.properties),
        },
    }


@cache
def _make_link(kind: str, name: str, target: str) -> str:
    link = KINDS[kind].link(name)
    arrow = f"(a){_arrow(link, 'r', link.type)}(b)"
    return f"""
    UNWIND $rows AS row
    MATCH (a:{kind} {{uuid: row.of}})
    MATCH (b:{target} {{uuid: row.to}})
    CREATE {arrow}
    SET r = row.properties
    RETURN count(r) AS made
    """
