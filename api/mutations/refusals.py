"""Refusals of mutations, in GraphQL's form."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import neo4j
from graphql import GraphQLError

from api.model.filters import camel
from api.named_arguments import extensions_of, in_argument
from graph.errors import ChangeRejected, Conflict, GraphError
from graph.statements.precedence import MANUAL


def as_graphql(error: Exception, driver: neo4j.Driver) -> GraphQLError:
    """A refusal in GraphQL's form: ``extensions.code``, and for units and days what nearest.yaml's refusals name.
    Properties have the names of the schema."""
    extensions: dict[str, Any] = {"code": "empty_period"}
    if isinstance(error, GraphError):
        extensions = extensions_of(error)
    text = str(error)
    if isinstance(error, ChangeRejected):
        extensions |= {
            "units": list(error.units),
            "unitKeys": _keys(driver, error.units),
            "from": error.start.isoformat() if error.start and error.start != date.min else None,
            "to": error.end.isoformat() if error.end else None,
            "field": camel(error.field) or None,
        }
        text = text.replace(error.field, camel(error.field)) if "_" in error.field else text
        if error.things:
            extensions["things"] = [{"kind": kind, "uuid": uuid} for kind, uuid in error.things]
    elif isinstance(error, Conflict):
        extensions |= {
            "uuid": error.uuid,
            "expectedVersion": error.expected,
            "version": error.found,
            "by": error.by,
            "at": error.at.isoformat() if error.at else None,
            "what": error.what,
        }
    if isinstance(error, GraphError):
        text, extensions = in_argument(text, extensions, error.argument)
    return GraphQLError(text, extensions=extensions)


def _keys(driver: neo4j.Driver, units: Sequence[str]) -> list[str]:
    """What a source calls the units (the first by name), sorted."""
    if not units:
        return []
    rows, _, _ = driver.execute_query(
        """
        UNWIND $units AS uuid
        MATCH (:Unit {uuid: uuid})<-[:TELLS]-(r:SourceRecord)
        WHERE r.source <> $manual
        WITH uuid, r ORDER BY r.source
        RETURN uuid, head(collect(r.key)) AS key
        """,
        units=list(units),
        manual=MANUAL,
    )
    return sorted(row["key"] for row in rows)
