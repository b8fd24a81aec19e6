"""``rights``: what a person may do in a system and why, why not, and who may; for terminals and scripts."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from graph.time import EmptyPeriod, Period, period, today
from reconnect import rights_care
from reconnect.context import of
from reconnect.day_option import day_option
from reconnect.exits import CommandFailed, Exit
from reconnect.terminal import print_json, terminal

if TYPE_CHECKING:
    import neo4j

    from graph.errors import Ambiguous, PeriodTooLong, Unknown
    from graph.questions.rights.asking import Asked, InPeriod
    from graph.questions.rights.held import HeldRight, Omitted, Rights
    from graph.questions.rights.review import Found
    from idp.claims.oio_bpp import Privileges

At = Annotated[date | None, day_option("--at", help="The day; default today.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, also for errors.")]
Person = Annotated[str, typer.Argument(help="The person: their UUID, or a source's key for them.")]
Whose = Annotated[
    str,
    typer.Argument(
        help="The person: their UUID, or a source's key for them. Or employment:KEY, affiliation:KEY or "
        "account:KEY, for what is held through one of these."
    ),
]
Right = Annotated[str, typer.Argument(help="The right: key or UUID of a job-function role or a system role.")]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    rights = typer.Typer(help="Show what people may do in systems, and why.", no_args_is_help=True)
    rights.command("why")(why)
    rights.command("why-not")(why_not)
    rights.command("sent")(sent)
    rights.command("holders")(holders)
    rights.command("review")(review)
    rights.command("preview")(preview)
    rights.command("own-system")(own_system)
    rights_care.register(rights)
    app.add_typer(rights, name="rights")


def why(
    context: typer.Context,
    person: Whose,
    system: Annotated[str, typer.Argument(help="The system: its key or UUID.")],
    at: At = None,
    start: Annotated[
        date | None, day_option("--from", help="Instead of --at: the first day of a period.", show_default=False)
    ] = None,
    end: Annotated[
        date | None,
        day_option("--to", help="With --from: the day after the last; default: all days to come.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what a person may do in a system, limited to what, and why.

    Granted rights that are omitted are shown too, with the reason. Over a period, each stretch of days on which it is
    the same is shown.
    """
    from graph.errors import Ambiguous, PeriodTooLong, Unknown
    from graph.questions.rights.asking import rights_on, rights_over

    days = _period(at, start, end)
    with of(context).driver().session(default_access_mode="READ") as session:
        try:
            whose = _whose(session, person, system, at or start or today())
            if days is not None:
                _show_periods(rights_over(session, whose, days), as_json=as_json)
                return
            found = rights_on(session, whose, at or today())
        except (Unknown, Ambiguous, PeriodTooLong) as error:
            raise _refused(error, as_json) from error
    if as_json:
        print_json(_rights_form(found))
        return
    if not found.held and not found.omitted:
        text = "Nothing is granted in this system. `reconnect rights why-not` says what would give a right."
        terminal().print(text)
    _show_rights(found, terminal())


def why_not(context: typer.Context, person: Person, right: Right, at: At = None, as_json: AsJson = False) -> None:
    """Show why a person does not hold a right, and what would give it; the nearest way first."""
    from graph.errors import Ambiguous, Unknown
    from graph.identity.lookup import find
    from graph.questions.rights import why_not as question
    from graph.questions.rights.asking import coming, evaluation, find_right

    with of(context).driver().session(default_access_mode="READ") as session:
        try:
            who, what = find(session, "Person", person).uuid, find_right(session, right)
        except (Unknown, Ambiguous) as error:
            raise _refused(error, as_json) from error
        day = at or today()
        work = evaluation(session, who, day, (what,))
        missing = question.why_not(work, who, what, coming(session, who, what, day))
    if as_json:
        print_json([{"step": each.step, "text": each.text, "remedy": each.remedy or None} for each in missing])
        return
    console = terminal()
    for each in missing:
        console.print(f"{each.text[:1].upper()}{each.text[1:]}.", highlight=False)
        if each.remedy:
            console.print(f"  What would give it: {each.remedy}.", highlight=False)


def sent(
    context: typer.Context,
    person: Whose,
    receiver: Annotated[
        str, typer.Argument(help="Who is sent it: KOMBIT, a system's key, or a name in idp.receivers.")
    ] = "KOMBIT",
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Show what a login would send of a person's rights, and what it would leave out and why.

    Whether the person can log in is not looked at.
    """
    from graph.errors import Ambiguous, Unknown
    from idp.claims import person_claims
    from idp.claims.oio_bpp import DocumentTooLarge
    from reconnect.identity_provider import receivers_of

    idp = of(context).settings.idp
    if idp.cvr is None:
        raise CommandFailed("Nothing is sent before idp.cvr, the municipality's CVR number, is set.", Exit.USAGE)
    day = at or today()
    with of(context).driver().session(default_access_mode="READ") as session:
        try:
            whose = _whose(session, person, None, day)
            found = person_claims.sent(session, whose, receiver, idp.cvr, day, receivers_of(idp))
        except (Unknown, Ambiguous) as error:
            raise _refused(error, as_json) from error
        except DocumentTooLarge as large:
            raise CommandFailed(f"A login would send nothing: {large}") from large
    if as_json:
        print_json(_sent_form(found))
    else:
        _show_sent(found, terminal())


def holders(
    context: typer.Context,
    right: Right,
    unit: Annotated[str | None, typer.Option(help="Only in this unit and below: its UUID, or a source's key.")] = None,
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Show who holds a right, limited to what, and why."""
    from graph.errors import Ambiguous, Unknown
    from graph.identity.lookup import find
    from graph.questions.rights import holders as question
    from graph.questions.rights.asking import evaluation_of_all, find_right
    from graph.writing.protection import unprotected

    driver = of(context).driver()
    with driver.session(default_access_mode="READ") as session:
        try:
            what = find_right(session, right)
            where = None if unit is None else find(session, "Unit", unit).uuid
        except (Unknown, Ambiguous) as error:
            raise _refused(error, as_json) from error
        found = list(question.holders(evaluation_of_all(session, at or today()), what, where))
    if as_json:
        print_json([_held(each) for each in found])
        return
    console = terminal()
    if not found:
        console.print("No one holds it on that day.")
    named = unprotected(driver, {each.person.uuid for each in found})
    for each in found:
        name = each.person.title if each.person.uuid in named else "Name protected"
        console.print(f"{name}  {each.person.uuid}", highlight=False)
        _show(each, console, indent="  ")


def review(context: typer.Context, at: At = None, as_json: AsJson = False) -> None:
    """List rights that end within 60 days, reach no one, conflict, are not approved, or became invalid.

    Overdue attestations are listed as well, and rights with more values than a login can carry. Whoever holds a
    role about the system answers for it.
    """
    from graph.as_of import Day
    from graph.questions.preview.standing import names_of
    from graph.questions.rights.attesting import reviewed
    from graph.writing.protection import unprotected

    driver = of(context).driver()
    with driver.session(default_access_mode="READ") as session:
        found = reviewed(session, at or today())
        owners = {uuid for each in found for uuid in each.owners}
        names = names_of(session, Day(False), at or today(), owners)
    if as_json:
        print_json([_finding(each) for each in found])
        return
    console = terminal()
    if not found:
        console.print("There is nothing to review.")
    named = unprotected(driver, {each.person.uuid for each in found if each.person is not None})
    for each in found:
        who = "" if each.person is None else each.person.title if each.person.uuid in named else "Name protected"
        text = f"{each.finding}: {each.about.kind} {each.about.title}: {f'{who}: ' if who else ''}{each.text}"
        console.print(text, highlight=False, soft_wrap=True, markup=False)
        if each.owners:
            console.print(f"  answered for by {', '.join(names.get(uuid, 'Name protected') for uuid in each.owners)}")


def preview(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Facts, as a YAML or JSON file, or a folder of CSV files.")],
    at: Annotated[
        date | None,
        day_option("--at", help="Only that day; default: each day on which a change takes effect.", show_default=False),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(help="The source of these facts; default: changes that outrank every source."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what changes would do: who would gain and lose managers, roles, rights, limits, accounts and groups.

    The changes are made, compared and undone; none of them stays. Other writes wait meanwhile. If some records are bad,
    they are listed, and the exit code is 4.
    """
    from importers.source import SourceError
    from reconnect.rights_preview import preview_of_facts
    from reconnect.shown_previews import exit_for_bad_records, previewed_import, show_preview

    try:
        found = preview_of_facts(of(context), file, source, at)
    except SourceError as error:
        raise CommandFailed(str(error)) from error
    if as_json:
        print_json(previewed_import(found))
    else:
        show_preview(found, terminal())
    exit_for_bad_records(found)


def own_system(context: typer.Context) -> None:
    """Write REConnect itself as an IT system, with its system roles, so that they can be granted like any other.

    It can be run again; existing roles stay.
    """
    from api.access.own_system import state_own_system

    run = of(context)
    written = state_own_system(run.driver(), run.keyring)
    terminal().print(f"{sum(each.change is not None for each in written)} of {len(written)} written or changed.")


def _period(at: date | None, start: date | None, end: date | None) -> Period | None:
    """The period that is asked for; None: one day is. Raises CommandFailed (usage)."""
    if start is None and end is None:
        return None
    if at is not None or start is None:
        raise CommandFailed("Give --at for one day, or --from, perhaps with --to, for a period.", Exit.USAGE)
    try:
        return period(start, end)
    except EmptyPeriod as empty:
        raise CommandFailed(str(empty), Exit.USAGE) from empty


def _whose(session: neo4j.Session, text: str, system: str | None, at: date) -> Asked:
    """Raises Unknown, Ambiguous."""
    from graph.questions.rights.asking import asked

    kind, _, name = text.partition(":")
    if kind in ("employment", "affiliation") and name:
        return asked(session, employment=name, system=system, at=at)
    if kind == "account" and name:
        return asked(session, account=name, system=system, at=at)
    return asked(session, text, system=system, at=at)


def _show_periods(found: list[InPeriod], *, as_json: bool) -> None:
    if as_json:
        periods = ({"from": each.period.start, "to": each.period.end, **_rights_form(each.rights)} for each in found)
        print_json({"periods": list(periods)})
        return
    console = terminal()
    for each in found:
        until = "" if each.period.end is None else f" until {each.period.end}"
        is_empty = not each.rights.held and not each.rights.omitted
        console.print(f"From {each.period.start}{until}:{' nothing is granted.' if is_empty else ''}", highlight=False)
        _show_rights(each.rights, console, indent="  ")


def _rights_form(rights: Rights) -> dict[str, Any]:
    return {"held": [_held(each) for each in rights.held], "omitted": [_omitted(each) for each in rights.omitted]}


def _show_rights(rights: Rights, console: Console, indent: str = "") -> None:
    for held in rights.held:
        _show(held, console, indent)
    for omitted in rights.omitted:
        _show_omitted(omitted, console, indent)


def _show(held: HeldRight, console: Console, indent: str = "") -> None:
    from graph.questions.rights.why import because, heading, limits

    console.print(f"{indent}{heading(held)}", highlight=False, soft_wrap=True)
    for included in held.included:
        system = included.system.title or included.system.key
        title = included.system_role.title or included.system_role.key
        console.print(f"{indent}  {title} in {system}", highlight=False, soft_wrap=True)
        for limit in limits(included):
            console.print(f"{indent}    {limit}", highlight=False, soft_wrap=True)
    console.print(f"{indent}  because: {because(held.why)}", highlight=False, soft_wrap=True)


def _show_omitted(omitted: Omitted, console: Console, indent: str = "") -> None:
    from graph.questions.rights.why import because, heading

    console.print(f"{indent}{heading(omitted)}", highlight=False, soft_wrap=True)
    console.print(f"{indent}  granted because: {because(omitted.why)}", highlight=False, soft_wrap=True)


def _show_sent(found: Privileges, console: Console) -> None:
    if not found.groups:
        console.print("A login sends no rights.")
    for group in found.groups:
        console.print(f"{group.privilege} ({group.scope})", highlight=False, soft_wrap=True, markup=False)
        for each in group.constraints:
            console.print(f"  {each.name}: {', '.join(each.values)}", highlight=False, soft_wrap=True, markup=False)
    for each in found.separate:
        text = f"As an attribute: {each.name}: {', '.join(each.values)}"
        console.print(text, highlight=False, soft_wrap=True, markup=False)
    for left_out in found.omitted:
        _show_omitted(left_out, console)
    for warning in found.warnings:
        console.print(f"{warning[:1].upper()}{warning[1:]}.", highlight=False, soft_wrap=True, markup=False)


def _sent_form(found: Privileges) -> dict[str, Any]:
    return {
        "groups": [
            {
                "scope": group.scope,
                "privilege": group.privilege,
                "constraints": {each.name: list(each.values) for each in group.constraints},
            }
            for group in found.groups
        ],
        "attributes": {each.name: list(each.values) for each in found.separate},
        "omitted": [_omitted(each) for each in found.omitted],
        "warnings": found.warnings,
        "bytes": found.size,
    }


def _finding(found: Found) -> dict[str, Any]:
    return {
        "finding": found.finding,
        "kind": found.about.kind,
        "uuid": found.about.uuid,
        "text": found.text,
        "person": None if found.person is None else found.person.uuid,
        "until": found.until,
        "owners": found.owners,
        "approves": found.approves,
    }


def _held(held: HeldRight) -> dict[str, Any]:
    from graph.questions.rights.why import because

    return {
        "right": held.right.key,
        "person": held.person.uuid,
        "subject": held.subject.uuid,
        "unit": None if held.unit is None else held.unit.uuid,
        "since": held.since,
        "until": held.until,
        "because": because(held.why),
        "included": [
            {
                "system_role": each.system_role.key,
                "system": each.system.key,
                "limits": {limit.type.key: None if limit.unlimited else list(limit.wire) for limit in each.limits},
            }
            for each in held.included
        ],
    }


def _omitted(omitted: Omitted) -> dict[str, Any]:
    return {
        "right": omitted.right.key,
        "subject": omitted.subject.uuid,
        "reason": omitted.reason,
        "constraint": None if omitted.constraint is None else omitted.constraint.key,
        "text": omitted.text,
    }


def _refused(error: Unknown | Ambiguous | PeriodTooLong, as_json: bool) -> CommandFailed:
    if as_json:
        print_json({"error": error.code})
    return CommandFailed(str(error))
