"""The commands of ``processes`` for cases: their incidents, their end, and their move to another version."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from reconnect.process_refusals import refusing
from reconnect.reason_option import reason_option
from reconnect.terminal import print_json, terminal

if TYPE_CHECKING:
    import neo4j

CaseId = Annotated[str, typer.Argument(metavar="CASE", help="Id of the case.")]
IncidentId = Annotated[str, typer.Argument(metavar="INCIDENT", help="The incident, as `incidents` shows it.")]
Reason = Annotated[str, reason_option("Why, for the log of the case.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def incidents(context: typer.Context, as_json: AsJson = False) -> None:
    """List what cases can't do: steps that fail, and services after their last try."""
    from processes.cases.kept import stuck_cases
    from reconnect.context import of

    with of(context).driver().session(default_access_mode="READ") as session:
        found = stuck_cases(session)
    if as_json:
        print_json([{"process": case.process, "case": case.id, **each} for case in found for each in case.incidents])
        return
    for case in found:
        for each in case.incidents:
            terminal().print(f"{case.process}, case {case.id}, {each['element']}: {each['text']} ({each['task']})")
    if not found:
        terminal().print("There are no incidents.")


def retry(context: typer.Context, case: CaseId, incident: IncidentId, reason: Reason) -> None:
    """Make a step of a case again that could not be made; the worker tries a service within seconds."""
    from processes.cases.incidents import retry as again

    _decide(context, case, incident, reason, again)
    terminal().print(f"Case {case}: the step {incident} is tried again.", highlight=False)


def skip(context: typer.Context, case: CaseId, incident: IncidentId, reason: Reason) -> None:
    """Let a case go on without a service that has failed. It has no answer then."""
    from processes.cases.incidents import skip as skipped

    _decide(context, case, incident, reason, skipped)
    terminal().print(f"Case {case}: the step {incident} was skipped; the case goes on.", highlight=False)


def repair(
    context: typer.Context,
    case: CaseId,
    incident: IncidentId,
    reason: Reason,
    values: Annotated[str, typer.Option("--values", help='The values by variable, as JSON: {"first_day": …}.')],
) -> None:
    """Set variables of a case at a step that could not be made, and make it again."""
    from processes.cases.incidents import repair as repaired
    from reconnect.context import of
    from reconnect.process_files import values_given

    given = values_given(values)

    def decide(driver: neo4j.Driver, case: str, incident: str, by: None, now: datetime, reason: str) -> None:
        repaired(driver, case, incident, given, by, now, reason, user=of(context).user)

    _decide(context, case, incident, reason, decide)
    terminal().print(
        f"Case {case}: the step {incident} is made again with {', '.join(sorted(given))}.", highlight=False
    )


def end(context: typer.Context, case: CaseId, reason: Reason) -> None:
    """End a case before its process does: its open tasks lapse, no timer is due any more, and what was done stays."""
    from processes.cases.ending import end as ended

    def decide(driver: neo4j.Driver, case: str, _: str, by: None, now: datetime, reason: str) -> None:
        ended(driver, case, by, now, reason)

    _decide(context, case, "", reason, decide)
    terminal().print(f"Case {case} was ended.", highlight=False)


def move(
    context: typer.Context,
    process: Annotated[str, typer.Argument(metavar="PROCESS", help="Id of the process.")],
    reason: Reason,
    case: Annotated[list[str] | None, typer.Option("--case", help="Only this case; may be given again.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show which cases could be moved.")] = False,
) -> None:
    """Move open cases to the version with which new ones start. Those that can't be moved stay, with the reason."""
    from graph.time import copenhagen_now
    from processes.cases.moving import move as moved
    from reconnect.context import of

    run = of(context)
    why = f"{reason} ({run.user})"
    with refusing():
        done = moved(run.driver(), process, case or None, None, copenhagen_now(), why, dry_run=dry_run)
    state = "could be moved" if dry_run else "were moved"
    terminal().print(f"{len(done.moved)} cases {state} to version {done.version}; {len(done.stays)} stay.")
    for id_, text in done.stays.items():
        terminal().print(f"  {id_}: {text}")


def _decide(context: typer.Context, case: str, incident: str, reason: str, do: Callable[..., None]) -> None:
    from graph.time import copenhagen_now
    from reconnect.context import of

    run = of(context)
    with refusing():
        do(run.driver(), case, incident, None, copenhagen_now(), f"{reason} ({run.user})")
