"""``status``: the servers, the jobs and the sources."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from graph.time import COPENHAGEN
from reconnect.context import Context, of
from reconnect.exits import CommandFailed, Exit
from reconnect.terminal import tell_of_the_rest, terminal

if TYPE_CHECKING:
    from exporters.target import Parked
    from reconnect.embedded import Status
    from reconnect.job_states import WorkState
    from reconnect.source_health import SourceHealth

_SHOWN = 20
"""Parked objects, on a terminal; elsewhere all are shown."""


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(status)


def status(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
) -> None:
    """Show which servers run and where, the last run of each job, and the state of each source.

    Exit code 1 unless Neo4j and Valkey answer.
    """
    of_run = of(context)
    found = of_run.instance.status()
    own_redis = of_run.settings.redis.url is not None
    jobs, alive = _jobs(of_run) if own_redis or found.valkey_pid else (None, False)
    graph = (of_run.settings.neo4j.uri is not None or found.neo4j_pid is not None) and _graph_answers(of_run)
    sources = _sources(of_run) if graph and jobs is not None else []
    parked = _parked(of_run) if graph else []
    if as_json:
        print(json.dumps(_as_json(found, graph, jobs, alive, sources, parked), indent=2, ensure_ascii=False))
    else:
        _print(of_run, found, graph, jobs, alive, sources)
        _print_parked(parked)
    if jobs is None or not graph:
        raise typer.Exit(Exit.FAILURE)


def _graph_answers(context: Context) -> bool:
    try:
        context.driver()
    except CommandFailed as error:
        terminal(stderr=True).print(str(error))
        return False
    return True


def _jobs(context: Context) -> tuple[dict[str, WorkState] | None, bool]:
    """State of the jobs, and whether a worker is alive; (None, False) when Redis does not answer."""
    import redis

    from reconnect import job_states
    from reconnect.work import liveness

    try:
        with context.redis() as client:
            return job_states.read(client), liveness.healthy(client)
    except redis.RedisError:
        return None, False


def _sources(context: Context) -> list[SourceHealth]:
    """Empty if the graph does not answer: the rest is shown all the same."""
    import redis

    from reconnect.source_health import sources_health

    try:
        return sources_health(context)
    except (CommandFailed, redis.RedisError) as error:
        terminal(stderr=True).print(f"The state of the sources is unknown: {error}")
        return []


def _parked(context: Context) -> list[tuple[str, Parked]]:
    """Objects that targets refuse, with their own texts. Empty if the graph does not answer."""
    from neo4j.exceptions import DriverError, Neo4jError

    from exporters.ledger import not_given

    try:
        return not_given(context.driver())
    except (CommandFailed, DriverError, Neo4jError) as error:
        terminal(stderr=True).print(f"The targets' parked objects are not known: {error}")
        return []


def _print_parked(parked: Sequence[tuple[str, Parked]]) -> None:
    console = terminal()
    shown = parked[:_SHOWN] if console.is_terminal else parked
    for target, each in shown:
        console.print(f"Parked   {target}: {each.object} {each.key}: {each.problem}: {each.reason}")
    tell_of_the_rest(len(parked) - len(shown), console)


def _as_json(
    found: Status,
    graph: bool,
    jobs: dict[str, WorkState] | None,
    alive: bool,
    sources: Sequence[SourceHealth],
    parked: Sequence[tuple[str, Parked]],
) -> dict[str, Any]:
    return {
        "home": str(found.home),
        "running": graph and jobs is not None,
        "neo4j": found.neo4j_pid,
        "valkey": found.valkey_pid,
        "bolt_uri": found.addresses.bolt_uri if found.addresses else None,
        "browser_url": found.addresses.browser_url if found.addresses else None,
        "worker": alive,
        "jobs": {name: vars(state) for name, state in (jobs or {}).items()},
        "sources": [each.as_answer() for each in sources],
        "parked": [{"target": target, **asdict(each)} for target, each in parked],
    }


def _print(
    context: Context,
    found: Status,
    graph: bool,
    jobs: dict[str, WorkState] | None,
    alive: bool,
    sources: Sequence[SourceHealth],
) -> None:
    from reconnect.commands.instance import show

    console = terminal()
    neo4j = _where(context.settings.neo4j.uri, found.neo4j_pid, graph)
    valkey = _where("as in the settings" if context.settings.redis.url else None, found.valkey_pid, jobs is not None)
    console.print(f"Home     {found.home}")
    console.print(f"Neo4j    {neo4j}")
    console.print(f"Valkey   {valkey}")
    console.print(f"Worker   {'alive' if alive else 'none'}")
    if found.running:
        show(context.instance)
    if jobs:
        table = Table(box=None)
        for column in ("Job", "State", "Begun", "Ended"):
            table.add_column(column, no_wrap=True)
        table.add_column("Attempt")
        table.add_column("What", overflow="fold")
        for name, state in jobs.items():
            begun, ended = _moment(_read(state.started)), _moment(_read(state.ended))
            table.add_row(name, state.state, begun, ended, str(state.attempt), state.text)
        console.print(table)
    if sources:
        table = Table("Source", "Last success", "Next", "Lag", "Records", "Bad", "Notices", "Last changed", box=None)
        table.columns[0].no_wrap = True
        for each in sources:
            table.add_row(*_row(each))
        console.print(table)


def _row(source: SourceHealth) -> tuple[str | Text, ...]:
    counts: Counter[str] = Counter()
    for each in source.changed:
        counts[each.operation] += each.count
    changed = ", ".join(f"{count} {operation}" for operation, count in counts.items())
    lag = "" if source.lag is None else str(timedelta(seconds=int(source.lag.total_seconds())))
    return (
        source.name,
        _moment(source.last_success) or "never",
        _moment(source.next_run),
        Text(f"{lag} SILENT".strip(), style="bold") if source.silent else lag,
        str(source.records),
        str(source.bad_records),
        str(source.notices),
        f"{_moment(source.changed_at)} {changed}".strip(),
    )


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(COPENHAGEN):%Y-%m-%d %H:%M}"


def _read(moment: str | None) -> datetime | None:
    return None if moment is None else datetime.fromisoformat(moment)


def _where(address: str | None, pid: int | None, answers: bool) -> str:
    found = address or (f"runs, process {pid}" if pid else "stopped")
    return found if answers or found == "stopped" else f"{found}: does not answer"
