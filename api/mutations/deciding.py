"""Mutations by which people settle what sources disagree on: who is who, whose an account is, what a record is of."""

from collections.abc import Callable, Sequence
from typing import Annotated

import neo4j
import strawberry
from strawberry.types import Info

from api.context import Context
from api.mutations.editing import Editing, always, as_kept, with_links
from api.mutations.inputs import Decided, Erased, Marked, Written
from graph.change_log import Origin
from graph.corrections import distinct_persons, withdrawn_match
from graph.corrections.joining import Joining
from graph.corrections.person_erasure import erase_person
from graph.identity.matching import decide

Each = Callable[[neo4j.Driver, Sequence[str], Origin], None]
CONTEXT = Info[Context, None]
Records = Annotated[
    list[strawberry.ID] | None,
    strawberry.argument(description="ids of its sources that are the other's; without it, all that came with into"),
]


@strawberry.type
class Deciding:
    """The part of ``Mutation`` that is about decisions."""

    @strawberry.mutation(description="Two persons are one: keep stays; the other's uuid and CPR number find it as well")
    async def join_persons(self, info: CONTEXT, keep: str, other: str, reason: str) -> Written:
        def work(editing: Editing) -> Written:
            joined = _joining(info).join(editing.uuid("Person", keep), editing.uuid("Person", other), editing.origin)
            return Written(uuid=strawberry.ID(joined.uuid), version=joined.version, change=joined.change, notice=None)

        return await Editing(info.context, "joinPersons", reason).do(work)

    @strawberry.mutation(
        description="One person is two: records go to a person that was joined into it, or to a new one"
    )
    async def split_person(
        self, info: CONTEXT, person: str, reason: str, records: Records = None, into: strawberry.ID | None = None
    ) -> Written:
        def work(editing: Editing) -> Written:
            found = editing.uuid("Person", person)
            back = None if into is None else as_kept(into)
            split = _joining(info).split(found, editing.origin, records, back)
            return Written(uuid=strawberry.ID(split.uuid), version=split.version, change=split.change, notice=None)

        return await Editing(info.context, "splitPerson", reason).do(work)

    @strawberry.mutation(
        description="A person who has left is erased (GDPR article 17), the change log's texts included; no way back"
    )
    async def erase_person(self, info: CONTEXT, person: str, reason: str) -> Erased:
        def work(editing: Editing) -> Erased:
            erased = erase_person(info.context.driver, editing.uuid("Person", person), editing.origin)
            return Erased(uuids=[strawberry.ID(each) for each in erased])

        return await Editing(info.context, "erasePerson", reason).do(work)

    @strawberry.mutation(description="Persons who only look like one; they are suspected no more")
    async def mark_as_different_persons(self, info: CONTEXT, persons: list[str], reason: str) -> list[Marked]:
        return await _of_each(info, "markAsDifferentPersons", persons, reason, distinct_persons.tell_apart)

    @strawberry.mutation(description="Take markAsDifferentPersons back")
    async def unmark_as_different_persons(self, info: CONTEXT, persons: list[str], reason: str) -> list[Marked]:
        return await _of_each(info, "unmarkAsDifferentPersons", persons, reason, distinct_persons.take_back)

    @strawberry.mutation(description="Whose an account is; person null = as the sources tell")
    async def set_owner(
        self, info: CONTEXT, account: str, person: str | None, reason: str, expected_version: int | None = None
    ) -> Written:
        def work(editing: Editing) -> Written:
            owner = () if person is None else always(editing.ref("Person", person))
            return editing.write("Account", editing.uuid("Account", account), with_links(owner=owner), expected_version)

        return await Editing(info.context, "setOwner", reason).do(work)

    @strawberry.mutation(description="Which thing an ambiguous record is of; thing null = a new one")
    async def decide_match(self, info: CONTEXT, id: strawberry.ID, thing: strawberry.ID | None, reason: str) -> Decided:
        def work(editing: Editing) -> Decided:
            decided = None if thing is None else as_kept(thing)
            decide(info.context.driver, id, decided, info.context.access.name, editing.reason)
            return Decided(id=id, uuid=None if decided is None else strawberry.ID(decided))

        return await Editing(info.context, "decideMatch", reason).do(work)

    @strawberry.mutation(description="Take decideMatch back: the record waits again, and tells of nothing until then")
    async def take_back_match(self, info: CONTEXT, id: strawberry.ID, reason: str) -> Decided:
        def work(editing: Editing) -> Decided:
            context = info.context
            withdrawn_match.take_back(context.driver, context.keyring, context.order, id, editing.origin)
            return Decided(id=id, uuid=None)

        return await Editing(info.context, "takeBackMatch", reason).do(work)


def _joining(info: CONTEXT) -> Joining:
    return Joining(info.context.driver, info.context.keyring, info.context.order)


async def _of_each(info: CONTEXT, mutation: str, persons: list[str], reason: str, do: Each) -> list[Marked]:
    def work(editing: Editing) -> list[Marked]:
        uuids = [editing.uuid("Person", each) for each in persons]
        do(info.context.driver, uuids, editing.origin)
        return [Marked(uuid=strawberry.ID(each)) for each in uuids]

    return await Editing(info.context, mutation, reason).do(work)
