"""Finding a thing by what people call it: uuid, a source's key, or its natural key."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import neo4j

from graph.as_of import as_known, exists
from graph.connection import Run
from graph.errors import Ambiguous, Unknown, unknown_kind
from graph.model import KINDS, RESPONSIBILITY_PREFIXES
from graph.time import today

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


def canonical(uuid: str) -> str | None:
    """A uuid as the graph has it, in small letters; None for what is not a uuid."""
    small = uuid.strip().lower()
    return small if _UUID.fullmatch(small) else None


def uuids_in(text: str) -> list[str]:
    """The uuids that a text contains, wherever they stand in it, as the graph has them."""
    return [each.group() for each in _UUID.finditer(text.lower())]


@dataclass(frozen=True, slots=True)
class Found:
    """A thing. ``source``: the source of the key it was found by; None = by uuid or natural key."""

    uuid: str
    source: str | None = None


def surviving_query(kind: str) -> str:
    """``asked``, and ``uuid``: the thing with the ``uuid`` in scope; for a person joined into another, that other."""
    return f"""
    {surviving_match(kind, "uuid")}
    RETURN uuid AS asked, n.uuid AS uuid
    """


def surviving_match(kind: str, uuid: str, n: str = "n") -> str:
    """Clauses that find ``n``: the thing with this uuid (an expression); for a person joined into another, that
    other."""
    if kind != "Person":
        return f"MATCH ({n}:{kind} {{uuid: {uuid}}})"
    return f"""MATCH (:Person {{uuid: {uuid}}})-[:JOINED_INTO*0..]->({n})
    WHERE NOT EXISTS {{ ({n})-[:JOINED_INTO]->() }}"""


def surviving(driver: neo4j.Driver, kind: str, uuid: str) -> str:
    """The uuid by which a thing is known today (``graph.corrections.joining``); one of nothing stays as it is."""
    if kind != "Person":
        return uuid
    rows, _, _ = driver.execute_query(
        f"WITH $uuid AS uuid {surviving_query(kind)}", uuid=uuid, routing_=neo4j.RoutingControl.READ
    )
    return str(rows[0]["uuid"]) if rows else uuid


def survivors(run: Run, kind: str, uuids: Collection[str]) -> dict[str, str]:
    """As ``surviving``, of several things: uuid → the uuid of today. Those of nothing are left out."""
    if not uuids:
        return {}
    rows = run.run(f"UNWIND $uuids AS uuid {surviving_query(kind)}", uuids=sorted(uuids))
    return {row["asked"]: row["uuid"] for row in rows}


PERSON_OF_HASH = """
OPTIONAL MATCH (now:Person {cpr_hash: hash})
OPTIONAL MATCH (:FormerCpr {hash: hash})-[:WAS]->(before:Person)
"""
"""``now`` and ``before``: the person whose number today has the ``hash`` in scope, and one whose number it was.

A number that was changed still finds its person (cpr.md §7); the person who has it today counts first.
"""


def persons_by_cpr(session: neo4j.Session, hashes: Sequence[str]) -> dict[str, str]:
    """Hash of a CPR number, present or former → the person's uuid; unknown numbers are left out."""
    rows = session.run(
        f"""
        UNWIND $hashes AS hash
        {PERSON_OF_HASH}
        WITH hash, coalesce(now.uuid, before.uuid) AS uuid
        WHERE uuid IS NOT NULL
        RETURN hash, uuid
        """,
        hashes=list(hashes),
    )
    return {row["hash"]: row["uuid"] for row in rows}


def find_query(kind: str, asked: str = "") -> str:
    """One row a fitting thing: uuid, source. Parameters ``$name``, ``$uuid`` (as ``canonical`` has it), ``$today``.

    ``asked``: a variable in scope that has ``name`` and ``uuid`` instead of the parameters.
    """
    name, uuid = (f"{asked}.name", f"{asked}.uuid") if asked else ("$name", "$uuid")
    natural = KINDS[kind].natural
    by_natural = ""
    if natural:
        # The key of what has ended may be used again: then it leads to what is in force, else to the last one.
        one = (
            f"WITH n ORDER BY {exists('n')} DESC, coalesce(n.from, date({{year: 1}})) DESC LIMIT 1"
            if KINDS[kind].reused
            else ""
        )
        by_natural = f"UNION MATCH (n:{kind} {{{natural}: {name}}}) {one} RETURN n.uuid AS uuid, null AS source"
    return f"""
    CALL ({asked}) {{
        WITH {uuid} AS uuid
        {surviving_query(kind)}
    }}
    RETURN uuid, null AS source
    {by_natural}
    UNION
    MATCH (r:SourceRecord {{key: {name}}})-[:TELLS]->(n:{kind})
    WHERE r.kind = '{kind}'
    RETURN n.uuid AS uuid, r.source AS source
    """


_LISTED = frozenset({"Role", "ItSystem", "SystemGroup", "Function", "NamePolicy", "ConstraintType"})
"""Kinds of which there are few, which everybody may read, wherever the caller's roles hold."""
_FEW = 20


def found(kind: str, name: str, rows: Sequence[Found], allowed: Sequence[str] = ()) -> Found:
    """The one thing among the rows of ``find_query``. Raises Unknown (unknown_unit …) or Ambiguous.

    What it is by itself, by uuid or natural key, counts before what a source calls by that name. ``allowed``: the
    natural keys that there are.
    """
    uuids = {row.uuid for row in rows if row.source is None} or {row.uuid for row in rows}
    rows = [row for row in rows if row.uuid in uuids]
    if not uuids:
        natural = KINDS[kind].natural
        how = f"give its {natural} or UUID" if natural else "give its UUID or a source's key"
        if allowed:
            how = f"{natural} is one of {', '.join(allowed)}"
        raise Unknown(unknown_kind(kind), f"no {kind} is known as {name!r}; {how}", name, allowed)
    if len(uuids) > 1:
        candidates = tuple(sorted(uuids))
        raise Ambiguous(f"{name!r} fits {len(uuids)} things of kind {kind}; give the UUID", candidates, name)
    return min(rows, key=lambda row: (row.source is not None, row.source or ""))


def find(session: Run, kind: str, name: str, known: int | None = None) -> Found:
    """The thing of a kind that is known by this name.

    ``known``: number of the last change that counts (``graph.as_of.as_known``): of a person who was joined into another
    one later, it is the person. A key is the thing's that has it today.
    """
    query = find_query(kind) if known is None else as_known(find_query(kind))
    rows = session.run(query, name=name, uuid=canonical(name) or name, today=today(), known=known)
    fitting = [Found(row["uuid"], row["source"]) for row in rows]
    return found(kind, name, fitting, () if fitting else _allowed(session, kind))


def is_known_as(session: Run, kind: str, uuid: str, name: str) -> bool:
    """Whether the thing with this uuid is known by the name. Unlike ``find``, it tells nothing of others."""
    return any(each.uuid == uuid for each in fitting(session, kind, [name])[name])


def fitting(session: Run, kind: str, names: Collection[str], known: int | None = None) -> dict[str, list[Found]]:
    """What fits each of the names, by one statement for all; one that fits nothing has an empty list. For ``found``.
    ``known``: as in ``find``."""
    query = f"""
    UNWIND $names AS named
    CALL (named) {{
        {find_query(kind, "named")}
    }}
    RETURN named.name AS name, uuid, source
    """
    rows = session.run(
        query if known is None else as_known(query),
        names=[{"name": each, "uuid": canonical(each) or each} for each in dict.fromkeys(names)],
        today=today(),
        known=known,
    )
    fits: dict[str, list[Found]] = {each: [] for each in names}
    for row in rows:
        fits[row["name"]].append(Found(row["uuid"], row["source"]))
    return fits


def _allowed(session: Run, kind: str) -> list[str]:
    """The natural keys of a kind, if there are few."""
    if kind not in _LISTED:
        return []
    natural = KINDS[kind].natural
    keys = session.run(
        f"""
        MATCH (n:{kind})
        WHERE n.{natural} IS NOT NULL
        RETURN DISTINCT n.{natural} AS key
        ORDER BY key
        LIMIT $most
        """,
        most=_FEW + 1,
    ).value()
    return keys if len(keys) <= _FEW else []


def responsibility_kind(text: str) -> tuple[str, str]:
    """``kle:27.12`` → (KleNode, "27.12"). Raises Unknown (unknown_responsibility) for another prefix."""
    prefix, _, key = text.partition(":")
    if prefix not in RESPONSIBILITY_PREFIXES or not key.strip():
        *first, last = (f"{each}:" for each in RESPONSIBILITY_PREFIXES)
        raise Unknown(
            "unknown_responsibility",
            f"{text!r} is not a responsibility; prefix it with {', '.join(first)} or {last}",
            text,
            [f"{each}:" for each in RESPONSIBILITY_PREFIXES],
        )
    return RESPONSIBILITY_PREFIXES[prefix], key
