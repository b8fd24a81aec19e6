"""Reading what account rules are evaluated over: a few statements, of everybody or of some persons."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Any

import neo4j

from graph.as_of import Day, not_over
from graph.change_log import turned_day
from graph.conditions import ACCOUNT_CONDITION_NAMES
from graph.expressions import Expression, compile_expression
from graph.model.accounts import GIVE, PER_PERSON
from graph.name_patterns import LONGEST_LOGIN
from graph.row_blocks import in_blocks
from graph.time import ALWAYS, FOREVER, Period, today, union, within
from rules.accounts.deciding import referenced
from rules.accounts.facts import (
    AccountException,
    AccountRule,
    Facts,
    NamePolicy,
    Person,
    State,
    System,
    Tie,
    weight_of,
)

Rules = Sequence[AccountRule]
_COMPUTED = ("kind", "start", "end")
_OF_PERSON = ("given_name", "surname", "name", "dead", "stopped")


def rules_of(session: neo4j.Session) -> list[AccountRule]:
    """Every rule, once for each period in which it is the same."""
    rows = session.run(
        """
        MATCH (r:AccountRule)-[s:STATE]->(v:AccountRuleState)
        RETURN r.uuid AS uuid, r.key AS key, toString(s.from) AS start, toString(s.to) AS end, properties(v) AS values,
            COLLECT {
                MATCH (r)-[l:AT|RULES_IN|NAMED_BY|NEEDS]->(x)
                RETURN [type(l), toString(l.from), toString(l.to), x.uuid]
            } AS links
        """
    )
    found = []
    for row in rows:
        life, values = _period(row["start"], row["end"]), row["values"]
        linked: dict[str, str] = {}
        for type_, start, end, to in row["links"]:
            if _period(start, end).overlap(life) is not None:
                linked.setdefault(type_, to)
        if "AT" not in linked:
            continue
        found.append(rule_of(row["uuid"], row["key"] or "", values, linked, life))
    return found


def rule_of(uuid: str, key: str, values: Mapping[str, Any], linked: Mapping[str, str], life: Period) -> AccountRule:
    """A rule from its values and links (by relationship type). Raises ExpressionRejected for a wrong condition."""
    text = values.get("condition")
    condition: Expression | None = compile_expression(text, ACCOUNT_CONDITION_NAMES) if text else None
    return AccountRule(
        uuid,
        key,
        linked["AT"],
        values.get("title") or "",
        condition,
        values.get("effect") or GIVE,
        values.get("per") or PER_PERSON,
        linked.get("RULES_IN"),
        linked.get("NAMED_BY"),
        values.get("licence"),
        values.get("type"),
        values.get("lead_days") or 0,
        values.get("grace_days") or 0,
        values.get("after_days") or 0,
        values.get("retention_days"),
        bool(values.get("expiry")),
        values.get("order") or 0,
        life,
        linked.get("NEEDS"),
    )


def read(
    session: neo4j.Session,
    day: date,
    persons: Iterable[str] | None = None,
    rules: Rules | None = None,
    *,
    with_positions: bool = False,
) -> Facts:
    """The facts of everybody, or of ``persons`` (uuids), and of whom they were joined into. ``rules``: other rules than
    those in the graph. ``with_positions``: also where no rule looks at them."""
    joined = _joined(session)
    asked = None if persons is None else sorted({joined.get(each, each) for each in persons})
    all_rules = rules_of(session) if rules is None else rules
    shown = Day.of(day, turned_day(session))
    members = tuple(each for each in ACCOUNT_CONDITION_NAMES["employment"] if each not in _COMPUTED)
    facts = Facts(
        day,
        all_rules,
        _policies(session, shown, day),
        _systems(session),
        _exceptions(session, asked),
        _parents(session),
        _values(session, shown, day, "Unit", referenced(all_rules, "unit", tuple(ACCOUNT_CONDITION_NAMES["unit"]))),
        _values(
            session,
            shown,
            day,
            "Position",
            referenced(all_rules, "position", tuple(ACCOUNT_CONDITION_NAMES["position"])),
        ),
        _values(session, shown, day, "Role", ("key", "title")) if _ask_for_roles(all_rules) else {},
        referenced(all_rules, "employment", members),
        joined=joined,
    )
    since = facts.earliest
    held = _roles(session, asked, since) if facts.roles else {}
    needs_position = with_positions or any(
        ref.startswith("position") for each in all_rules if each.condition is not None
        for ref in each.condition.references
    )  # fmt: skip
    query = _ties(facts.columns, shown, everybody=asked is None, positions=needs_position)
    rows = (row for block in session.run(query, uuids=asked, since=since, at=day) for row in block["rows"])
    for person, named, told in rows:
        if person not in facts.persons:
            facts.persons[person] = _person(person, named, day)
        tie = _tie(told, person, held)
        if tie is not None:
            facts.ties.setdefault(person, []).append(tie)
    return facts


def _on(shown: Day, node: str, names: Sequence[str]) -> str:
    """The map of a thing's values on the day; of one that does not exist on it, as the node shows them.

    The node shows those of the last turned day, which is not always today.
    """
    kept = f"{node} {{{', '.join(f'.{each}' for each in names)}}}"
    return kept if shown.copied else f"coalesce({shown.values(node, *names)}, {kept})"


def _ties(columns: Sequence[str], shown: Day, *, everybody: bool, positions: bool) -> str:
    start = "" if everybody else "UNWIND $uuids AS uuid\n"
    person = "(p:Person)" if everybody else "(p:Person {uuid: uuid})"
    values = "".join(f", v.{each}" for each in columns)
    still = not_over("l", "$since")
    as_ = f"""COLLECT {{
            MATCH (t)-[l:AS]->(x:Position)
            WHERE {still}
            RETURN [toString(l.from), toString(l.to), x.uuid]
        }}"""
    query = f"""
    {start}MATCH {person}-[has:HAS]->(t:Employment|Affiliation)
    WHERE t.from IS NOT NULL AND {not_over("t", "$since")} AND {not_over("has", "$since")}
    WITH [p.uuid, {_on(shown, "p", _OF_PERSON)},
        [t.uuid, labels(t)[0], toString(t.from), {_on(shown, "t", ("number", "fraction", "weekly_hours"))}, COLLECT {{
            MATCH (t)-[l:STATE]->(v)
            WHERE {still}
            RETURN [toString(l.from), toString(l.to){values}]
        }}, COLLECT {{
            MATCH (t)-[l:IN]->(x:Unit)
            WHERE {still}
            RETURN [toString(l.from), toString(l.to), x.uuid]
        }}, {as_ if positions else "[]"}]] AS row
    """
    return in_blocks(query, "row")


def _joined(session: neo4j.Session) -> dict[str, str]:
    """Persons (uuids) who have been joined into another, and who they are now."""
    into = dict(session.run("MATCH (former)-[:JOINED_INTO]->(person) RETURN former.uuid, person.uuid").values())
    found = {}
    for former, person in into.items():
        while person in into:
            person = into[person]
        found[former] = person
    return found


def persons_of(session: neo4j.Session, uuids: Iterable[str], day: date) -> dict[str, Person]:
    """Persons by uuid, also those who have no tie any more."""
    shown = Day.of(day, turned_day(session))
    rows = session.run(
        f"""
        UNWIND $uuids AS uuid
        MATCH (p:Person {{uuid: uuid}})
        RETURN uuid, {_on(shown, "p", _OF_PERSON)} AS named
        """,
        uuids=sorted(uuids),
        at=day,
    )
    return {row["uuid"]: _person(row["uuid"], row["named"], day) for row in rows}


def _person(uuid: str, named: Mapping[str, Any], day: date) -> Person:
    given, surname, name, dead, stopped = map(named.get, _OF_PERSON)
    whole = name or ""
    if not given or not surname:
        first, _, last = whole.rpartition(" ")
        given, surname = given or first or last, surname or (last if first else "")
    return Person(uuid, given or "", surname or "", whole, day if dead else None, bool(stopped))


def _tie(row: Sequence[Any], person: str, held: Mapping[str, Sequence[tuple[Period, str]]]) -> Tie | None:
    uuid, kind, first_day, now, states, units, positions = row
    if not states:
        return None
    roles = (*held.get(uuid, ()), *held.get(person, ()))
    life = tuple(_period(each[0], each[1]) for each in states)
    if len(states) == 1 and len(units) == 1 and len(positions) < 2 and not roles:
        # The commonest by far: cut only where the unit or the position begins later or ends earlier.
        cut = _cut(life[0], states[0], units, positions)
    else:
        cut = _cuts(states, units, positions, roles)
    first = _period(first_day, None).start
    weight = weight_of(kind, now["fraction"], now["weekly_hours"], first)
    return Tie(uuid, kind, person, now["number"] or "", tuple(sorted(life)), cut, weight, first)


def _cut(life: Period, state: Sequence[Any], units: Sequence[Any], positions: Sequence[Any]) -> tuple[State, ...]:
    values = tuple(_plain(each) for each in state[2:])
    start, end, unit = units[0]
    place = _period(start, end)
    whole = place.start <= life.start and place.last >= life.last
    if positions:
        job = _period(positions[0][0], positions[0][1])
        whole = whole and job.start <= life.start and job.last >= life.last
    if whole:
        return (State(life, unit, positions[0][2] if positions else None, values),)
    return _cuts([state], units, positions, ())


def _cuts(
    states: Sequence[Any], units: Sequence[Any], positions: Sequence[Any], roles: Sequence[tuple[Period, str]]
) -> tuple[State, ...]:
    places = [(_period(start, end), to) for start, end, to in units]
    jobs = [(_period(start, end), to) for start, end, to in positions]
    lives = [(_period(each[0], each[1]), tuple(_plain(value) for value in each[2:])) for each in states]
    periods = [period for each in (places, jobs, roles, lives) for period, _ in each]
    cuts = sorted({day for each in periods for day in (each.start, each.last)})
    found = []
    for start, last in pairwise(cuts):
        values = next((value for period, value in lives if period.holds(start)), None)
        if values is None:
            continue
        unit = next((to for period, to in places if period.holds(start)), None)
        position = next((to for period, to in jobs if period.holds(start)), None)
        held = tuple(sorted({to for period, to in roles if period.holds(start)}))
        found.append(State(Period(start, None if last == FOREVER else last), unit, position, values, held))
    return tuple(found)


def _policies(session: neo4j.Session, shown: Day, day: date) -> dict[str, NamePolicy]:
    rows = session.run(
        f"""
        MATCH (n:NamePolicy)
        WHERE {shown.active("n")}
        RETURN n.uuid AS uuid, {shown.values("n")} AS policy
        ORDER BY n.key
        """,
        at=day,
    )
    return {
        uuid: NamePolicy(
            uuid,
            tuple(each.get("login_patterns") or ()),
            each.get("principal_name_pattern") or "",
            each.get("mail_pattern") or "",
            each.get("common_name_pattern") or "",
            tuple(each.get("forbidden") or ()),
            tuple(each.get("reserved") or ()),
            each.get("longest") or LONGEST_LOGIN,
            bool(each.get("keep_mail")),
        )
        for uuid, each in rows
    }


def _systems(session: neo4j.Session) -> dict[str, System]:
    rows = session.run("MATCH (n:ItSystem) RETURN n.uuid AS uuid, n.key AS key, n.title AS title")
    return {
        row["uuid"]: System(row["uuid"], row["key"] or row["uuid"], row["title"] or row["key"] or "") for row in rows
    }


def _exceptions(session: neo4j.Session, persons: Sequence[str] | None) -> dict[str, list[AccountException]]:
    rows = session.run(
        f"""
        MATCH (e:AccountException)-[:OF_PERSON]->(p:Person)
        MATCH (e)-[state:STATE]->(v)
        WHERE {not_over("state")} AND ($persons IS NULL OR p.uuid IN $persons)
        RETURN e.uuid AS uuid, p.uuid AS person, head([(e)-[:AT]->(x) | x.uuid]) AS system, v.effect AS effect,
            v.reason AS reason, toString(state.from) AS start, toString(state.to) AS end
        ORDER BY uuid, start
        """,
        persons=persons,
        today=today(),
    )
    found: dict[str, list[AccountException]] = {}
    for row in rows:
        life = _period(row["start"], row["end"])
        each = AccountException(
            row["uuid"], row["person"], row["system"], row["effect"] or "", row["reason"] or "", life
        )
        found.setdefault(each.person, []).append(each)
    return found


def _parents(session: neo4j.Session) -> dict[str, list[tuple[Period, str]]]:
    rows = session.run(
        """
        MATCH (u:Unit)-[l:PART_OF]->(above:Unit)
        RETURN u.uuid AS unit, toString(l.from) AS start, toString(l.to) AS end, above.uuid AS above
        ORDER BY l.from
        """
    )
    found: dict[str, list[tuple[Period, str]]] = {}
    for row in rows:
        found.setdefault(row["unit"], []).append((_period(row["start"], row["end"]), row["above"]))
    return found


def _values(
    session: neo4j.Session, shown: Day, day: date, kind: str, names: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """The day's values of these properties, of all things of a kind."""
    if not names:
        return {}
    rows = session.run(f"MATCH (n:{kind}) RETURN n.uuid AS uuid, {_on(shown, 'n', names)} AS picked", at=day)
    return {row["uuid"]: {name: _plain(value) for name, value in row["picked"].items()} for row in rows}


def _ask_for_roles(rules: Rules) -> bool:
    return any(
        ref.partition(".")[0] == "roles"
        for each in rules
        if each.condition is not None
        for ref in each.condition.references
    )


def _roles(session: neo4j.Session, persons: Sequence[str] | None, since: date) -> dict[str, list[tuple[Period, str]]]:
    """Role, and days, of all who hold one, by the holder's uuid. An assignment may have gaps; one for units counts
    while it is for one that is open, as for rights."""
    rows = session.run(
        f"""
        MATCH (holder:Person|Employment|Affiliation)-[held:HOLDS]->(a:Assignment)-[of:OF]->(r:Role)
        MATCH (a)-[state:STATE]->()
        WHERE all(each IN [held, of, state] WHERE {not_over("each", "$since")}) AND
            ($persons IS NULL OR holder.uuid IN $persons
                OR EXISTS {{ MATCH (p:Person)-[:HAS]->(holder) WHERE p.uuid IN $persons }})
        RETURN holder.uuid AS holder, r.uuid AS role,
            [each IN [held, of, state] | [toString(each.from), toString(each.to)]] AS periods,
            CASE WHEN EXISTS {{ (a)-[:FOR]->() }} THEN COLLECT {{
                MATCH (a)-[place:FOR]->(:Unit)-[open:STATE]->()
                RETURN [each IN [place, open] | [toString(each.from), toString(each.to)]]
            }} END AS places
        """,
        persons=persons,
        since=since,
    )
    found: dict[str, list[tuple[Period, str]]] = {}
    for row in rows:
        days = _common(row["periods"])
        if row["places"] is not None:
            days = within(days, union(each for place in row["places"] for each in _common(place)))
        found.setdefault(row["holder"], []).extend((each, row["role"]) for each in days)
    return found


def _common(periods: Iterable[Sequence[str | None]]) -> tuple[Period, ...]:
    """The days that all have."""
    days: tuple[Period, ...] = (Period(),)
    for start, end in periods:
        days = within(days, (_period(start, end),))
    return days


@lru_cache(10_000)  # few days begin or end much
def _period(start: str | None, end: str | None) -> Period:
    return Period(
        ALWAYS if start is None else date.fromisoformat(start), None if end is None else date.fromisoformat(end)
    )


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
