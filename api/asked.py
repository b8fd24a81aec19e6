"""What a request asks: the JSON body of GraphQL over HTTP, read once and no further than is allowed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import GraphQLError
from starlette.requests import Request

from api.reader import Rejected

LARGEST_REQUEST = 1024 * 1024  # bytes; no question of a person or program comes near it


class TooLarge(Exception):
    """The body is larger than any question needs to be."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A document, with the values of its variables and the name of the operation that is meant."""

    query: str
    variables: Mapping[str, Any] | None = None
    operation: str | None = None


async def asked_in(request: Request) -> Asked:
    """Read the body. Raises TooLarge, also where the request does not tell its length; Rejected."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_REQUEST:
            raise TooLarge
    try:
        return asked_of(orjson.loads(body))
    except orjson.JSONDecodeError as error:
        raise Rejected(GraphQLError(f"the body is no JSON: {error}")) from error


def asked_of(form: object) -> Asked:
    """The request's form, checked. Raises Rejected."""
    if isinstance(form, dict) and form.get("query") is None and _is_hashed(form.get("extensions")):
        # In the words by which clients know to send the whole question instead of its hash.
        raise Rejected(GraphQLError("PersistedQueryNotSupported", extensions={"code": "PERSISTED_QUERY_NOT_SUPPORTED"}))
    if not isinstance(form, dict) or not isinstance(form.get("query"), str):
        raise Rejected(GraphQLError('the body is {"query": …, "variables": …, "operationName": …}'))
    if not isinstance(form.get("variables") or {}, dict):
        raise Rejected(GraphQLError("variables is an object"))
    if not isinstance(form.get("operationName") or "", str):
        raise Rejected(GraphQLError("operationName is a text"))
    return Asked(form["query"], form.get("variables"), form.get("operationName") or None)


def _is_hashed(extensions: object) -> bool:
    return isinstance(extensions, dict) and "persistedQuery" in extensions
