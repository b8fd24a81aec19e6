"""Mutations about logins to REConnect: ending sessions."""

import strawberry
from graphql import GraphQLError
from strawberry import ID
from strawberry.types import Info

from api.access import session_list
from api.access.rights import WRITE
from api.context import Context
from api.mutations.editing import Editing
from api.mutations.inputs import Ended

CONTEXT = Info[Context, None]


@strawberry.type
class LoggingIn:
    """The part of ``Mutation`` for logins."""

    @strawberry.mutation(description="End a session: one's own, or another's with the rights of endSessionsOf")
    async def end_session(self, info: CONTEXT, id: ID, reason: str) -> Ended:
        def work(editing: Editing) -> Ended:
            access = info.context.access
            may_end_all = bool(WRITE["endSessionsOf"] & access.everywhere)
            own = access.person
            ended = 0
            if may_end_all or own is not None:
                person = None if may_end_all else own
                ended = session_list.end(editing.driver, access.name, id=id, person=person)
            if not ended:
                raise GraphQLError(
                    f"there is no open session {id!r} that you may end", extensions={"code": "unknown_session"}
                )
            return Ended(count=ended)

        return await Editing(info.context, "endSession", reason).do(work)

    @strawberry.mutation(description="End all sessions of a person, in every browser")
    async def end_sessions_of(self, info: CONTEXT, person: ID, reason: str) -> Ended:
        def work(editing: Editing) -> Ended:
            uuid = editing.uuid("Person", person)
            return Ended(count=session_list.end(editing.driver, info.context.access.name, person=uuid))

        return await Editing(info.context, "endSessionsOf", reason).do(work)
