"""``accounts adopt``, ``drift`` and ``check``: accounts at a target that others made, what others changed there, and
how the system itself is set up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from graph.time import today
from reconnect.context import of
from reconnect.day_option import day_option
from reconnect.exits import CommandFailed, Exit
from reconnect.reason_option import reason_option
from reconnect.terminal import WAIT, terminal

if TYPE_CHECKING:
    from exporters.objects.adoption import Candidate
    from exporters.objects.target import Found, ObjectTarget, Ref
    from exporters.target import ImageReader

Target = Annotated[str, typer.Argument(help="The target, such as active_directory-intranet.")]
Wait = Annotated[bool, typer.Option("--wait", help=WAIT)]


def register(accounts: typer.Typer) -> None:
    """Add the commands to the group ``accounts``."""
    accounts.command("adopt")(adopt)
    accounts.command("drift")(drift)
    accounts.command("check")(check)


def adopt(
    context: typer.Context,
    target: Target,
    confirm: Annotated[bool, typer.Option("--confirm", help="Adopt every match that is not doubtful.")] = False,
    account: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=ID", help="Adopt this one: UUID of the planned account, and the target's id. May be repeated."
        ),
    ] = None,
    other: Annotated[
        list[str] | None,
        typer.Option(
            "--other", metavar="KEY=ID", help="This one is another's: an account is created beside it. May be repeated."
        ),
    ] = None,
    reason: Annotated[str, reason_option("Why; kept with each account that is adopted or kept apart.")] = "",
    wait: Wait = False,
) -> None:
    """List accounts that others made at a target and that fit planned accounts, and take them over.

    Nothing is written at the target; the next export shows, in its dry run, what it would change on them.
    """
    from exporters.objects.adoption import NotAdoptable, candidates, keep_apart
    from exporters.objects.adoption import adopt as note

    with _at(context, target, wait) as (made, read):
        driver = of(context).driver()
        user = of(context).user or "command line"
        why = f"{reason} ({user})" if reason else user
        found = candidates(driver, made, read, today())
        chosen, apart = _chosen(found, account or [], confirm), _given(found, other or [])
        _show(found)
        try:
            if apart:
                keep_apart(driver, made, {ref: frozenset(one.id for one in ids) for ref, ids in apart.items()}, why)
            if chosen:
                note(driver, made, chosen, why)
        except NotAdoptable as wrong:
            raise CommandFailed(str(wrong), Exit.USAGE) from wrong
    done = f"{len(chosen)} adopted. " if chosen else "Nothing was adopted. "
    done += f"{len(apart)} kept apart. " if apart else ""
    terminal().print(f"{done}See what would change: reconnect export {made.name} --dry-run")


def drift(
    context: typer.Context,
    target: Target,
    accept: Annotated[
        str | None,
        typer.Option(metavar="KEY:FIELD", help="Leave this difference until another value is wanted. Needs --reason."),
    ] = None,
    again: Annotated[
        str | None,
        typer.Option(
            "--make-again", metavar="KEY", help="Let the next export make a new account where others deleted it."
        ),
    ] = None,
    kind: Annotated[str, typer.Option(help="The kind of object of --accept and --make-again.")] = "user",
    reason: Annotated[str | None, reason_option("Why it is decided so.")] = None,
    until: Annotated[
        date | None,
        day_option("--until", help="The first day on which it is shown again; default: no end.", show_default=False),
    ] = None,
    wait: Wait = False,
) -> None:
    """Show what others have changed at a target, by object and field; or decide on one difference.

    Reads only. To correct differences: drift = "correct" in the target's settings, and reconnect export --full.
    """
    from exporters.objects import drift as drifting
    from exporters.objects.target import Ref
    from reconnect.commands.exports import show

    with _at(context, target, wait) as (made, read):
        driver, run = of(context).driver(), of(context)
        user = run.user or "command line"
        if again is not None:
            try:
                drifting.make_again(driver, made, Ref(kind, again), f"{reason or ''} ({user})".strip())
            except drifting.NotAccepted as wrong:
                raise CommandFailed(str(wrong), Exit.USAGE) from wrong
            terminal().print(f"The next export of {made.name} makes {kind} {again} again.")
            return
        if accept is not None:
            key, _, field = accept.partition(":")
            if not field or not (reason or "").strip():
                raise CommandFailed("--accept takes KEY:FIELD, and needs --reason.", Exit.USAGE)
            if until is not None and until <= today():
                raise CommandFailed("--until must be a day to come.", Exit.USAGE)
            try:
                drifting.accept(driver, made, Ref(kind, key), field, str(reason), user, until)
            except drifting.NotAccepted as wrong:
                raise CommandFailed(str(wrong), Exit.USAGE) from wrong
            ends = "" if until is None else f" until {until}"
            terminal().print(f"{field} of {kind} {key} is left as it is{ends}.")
            return
        report = drifting.drift(driver, made, read, run.keyring, today())
    show(report, terminal())


def check(context: typer.Context, target: Target, wait: Wait = False) -> None:
    """Show what of a target's own set-up decides how accounts fare there, such as its password policy; read only."""
    from exporters.objects.target import CheckedSystem

    with _at(context, target, wait) as (made, _):
        if not isinstance(made, CheckedSystem):
            raise CommandFailed(f"{made.name} has nothing to check.", Exit.USAGE)
        found = made.check()
    for each in found:
        terminal().print(f"{each.rule}: {each.text}.", highlight=False, soft_wrap=True, markup=False)
    if not found:
        terminal().print("There is nothing to do.")


def _chosen(found: list[Candidate], given: list[str], confirm: bool) -> dict[Ref, Found]:
    chosen = {each.ref: each.found[0] for each in found if confirm and not each.doubt}
    return chosen | {ref: several[0] for ref, several in _given(found, given).items()}


def _given(found: list[Candidate], texts: list[str]) -> dict[Ref, list[Found]]:
    """The objects that were named as KEY=ID."""
    by_key = {each.wanted.key: each for each in found}
    given: dict[Ref, list[Found]] = {}
    for text in texts:
        key, _, id_ = text.partition("=")
        candidate = by_key.get(key)
        one = next((each for each in candidate.found if each.id == id_), None) if candidate else None
        if candidate is None or one is None:
            raise CommandFailed(f"{text}: the list has no such planned account with such an object.", Exit.USAGE)
        given.setdefault(candidate.ref, []).append(one)
    return given


def _show(found: list[Candidate]) -> None:
    console = terminal()
    for each in sorted(found, key=lambda candidate: (bool(candidate.doubt), candidate.wanted.key)):
        doubt = f"  doubtful: {each.doubt}" if each.doubt else ""
        console.print(f"{each.wanted.kind} {each.wanted.key}: {_called(each.wanted.values, each)}{doubt}")
        for one in each.found:
            state = "enabled" if one.enabled else "disabled"
            by = f", by {', '.join(one.like_by)}" if one.like_by else ""
            console.print(f"  {one.id}: {_called(one.values, each)}, {state}{by}")
    sure = sum(not each.doubt for each in found)
    console.print(f"{sure} matches, {len(found) - sure} doubtful")


def _called(values: Mapping[str, Any], candidate: Candidate) -> str:
    from exporters.objects.adoption import called

    if candidate.wanted.protected:
        return "(protected)"
    return called(candidate.wanted, values) or "without a name"


@contextmanager
def _at(context: typer.Context, name: str, wait: bool) -> Iterator[tuple[ObjectTarget, ImageReader]]:
    """The target and the reader of its image, while no export of it runs."""
    from exporters.errors import ExportError
    from reconnect.locks import LockLost, LockTaken
    from reconnect.work import jobs

    try:
        with jobs.at_objects(of(context), jobs.Caller(_silent, wait=wait), name) as both:
            yield both
    except (ExportError, LockTaken, LockLost) as error:
        raise CommandFailed(f"{name}: {error}") from error


def _silent(*_: Any) -> None:
    """No progress is shown."""
