"""``plans``: changes that are prepared for a day; written, previewed, compared, approved, applied and taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from reconnect.context import of
from reconnect.day_option import day_option
from reconnect.exits import CommandFailed
from reconnect.reason_option import reason_option
from reconnect.terminal import print_json, terminal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from api.mutations.planned import PlannedWriting
    from graph.plans.plan import Plan
    from graph.questions.preview.consequences import Consequence, Preview
    from reconnect.context import Context

Name = Annotated[str, typer.Argument(metavar="PLAN", help="The plan: its id or name.")]
Reason = Annotated[str, reason_option("Why, for the record.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
group = typer.Typer(
    no_args_is_help=True, help="Prepare changes for a day: preview, compare, approve, apply and take back."
)


def register(app: typer.Typer) -> None:
    """Add the group to ``app``."""
    app.add_typer(group, name="plans")


@group.command("list")
def list_plans(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Also those that are applied, or withdrawn.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the plans, by day and name."""
    from graph.plans import kept
    from graph.plans.plan import OPEN

    with of(context).driver().session(default_access_mode="READ") as session:
        found = kept.plans(session, () if everything else OPEN)
    if as_json:
        print_json([_form(each) for each in found])
        return
    console = terminal()
    if not found:
        console.print("There is no plan." if everything else "No plan is open; --all shows those that are done.")
        return
    table = Table("Day", "Name", "State", "Changes", "Author", "Id", box=None)
    for each in found:
        table.add_row(
            str(each.day), each.name, each.state.replace("_", " "), str(len(each.changes)), each.author, each.id
        )
    console.print(table)


@group.command()
def show(context: typer.Context, plan: Name, as_json: AsJson = False) -> None:
    """Show a plan: its changes, who has written and approved it, and what came of it."""
    found = _plan(of(context), plan)
    if as_json:
        print_json(_form(found))
    else:
        _show(found, terminal())


@group.command()
def write(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The plan, as YAML or JSON: name, day, reason, changes.")],
    plan: Annotated[
        str | None, typer.Option("--plan", help="Change this plan, by id or name; default: the open one of the name.")
    ] = None,
) -> None:
    """Write a plan from a file, or change the open plan of that name. An approval ends with what it was about."""
    from api.mutations.planned import check
    from graph.errors import Unknown
    from graph.plans import kept
    from graph.plans.plan import OPEN
    from reconnect.plan_file import draft_in

    run = of(context)
    with _refusals():
        draft = draft_in(file)
        check(draft, _access(run))
        with run.driver().session(default_access_mode="READ") as session:
            try:
                known = kept.found(session, plan or draft.name)
            except Unknown:
                if plan is not None:
                    raise
                known = None
        if known is not None and (plan is not None or known.state in OPEN):
            written = kept.change(run.driver(), known, draft, run.user)
        else:
            written = kept.create(run.driver(), draft, run.user)
    terminal().print(f"{written.name} for {written.day}: {written.state}, {len(written.changes)} changes. {written.id}")


@group.command()
def preview(
    context: typer.Context,
    plan: Name,
    at: Annotated[
        date | None,
        day_option("--at", help="Only that day; default: each from which a change counts.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what a plan would do: who would gain and lose managers, roles, rights, limits, accounts and groups.

    Its changes are made, looked at and undone. Others wait meanwhile with what they write.
    """
    from reconnect.shown_previews import preview_form, show_consequences

    with _refusals():
        found = _previewed(of(context), plan, at)
    if as_json:
        print_json(preview_form(found))
    else:
        show_consequences(found, terminal())


@group.command()
def compare(
    context: typer.Context,
    plan: Name,
    other: Annotated[str, typer.Argument(help="The other plan.")],
    as_json: AsJson = False,
) -> None:
    """Show what two plans would do differently."""
    from graph.questions.preview.comparing import compared_with
    from reconnect.shown_previews import consequence_form

    run = of(context)
    with _refusals():
        found = compared_with(_previewed(run, plan, None), _previewed(run, other, None))
    if as_json:
        print_json({
            "only": [consequence_form(each) for each in found.only_first],
            "only_other": [consequence_form(each) for each in found.only_second],
            "both": len(found.both),
        })  # fmt: skip
        return
    console = terminal()
    console.print(f"Both would do {len(found.both)} of the same.")
    for name, only in ((plan, found.only_first), (other, found.only_second)):
        console.print(f"Only {name} would do {len(only)}:" if only else f"Only {name} would do nothing more.")
        _show_by_person(only, console)


@group.command()
def approve(context: typer.Context, plan: Name, reason: Reason) -> None:
    """Approve a plan as it is now, if its changes fit; another person than its authors does that."""
    from api.mutations.planned import check
    from graph.plans import kept

    run = of(context)

    def work(found: Plan) -> Plan:
        check(found, _access(run))
        _writing(run).require_fits(run.driver(), found, _access(run))
        return kept.approve(run.driver(), found, run.user, reason)

    _decide(run, plan, work)


@group.command()
def apply(context: typer.Context, plan: Name) -> None:
    """Make an approved plan's changes now, on its day or later: all or none. The worker does it by itself."""
    from graph.plans import applying

    run = of(context)

    def work(found: Plan) -> Plan:
        make = _writing(run).on_its_day(run.driver(), found)
        return applying.apply(run.driver(), found, make, run.user)

    _decide(run, plan, work)


@group.command()
def withdraw(context: typer.Context, plan: Name, reason: Reason) -> None:
    """Withdraw a plan that is not applied: it will not be."""
    from graph.plans import kept

    run = of(context)
    _decide(run, plan, lambda found: kept.withdraw(run.driver(), found, run.user, reason))


@group.command("take-back")
def take_back(context: typer.Context, plan: Name, reason: Reason) -> None:
    """Undo an applied plan, where nothing newer stands upon its changes; what stays is named."""
    from graph.plans import taking_back
    from graph.writing.graph_writer import GraphWriter

    run = of(context)

    def work(found: Plan) -> Plan:
        writer = GraphWriter(run.driver(), run.keyring, run.order)
        return taking_back.take_back(writer, found, run.user, reason)

    _decide(run, plan, work)


# -- what the commands share ------------------------------------------------------------------------------------------


def _decide(run: Context, name: str, work: Callable[[Plan], Plan]) -> None:
    with _refusals():
        done = work(_plan(run, name))
    console = terminal()
    console.print(f"{done.name} for {done.day} is {done.state.replace('_', ' ')}.")
    for line in done.stays:
        console.print(f"  stays: {line}")


@contextmanager
def _refusals() -> Iterator[None]:
    from graphql import GraphQLError

    from graph.errors import GraphError

    try:
        yield
    except (GraphError, GraphQLError) as error:
        raise CommandFailed(str(error)) from error


def _plan(run: Context, name: str) -> Plan:
    from graph.plans.kept import found

    with _refusals(), run.driver().session(default_access_mode="READ") as session:
        return found(session, name)


def _access(run: Context) -> Any:
    """A user of the program has the graph's password: all rights, under the user's name."""
    from api.access.rights import ROLES, Access

    return Access(run.user, frozenset(ROLES))


def _writing(run: Context) -> PlannedWriting:
    from api.mutations.planned import PlannedWriting

    return PlannedWriting(run.keyring, run.order)


def _previewed(run: Context, name: str, at: date | None) -> Preview[Any]:
    from graph.questions.preview.consequences import preview as previewed
    from reconnect.rights_preview import following

    plan, writing = _plan(run, name), _writing(run)
    return previewed(run.driver(), lambda rehearsal: writing.carried_out(rehearsal, plan), at, follow=following(run))


def _show(plan: Plan, console: Console) -> None:
    import orjson

    console.print(f"{plan.name} for {plan.day}: {plan.state.replace('_', ' ')}  {plan.id}")
    console.print(f"  {plan.reason}")
    console.print(f"  written by {', '.join(plan.authors)}")
    if plan.approved_by is not None:
        console.print(f"  approved by {plan.approved_by}{'' if plan.is_approved else ', as it was before'}")
    for what, who in (("applied", plan.applied_by), ("closed", plan.closed_by)):
        if who is not None:
            console.print(f"  {what} by {who}")
    if plan.failure is not None:
        failure = plan.failure
        console.print(f"  did not fit: change {failure.change}, {failure.mutation}: {failure.code}: {failure.text}")
    for place, change in enumerate(plan.changes, 1):
        name = "" if change.name is None else f" ({change.name})"
        told = "erased" if change.erased else orjson.dumps(dict(change.arguments)).decode()
        console.print(f"  {place}. {change.mutation}{name} {told}")
    for line in plan.stays:
        console.print(f"  stays: {line}")


def _show_by_person(consequences: Iterable[Consequence], console: Console) -> None:
    from reconnect.shown_previews import in_words

    for (name, person), of_person in groupby(consequences, key=lambda each: (each.name, each.person)):
        console.print(f"{name}  {person}")
        for each in of_person:
            console.print(in_words(each))


def _form(plan: Plan) -> dict[str, Any]:
    from graph.plans.plan import form_of

    failure = plan.failure
    return {
        "id": plan.id,
        "name": plan.name,
        "day": plan.day,
        "state": plan.state,
        "reason": plan.reason,
        "digest": plan.digest,
        "authors": plan.authors,
        "approved_by": plan.approved_by,
        "applied_by": plan.applied_by,
        "applied": plan.applied,
        "closed_by": plan.closed_by,
        "changes": [form_of(each) for each in plan.changes],
        "failure": None
        if failure is None
        else {"change": failure.change, "mutation": failure.mutation, "rule": failure.code, "text": failure.text},
        "stays": plan.stays,
    }
