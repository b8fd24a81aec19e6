"""``accounts request``, ``requests`` and ``decide``: extra accounts that one person asks for and another decides on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from graph.time import Period, today
from reconnect.context import of
from reconnect.day_option import day_option
from reconnect.exits import CommandFailed
from reconnect.reason_option import reason_option
from reconnect.terminal import terminal

if TYPE_CHECKING:
    import neo4j

    from graph.statements.statement import Ref
    from graph.writing.amending import Amendment

By = Annotated[str, typer.Option("--by", help="The person who asks, or decides: UUID, or a source's key.")]
Reason = Annotated[str, reason_option("Why; kept with the request.")]


def register(accounts: typer.Typer) -> None:
    """Add the commands to the group ``accounts``."""
    accounts.command("request")(request)
    accounts.command("requests")(requests)
    accounts.command("decide")(decide)


def request(
    context: typer.Context,
    person: Annotated[str, typer.Argument(help="Whose account it is to be: UUID, or a source's key.")],
    system: Annotated[str, typer.Argument(help="Key of the directory or system that it is to be in.")],
    login: Annotated[str, typer.Argument(help="User name.")],
    by: By,
    reason: Reason,
    until: Annotated[date, day_option("--until", help="The day after its last.", show_default=False)],
    start: Annotated[
        date | None, day_option("--from", help="The first day; default today.", show_default=False)
    ] = None,
    type_: Annotated[str | None, typer.Option("--type", help="What it is to be used for.")] = None,
    common_name: Annotated[str | None, typer.Option(help="Name in the directory (CN).")] = None,
    email: Annotated[str | None, typer.Option(help="Mail address.")] = None,
    needs: Annotated[
        str | None, typer.Option(help="Key of a system: it exists only beside an ordinary account there.")
    ] = None,
) -> None:
    """Ask for an extra account, beside what rules give; another person decides."""
    from graph.writing.amending import Amendment
    from rules.accounts.asking import REQUEST, ExtraAccount, requested

    with _refusals(), of(context).driver().session(default_access_mode="READ") as session:
        needed = None if needs is None else _ref(session, "ItSystem", needs)
        owner, place = _ref(session, "Person", person), _ref(session, "ItSystem", system)
        asked = ExtraAccount(owner, place, login, type_, common_name, email, needed)
        wanted = Period(start or today(), until)
        edit = requested(session, asked, wanted, _ref(session, "Person", by), reason)
    uuid = _written(context, [Amendment(REQUEST, None, edit)], reason)
    terminal().print(f"Request {uuid} waits for another person: reconnect accounts decide {uuid}", highlight=False)


def requests(context: typer.Context) -> None:
    """List the requests for extra accounts that wait for a decision."""
    rows, _, _ = of(context).driver().execute_query(_WAITING, today=today(), routing_="r")
    console = terminal()
    for row in rows:
        console.print(
            f"{row['uuid']}: {row['login']} in {row['system']}, from {row['wanted']} until {row['until']}, for "
            f"{row['person']}, asked for by {row['by']}: {row['reason']}",
            highlight=False, soft_wrap=True, markup=False,
        )  # fmt: skip
    if not rows:
        console.print("No request waits for a decision.")


def decide(
    context: typer.Context,
    request: Annotated[str, typer.Argument(help="UUID of the request.")],
    by: By,
    reason: Reason,
    approve: Annotated[
        bool, typer.Option("--approve/--refuse", help="Make the account, or refuse the request.", show_default=False)
    ],
) -> None:
    """Decide on a request for an extra account; neither who asked nor the owner can."""
    from rules.accounts.asking import REQUEST, decided

    with _refusals(), of(context).driver().session(default_access_mode="READ") as session:
        uuid = _ref(session, REQUEST, request).key
        amendments = decided(session, uuid, _ref(session, "Person", by), reason, approve=approve)
    _written(context, amendments, reason)
    terminal().print("Approved; the account is planned." if approve else "Refused.")


def _written(context: typer.Context, amendments: list[Amendment], reason: str) -> str:
    """UUID of what was changed first."""
    from graph.change_log import Origin
    from graph.statements.precedence import MANUAL
    from graph.writing.graph_writer import GraphWriter

    run = of(context)
    writer = GraphWriter(run.driver(), run.keyring, run.order)
    with _refusals():
        return writer.amend_all(amendments, Origin(MANUAL, user="command line", reason=reason))[0].uuid


def _ref(session: neo4j.Session, kind: str, name: str) -> Ref:
    from graph.identity.lookup import find
    from graph.statements.statement import Ref

    return Ref(kind, find(session, kind, name).uuid, "uuid")


@contextmanager
def _refusals() -> Iterator[None]:
    from graph.errors import GraphError
    from graph.time import EmptyPeriod

    try:
        yield
    except (GraphError, EmptyPeriod) as refused:
        raise CommandFailed(str(refused)) from refused


_WAITING = """
MATCH (q:AccountRequest {state: 'waiting'})
WHERE q.to > $today
RETURN q.uuid AS uuid, q.login AS login, toString(q.wanted_from) AS wanted, toString(q.to) AS until,
    q.reason AS reason, head([(q)-[:AT]->(s) | coalesce(s.title, s.key)]) AS system,
    head([(q)-[:OF_PERSON]->(p) | p.uuid]) AS person, head([(q)-[:REQUESTED_BY]->(p) | p.uuid]) AS by
ORDER BY wanted, uuid
"""
