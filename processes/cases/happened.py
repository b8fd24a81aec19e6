"""What happened in the organisation, as a process sees it that starts by it: a change, and whom it is about."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from graph.as_of import first_day, last_day, not_over
from graph.conditions import CONDITION_NAMES
from graph.connection import Run
from graph.expressions import NO_MEMBERS, Names
from graph.questions.nearest import MANAGER

WATCHED: Final = ("Affiliation", "Assignment", "Employment", "KleNode", "Person")
"""The kinds of things by whose changes a case may start."""
OPERATIONS: Final = ("begins", "changed", "created", "ended", "ends", "moved")
"""What happens to them, in the words of the change log. ``created``, ``ended``, ``moved``, ``changed``: when it becomes
known, also of a day to come; ``begins``, ``ends``: when that day has come."""
NAMES: Final[Names] = {
    "change": dict.fromkeys(("kind", "operation", "source"), NO_MEMBERS),
    "person": {"uuid": NO_MEMBERS},
    "employment": {**CONDITION_NAMES["employment"], **dict.fromkeys(("uuid", "start", "last", "end"), NO_MEMBERS)},
    "unit": {**CONDITION_NAMES["unit"], **dict.fromkeys(("uuid", "last"), NO_MEMBERS)},
    "assignment": dict.fromkeys(("uuid", "role", "start", "last", "end"), NO_MEMBERS),
    "kle": dict.fromkeys(("uuid", "number", "title"), NO_MEMBERS),
    "units": NO_MEMBERS,
    "leads": NO_MEMBERS,
    "others": NO_MEMBERS,
    "cases": NO_MEMBERS,
    "today": NO_MEMBERS,
}
"""What a condition may look at, and what a case may be started with.

``employment`` is the affiliation where that is what changed: as it is today, or else on its first day to come, or on
its last; ``employment.last`` is its last day, null = until further notice, and ``employment.end`` the day after.
``unit``: where it is then, with its own last day. ``others``: how many other employments and affiliations the person
has beyond that day. ``leads``: units for which it holds the role of manager beyond that day, and nothing else does, and
which go on. ``cases``: how many cases of this process about the person are open. A change of a person has no employment
and no unit; a case that starts by time has ``today`` alone.

Of an assignment, ``person`` is its holder, ``assignment.role`` the role's key, ``assignment.end`` the day after the
last, ``unit`` the first that it is for, and ``others`` how many hold this role for the unit beyond that day; both are
null where it is for none. Of a KLE number, ``units`` are those that perform it, are responsible for it or interested in
it, today or on a day to come; a number has no ``person``, and ``cases`` are those of the process that are open at all.
"""


@dataclass(frozen=True, slots=True)
class Change:
    """An entry of the change log."""

    number: int
    kind: str
    operation: str
    source: str
    uuid: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A change as it is known today: the values of ``NAMES``. ``persons``: all uuids of the person whom it is about,
    also those of whom was joined into the person; None = it is about none, and all cases of the process are counted."""

    values: dict[str, Any]
    persons: frozenset[str] | None

    def beside(self, begun: Counter[str | None]) -> dict[str, Any]:
        """The values once there are more open cases of the process than those that were counted: so many by person."""
        persons: Collection[str | None] = begun.keys() if self.persons is None else self.persons
        return {**self.values, "cases": self.values["cases"] + sum(begun[each] for each in persons)}


def changes(
    run: Run, after: int, last: int, kinds: Collection[str], operations: Collection[str], most: int | None = None
) -> list[Change]:
    """What happened after one number of the log, up to another, in order; of that, at most the first ``most``."""
    rows = run.run(
        f"""
        MATCH (c:Change)
        WHERE c.number > $after AND c.number <= $last AND c.kind IN $kinds AND c.operation IN $operations
        RETURN c.number AS number, c.kind AS kind, c.operation AS operation, c.source AS source, c.uuid AS uuid
        ORDER BY number
        {"" if most is None else "LIMIT $most"}
        """,
        after=after,
        last=last,
        kinds=sorted(kinds),
        operations=sorted(operations),
        most=most,
    )
    return [Change(**row.data()) for row in rows]


def values(run: Run, change: Change, process: str, day: date) -> dict[str, Any] | None:
    """As ``seen``, of one change; None if the thing is not there any more."""
    found = seen(run, [change], process, day).get(change.number)
    return None if found is None else found.values


def seen(
    run: Run, changes: Iterable[Change], process: str, day: date, looked_at: Collection[str] = NAMES
) -> dict[int, Seen]:
    """Changes as they are known today, by number. One is left out whose thing is not there any more, such as one that
    was withdrawn, joined into another, or erased.

    ``looked_at``: the ``NAMES`` that matter; others may be left out of the values. To plan them takes Neo4j seconds.
    """
    by_kind: dict[str, dict[int, Change]] = {}
    for each in changes:
        by_kind.setdefault(each.kind, {})[each.number] = each
    found: dict[int, Seen] = {}
    for kind, some in by_kind.items():
        asked = _QUERIES.get(kind, _OF_EMPLOYMENT)
        columns = {name: value for name, value in asked.columns.items() if name in looked_at or name in _ALWAYS}
        rows = run.run(
            f"""
            UNWIND $changes AS change
            CALL (change) {{
                {asked.rows}
                RETURN {", ".join(f"{value} AS {name}" for name, value in columns.items())}
            }}
            RETURN change.number AS number, {", ".join(columns)}
            """,
            changes=[{"number": each.number, "uuid": each.uuid} for each in some.values()],
            kind=kind,
            process=process,
            today=day,
        )
        for row in rows:
            one = dict(row)
            change, persons = some[one.pop("number")], one.pop("persons")
            told = {"kind": change.kind, "operation": change.operation, "source": change.source}
            values = {**one, "change": told, "today": day.isoformat()}
            found[change.number] = Seen(values, None if persons is None else frozenset(persons))
    return found


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of a change: clauses, and an expression for each value."""

    rows: str
    columns: Mapping[str, str]


_ALWAYS: Final = frozenset({"person", "persons", "cases"})
_CASES = """COUNT {
        MATCH (was:Person)-[:JOINED_INTO*0..]->(person)
        MATCH (c:Case {person: was.uuid, process: $process, open: true})
    }"""
_PERSONS = """COLLECT {
        MATCH (was:Person)-[:JOINED_INTO*0..]->(person)
        RETURN was.uuid
    }"""
_UNIT = f"unit {{.*, last: toString({last_day('unit')} - duration('P1D'))}}"
_UUID_OF_PERSON = "{uuid: person.uuid}"
_OF_PERSON = _Asked(
    """
    MATCH (person:Person {uuid: change.uuid})
    WHERE person.from IS NOT NULL
    """,
    {
        "person": _UUID_OF_PERSON,
        "persons": _PERSONS,
        "cases": _CASES,
        "others": f"""COUNT {{
            MATCH (person)-[has:HAS]->(other:Employment|Affiliation)
            WHERE {not_over("has")}
            RETURN DISTINCT other
        }}""",
    },
)
_OF_EMPLOYMENT = _Asked(
    f"""
    MATCH (n:Employment|Affiliation {{uuid: change.uuid}})<-[of:HAS]-(person:Person)
    WITH n, person, {first_day("n")} AS start, {last_day("n")} AS end
    ORDER BY of.from DESC LIMIT 1
    WHERE start IS NOT NULL
    WITH n, person, start, end, CASE WHEN end IS NULL THEN null ELSE end - duration('P1D') END AS last
    WITH *, CASE WHEN start > $today THEN start WHEN last < $today THEN last ELSE $today END AS at
    WITH *, coalesce(head(COLLECT {{
            MATCH (n)-[state:STATE]->(shown)
            WHERE state.from <= at AND (state.to IS NULL OR state.to > at)
            RETURN properties(shown)
        }}), {{}}) AS shown
    """,
    {
        "person": _UUID_OF_PERSON,
        "persons": _PERSONS,
        "cases": _CASES,
        "employment": """shown {
            .*, uuid: n.uuid, kind: $kind, start: toString(start), last: toString(last), end: toString(end)
        }""",
        "unit": f"""head(COLLECT {{
            MATCH (n)-[in:IN]->(unit:Unit)
            WHERE in.from <= at AND (in.to IS NULL OR in.to > at)
            RETURN {_UNIT}
            ORDER BY unit.uuid
        }})""",
        "others": """COUNT {
            MATCH (person)-[has:HAS]->(other:Employment|Affiliation)-[state:STATE]->()
            WHERE other <> n AND (state.to IS NULL OR state.to > coalesce(end, $today))
            RETURN DISTINCT other
        }""",
        "leads": f"""COLLECT {{
            MATCH (n)-[holds:HOLDS]->(a:Assignment)-[of:OF]->(role:Role {{key: '{MANAGER}'}}), (a)-[for:FOR]->(led:Unit)
            WHERE end IS NOT NULL AND all(each IN [holds, of, for] WHERE {not_over("each", "end")})
              AND EXISTS {{ MATCH (a)-[state:STATE]->() WHERE {not_over("state", "end")} }}
              AND EXISTS {{ MATCH (led)-[state:STATE]->() WHERE {not_over("state", "end")} }}
              AND NOT EXISTS {{
                MATCH (led)<-[other_for:FOR]-(other:Assignment)-[other_of:OF]->(role)
                WHERE other <> a AND {not_over("other_for", "end")} AND {not_over("other_of", "end")}
                  AND EXISTS {{ MATCH (other)-[state:STATE]->() WHERE {not_over("state", "end")} }}
              }}
            RETURN DISTINCT led.uuid AS uuid
            ORDER BY uuid
        }}""",
    },
)
_OF_ASSIGNMENT = _Asked(
    f"""
    MATCH (a:Assignment {{uuid: change.uuid}})-[of:OF]->(role:Role)
    WITH a, role ORDER BY of.from DESC LIMIT 1
    MATCH (person:Person)-[held:HAS|HOLDS*1..2]->(a)
    WITH a, role, person, held ORDER BY last(held).from DESC, held[0].from DESC LIMIT 1
    WITH a, role, person, {first_day("a")} AS start, {last_day("a")} AS end
    WHERE start IS NOT NULL
    WITH *, CASE WHEN end IS NULL THEN null ELSE end - duration('P1D') END AS last
    WITH *, CASE WHEN start > $today THEN start WHEN last < $today THEN last ELSE $today END AS at
    WITH *, head(COLLECT {{
            MATCH (a)-[for:FOR]->(unit:Unit)
            WHERE for.from <= at AND (for.to IS NULL OR for.to > at)
            RETURN unit
            ORDER BY unit.uuid
        }}) AS unit
    """,
    {
        "person": _UUID_OF_PERSON,
        "persons": _PERSONS,
        "cases": _CASES,
        "unit": _UNIT,
        "assignment": """{
            uuid: a.uuid, role: role.key, start: toString(start), last: toString(last), end: toString(end)
        }""",
        "others": """CASE WHEN unit IS NOT NULL THEN COUNT {
            MATCH (other:Assignment)-[for:FOR]->(unit)
            WHERE other <> a AND (for.to IS NULL OR for.to > coalesce(end, $today))
            MATCH (other)-[of:OF]->(role)
            WHERE of.to IS NULL OR of.to > coalesce(end, $today)
            MATCH (other)-[state:STATE]->()
            WHERE state.to IS NULL OR state.to > coalesce(end, $today)
            RETURN DISTINCT other
        } END""",
    },
)
_OF_KLE = _Asked(
    "MATCH (n:KleNode {uuid: change.uuid})",
    {
        "person": "null",
        "persons": "null",
        "cases": "COUNT { MATCH (c:Case {process: $process, open: true}) RETURN c }",
        "kle": "n {.uuid, .number, .title}",
        "others": "0",
        "units": f"""COLLECT {{
            MATCH (n)<-[use:PERFORMS|RESPONSIBLE_FOR|INTERESTED_IN]-(unit:Unit)
            WHERE {not_over("use")}
            RETURN DISTINCT unit.uuid
            ORDER BY unit.uuid
        }}""",
    },
)
_QUERIES: Final = {"Person": _OF_PERSON, "Assignment": _OF_ASSIGNMENT, "KleNode": _OF_KLE}
"""By kind; others are employments."""
