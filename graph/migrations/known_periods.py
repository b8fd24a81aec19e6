"""What migration 0130 fills in of things that were written before it: since when each period is known, and the
superseded ones (``graph.as_of.as_known``).

Both are told by the change log, entry by entry. A period of which it does not tell counts as known since always; what
was erased from the log stays erased.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import neo4j
import orjson

from graph.as_of import SUPERSEDED, superseded
from graph.model import KINDS, Kind, Property

_AT_ONCE = 1000
Row = dict[str, Any]


def fill(driver: neo4j.Driver) -> None:
    """All things, some at a time, each batch in one transaction. May be repeated, also after a part."""
    for kind in KINDS.values():
        last = ""
        while rows := driver.execute_query(_entries(kind), after=last, limit=_AT_ONCE).records:
            last = rows[-1]["uuid"]
            found = _Found(kind)
            for row in rows:
                found.replay(row["uuid"], row["entries"])
            with driver.session() as session:
                session.execute_write(found.write)


def _entries(kind: Kind) -> str:
    return f"""
    MATCH (n:{kind.name})
    WHERE n.uuid > $after
    WITH n
    ORDER BY n.uuid
    LIMIT $limit
    RETURN n.uuid AS uuid, COLLECT {{
        MATCH (n)<-[:CONCERNS]-(c:Change)
        WHERE c.source <> 'day-turn'
        RETURN [c.number, c.before, c.after]
        ORDER BY c.number
    }} AS entries
    """


@dataclass(slots=True)
class _Found:
    """What the entries of some things of a kind tell."""

    kind: Kind
    states: list[Row] = field(default_factory=list)
    old_states: list[Row] = field(default_factory=list)
    links: dict[tuple[str, str], list[Row]] = field(default_factory=dict)
    old_links: dict[tuple[str, str], list[Row]] = field(default_factory=dict)
    joined: list[Row] = field(default_factory=list)
    old_joined: list[Row] = field(default_factory=list)

    def replay(self, uuid: str, entries: Iterable[tuple[int, str | None, str | None]]) -> None:
        """Take up the entries of one thing, in their order."""
        states: dict[str, int] = {}
        links: dict[tuple[str, str, str, str], int] = {}
        joined: tuple[str, int] | None = None
        for number, before, after in entries:
            lost, gained = (orjson.loads(side or "null") or {} for side in (before, after))
            for each in lost.get("states", ()):
                period = {"of": uuid, "from": _day(each["from"]), "to": _day(each["to"])}
                known = {"known_from": states.pop(each["from"], None), "known_to": number}
                values = _values(self.kind.properties, each)
                self.old_states.append({**period, "known": known, "values": values})
            for each in lost.get("links", ()):
                known = {"known_from": links.pop(_key(each), None), "known_to": number}
                self.old_links.setdefault((each["name"], each["kind"]), []).append(self._link(uuid, each, known))
            states |= {each["from"]: number for each in gained.get("states", ())}
            links |= {_key(each): number for each in gained.get("links", ())}
            if "joined_into" in gained:
                joined = gained["joined_into"], number
            if "split_from" in gained and joined is not None:
                self.old_joined.append({"of": uuid, "to": joined[0], "known_from": joined[1], "known_to": number})
                joined = None
        self.states += [{"of": uuid, "from": _day(start), "number": number} for start, number in states.items()]
        for (name, kind, to, start), number in links.items():
            row = {"of": uuid, "to": to, "from": _day(start), "number": number}
            self.links.setdefault((name, kind), []).append(row)
        if joined is not None:
            self.joined.append({"of": uuid, "to": joined[0], "number": joined[1]})

    def _link(self, uuid: str, each: Row, known: Row) -> Row:
        properties = _values(self.kind.link(each["name"]).properties, each)
        period = {"from": _day(each["from"]), "to_day": _day(each["to"])}
        return {"of": uuid, "to": each["uuid"], **period, "known": {**properties, **known}}

    def write(self, tx: neo4j.ManagedTransaction) -> None:
        """Put it into the graph. What is there already stays as it is."""
        name, state = self.kind.name, self.kind.state
        _run(
            tx,
            """
            MATCH (n)-[s:STATE {from: row.from}]->()
            SET s.known_from = row.number
            """,
            name,
            self.states,
        )
        _run(
            tx,
            f"""
            MERGE (n)-[was:{SUPERSEDED}STATE {{from: row.from, known_to: row.known.known_to}}]->(x:{superseded(state)})
            SET was.to = row.to, was += row.known, x += row.values
            """,
            name,
            self.old_states,
        )
        for (link, to), rows in self.links.items():
            left, right = ("<-", "-") if self.kind.link(link).incoming else ("-", "->")
            _run(
                tx,
                f"""
                MATCH (n){left}[r:{self.kind.link(link).type} {{from: row.from}}]{right}(:{to} {{uuid: row.to}})
                SET r.known_from = row.number
                """,
                name,
                rows,
            )
        for (link, to), rows in self.old_links.items():
            left, right = ("<-", "-") if self.kind.link(link).incoming else ("-", "->")
            type_ = f"{SUPERSEDED}{self.kind.link(link).type}"
            _run(
                tx,
                f"""
                MATCH (m:{to} {{uuid: row.to}})
                MERGE (n){left}[was:{type_} {{from: row.from, known_to: row.known.known_to}}]{right}(m)
                SET was.to = row.to_day, was += row.known
                """,
                name,
                rows,
            )
        _run(
            tx,
            """
            MATCH (n)-[joined:JOINED_INTO]->(:Person {uuid: row.to})
            SET joined.known_from = row.number
            """,
            name,
            self.joined,
        )
        _run(
            tx,
            f"""
            MATCH (m:Person {{uuid: row.to}})
            MERGE (n)-[was:{SUPERSEDED}JOINED_INTO {{known_to: row.known_to}}]->(m)
            SET was.known_from = row.known_from
            """,
            name,
            self.old_joined,
        )


def _run(tx: neo4j.ManagedTransaction, clauses: str, kind: str, rows: list[Row]) -> None:
    if rows:
        tx.run(f"UNWIND $rows AS row MATCH (n:{kind} {{uuid: row.of}}) {clauses}", rows=rows).consume()


def _key(link: Mapping[str, str]) -> tuple[str, str, str, str]:
    return link["name"], link["kind"], link["uuid"], link["from"]


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _values(properties: Iterable[Property], told: Row) -> Row:
    """The values of an entry, in the types of the model."""
    found = {each.name: told[each.name] for each in properties if told.get(each.name) is not None}
    dates = {each.name for each in properties if each.type == "date"}
    return {name: _day(value) if name in dates else value for name, value in found.items()}
