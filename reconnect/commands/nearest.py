"""``nearest`` and ``nearest-manager``: the rule of ``graph.questions.nearest``, asked from a terminal or a script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from graph.time import today
from reconnect.context import of
from reconnect.day_option import day_option
from reconnect.exits import CommandFailed
from reconnect.terminal import terminal

if TYPE_CHECKING:
    import neo4j

    from graph.errors import Ambiguous, Unknown
    from graph.questions.nearest import Names, Nearest

At = Annotated[date | None, day_option("--at", help="The day; default today.", show_default=False)]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print JSON, in the keys by which was asked (else uuids). Errors too.")
]
About = Annotated[str | None, typer.Option(help="Written kind:key, e.g. kle:27.12, system:mail, function:economy.")]

_REASONS = {
    "no_holder": "Nobody, up to the top.",
    "unit_not_active": "Nobody: the unit does not exist on that day.",
}


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command()(nearest)
    app.command("nearest-manager")(nearest_manager)


def nearest(
    context: typer.Context,
    role: Annotated[str, typer.Option(help="The role's key, e.g. manager or case_worker.")],
    unit: Annotated[str, typer.Option(help="uuid of the unit to ask from, or a source's key for it.")],
    responsibility: About = None,
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Who holds a role for a unit: the unit itself, else the one above it, and so on to the top.

    The first level with somebody who qualifies answers. Whoever is away is replaced by the substitute in force.
    """
    from graph.errors import Ambiguous, Unknown
    from graph.questions import nearest as rule
    from graph.questions.nearest import as_expected

    driver = of(context).driver()
    day = at or today()
    try:
        found, names = rule.nearest(driver, role, unit, day, responsibility)
    except (Unknown, Ambiguous) as error:
        raise _refused(error, as_json) from error
    if as_json:
        _print(as_expected(found, names))
        return
    console = terminal()
    _tell(found, _names_of(driver, [found]), console)


def nearest_manager(
    context: typer.Context,
    person: Annotated[str, typer.Option(help="uuid of the person, or a source's key.")],
    responsibility: About = None,
    employment_type: Annotated[
        list[str] | None, typer.Option("--type", help="Only managers with an employment of this type; may be repeated.")
    ] = None,
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """The nearest manager of a person, one answer for each employment; the person is left out.

    So a manager's manager is found above.
    """
    from graph.errors import Ambiguous, Unknown
    from graph.questions import nearest as rule

    driver = of(context).driver()
    day = at or today()
    try:
        answers, names = rule.nearest_manager(driver, person, day, responsibility, frozenset(employment_type or ()))
    except (Unknown, Ambiguous) as error:
        raise _refused(error, as_json) from error
    if as_json:
        _print([{"employment": names.of(each.employment), **_without_path(each.nearest, names)} for each in answers])
        return
    console = terminal()
    if not answers:
        console.print("No employment or affiliation on that day.")
    told = _names_of(driver, [each.nearest for each in answers])
    for each in answers:
        console.print(f"Employment {names.of(each.employment)}")
        _tell(each.nearest, told, console)


def _refused(error: Unknown | Ambiguous, as_json: bool) -> CommandFailed:
    if as_json:
        _print({"error": error.code})
    return CommandFailed(str(error))


def _without_path(found: Nearest, names: Names) -> dict[str, object]:
    from graph.questions.nearest import as_expected

    return {name: value for name, value in as_expected(found, names).items() if name != "path"}


def _print(answer: Any) -> None:
    import orjson

    print(orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode())


def _tell(found: Nearest, names: Mapping[str, str], console: Console) -> None:
    for holder in found.holders:
        standing_in = "  (stands in)" if holder.via else ""
        console.print(f"  {names.get(holder.person, '?')}  {holder.person}{standing_in}")
    if found.reason:
        console.print(f"  {_REASONS.get(found.reason, found.reason)}")
    if found.path:
        console.print("  by " + " → ".join(names.get(unit, unit) for unit in found.path))


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
