"""The facts of a day for the nearest rule: the way up, and for each unit on it the holders of the role."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import neo4j

from graph.as_of import Day, in_force
from graph.connection import Run


@dataclass(frozen=True, slots=True)
class Substitute:
    """A substitute in force: present on the day, and at work (the query has checked A2 and A8)."""

    substitution: str
    key: str
    person: str
    rank: int
    units: frozenset[str]  # scope; empty = everywhere
    about: frozenset[str]  # scope; empty = everything


@dataclass(frozen=True, slots=True)
class Candidate:
    """An assignment of the role that counts for a unit on the day, with its holder, alive and employed."""

    assignment: str
    person: str
    holder: str
    primary: bool
    since: date
    key: str  # what orders equals (A11): a source's key, which unlike a uuid is the same in every installation
    about: frozenset[str]
    away: bool
    holder_type: str | None
    substitutes: tuple[Substitute, ...]


@dataclass(frozen=True, slots=True)
class Above:
    """A unit and all above it on the day. ``active``: the unit itself is open."""

    active: bool
    chain: tuple[str, ...]
    candidates: Mapping[str, Sequence[Candidate]]
    covers_all: bool


@dataclass(frozen=True, slots=True)
class Tie:
    """An employment or affiliation that is active on the day."""

    uuid: str
    unit: str | None
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Everywhere:
    """The whole organisation on the day. ``employed``: by unit, its active employments and affiliations. ``involved``:
    the person of each of those whose person has the role, or is a substitute of a holder."""

    employed: Mapping[str, Sequence[str]]
    parents: Mapping[str, str]
    active: frozenset[str]
    candidates: Mapping[str, Sequence[Candidate]]
    involved: Mapping[str, str]
    covers_all: bool


def _person_of(day: Day, holder: str) -> str:
    """Alive, existing person behind a holder; the holder may be the person (A23)."""
    return f"""
    CALL ({holder}) {{
        WITH {holder}
        WHERE {holder}:Person
        RETURN {holder} AS person
        UNION
        MATCH ({holder})<-[has:HAS]-(person:Person)
        WHERE {in_force("has")}
        RETURN person
    }}
    WITH *
    WHERE {day.active("person")} AND NOT {day.flag("person", "dead")}
    """


def _at_work(day: Day) -> str:
    """Some employment or affiliation of ``deputy`` is active and not on leave (A8)."""
    return f"""
    EXISTS {{
        MATCH (deputy)-[tied:HAS]->(tie)
        WHERE {in_force("tied")} AND {day.active("tie")} AND NOT {day.flag("tie", "on_leave")}
    }}
    """


def _key(node: str) -> str:
    """What orders equals: a source's key, which unlike a uuid is the same in every installation (A3, A11)."""
    return f"""coalesce(head(COLLECT {{
            MATCH (r:SourceRecord)-[:TELLS]->({node})
            RETURN r.key
            ORDER BY r.key
        }}), {node}.uuid)"""


_OF_LEVEL = f"""
    MATCH (level)<-[for:FOR]-(a:Assignment)
    WHERE EXISTS {{ MATCH (a)-[of:OF]->(role) WHERE {in_force("of")} }}
"""
_OF_ROLE = f"""
    MATCH (role)<-[of:OF]-(a:Assignment)-[for:FOR]->(level:Unit)
    WHERE {in_force("of")}
"""


def _candidates(day: Day, assignments: str) -> str:
    """For a ``role`` in scope: the rows of its candidates. ``assignments``: how they are found, from a ``level`` in
    scope or from the role. A14: only where the unit is open."""
    return f"""
    {assignments} AND {in_force("for")} AND {day.active("a")} AND {day.active("level")}
    MATCH (a)<-[holds:HOLDS]-(holder)
    WHERE {in_force("holds")} AND {day.active("holder")}
    {_person_of(day, "holder")}
    RETURN {{
        unit: level.uuid,
        assignment: a.uuid,
        person: person.uuid,
        holder: holder.uuid,
        primary: {day.flag("a", "primary")},
        since: {day.since("a")},
        key: {_key("a")},
        about: COLLECT {{
            MATCH (a)-[about:ABOUT]->(x)
            WHERE {in_force("about")}
            RETURN x.uuid
        }},
        away: {day.flag("person", "absent")} OR (NOT holder:Person AND {day.flag("holder", "on_leave")}),
        type: ({day.values("holder")}).type,
        substitutes: COLLECT {{
            MATCH (deputy:Person)-[stands:STANDS_IN]->(s:Substitution)-[for_a:SUBSTITUTES]->(a)
            WHERE {in_force("stands")} AND {in_force("for_a")} AND {day.active("s")}
              AND {day.active("deputy")} AND NOT {day.flag("deputy", "dead")} AND NOT {day.flag("deputy", "absent")}
              AND {_at_work(day)}
            RETURN {{
                substitution: s.uuid,
                key: {_key("s")},
                person: deputy.uuid,
                rank: coalesce(({day.values("s")}).rank, 0),
                units: COLLECT {{
                    MATCH (s)-[in_unit:SCOPE_UNIT]->(x)
                    WHERE {in_force("in_unit")}
                    RETURN x.uuid
                }},
                about: COLLECT {{
                    MATCH (s)-[on:SCOPE_ABOUT]->(x)
                    WHERE {in_force("on")}
                    RETURN x.uuid
                }}
            }}
        }}
    }} AS candidate
    """


def _ask(session: Run, day: Day, query: str, **parameters: Any) -> neo4j.Result:
    return session.run(day.asked(query), known=day.known, **parameters)


def above(session: neo4j.Session, day: Day, at: date, unit: str, role: str) -> Above:
    """The way up from a unit, with the candidates for a role on each level: one query."""
    rows = list(
        _ask(
            session,
            day,
            f"""
            MATCH (start:Unit {{uuid: $unit}}), (role:Role {{uuid: $role}})
            MATCH way = (start)-[parts:PART_OF*0..]->(level:Unit)
            WHERE all(part IN parts WHERE {in_force("part")})
            OPTIONAL CALL (level, role) {{
                {_candidates(day, _OF_LEVEL)}
            }}
            WITH start, role, way, level, collect(candidate) AS candidates
            RETURN level.uuid AS unit, candidates, {day.active("start")} AS active,
                {day.flag("role", "covers_all")} AS covers_all
            ORDER BY length(way)
            """,
            unit=unit,
            role=role,
            at=at,
        )
    )
    if not rows:
        return Above(False, (), {}, False)
    return Above(
        active=rows[0]["active"],
        chain=tuple(row["unit"] for row in rows),
        candidates={row["unit"]: [_candidate(each) for each in row["candidates"]] for row in rows},
        covers_all=rows[0]["covers_all"],
    )


def ties(session: neo4j.Session, day: Day, at: date, person: str) -> list[Tie]:
    """The person's employments and affiliations that are active on the day, with the unit that they are IN (A18)."""
    rows = _ask(
        session,
        day,
        f"""
        MATCH (:Person {{uuid: $person}})-[has:HAS]->(tie)
        WHERE {in_force("has")} AND {day.active("tie")}
        OPTIONAL MATCH (tie)-[in:IN]->(unit:Unit)
        WHERE {in_force("in")}
        RETURN tie.uuid AS uuid, unit.uuid AS unit,
            COLLECT {{
                MATCH (r:SourceRecord)-[:TELLS]->(tie)
                RETURN r.key
            }} AS keys
        """,
        person=person,
        at=at,
    )
    return [Tie(row["uuid"], row["unit"], tuple(row["keys"])) for row in rows]


def covering(session: Run, day: Day, at: date, responsibility: str) -> frozenset[str]:
    """What covers a responsibility: the same node, ancestors in KLE, groups and groups of groups (A21)."""
    rows = _ask(
        session,
        day,
        f"""
        MATCH (asked:KleNode|ItSystem|SystemGroup|Function {{uuid: $uuid}})
        MATCH (asked)-[up:WITHIN|MEMBER_OF*0..]->(cover)
        WHERE all(each IN up WHERE {in_force("each")})
        RETURN DISTINCT cover.uuid AS uuid
        """,
        uuid=responsibility,
        at=at,
    )
    return frozenset(row["uuid"] for row in rows)


def everywhere(session: neo4j.Session, day: Day, at: date, role: str) -> Everywhere:
    """Tree, candidates and employed people of the whole organisation.

    Of most people only the employments are read: their persons matter only for managers and substitutes.
    """
    row = _ask(
        session,
        day,
        f"""
        OPTIONAL MATCH (role:Role {{uuid: $role}})
        RETURN {day.flag("role", "covers_all")} AS covers_all,
            COLLECT {{
                MATCH (u:Unit)
                RETURN [
                    u.uuid,
                    {day.active("u")},
                    head([(u)-[part:PART_OF]->(above:Unit) WHERE {in_force("part")} | above.uuid]),
                    COLLECT {{
                        MATCH (u)<-[in:IN]-(tie)<-[has:HAS]-(:Person)
                        WHERE {in_force("in")} AND {in_force("has")} AND {day.active("tie")}
                        RETURN tie.uuid
                    }}
                ]
            }} AS units,
            COLLECT {{
                CALL (role) {{
                    {_candidates(day, _OF_ROLE)}
                }}
                RETURN candidate
            }} AS candidates
        """,
        role=role,
        at=at,
    ).single(strict=True)
    candidates: dict[str, list[Candidate]] = {}
    persons: set[str] = set()
    for each in row["candidates"]:
        candidate = _candidate(each)
        candidates.setdefault(each["unit"], []).append(candidate)
        persons.update((candidate.person, *(substitute.person for substitute in candidate.substitutes)))
    involved = _ask(
        session,
        day,
        f"""
        UNWIND $persons AS uuid
        MATCH (:Person {{uuid: uuid}})-[has:HAS]->(tie)
        WHERE {in_force("has")} AND {day.active("tie")}
        RETURN tie.uuid AS tie, uuid AS person
        """,
        persons=sorted(persons),
        at=at,
    )
    return Everywhere(
        employed={unit: ties for unit, _, _, ties in row["units"] if ties},
        parents={unit: above for unit, _, above, _ in row["units"] if above is not None},
        active=frozenset(unit for unit, active, _, _ in row["units"] if active),
        candidates=candidates,
        involved={each["tie"]: each["person"] for each in involved},
        covers_all=row["covers_all"],
    )


def around(session: Run, day: Day, at: date, role: str, units: Collection[str]) -> Everywhere:
    """As ``everywhere``, of some units and all above them; without those who work there."""
    levels = _ask(
        session,
        day,
        f"""
        UNWIND $units AS uuid
        MATCH (:Unit {{uuid: uuid}})-[parts:PART_OF*0..]->(level:Unit)
        WHERE all(part IN parts WHERE {in_force("part")})
        WITH DISTINCT level
        OPTIONAL MATCH (role:Role {{uuid: $role}})
        RETURN level.uuid AS unit, {day.active("level")} AS active, {day.flag("role", "covers_all")} AS covers_all,
            head([(level)-[part:PART_OF]->(above:Unit) WHERE {in_force("part")} | above.uuid]) AS above,
            COLLECT {{
                CALL (role, level) {{
                    {_candidates(day, _OF_LEVEL)}
                }}
                RETURN candidate
            }} AS candidates
        """,
        units=sorted(units),
        role=role,
        at=at,
    )
    rows = list(levels)
    return Everywhere(
        employed={},
        parents={row["unit"]: row["above"] for row in rows if row["above"] is not None},
        active=frozenset(row["unit"] for row in rows if row["active"]),
        candidates={row["unit"]: [_candidate(each) for each in row["candidates"]] for row in rows},
        involved={},
        covers_all=any(row["covers_all"] for row in rows),
    )


def at_work(session: Run, day: Day, at: date, persons: Collection[str]) -> frozenset[str]:
    """Of some persons those who can do something for another: alive, present, and at work (A2, A8)."""
    rows = _ask(
        session,
        day,
        f"""
        UNWIND $persons AS uuid
        MATCH (deputy:Person {{uuid: uuid}})
        WHERE {day.active("deputy")} AND NOT {day.flag("deputy", "dead")} AND NOT {day.flag("deputy", "absent")}
          AND {_at_work(day)}
        RETURN uuid
        """,
        persons=sorted(persons),
        at=at,
    )
    return frozenset(row["uuid"] for row in rows)


def keys(session: Run, uuids: Sequence[str], source: str) -> dict[str, str]:
    """The keys of things in a source; for things that it does not know, their keys in the first source by name."""
    rows = session.run(
        """
        UNWIND $uuids AS uuid
        MATCH (n:Unit|Person|Employment|Affiliation|Assignment|Substitution {uuid: uuid})<-[:TELLS]-(r:SourceRecord)
        WITH uuid, r ORDER BY r.source <> $source, r.source
        RETURN uuid, head(collect(r.key)) AS key
        """,
        uuids=list(uuids),
        source=source,
    )
    return {row["uuid"]: row["key"] for row in rows}


def _candidate(row: dict[str, Any]) -> Candidate:
    return Candidate(
        assignment=row["assignment"],
        person=row["person"],
        holder=row["holder"],
        primary=row["primary"],
        since=row["since"].to_native(),
        key=row["key"],
        about=frozenset(row["about"]),
        away=row["away"],
        holder_type=row["type"],
        substitutes=tuple(
            Substitute(
                substitution=each["substitution"],
                key=each["key"],
                person=each["person"],
                rank=each["rank"],
                units=frozenset(each["units"]),
                about=frozenset(each["about"]),
            )
            for each in row["substitutes"]
        ),
    )
