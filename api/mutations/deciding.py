"""Mutations that settle what sources disagree on: identities, owners of accounts, matches of records."""

from collections.abc import Callable, Sequence
from typing import Annotated

import neo4j
import strawberry
from strawberry import ID, UNSET
from strawberry.types import Info

from api.access import session_list
from api.context import Context
from api.mutations.editing import Editing, as_kept
from api.mutations.edits import days, with_link
from api.mutations.inputs import Decided, Erased, From_, Marked, To_, Written
from api.mutations.oneself import refuse_decided
from graph.change_log import Origin
from graph.corrections import distinct_persons, withdrawn_match
from graph.corrections.joining import Joining
from graph.corrections.person_erasure import erase_person
from graph.identity.matching import decide

Each = Callable[[neo4j.Driver, Sequence[str], Origin], None]
CONTEXT = Info[Context, None]
Records = Annotated[
    list[ID] | None,
    strawberry.argument(
        description="Ids of its records that belong to the other person; by default all that came with into"
    ),
]


@strawberry.type
class Deciding:
    """The part of ``Mutation`` for decisions."""

    @strawberry.mutation(
        description="Join two persons into one: keep stays; the other's UUID and CPR number lead to it"
    )
    async def join_persons(self, info: CONTEXT, keep: ID, other: ID, reason: str) -> Written:
        def work(editing: Editing) -> Written:
            kept, left = editing.uuid("Person", keep), editing.uuid("Person", other)
            editing.refuse_oneself((kept, left), "would give you what another person has")
            editing.require_rights_of((kept, left))
            joined = _joining(info).join(kept, left, editing.origin)
            return Written(uuid=ID(joined.uuid), version=joined.version, change=joined.change, notice=None)

        return await Editing(info.context, "joinPersons", reason).do(work)

    @strawberry.mutation(
        description="Split a person into two: records move to a person that was joined into it, or to a new one"
    )
    async def split_person(
        self,
        info: CONTEXT,
        person: ID,
        reason: str,
        records: Records = None,
        into: ID | None = None,
    ) -> Written:
        def work(editing: Editing) -> Written:
            found = editing.uuid("Person", person)
            back = None if into is None else as_kept(into)
            editing.refuse_oneself((found, back), "changes who you are")
            editing.require_rights_of((found, back))
            split = _joining(info).split(found, editing.origin, records, back)
            session_list.end(editing.driver, info.context.access.name, person=found)  # who it was isn't sure any more
            return Written(uuid=ID(split.uuid), version=split.version, change=split.change, notice=None)

        return await Editing(info.context, "splitPerson", reason).do(work)

    @strawberry.mutation(
        description=(
            "Erase a person who has left (GDPR article 17), also in the texts of the change log. It can't be undone"
        )
    )
    async def erase_person(self, info: CONTEXT, person: ID, reason: str) -> Erased:
        def work(editing: Editing) -> Erased:
            uuid = editing.uuid("Person", person)
            editing.refuse_oneself((uuid,), "takes your traces out of the log")
            editing.require_second("erase_person", uuid)
            erased = erase_person(info.context.driver, uuid, editing.origin)
            return Erased(uuids=[ID(each) for each in erased])

        return await Editing(info.context, "erasePerson", reason).do(work)

    @strawberry.mutation(description="Mark persons as different; they are no longer listed as possible duplicates")
    async def mark_as_different_persons(self, info: CONTEXT, persons: list[ID], reason: str) -> list[Marked]:
        return await _of_each(info, "markAsDifferentPersons", persons, reason, distinct_persons.mark_as_different)

    @strawberry.mutation(description="Undo markAsDifferentPersons")
    async def unmark_as_different_persons(self, info: CONTEXT, persons: list[ID], reason: str) -> list[Marked]:
        return await _of_each(info, "unmarkAsDifferentPersons", persons, reason, distinct_persons.unmark_as_different)

    @strawberry.mutation(description="Set the owner of an account in a period")
    async def set_owner(
        self, info: CONTEXT, account: ID, person: ID | None, reason: str, from_: From_ = UNSET, to: To_ = None,
        expected_version: int | None = None,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            owner = None if person is None else editing.ref("Person", person)
            life = days(from_, to)
            about = None if owner is None else life
            editing.require_rights_of((None if owner is None else owner.key,))
            edit = with_link("owner", owner, life)
            return editing.write("Account", editing.uuid("Account", account), edit, expected_version, about)

        return await Editing(info.context, "setOwner", reason).do(work)

    @strawberry.mutation(description="Decide which thing an ambiguous record belongs to")
    async def decide_match(self, info: CONTEXT, id: ID, thing: ID | None, reason: str) -> Decided:
        def work(editing: Editing) -> Decided:
            decided = None if thing is None else as_kept(thing)
            editing.refuse_oneself((decided,), "would give you what a record says of another person")
            editing.require_rights_of((decided,))
            decide(info.context.driver, id, decided, info.context.access.name, editing.reason)
            return Decided(id=id, uuid=None if decided is None else ID(decided))

        return await Editing(info.context, "decideMatch", reason).do(work)

    @strawberry.mutation(
        description="Undo decideMatch: the record waits for a decision again, and has no effect until then"
    )
    async def take_back_match(self, info: CONTEXT, id: ID, reason: str) -> Decided:
        def work(editing: Editing) -> Decided:
            context = info.context
            editing.read(lambda session: refuse_decided(session, context.access, "takeBackMatch", id))
            withdrawn_match.withdraw(context.driver, context.keyring, context.order, id, editing.origin)
            return Decided(id=id, uuid=None)

        return await Editing(info.context, "takeBackMatch", reason).do(work)


def _joining(info: CONTEXT) -> Joining:
    return Joining(info.context.driver, info.context.keyring, info.context.order)


async def _of_each(info: CONTEXT, mutation: str, persons: list[ID], reason: str, do: Each) -> list[Marked]:
    def work(editing: Editing) -> list[Marked]:
        uuids = [editing.uuid("Person", each) for each in persons]
        do(info.context.driver, uuids, editing.origin)
        return [Marked(uuid=ID(each)) for each in uuids]

    return await Editing(info.context, mutation, reason).do(work)
