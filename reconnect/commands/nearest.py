"""``nearest`` and ``nearest-manager``: the rule of ``graph.questions.nearest``, for terminals and scripts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from graph.model import EMPLOYMENT_TYPES
from graph.time import today
from reconnect.context import of
from reconnect.day_option import day_option
from reconnect.exits import CommandFailed
from reconnect.terminal import print_json, terminal

if TYPE_CHECKING:
    import neo4j

    from graph.errors import Ambiguous, Unknown
    from graph.questions.nearest import Names, Nearest

At = Annotated[date | None, day_option("--at", help="The day; default today.", show_default=False)]
AsKnownOn = Annotated[
    date | None,
    day_option(
        "--as-known-on", help="As it was known at the end of this day; default as it is known now.", show_default=False
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print JSON, also for errors, using the keys you asked with, otherwise UUIDs.")
]
About = Annotated[
    str | None, typer.Option(help="A responsibility as kind:key, e.g. kle:27.12, system:mail, function:economy.")
]

_REASONS = {
    "no_holder": "No holder in this unit or in any unit above it.",
    "unit_not_active": "The unit does not exist on that day.",
}


def _employment_type(text: str) -> str:
    if text not in EMPLOYMENT_TYPES:
        raise typer.BadParameter(f"{text!r} is not an employment type. Allowed: {', '.join(EMPLOYMENT_TYPES)}.")
    return text


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command()(nearest)
    app.command("nearest-manager")(nearest_manager)


def nearest(
    context: typer.Context,
    role: Annotated[str, typer.Option(help="The role's key, e.g. manager or case_worker.")],
    unit: Annotated[str, typer.Option(help="The unit to start from: its UUID, or a source's key for it.")],
    responsibility: About = None,
    at: At = None,
    as_known_on: AsKnownOn = None,
    as_json: AsJson = False,
) -> None:
    """Find who holds a role for a unit: in the unit itself, otherwise in the nearest unit above it.

    The search ends at the first unit with a holder who qualifies. A holder who is away is replaced by their substitute.
    """
    from graph.errors import Ambiguous, Unknown
    from graph.questions import nearest as rule
    from graph.questions.nearest import as_expected

    driver = of(context).driver()
    day = at or today()
    try:
        known = _known(driver, as_known_on)
        found, names = rule.nearest(driver, role, unit, day, responsibility, known)
    except (Unknown, Ambiguous) as error:
        raise _refused(error, as_json) from error
    if as_json:
        print_json(as_expected(found, names))
        return
    console = terminal()
    _show(found, _names_of(driver, [found]), console)


def nearest_manager(
    context: typer.Context,
    person: Annotated[str, typer.Option(help="The person: their UUID, or a source's key for them.")],
    responsibility: About = None,
    employment_type: Annotated[
        list[str] | None,
        typer.Option(
            "--type",
            parser=_employment_type,
            metavar="TYPE",
            help=f"Only managers with this type of employment: {', '.join(EMPLOYMENT_TYPES)}. May be repeated.",
        ),
    ] = None,
    at: At = None,
    as_known_on: AsKnownOn = None,
    as_json: AsJson = False,
) -> None:
    """Find a person's nearest manager, one answer for each employment.

    A person is never their own manager: the manager of a manager is found in a unit above.
    """
    from graph.errors import Ambiguous, Unknown
    from graph.questions import nearest as rule

    driver = of(context).driver()
    day = at or today()
    try:
        last, types = _known(driver, as_known_on), frozenset(employment_type or ())
        answers, names = rule.nearest_manager(driver, person, day, responsibility, types, known=last)
    except (Unknown, Ambiguous) as error:
        raise _refused(error, as_json) from error
    if as_json:
        print_json(
            [{"employment": names.of(each.employment), **_without_path(each.nearest, names)} for each in answers]
        )
        return
    console = terminal()
    if not answers:
        console.print("The person has no employment or affiliation on that day.")
    known = _names_of(driver, [each.nearest for each in answers])
    for each in answers:
        console.print(f"Employment {names.of(each.employment)}")
        _show(each.nearest, known, console)


def _known(driver: neo4j.Driver, day: date | None) -> int | None:
    """The number of the last change that counts. Raises Unknown: not_known_yet, nothing_known."""
    from graph.change_log import known_on

    if day is None:
        return None
    with driver.session() as session:
        return known_on(session, day)


def _refused(error: Unknown | Ambiguous, as_json: bool) -> CommandFailed:
    if as_json:
        print_json({"error": error.code})
    return CommandFailed(str(error))


def _without_path(found: Nearest, names: Names) -> dict[str, object]:
    from graph.questions.nearest import as_expected

    return {name: value for name, value in as_expected(found, names).items() if name != "path"}


def _show(found: Nearest, names: Mapping[str, str], console: Console) -> None:
    for holder in found.holders:
        substitute = "  (substitute)" if holder.via else ""
        console.print(f"  {names.get(holder.person, '?')}  {holder.person}{substitute}")
    if found.reason:
        console.print(f"  {_REASONS.get(found.reason, found.reason)}")
    if found.path:
        console.print("  via " + " → ".join(names.get(unit, unit) for unit in found.path))


def _names_of(driver: neo4j.Driver, answers: Sequence[Nearest]) -> dict[str, str]:
    """uuid → today's name, of the persons and units in the answers."""
    people = {holder.person for each in answers for holder in each.holders}
    units = {unit for each in answers for unit in each.path}
    return {**_names(driver, "Person", people), **_names(driver, "Unit", units)}


def _names(driver: neo4j.Driver, kind: str, uuids: Iterable[str]) -> dict[str, str]:
    import neo4j

    rows, _, _ = driver.execute_query(
        f"MATCH (n:{kind}) WHERE n.uuid IN $uuids AND n.name IS NOT NULL RETURN n.uuid AS uuid, n.name AS name",
        uuids=sorted(uuids),
        routing_=neo4j.RoutingControl.READ,
    )
    return {row["uuid"]: row["name"] for row in rows}
