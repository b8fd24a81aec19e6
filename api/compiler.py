"""A validated selection as one Cypher statement that returns the answer in its own shape.

Every name in the statement comes from ``api.readable``; every value is a parameter. Nested lists become COLLECT
subqueries, so one row is one object of the answer, ready to be written as JSON.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from graphql import GraphQLError

from api.filters import of_kind
from api.moment import Moment
from api.readable import PLURALS, RECORD_LISTS, SINGULARS, TYPES, Type, Value, Way
from api.selection import Selected
from graph.model import KINDS

PAGE = 100
LARGEST_PAGE = 100_000  # it is streamed; the cost limit stops what would be too dear


@dataclass(slots=True)
class Statement:
    """``text`` returns one row an object, in one column. ``page``: how many were asked for; None = a single object."""

    text: str
    parameters: dict[str, Any]
    page: int | None = None
    count: str | None = None  # Cypher expression of the total


@dataclass(slots=True)
class Compiler:
    """Compiles the fields below one root field. ``reads_cpr`` tells afterwards that CPR numbers are asked for."""

    moment: Moment
    rights: frozenset[str]
    parameters: dict[str, Any] = field(default_factory=dict)
    reads_cpr: bool = False
    _names: int = 0

    # -- roots --------------------------------------------------------------------------------------------------

    def connection(self, root: Selected) -> Statement:
        """``units(first: …) { nodes { … } }`` and its like."""
        type_ = TYPES[PLURALS.get(root.name) or RECORD_LISTS[root.name]]
        first = root.arguments.get("first") or PAGE
        if not 0 < first <= LARGEST_PAGE:
            raise GraphQLError(f"first: ask for 1 to {LARGEST_PAGE} at a time, and go on with after")
        connection = next(iter(root.children.values()))
        nodes = _inner(connection, type_.name)
        where, binding = self._found(type_, "n", "v", root.arguments)
        after = root.arguments.get("after")
        page = where
        if after is not None:
            self.parameters["after"] = int(after) if type_.key == "number" else after
            page = f"{where} AND n.{type_.key} > $after"
        self.parameters["first"] = first + 1
        key = f"{', ' if nodes else ''}`_key`: n.{type_.key}"
        text = f"""
        MATCH (n:{type_.label})
        {binding}
        WITH * WHERE {page}
        WITH n, v ORDER BY n.{type_.key} LIMIT $first
        RETURN {{{self._map(type_, nodes, "n", "v", "r")}{key}}} AS row
        """
        count = (
            f"COUNT {{ MATCH (n:{type_.label}) {binding} WITH * WHERE {where} RETURN n }}"
            if _asks_total(connection)
            else None
        )
        return Statement(text, self.parameters | self.moment.parameters(), first, count)

    def single(self, root: Selected) -> Statement:
        """``unit(uuid: …) { … }``: by uuid, or by what a source calls it."""
        name = SINGULARS[root.name]
        uuid, key = root.arguments.get("uuid"), root.arguments.get("key")
        if (uuid is None) == (key is None):
            raise GraphQLError(f"{root.name}: give uuid or key, one of them")
        if uuid is not None:
            self.parameters["uuid"] = uuid
            return self._objects(name, root.children[name], f"MATCH (n:{name} {{uuid: $uuid}})")
        self.parameters["key"] = key
        natural = TYPES[name].kind and KINDS[name].natural
        also = f"UNION MATCH (n:{name} {{{natural}: $key}}) RETURN n" if natural else ""
        start = f"CALL () {{ MATCH (:SourceRecord {{key: $key}})-[:TELLS]->(n:{name}) RETURN n {also} }}"
        return self._objects(name, root.children[name], start)

    def by_uuids(self, name: str, selected: Mapping[str, Selected], uuids: Sequence[str]) -> Statement:
        """Objects of one kind, whose uuids another question has found."""
        self.parameters["uuids"] = list(uuids)
        return self._objects(name, selected, f"MATCH (n:{name}) WHERE n.uuid IN $uuids")

    def _objects(self, name: str, selected: Mapping[str, Selected], start: str) -> Statement:
        type_ = TYPES[name]
        clauses, condition = self.moment.bind("n", "v", "s")
        key = f"{', ' if selected else ''}`_key`: n.uuid"
        text = f"""
        {start}
        {clauses}
        WITH * WHERE {condition}
        RETURN {{{self._map(type_, selected, "n", "v", "r")}{key}}} AS row
        """
        return Statement(text, self.parameters | self.moment.parameters())

    def _found(self, type_: Type, n: str, v: str, arguments: Mapping[str, Any]) -> tuple[str, str]:
        """(condition, clauses before it) for the things that a list's arguments choose."""
        if type_.kind is None:
            conditions = ["true"]
            for name in ("source", "kind", "uuid", "state", "type"):
                if arguments.get(name) is not None:
                    conditions.append(f"{n}.{name} = {self._parameter(arguments[name])}")
            return " AND ".join(conditions), f"WITH {n}, {n} AS {v}"
        clauses, condition = self.moment.bind(n, v, "s")
        conditions = [condition]
        known = of_kind(type_.name)
        for name, value in (arguments.get("filter") or {}).items():
            if value is not None:
                conditions.append(known[name].condition(n, v, self._parameter(value), self.moment.in_force))
        return " AND ".join(f"({each})" for each in conditions), clauses

    # -- objects --------------------------------------------------------------------------------------------------

    def _map(self, type_: Type, selected: Mapping[str, Selected], n: str, v: str, r: str) -> str:
        return ", ".join(f"`{each.key}`: {self._field(type_, each, n, v, r)}" for each in selected.values())

    def _field(self, type_: Type, selected: Selected, n: str, v: str, r: str) -> str:
        if selected.name == "__typename":
            return f"'{type_.name}'"
        found = type_.fields[selected.name]
        if isinstance(found, Value):
            return self._value(type_, found, n, v, r)
        return self._way(found, selected, n)

    def _value(self, type_: Type, value: Value, n: str, v: str, r: str) -> str:
        if value.right != "open" and value.right not in self.rights:
            raise GraphQLError(
                f"{type_.name}.{value.name} needs the right {value.right!r}; ask for a token that has it",
                extensions={"code": "forbidden"},
            )
        if value.right == "cpr":
            self.reads_cpr = True
            return f"{{`_cpr`: [{n}.cpr_cipher, {n}.cpr_key, {n}.uuid]}}"
        text = value.text.replace("{active}", self.moment.active(n))
        text = text.replace("{private}", "true" if "private" in self.rights else "false")
        return text.replace("{n}", n).replace("{v}", v).replace("{r}", r)

    def _way(self, way: Way, selected: Selected, n: str) -> str:
        m, v, r, s = self._name("m"), self._name("v"), self._name("r"), self._name("s")
        pattern = way.pattern.replace("{n}", n).replace("{m}", m).replace("{r}", r)
        conditions = [f"{m}:{'|'.join(way.to)}"]
        if way.dated:
            conditions.append(self.moment.in_force(r))
        elif "*1.." in pattern:
            depth = selected.arguments.get("depth")
            if depth is not None:
                if not 0 < depth <= 100:
                    raise GraphQLError("depth: 1 to 100 levels")
                pattern = pattern.replace("*1..", f"*1..{int(depth)}")
            conditions.append(f"all(part IN {r} WHERE {self.moment.in_force('part')})")
        clauses = f"WITH *, {m} AS {v}"
        exists = "true"
        if TYPES[way.to[0]].kind is not None:
            clauses, exists = self.moment.bind(m, v, s)
        order = way.order.replace("{m}", m).replace("{r}", r)
        if way.dated and not way.many:
            # Over a period there may be several, one after the other: the first of them.
            order = f"{r}.from"
        limit = ""
        if way.many and selected.arguments.get("first") is not None:
            limit = f" LIMIT {self._parameter(selected.arguments['first'])}"
        inner = f"""MATCH {pattern} WHERE {" AND ".join(conditions)}
            {clauses}
            WITH * WHERE {exists}
            RETURN {self._object(way, selected, m, v, r)} ORDER BY {order}{limit}"""
        if way.many:
            return f"COLLECT {{ {inner} }}"
        return f"head(COLLECT {{ {inner} LIMIT 1 }})"

    def _object(self, way: Way, selected: Selected, m: str, v: str, r: str) -> str:
        if len(way.to) == 1:
            return f"{{{self._map(TYPES[way.to[0]], selected.children[way.to[0]], m, v, r)}}}"
        cases = " ".join(
            f"WHEN {m}:{name} THEN {{{self._map(TYPES[name], selected.children[name], m, v, r)}}}" for name in way.to
        )
        return f"CASE {cases} END"

    # -- names ------------------------------------------------------------------------------------------------------

    def _name(self, letter: str) -> str:
        self._names += 1
        return f"{letter}{self._names}"

    def _parameter(self, value: Any) -> str:
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value.isoformat() if isinstance(value, date) else value
        return f"${name}"


def _inner(connection: Mapping[str, Selected], name: str) -> dict[str, Selected]:
    """The selection of ``nodes`` (asked for under one name; under several, they are merged)."""
    merged: dict[str, Selected] = {}
    for each in connection.values():
        if each.name == "nodes":
            merged |= each.children[name]
    return merged


def _asks_total(connection: Mapping[str, Selected]) -> bool:
    return any(each.name == "totalCount" for each in connection.values())
