"""Names in arguments that must be known: an unknown one is refused with the allowed ones; the answer is never an empty
list.

Names in the graph (units, roles, sources) are looked up before the query runs (``api.reads.rules``). Names that
the API itself enumerates are enums (``api.enums``), and GraphQL refuses others.
"""

from collections.abc import Collection, Mapping
from typing import Any, LiteralString

import neo4j
from graphql import GraphQLError

from graph.errors import Unknown
from graph.identity.lookup import canonical, find
from graph.model import EMPLOYMENT_TYPES, KINDS
from graph.statements.precedence import DEFAULT_ORDER, MANUAL, SourceOrder
from graph.statements.statement import KINDS_OF_FILES
from graph.writing.day_turn import DAY_TURN

NAMED = "named"
"""The rule that looks a name up. Its answer is the uuid of a unit, person or system, otherwise the name itself."""

KNOWN = "known"
"""The rule that finds the number of the last change that was known on a day."""

OF_THINGS = frozenset({"employment type"})
"""Names that only things have which lie somewhere: free texts of sources."""

_OF_A_TARGET = "export:"
Targets = Mapping[str, Collection[str]]
"""Each target that the program has, and the names of its objects."""

_LOOKED_UP: Mapping[tuple[str, str], str] = {
    ("ledgerEntries", "target"): "target",
    ("ledgerEntries", "object"): "object",
    ("badRecords", "kind"): "kind of record",
    ("badRecords", "run"): "run",
    ("runs", "id"): "run",
}


def looked_up(list_: str, argument: str) -> str | None:
    """What an argument of a list of records names, if ``known`` must look it up."""
    return "source" if argument == "source" else _LOOKED_UP.get((list_, argument))


def one_of(argument: str, value: Any, allowed: Collection[str]) -> Any:
    """The value. Raises GraphQLError (unknown_<name of the argument>) if it is not allowed."""
    if value is not None and value not in allowed:
        text = f"{argument}: {value!r} is not allowed; it must be one of {', '.join(allowed)}"
        code = f"unknown_{argument.rpartition('.')[2]}"
        extensions = {"code": code, "argument": argument, "value": value, "allowed": list(allowed)}
        raise GraphQLError(text, extensions=extensions)
    return value


def known(driver: neo4j.Driver, order: SourceOrder, targets: Targets, what: str, name: str) -> str:
    """The uuid of the Unit, Person or ItSystem with this name; for a Role, Position, KleNode, source … the name itself.

    Raises Unknown (unknown_unit, unknown_role, unknown_source …), with the allowed names if there are few.
    """
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        match what:
            case "source":
                return _source(session, order, targets, name)
            case "target" | "object" | "kind of record" | "employment type":
                return _of_graph(session, targets, what, name)
            case "run":
                name = canonical(name) or name
                if not _has(session, "Run", "id", name):
                    raise Unknown(
                        "unknown_run", f"no run has the id {name!r}; runs {{ nodes {{ id }} }} lists them", name
                    )
            case "Unit" | "Person" | "ItSystem":
                return find(session, what, name).uuid
            case "Role":
                if not _has(session, "Role", "key", name):
                    role = find(session, "Role", name).uuid
                    return str(session.run("MATCH (r:Role {uuid: $uuid}) RETURN r.key", uuid=role).value()[0])
            case "Position":
                uuid = canonical(name)
                if uuid is not None and _has(session, "Position", "uuid", uuid):
                    return uuid
                if not _has(session, "Position", "code", name):
                    text = f"no Position is known as {name!r}; give its code or UUID"
                    raise Unknown("unknown_position", text, name)
            case "KleNode":
                if not _has(session, "KleNode", "number", name):
                    raise Unknown("unknown_kle_node", f"no KleNode has the number {name!r}", name)
        return name


_OF_GRAPH: Mapping[str, tuple[str, LiteralString]] = {
    "target": ("unknown_target", "MATCH (e:LedgerEntry) RETURN DISTINCT e.target AS value"),
    "object": ("unknown_object", "MATCH (e:LedgerEntry) RETURN DISTINCT e.object AS value"),
    "kind of record": ("unknown_kind", "MATCH (b:BadRecord) RETURN DISTINCT b.kind AS value"),
    "employment type": ("unknown_type", "MATCH (n:EmploymentState|AffiliationState) RETURN DISTINCT n.type AS value"),
}


def _of_graph(session: neo4j.Session, targets: Targets, what: str, name: str) -> str:
    """Whether the name is one of the program's own, or one in the graph, which is searched for other names only."""
    own: Mapping[str, Collection[str]] = {
        "target": targets,
        "object": [each for objects in targets.values() for each in objects],
        "kind of record": (*KINDS, *KINDS_OF_FILES),
        "employment type": EMPLOYMENT_TYPES,
    }
    if name in own[what]:
        return name
    code, query = _OF_GRAPH[what]
    allowed = {*own[what], *(row["value"] for row in session.run(query) if row["value"] is not None)}
    if name not in allowed:
        text = f"no {what} is known as {name!r}; it must be one of {', '.join(sorted(allowed)) or 'none'}"
        raise Unknown(code, text, name, sorted(allowed))
    return name


def _has(session: neo4j.Session, kind: str, name: str, value: str) -> bool:
    row = session.run(f"RETURN EXISTS {{ MATCH (n:{kind} {{{name}: $value}}) }} AS known", value=value)
    return bool(row.single(strict=True)["known"])


def _source(session: neo4j.Session, order: SourceOrder, targets: Targets, name: str) -> str:
    """Also ``export:TARGET``, as what a brake has stopped of a target is kept."""
    allowed = dict.fromkeys((*order.default, *DEFAULT_ORDER, MANUAL, DAY_TURN))
    if name in allowed or name.removeprefix(_OF_A_TARGET) in targets:
        return name
    row = session.run(
        """
        RETURN EXISTS { MATCH (:SourceRecord {source: $name}) }
            OR EXISTS { MATCH (:BadRecord {source: $name}) }
            OR EXISTS { MATCH (:Brake {source: $name}) }
            OR EXISTS { MATCH (:Ledger {target: $name}) }
            OR EXISTS { MATCH (:Run {name: $name}) } AS known
        """,
        name=name,
    ).single(strict=True)
    if not row["known"]:
        text = f"no source is known as {name!r}; the sources are {', '.join(allowed)}"
        raise Unknown("unknown_source", text, name, list(allowed))
    return name
