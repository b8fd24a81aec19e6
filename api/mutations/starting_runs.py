"""The mutation that starts a run of a source or target now, as the command line does.

A worker makes it, behind the same brake as a scheduled run: what the brake stops waits for ``approveBrake``.
"""

import strawberry
from strawberry.types import Info

from api.context import Context
from api.mutations.editing import Editing
from api.runs import RunKind, RunOrder, known
from graph.rehearsal import Rehearsal

CONTEXT = Info[Context, None]


@strawberry.type(description="A run in the queue of the worker")
class StartedRun:
    name: str = strawberry.field(description="The source or target")
    is_new: bool = strawberry.field(description="false if the same run is already queued or running")


@strawberry.type
class StartingRuns:
    @strawberry.mutation(
        description="Queue a run of a source or target for the worker; runJob shows its progress. If the brake stops "
        "it, approveBrake approves its changes, as those of a scheduled run"
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
