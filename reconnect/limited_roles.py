"""System roles of tokens and clients, limited to units and field groups: the options, and how a list shows them."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Annotated

import typer

from api.access.field_groups import FIELD_GROUPS
from api.access.rights import ROLES

if TYPE_CHECKING:
    import neo4j

Roles = Annotated[list[str], typer.Option("--role", help=f"A system role: {', '.join(ROLES)}. May be repeated.")]
Within = Annotated[
    list[str] | None,
    typer.Option(help="A unit (uuid or a source's key): only it and what lies below. May be repeated."),
]
Fields = Annotated[
    list[str] | None,
    typer.Option(help=f"A field group that it shows: {', '.join(FIELD_GROUPS)}. May be repeated; by default all."),
]
Processes = Annotated[
    list[str] | None,
    typer.Option("--process", help="A process whose webhooks it may call, and nothing else. May be repeated."),
]


def units_of(session: "neo4j.Session", within: Within) -> list[str] | None:
    """UUIDs of the units; None where the roles hold everywhere. Raises Unknown, Ambiguous."""
    from graph.identity.lookup import find

    return [find(session, "Unit", each).uuid for each in within] if within else None


def in_words(
    roles: Collection[str],
    within: Collection[str] | None,
    fields: Collection[str] | None,
    processes: Collection[str] = (),
) -> str:
    """The roles with their limits, in a line."""
    units = f" (in {len(within)} {'unit' if len(within) == 1 else 'units'})" if within else ""
    webhooks = f" (webhooks of {', '.join(processes)} only)" if processes else ""
    return ", ".join(roles) + units + (f" ({', '.join(fields)} only)" if fields else "") + webhooks
