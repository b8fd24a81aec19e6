"""Mutations of what is done by hand in manual systems."""

from datetime import date
from typing import Annotated

import strawberry
from strawberry import ID
from strawberry.types import Info

from api.context import Context
from api.mutations.attesting import Attesting
from api.mutations.editing import Editing
from api.mutations.inputs import Written
from graph.care import manual_steps
from graph.time import today

CONTEXT = Info[Context, None]
On = Annotated[date | None, strawberry.argument(description="The day on which it was done; by default today")]


@strawberry.type(description="What a comparison of rights with what was done by hand has led to")
class Refreshed:
    opened: int = strawberry.field(description="Steps that were opened")
    changed: int = strawberry.field(description="Open steps that ask for something else now")
    dropped: int = strawberry.field(description="Open steps that are no longer needed")


@strawberry.type
class ByHand(Attesting):
    @strawberry.mutation(
        description="Compare the rights held in manual systems today with what was done there, and open what differs"
    )
    async def refresh_manual_steps(self, info: CONTEXT, reason: str) -> Refreshed:
        def work(editing: Editing) -> Refreshed:
            found = manual_steps.refresh(info.context.driver, editing.writer(), editing.origin)
            return Refreshed(opened=found.opened, changed=found.changed, dropped=found.dropped)

        return await Editing(info.context, "refreshManualSteps", reason).do(work)

    @strawberry.mutation(description="Close a step by hand: it is done. The reason is kept with it")
    async def close_manual_step(self, info: CONTEXT, step: ID, done_by: ID, reason: str, on: On = None) -> Written:
        def work(editing: Editing) -> Written:
            uuid, person = editing.uuid("ManualStep", step), editing.uuid("Person", done_by)
            closed = manual_steps.close(editing.writer(), uuid, person, on or today(), editing.reason, editing.origin)
            return editing.told(closed)

        return await Editing(info.context, "closeManualStep", reason).do(work)
