"""Mutations of attestation: is a right still needed, and what becomes of it where it is not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated, Any

import neo4j
import strawberry
from strawberry import ID
from strawberry.types import Info

from api.context import Context
from api.mutations.care import Caring
from api.mutations.editing import Editing
from api.mutations.edits import Edit, always, new, with_link, with_value
from api.mutations.inputs import Written
from graph.as_of import Day, exists_or_will, not_over
from graph.errors import ChangeRejected, Unknown
from graph.identity.lookup import find
from graph.model.rights import APPROVED, ENDED, KEPT, OPEN, REMOVED
from graph.questions.rights import attesting
from graph.questions.rights.asking import evaluation, evaluation_of_all, find_right
from graph.questions.rights.attesting import Question
from graph.statements.merge import Thing
from graph.statements.statement import DatedLink, Ref, Statement
from graph.time import FOREVER, Period, today, union
from graph.writing.amending import Amendment

CONTEXT = Info[Context, None]
Due = Annotated[date, strawberry.argument(description="The day by which it is to be answered")]
_AT_ONCE = 500
"""Attestations that are written in one transaction."""


@strawberry.type
class Attesting(Caring):
    @strawberry.mutation(
        description="Ask whether rights are still needed: those of a system, of a unit, of a person, or one right"
    )
    async def start_attestation(
        self, info: CONTEXT, round: str, due: Due, reason: str, system: ID | None = None, unit: ID | None = None,
        person: ID | None = None, right: ID | None = None,
    ) -> list[Written]:  # fmt: skip
        def work(editing: Editing) -> list[Written]:
            asked = editing.read(lambda session: _asked(session, system, unit, person, right))
            made = [Amendment("Attestation", None, _question(round, due, each)) for each in asked]
            written: list[Written] = []
            for start in range(0, len(made), _AT_ONCE):
                written += editing.write_all(made[start : start + _AT_ONCE])
            return written

        return await Editing(info.context, "startAttestation", reason).do(work)

    @strawberry.mutation(description="Answer an attestation: keep what gives the right, or remove it; the holder can't")
    async def decide_attestation(
        self, info: CONTEXT, attestation: ID, keep: bool, reason: str, decided_by: ID | None = None,
        expected_version: int | None = None,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            uuid = editing.uuid("Attestation", attestation)
            editing.require_wholly("Attestation", uuid)
            decider = editing.own_name(decided_by, "decided_by")
            edit = _decided(KEPT if keep else REMOVED, decider, editing.reason)
            answer = Amendment("Attestation", uuid, edit, expected_version, days=Period(today()))
            removal = editing.read(lambda session: _removal(session, uuid, decider.key, keep=keep))
            return editing.write_all([answer, *removal])[0]

        return await Editing(info.context, "decideAttestation", reason).do(work)


def _asked(
    session: neo4j.Session, system: str | None, unit: str | None, person: str | None, right: str | None
) -> list[Question]:
    """What is not asked already. Raises ChangeRejected unless exactly one of the four is given; Unknown."""
    if sum(each is not None for each in (system, unit, person, right)) != 1:
        raise ChangeRejected("wrong_value", "give exactly one of system, unit, person and right", field="system")
    if person is not None:
        uuid = find(session, "Person", person).uuid
        found = attesting.of_person(evaluation(session, uuid, today()), uuid)
    else:
        work = evaluation_of_all(session, today())
        if system is not None:
            found = attesting.of_system(work, find(session, "ItSystem", system).uuid)
        elif unit is not None:
            found = attesting.of_unit(work, find(session, "Unit", unit).uuid)
        else:
            found = attesting.of_right(work, find_right(session, str(right)))
    known = attesting.open_questions(session)
    return [each for each in found if (each.gives.uuid, None if each.person is None else each.person.uuid) not in known]


def _question(round_: str, due: date, asked: Question) -> Edit:
    link = "grant" if asked.gives.kind == "Grant" else "request"
    links = {link: always(Ref(asked.gives.kind, asked.gives.uuid, "uuid"))}
    if asked.person is not None:
        links["person"] = always(Ref("Person", asked.person.uuid, "uuid"))
    return new(Period(today()), {"round": round_, "state": OPEN, "due": due.isoformat()}, links)


def _decided(state: str, decider: Ref, comment: str) -> Edit:
    since = Period(today())

    def edit(kept: Statement) -> Statement:
        for name, value in (("state", state), ("decided_on", since.start.isoformat()), ("comment", comment)):
            kept = with_value(name, value, since)(kept)
        return with_link("decided_by", decider, since)(kept)

    return edit


_GIVES = f"""
MATCH (a:Attestation {{uuid: $uuid}})-[:ATTESTS|ATTESTS_REQUEST]->(gives)
RETURN labels(gives)[0] AS kind, gives.uuid AS uuid, {Day(False, "$today").values("gives", "state")}.state AS state,
    {exists_or_will("gives")} AS remains, head([(a)-[:OF_PERSON]->(p) | p.uuid]) AS person,
    COLLECT {{
        MATCH (gives)-[to:GIVEN_TO]->(whom)
        WHERE {not_over("to")}
        RETURN [whom.uuid, head([(owner:Person)-[:HAS]->(whom) | owner.uuid])]
    }} AS given_to
"""


def _removal(session: neo4j.Session, attestation: str, decider: str, *, keep: bool) -> list[Amendment]:
    """What takes the right away. Raises ChangeRejected (own_approval) where the grant gives it to who decides."""
    row = session.run(_GIVES, uuid=attestation, today=today()).single()
    if row is None:
        raise Unknown("unknown_attestation", f"the attestation {attestation} is about nothing that is known")
    of_all = row["kind"] == "Grant" and row["person"] is None
    if of_all and row["uuid"] in evaluation(session, decider, today()).of(decider).grants():
        text = "decided_by: the grant gives the right to this person, who can't attest it"
        raise ChangeRejected("own_approval", text, field="decided_by")
    if keep:
        return []
    since = Period(today())
    if row["kind"] == "RightsRequest":
        ends = row["remains"] and row["state"] == APPROVED
        return [Amendment("RightsRequest", row["uuid"], with_value("state", ENDED, since))] if ends else []
    of_others = any(row["person"] not in each for each in row["given_to"])
    if row["person"] is not None and of_others:
        return [Amendment("Grant", row["uuid"], _excepting(Ref("Person", row["person"], "uuid"), since))]
    return [Amendment("Grant", row["uuid"], lambda kept: kept, life=_until_today())] if row["remains"] else []


def _excepting(person: Ref, since: Period) -> Edit:
    def edit(kept: Statement) -> Statement:
        exceptions = (*kept.links.get("exceptions", ()), DatedLink(since, person))
        return replace(kept, links={**kept.links, "exceptions": exceptions})

    return edit


def _until_today() -> Callable[[Thing], tuple[Period, ...]]:
    """It ends today; what begins today has that day, and what is to come is withdrawn."""

    def life(now: Thing) -> tuple[Period, ...]:
        first = now.states[0].period.start
        if first > today():
            return ()
        end = max(today(), first + timedelta(days=1))
        kept: list[Any] = [each.period for each in now.states if each.period.start < end]
        last = kept[-1]
        return union((*kept[:-1], Period(last.start, min(end, last.end or FOREVER))))

    return life
