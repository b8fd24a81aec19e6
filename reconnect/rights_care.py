"""``rights requests``, ``rights manual`` and ``rights done``: what waits for a decision, and what is done by hand."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import typer

from graph.time import today
from reconnect.context import of
from reconnect.day_option import day_option
from reconnect.exits import CommandFailed
from reconnect.reason_option import reason_option
from reconnect.terminal import print_json, terminal

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
System = Annotated[str | None, typer.Option(help="Only in this system: its key or UUID.")]
PersonOption = Annotated[str | None, typer.Option("--person", help="Only of this person: UUID, or a source's key.")]


def register(rights: typer.Typer) -> None:
    """Add the commands to ``rights``."""
    rights.command("requests")(requests)
    rights.command("manual")(manual)
    rights.command("done")(done)


def requests(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Those that are decided as well.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the requests for rights that wait for a decision."""
    from graph.questions.rights.care_lists import requests as question

    with of(context).driver().session(default_access_mode="READ") as session:
        found = question(session, everything=everything)
    if as_json:
        print_json(found)
        return
    console = terminal()
    if not found:
        console.print("No request waits for a decision.")
    for each in found:
        until = "" if each["to"] is None else f" until {each['to']}"
        exception = "" if each["exception_to"] is None else f", exception to {each['exception_to']}"
        text = (
            f"{each['state']}: {each['gives'] or 'no right'}{exception}, for {each['for'] or 'Name protected'} "
            f"from {each['wanted_from']}{until}, asked for by {each['requested_by'] or 'Name protected'}: "
            f"{each['reason']}  {each['uuid']}"
        )
        console.print(text, highlight=False, soft_wrap=True, markup=False)


def manual(
    context: typer.Context,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="First compare the rights held today with what was done.")
    ] = False,
    system: System = None,
    person: PersonOption = None,
    everything: Annotated[bool, typer.Option("--all", help="Those that are closed as well.")] = False,
    as_json: AsJson = False,
) -> None:
    """List what must be done by hand in systems that no target reaches."""
    from graph.errors import Ambiguous, GraphError, Unknown
    from graph.identity.lookup import find
    from graph.questions.rights.care_lists import manual_steps as question

    run = of(context)
    driver = run.driver()
    console = terminal()
    if refresh:
        from graph.care import manual_steps

        try:
            done = manual_steps.refresh(driver, _writer(context), _origin("rights manual --refresh"))
        except GraphError as error:
            raise CommandFailed(str(error)) from error
        if not as_json:
            console.print(f"{done.opened} opened, {done.changed} changed, {done.dropped} no longer needed.")
    with driver.session(default_access_mode="READ") as session:
        try:
            in_system = None if system is None else find(session, "ItSystem", system).uuid
            of_person = None if person is None else find(session, "Person", person).uuid
        except (Unknown, Ambiguous) as error:
            raise CommandFailed(str(error)) from error
        found = question(session, in_system, of_person, everything=everything)
    if as_json:
        print_json(found)
        return
    if not found:
        console.print("Nothing is to be done by hand.")
    for each in found:
        limits = f" ({' | '.join(each['limits'])})" if each["limits"] else ""
        closed = "" if each["done_on"] is None else f", done on {each['done_on']}"
        text = (
            f"{each['state']}: {each['action']} {each['system_role']} in {each['system']} for "
            f"{each['person'] or 'Name protected'}{limits}{closed}  {each['uuid']}"
        )
        console.print(text, highlight=False, soft_wrap=True, markup=False)


def done(
    context: typer.Context,
    step: Annotated[str, typer.Argument(help="The step: its UUID.")],
    by: Annotated[str, typer.Option(help="The person who did it: UUID, or a source's key.")],
    on: Annotated[
        date | None, day_option("--on", help="The day on which it was done; default today.", show_default=False)
    ] = None,
    reason: Annotated[str, reason_option("For the change log.")] = "done by hand",
) -> None:
    """Close a step: it is done."""
    from graph.care import manual_steps
    from graph.errors import GraphError
    from graph.identity.lookup import find

    with of(context).driver().session(default_access_mode="READ") as session:
        try:
            uuid, person = find(session, "ManualStep", step).uuid, find(session, "Person", by).uuid
        except GraphError as error:
            raise CommandFailed(str(error)) from error
    try:
        manual_steps.close(_writer(context), uuid, person, on or today(), reason, _origin(reason))
    except GraphError as error:
        raise CommandFailed(str(error)) from error
    terminal().print("Closed.")


def _writer(context: typer.Context) -> Any:
    from graph.writing.graph_writer import GraphWriter

    run = of(context)
    return GraphWriter(run.driver(), run.keyring, run.order)


def _origin(reason: str) -> Any:
    from graph.change_log import Origin
    from graph.statements.precedence import MANUAL

    return Origin(MANUAL, user="command line", reason=reason)
