"""Rights of one person, employment or account on a day, over a period, and the rights of everybody."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import neo4j

from graph.as_of import Day, as_known, in_force
from graph.change_log import turned_day
from graph.errors import PeriodTooLong, Unknown
from graph.identity.lookup import find, fitting, found
from graph.questions.rights import reading
from graph.questions.rights.borders import DAYS_WITHIN, OF_ALL, OF_PERSON
from graph.questions.rights.evaluate import Evaluation
from graph.questions.rights.framework import with_framework
from graph.questions.rights.held import HeldRight, Omitted, Rights
from graph.questions.rights.organisation import OrganisationOnDay
from graph.questions.rights.steady import Newest, newest_change, steadily
from graph.time import ALWAYS, FOREVER, Period, today

MOST_BORDERS = 400
"""Of a period: its first day, and the days in it on which something starts or ends. One answer works out so many."""
_COMING = 10
"""Days to come on which whyNot looks whether the right is held then."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Of whom, and in which system. ``through``: only what is held through this employment or affiliation."""

    person: str
    through: str | None = None
    system: str | None = None


@dataclass(frozen=True, slots=True)
class InPeriod:
    """Rights that are the same on each day of a period."""

    period: Period
    rights: Rights


def asked(
    session: neo4j.Session,
    person: str | None = None,
    employment: str | None = None,
    account: str | None = None,
    system: str | None = None,
    at: date | None = None,
) -> Asked:
    """Who and what is meant by names: uuids, sources' keys, the key of a system. ``at``: the day of an account's owner
    and employment; by default today.

    Raises Unknown: unknown_person, unknown_employment, unknown_account, unknown_it_system; not one of the three given;
    an account or employment without a person.
    """
    if sum(each is not None for each in (person, employment, account)) != 1:
        raise Unknown("unknown_person", "give exactly one of person, employment and account")
    in_system = None if system is None else find(session, "ItSystem", system).uuid
    if person is not None:
        return Asked(find(session, "Person", person).uuid, None, in_system)
    if employment is not None:
        tie = _tie(session, employment)
        nobody = Unknown("unknown_person", f"the employment {employment!r} has no person", employment)
        return Asked(_owner(session, tie, nobody), tie, in_system)
    found = find(session, "Account", str(account)).uuid
    row = session.run(
        f"""
        MATCH (a:Account {{uuid: $uuid}})
        RETURN head(COLLECT {{ MATCH (a)-[r:USED_FOR]->(e:Employment) WHERE {in_force("r")} RETURN e.uuid }}) AS tie,
            head(COLLECT {{ MATCH (p:Person)-[r:OWNS]->(a) WHERE {in_force("r")} RETURN p.uuid }}) AS owner
        """,
        uuid=found,
        at=at or today(),
    ).single(strict=True)
    unowned = Unknown("unknown_person", f"the account {account!r} has no owner", account)
    if row["tie"] is not None:
        return Asked(_owner(session, row["tie"], unowned), row["tie"], in_system)
    if row["owner"] is None:
        raise unowned
    return Asked(row["owner"], None, in_system)


def _tie(session: neo4j.Session, name: str) -> str:
    try:
        return find(session, "Employment", name).uuid
    except Unknown as unknown:
        try:
            return find(session, "Affiliation", name).uuid
        except Unknown:
            raise unknown from None


def _owner(session: neo4j.Session, tie: str, otherwise: Unknown) -> str:
    row = session.run("MATCH (p:Person)-[:HAS]->({uuid: $uuid}) RETURN p.uuid AS uuid LIMIT 1", uuid=tie).single()
    if row is None:
        raise otherwise
    return str(row["uuid"])


def find_right(session: neo4j.Session, name: str) -> str:
    """uuid of a job-function role or system role, by uuid, key or source's key. Raises Unknown (unknown_right)."""
    for kind in ("JobFunctionRole", "SystemRole"):
        try:
            return find(session, kind, name).uuid
        except Unknown:
            continue
    text = f"no job-function role or system role is known as {name!r}; give its key or UUID"
    raise Unknown("unknown_right", text, name)


def known_rights(session: neo4j.Session, names: Collection[str]) -> dict[str, str]:
    """As ``find_right``, of several names: uuid → the first name of the right; unknown names are left out. Raises
    Ambiguous."""
    by_name: dict[str, str] = {}
    for kind in ("JobFunctionRole", "SystemRole"):
        fits = fitting(session, kind, [each for each in names if each not in by_name])
        by_name |= {name: found(kind, name, rows).uuid for name, rows in fits.items() if rows}
    rights: dict[str, str] = {}
    for name in names:
        if name in by_name:
            rights.setdefault(by_name[name], name)
    return rights


def evaluation(
    session: neo4j.Session,
    person: str,
    at: date,
    rights: tuple[str, ...] = (),
    known: int | None = None,
    newest: Newest = newest_change,
) -> Evaluation:
    """One person's surroundings on a day, ready to be evaluated. ``rights``: see ``reading.of_person``. ``known``: as
    ``Day`` has it. ``newest``: as in ``steadily``."""

    def read() -> tuple[Evaluation, int | None]:
        if known is None and (framed := with_framework(session, at, person)) is not None:
            return Evaluation(framed.organisation, ordered=True, tree=framed.tree), framed.newest
        number = newest_change(session)
        alone = reading.of_person(session, Day.of(at, turned_day(session), known), at, person, rights)
        return Evaluation(alone), number

    return steadily(session, read, newest)


def evaluation_of_all(session: neo4j.Session, at: date, known: int | None = None) -> Evaluation:
    """The whole organisation on a day, ready to be evaluated. ``known``: as ``Day`` has it."""

    def read() -> tuple[OrganisationOnDay, int | None]:
        newest = newest_change(session)
        return reading.of_everybody(session, Day.of(at, turned_day(session), known), at), newest

    return Evaluation(steadily(session, read))


def evaluation_of_some(session: neo4j.Session, persons: Sequence[str], at: date) -> Evaluation:
    """The surroundings of several people (uuids) on a day, read together and ready to be evaluated."""

    def read() -> tuple[OrganisationOnDay, int | None]:
        newest = newest_change(session)
        return reading.of_persons(session, Day.of(at, turned_day(session)), at, persons), newest

    return Evaluation(steadily(session, read))


def rights_on(session: neo4j.Session, of: Asked, at: date, known: int | None = None) -> Rights:
    """What is held on a day, and what was left out. ``known``: as ``Day`` has it."""
    work = evaluation(session, of.person, at, known=known)
    return narrowed(work.of(of.person), of, work.organisation)


def rights_over(session: neo4j.Session, of: Asked, period: Period, known: int | None = None) -> list[InPeriod]:
    """What is held on the days of a period; neighbours with the same rights are one. ``known``: as ``Day`` has it.

    Raises PeriodTooLong: it has more than ``MOST_BORDERS`` days on which something changes, each of which is a question
    of its own.
    """
    joined: list[InPeriod] = []
    borders = [period.start, *_changes(session, of.person, period, known)]
    if len(borders) > MOST_BORDERS:
        raise PeriodTooLong(MOST_BORDERS, borders[MOST_BORDERS])
    for number, start in enumerate(borders):
        last = borders[number + 1] if number + 1 < len(borders) else period.last
        days = Period(start, None if last == FOREVER else last)
        rights = rights_on(session, of, start, known)
        if joined and _same(joined[-1].rights, rights):
            joined[-1] = InPeriod(Period(joined[-1].period.start, days.end), joined[-1].rights)
        else:
            joined.append(InPeriod(days, rights))
    return joined


_STARTS = """
MATCH (right:SystemRole|JobFunctionRole {uuid: $right})<-[includes:INCLUDES*0..]-(bundle)<-[gives:GIVES]-(g)
WHERE g:Grant AND (g.to IS NULL OR g.to > $at)
MATCH (g)-[given:GIVEN_TO]->()
UNWIND [g.from, gives.from, given.from, includes[-1].from] AS day
RETURN day
UNION
MATCH (p:Person {uuid: $person})-[:HAS]->{0,1}()-[each:HAS|HOLDS|STATE|IN|AS]->()
RETURN each.from AS day
UNION
MATCH (p:Person {uuid: $person})-[:HAS]->{0,1}()-[:HOLDS]->(:Assignment)-[each:STATE|OF|FOR|ABOUT]->()
RETURN each.from AS day
"""


def coming(session: neo4j.Session, person: str, right: str, at: date) -> Iterator[Evaluation]:
    """The person on days after ``at`` on which a grant of the right begins, or something of the person does: the first
    few. ``person``, ``right``: uuids."""
    rows = session.run(
        f"""
        CALL () {{
            {_STARTS}
        }}
        WITH DISTINCT day
        WHERE day > $at
        RETURN day ORDER BY day LIMIT {_COMING}
        """,
        person=person,
        right=right,
        at=at,
    )
    for day in [row["day"].to_native() for row in rows]:
        yield evaluation(session, person, day, (right,))


_BORDERS = f"""
MATCH (p:Person {{uuid: $person}})
CALL (p) {{
    {OF_PERSON}
    UNION
    {OF_ALL}
}}
{DAYS_WITHIN}
"""
_BORDERS_KNOWN = as_known(_BORDERS)


def _changes(session: neo4j.Session, person: str, period: Period, known: int | None) -> list[date]:
    """Days within the period on which something starts or ends that can matter to the person's rights."""
    query = _BORDERS if known is None else _BORDERS_KNOWN
    rows = session.run(query, person=person, start=period.start, end=period.last, most=MOST_BORDERS, known=known)
    return [row["day"].to_native() for row in rows]


def narrowed(rights: Rights, of: Asked, organisation: OrganisationOnDay) -> Rights:
    """Only what is asked for; of a right in several systems, only its system roles in the one asked for."""
    held = [each for each in rights.held if of.through in (None, each.subject.uuid)]
    omitted = [each for each in rights.omitted if of.through in (None, each.subject.uuid)]
    if of.system is not None:
        held = [each for right in held for each in _in_system(right, of.system)]
        omitted = [each for each in omitted if of.system in _systems(each, organisation)]
    return Rights(tuple(held), tuple(omitted))


def _in_system(right: HeldRight, system: str) -> Iterator[HeldRight]:
    included = tuple(each for each in right.included if each.system.uuid == system)
    if included:
        yield right._replace(included=included)


def _systems(omitted: Omitted, organisation: OrganisationOnDay) -> set[str]:
    uuids = (omitted.right.uuid, *organisation.includes.get(omitted.right.uuid, ()))
    roles = (organisation.system_roles.get(each) for each in uuids)
    return {each.system.uuid for each in roles if each is not None}


def _same(one: Rights, other: Rights) -> bool:
    """The same rights with the same limits, whatever day each step of their reasons began."""
    return _plain(one) == _plain(other)


def _plain(rights: Rights) -> object:
    held = [
        (
            each.right.uuid,
            each.grant.uuid,
            each.subject.uuid,
            each.assignment and each.assignment.uuid,
            each.unit and each.unit.uuid,
            tuple(
                (one.system_role.uuid, tuple((limit.type.uuid, limit.wire, limit.unlimited) for limit in one.limits))
                for one in each.included
            ),
            tuple(reason.uuid for reason in each.why),
        )
        for each in rights.held
    ]
    left_out = [
        (each.right.uuid, each.grant.uuid, each.subject.uuid, each.reason, each.text) for each in rights.omitted
    ]
    return held, left_out


def first_day(day: date | None) -> date | None:
    """A first day as it is shown: none for what has always been."""
    return None if day in (None, ALWAYS) else day
