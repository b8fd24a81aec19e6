"""``accounts``: plan accounts by the rules, show why a person has one or none, ask for extra ones, stop a person."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from graph.time import today
from reconnect import account_requests
from reconnect.commands import accounts_at_targets
from reconnect.context import of
from reconnect.day_option import day_option
from reconnect.exits import CommandFailed, Exit
from reconnect.reason_option import reason_option
from reconnect.terminal import print_json, terminal

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Person = Annotated[str, typer.Argument(help="The person: their UUID, or a source's key for them.")]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    accounts = typer.Typer(help="Plan accounts by the account rules, and show why.", no_args_is_help=True)
    accounts.command("plan")(plan)
    accounts.command("why")(why)
    accounts.command("stop")(stop)
    accounts.command("next-name")(next_name)
    accounts.command("notices")(notices)
    account_requests.register(accounts)
    accounts_at_targets.register(accounts)
    app.add_typer(accounts, name="accounts")


def plan(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change; write nothing.")] = False,
    approve: Annotated[
        str | None, typer.Option("--approve", metavar="ID", help="Approve the stopped closings with this id.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Apply the account rules to everyone; the worker does the same after each change.

    Where more accounts would close than the brake allows, these wait for an approval, and the rest is planned.
    """
    from graph.errors import GraphError
    from graph.writing.graph_writer import GraphWriter
    from reconnect.work import jobs
    from reconnect.work.due_accounts import JOB, limits
    from rules.accounts.following import covered, owe, touched
    from rules.accounts.run import apply

    run = of(context)
    driver = run.driver()
    try:
        with jobs.running(run, jobs.Caller(lambda what, done, total: None), JOB) as job:
            found = touched(driver)
            writer = GraphWriter(driver, run.keyring, run.order)
            report = apply(
                driver,
                writer,
                user="command line",
                limits=limits(run),
                approve=approve,
                dry_run=dry_run,
                step=job.step,
                before_writing=lambda: owe(driver),
            )
            if not dry_run:
                covered(driver, found, report)
            text = f"{report.opened} planned, {report.changed} changed, {report.closed} closed"
            job.finish("waiting" if report.brake else "done", text, dry_run=dry_run)
    except GraphError as error:
        raise CommandFailed(str(error)) from error
    if as_json:
        print_json({
            "opened": report.opened, "changed": report.changed, "closed": report.closed, "brake": report.brake,
            "reasons": report.reasons, "waits_for": report.waits_for, "lines": report.lines,
            "problems": [{"key": each.key, "rule": each.rule, "text": each.text} for each in report.problems],
        })  # fmt: skip
    else:
        console = terminal()
        for line in report.lines:
            console.print(line, highlight=False, soft_wrap=True, markup=False)
        console.print(f"{'Would be' if dry_run else 'Accounts'}: {text}.", highlight=False)
        if report.waits_for:
            sources = ", ".join(report.waits_for)
            console.print(f"Closings of {len(report.held)} people wait until imports end: {sources}.", highlight=False)
        for problem in report.problems:
            console.print(f"{problem.key}: {problem.text}", highlight=False, soft_wrap=True)
        for reason in report.reasons:
            wait = f"; approve with --approve {report.brake}" if report.brake else ""
            console.print(f"Stopped by the brake: {reason}{wait}.", highlight=False, soft_wrap=True)
    if report.brake is not None:
        raise typer.Exit(Exit.BRAKE)


def why(
    context: typer.Context,
    person: Person,
    at: Annotated[date | None, day_option("--at", help="The day; default today.", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """Show which accounts a person should have, why, and why not others."""
    from graph.errors import Ambiguous, Unknown
    from graph.identity.lookup import find
    from rules.accounts.explaining import explain

    with of(context).driver().session(default_access_mode="READ") as session:
        try:
            uuid = find(session, "Person", person).uuid
        except (Unknown, Ambiguous) as error:
            raise CommandFailed(str(error)) from error
        found = explain(session, uuid, at or today())
    if as_json:
        print_json([
            {
                "system": each.system.key, "open": each.open, "login": each.login,
                "planned_login": each.planned_login, "reason": each.reason, "text": each.text,
                "rule": None if each.rule is None else each.rule.key,
            }
            for each in found
        ])  # fmt: skip
        return
    console = terminal()
    if not found:
        console.print("There are no account rules.")
    for each in found:
        what = "has an account" if each.open else "has no account"
        login = f" ({each.login})" if each.login else ""
        console.print(f"{each.system.title or each.system.key}: {what}{login}: {each.text}.", highlight=False,
                      soft_wrap=True)  # fmt: skip


def stop(
    context: typer.Context,
    person: Person,
    reason: Annotated[str, reason_option("Why; kept with the stop.")],
    until: Annotated[
        date | None, day_option("--until", help="The first day that is allowed again.", show_default=False)
    ] = None,
    end: Annotated[bool, typer.Option("--end", help="End the stop instead.")] = False,
) -> None:
    """Stop a person at once: every account is closed, whatever rule or source gives it, without a brake.

    Targets that hold accounts are supplied by the worker, within seconds.
    """
    from graph.change_log import Origin
    from graph.errors import Ambiguous, GraphError, Unknown
    from graph.identity.lookup import find
    from graph.statements.precedence import MANUAL
    from graph.time import Period
    from graph.writing.graph_writer import GraphWriter
    from graph.writing.stopping import stopped

    run = of(context)
    driver = run.driver()
    with driver.session(default_access_mode="READ") as session:
        try:
            uuid = find(session, "Person", person).uuid
        except (Unknown, Ambiguous) as error:
            raise CommandFailed(str(error)) from error
    if until is not None and end:
        raise CommandFailed("--end ends the stop today, so --until can't be given with it.", Exit.USAGE)
    if until is not None and until <= today():
        raise CommandFailed("--until must be a day to come.", Exit.USAGE)
    edit = stopped(Period(today(), until), None if end else reason)
    try:
        writer = GraphWriter(driver, run.keyring, run.order)
        written = writer.amend("Person", uuid, edit, Origin(MANUAL, user="command line", reason=reason))
    except GraphError as error:
        raise CommandFailed(str(error)) from error
    until_day = "" if until is None else f" until {until}"
    done = f"The stop has ended{until_day}." if end else f"Stopped from {today()} on{until_day}."
    terminal().print(f"{done} It was so already." if written.change is None else done, highlight=False)


def next_name(
    context: typer.Context,
    given_name: Annotated[str, typer.Argument(help="Given names.")],
    surname: Annotated[str, typer.Argument(help="Surname.")],
    policy: Annotated[str | None, typer.Option(help="Key of the name policy; default the only one.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show the names that the next person of this name would get; nothing is taken."""
    from graph.errors import Ambiguous, Unknown
    from graph.identity.lookup import find
    from rules.accounts import naming
    from rules.accounts.reading import read

    with of(context).driver().session(default_access_mode="READ") as session:
        facts = read(session, today(), [])
        try:
            chosen = naming.policy_of(facts, None if policy is None else find(session, "NamePolicy", policy).uuid)
            names = naming.next_name(facts, naming.taken(session, facts), chosen, given_name, surname)
        except (Unknown, Ambiguous, naming.NoName) as error:
            raise CommandFailed(str(error)) from error
    shown = {name: names[name] for name in ("login", "principal_name", "email", "common_name") if names.get(name)}
    if as_json:
        print_json(shown)
        return
    for name, value in shown.items():
        terminal().print(f"{name.replace('_', ' ')}: {value}", highlight=False)


def notices(
    context: typer.Context,
    since: Annotated[
        date | None, day_option("--since", help="From this day on; default: since the last mails.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the mails about accounts that the worker sends next ([account_notices]); send none."""
    from reconnect.work.account_notices import due

    run = of(context)
    found = due(run, since)
    if as_json:
        print_json([{"to": each.to, "subject": each.subject, "text": each.text} for each in found.mails])
        return
    console = terminal()
    if not found.mails:
        console.print("No mails are due.")
    for each in found.mails:
        console.print(f"To: {', '.join(each.to)}\nSubject: {each.subject}\n\n{each.text}", highlight=False,
                      soft_wrap=True, markup=False)  # fmt: skip
