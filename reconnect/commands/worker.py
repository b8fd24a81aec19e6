"""``worker``: runs the scheduled jobs."""

from typing import Annotated

import typer

from reconnect.context import of
from reconnect.exits import CommandFailed
from reconnect.terminal import terminal


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("worker")(run_worker)


def run_worker(
    context: typer.Context,
    check: Annotated[
        bool, typer.Option("--check", help="Exit code 0 if a worker for this machine and home is alive, otherwise 1.")
    ] = False,
    burst: Annotated[bool, typer.Option("--burst", help="Run the queued jobs, then exit.")] = False,
) -> None:
    """Run imports, exports and the day turn on the schedule in the settings, until it is stopped.

    Any number of workers may run. A worker that is stopped (SIGTERM) returns its jobs to the queue.
    """

    from reconnect.work.liveness import healthy_here

    of_run = of(context)
    if check:
        with of_run.redis() as client:
            alive = healthy_here(client, of_run)
        if not alive:
            raise CommandFailed(
                "No worker for this machine and RECONNECT_HOME has given a sign of life in the last 15 seconds."
            )
        terminal().print("A worker is alive.")
        return
    from reconnect.work import worker

    of_run.driver()
    worker.run(of_run, burst)
