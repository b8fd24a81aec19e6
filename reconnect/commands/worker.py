"""``worker``: the jobs by schedule."""

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
        bool, typer.Option("--check", help="Tell by the exit code whether a worker of this machine and home is alive.")
    ] = False,
    burst: Annotated[bool, typer.Option("--burst", help="Do what is queued, then end.")] = False,
) -> None:
    """Run imports, exports and the day turn by the settings' schedule until it is stopped.

    Any number of workers may run. One that is stopped (SIGTERM) gives its jobs back.
    """
    import redis

    from reconnect.work import worker

    of_run = of(context)
    if check:
        with redis.Redis.from_url(of_run.redis_url()) as client:
            alive = worker.healthy_here(client, of_run)
        if not alive:
            raise CommandFailed(
                "No worker of this machine and RECONNECT_HOME has shown itself for a quarter of a minute."
            )
        terminal().print("A worker is alive.")
        return
    of_run.driver()
    worker.run(of_run, burst)
