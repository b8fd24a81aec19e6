"""``reads``: who has seen whose personal data."""

import csv
import sys
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import typer

from graph.time import midnight
from reconnect.context import of
from reconnect.day_option import day_option

group = typer.Typer(no_args_is_help=True, help="Export who has seen whose personal data.")


def register(app: typer.Typer) -> None:
    """Add the group to ``app``."""
    app.add_typer(group, name="reads")


@group.callback()
def reads_group() -> None:
    """Export who has seen whose personal data."""


@group.command()
def export(
    context: typer.Context,
    start: Annotated[date, day_option("--from", help="The first day.")],
    end: Annotated[
        date | None, day_option("--to", help="The day after the last; default: until now.", show_default=False)
    ] = None,
    person: Annotated[
        str | None, typer.Option(help="Only of this person's data: UUID or key.", show_default=False)
    ] = None,
) -> None:
    """Print as CSV when who has seen which groups of fields of whom, and by which operation: a line for each
    person."""
    from api.access.read_log import Asked, reads
    from exporters.files.table import as_data
    from graph.identity.lookup import find

    run = of(context)
    since = midnight(start)
    until = datetime.now(UTC) + timedelta(seconds=1) if end is None else midnight(end)
    uuid = None
    if person is not None:
        with run.driver().session() as session:
            uuid = find(session, "Person", person).uuid
    written = csv.writer(sys.stdout)
    written.writerow(["at", "by", "person", "groups", "operation", "reason"])
    for each in reads(run.driver(), Asked(since, until, person=uuid)):
        # A read of texts that may be about anybody (the change log, a search) has a line also where it names nobody.
        for seen in (each.persons or ("",)) if uuid is None else (uuid,):
            # Operation and reason are the words of whom the log is about, who may want them to do something in Excel.
            cells = (each.at.isoformat(), each.by, seen, " ".join(each.groups), each.operation, each.reason or "")
            written.writerow([as_data(cell) for cell in cells])
