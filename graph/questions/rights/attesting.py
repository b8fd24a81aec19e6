"""What an attestation asks about: each grant or request that gives a right, and for whom; and what is overdue."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import neo4j

from graph.as_of import in_force
from graph.model.rights import OPEN
from graph.questions.rights.asking import evaluation_of_all
from graph.questions.rights.at_kombit import roles_at_kombit
from graph.questions.rights.evaluate import Evaluation
from graph.questions.rights.held import HeldRight, Thing
from graph.questions.rights.holders import holders, is_in
from graph.questions.rights.organisation import Grant
from graph.questions.rights.review import SOON, Found, review


@dataclass(frozen=True, slots=True)
class Question:
    """Is what ``gives`` (a grant or request) still needed, for ``person``? None: for all whom it names."""

    gives: Thing
    person: Thing | None = None


def of_system(work: Evaluation, system: str) -> list[Question]:
    """Every grant and approved request that gives a right in the system."""
    roles = {uuid for uuid, role in work.organisation.system_roles.items() if role.system.uuid == system}
    grants = (each for each in work.organisation.grants.values() if roles & work.bundles.amounts_to(each.gives))
    return [Question(each.thing, only_person(work, each)) for each in grants]


def of_unit(work: Evaluation, unit: str) -> list[Question]:
    """Every right that is held in the unit or below it, by holder."""
    where = frozenset({unit})
    held = (each for _, rights in work.everybody() for each in rights.held)
    return _by_holder(each for each in held if is_in(work, each, where))


def of_right(work: Evaluation, right: str) -> list[Question]:
    """Every holder of the right, however it is included."""
    return _by_holder(holders(work, right))


def of_person(work: Evaluation, person: str) -> list[Question]:
    """Every right of the person."""
    return _by_holder(work.of(person).held)


def only_person(work: Evaluation, grant: Grant) -> Thing | None:
    """The person, where a grant names one person, or that person's employments and affiliations, and no one else."""
    found: set[str] = set()
    for each in grant.given_to:
        tie = work.organisation.ties.get(each.uuid)
        if each.kind != "Person" and tie is None:
            return None
        found.add(each.uuid if tie is None else tie.person)
    person = work.organisation.persons.get(found.pop()) if len(found) == 1 else None
    return None if person is None else Thing("Person", person.uuid, person.name)


def _by_holder(held: Iterable[HeldRight]) -> list[Question]:
    return [*dict.fromkeys(Question(each.grant, each.person) for each in held)]


def open_questions(session: neo4j.Session) -> set[tuple[str, str | None]]:
    """(grant or request, person) of the attestations that are not answered."""
    rows = session.run(
        """
        MATCH (a:Attestation {state: $open})-[:ATTESTS|ATTESTS_REQUEST]->(gives)
        RETURN gives.uuid AS gives, head([(a)-[:OF_PERSON]->(p) | p.uuid]) AS person
        """,
        open=OPEN,
    )
    return {(row["gives"], row["person"]) for row in rows}


def reviewed(session: neo4j.Session, at: date, known: int | None = None) -> list[Found]:
    """What of rights should be looked at on a day, in a fixed order. ``known``: as ``graph.as_of.Day`` has it."""
    work, later = (evaluation_of_all(session, day, known) for day in (at, at + SOON))
    found = [*review(work, later, roles_at_kombit(session, at)), *overdue(session, at)]
    return sorted(found, key=lambda each: (each.finding, each.about.title, each.about.uuid, each.text))


def overdue(session: neo4j.Session, at: date) -> Iterator[Found]:
    """Attestations that should have been answered before the day, and were not by then."""
    rows = session.run(
        f"""
        MATCH (a:Attestation)-[s:STATE]->(v)
        WHERE {in_force("s")} AND v.state = $open AND date(v.due) < $at
        OPTIONAL MATCH (a)-[:ATTESTS|ATTESTS_REQUEST]->(gives)
        OPTIONAL MATCH (a)-[:OF_PERSON]->(person)
        RETURN a.uuid AS uuid, v.round AS round, v.due AS due, coalesce(gives.title, '') AS title,
            person.uuid AS person, person.name AS name
        """,
        open=OPEN,
        at=at,
    )
    for row in rows:
        about = Thing("Attestation", row["uuid"], row["title"] or row["round"] or row["uuid"])
        person = None if row["person"] is None else Thing("Person", row["person"], row["name"] or "")
        yield Found(
            "overdue", about, f"the attestation was due on {row['due']}", person, date.fromisoformat(row["due"])
        )
