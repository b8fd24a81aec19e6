"""Arguments that are JSON in a text: what a form takes, whose fields a process states."""

from collections.abc import Mapping
from typing import Any

import orjson
from graphql import GraphQLError


def json_object(text: str, field: str) -> Mapping[str, Any]:
    """Raises GraphQLError (wrong_value) with the ``field`` that has the text."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as wrong:
        found, why = None, str(wrong)
    else:
        why = "it is not a JSON object"
    if not isinstance(found, dict):
        raise GraphQLError(f"{field}: {why}", extensions={"code": "wrong_value", "field": field})
    return found
