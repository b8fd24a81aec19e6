"""The mutation that starts a run of a source or target now, as the command line does.

A worker makes it, so it passes the same brake as one of the schedule: what the brake stops waits for ``approveBrake``.
"""

import strawberry
from strawberry.types import Info

from api.context import Context
from api.mutations.editing import Editing
from api.runs import RunKind, RunOrder, known
from graph.rehearsal import Rehearsal

CONTEXT = Info[Context, None]


@strawberry.type(description="A run that waits for a worker")
class StartedRun:
    name: str = strawberry.field(description="The source or target")
    is_new: bool = strawberry.field(description="false: the same run waits or is made already")


@strawberry.type
class StartingRuns:
    @strawberry.mutation(
        description="Let a worker make a run of a source or target now; runJob says how it goes. What the brake stops "
        "waits for approveBrake, as in a run of the schedule"
    )
    async def start_run(
        self, info: CONTEXT, type: RunKind, name: str, reason: str, dry_run: bool = False
    ) -> StartedRun:
        def work(editing: Editing) -> StartedRun:
            runs = known(info.context.runs)
            if isinstance(editing.driver, Rehearsal):
                runs.require(type, name)
                return StartedRun(name=name, is_new=True)
            order = RunOrder(type, name, info.context.access.name, editing.reason, dry_run)
            return StartedRun(name=name, is_new=runs.start(order))

        return await Editing(info.context, "startRun", reason).do(work)
