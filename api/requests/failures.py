"""Errors in GraphQL's form, always with ``extensions.code`` and ``retry``, and what is logged of them.

The client gets an ordinary refusal in full; the log has its code in the request's line. For an unforeseen error the
client gets an id, under which the log has the place of the failure; neither contains the query.
"""

import secrets
from collections.abc import Iterable
from typing import Any

import structlog
from graphql import GraphQLError, GraphQLSyntaxError
from starlette.datastructures import State

from api.availability import CLOSED
from graph.cpr.keyring import MissingKey

_log = structlog.get_logger("api")
_PASSING = frozenset({"unavailable", "over_budget", "busy"})
"""Codes of the API's own refusals that pass; a ``GraphError`` says itself whether another try is worth it."""
_LONGEST = 5_000
"""Letters of a message. The longest are about definitions with many faults, which ``extensions`` has, too."""
_LONGEST_VALUE = 1_000
"""Letters of a value that an error repeats. One variable may be the argument of many fields, and each refuses it."""


def formed(error: GraphQLError) -> dict[str, Any]:
    """The error in the form of an answer. An unforeseen cause is logged, and hidden."""
    behind = _behind(error)
    if behind is not None:
        shown = _foreseen(behind)
        error = GraphQLError(shown.message, error.nodes, path=error.path, extensions=shown.extensions)
    form: dict[str, Any] = dict(error.formatted)
    extensions = {"code": _code(error), **(error.extensions or {})}
    extensions.setdefault("retry", "soon" if extensions["code"] in _PASSING else "never")
    if isinstance(extensions.get("value"), str):
        extensions["value"] = _cut(extensions["value"], _LONGEST_VALUE)
    form["message"] = _cut(form["message"], _LONGEST)
    form["extensions"] = extensions
    return form


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]} …"


def noted(errors: Iterable[GraphQLError], state: State) -> list[dict[str, Any]]:
    """The errors in the form of an answer; their codes are kept for the request's line in the log."""
    forms = [formed(each) for each in errors]
    codes = {each["extensions"]["code"] for each in forms}
    state.refused = sorted(codes.union(getattr(state, "refused", ())))
    return forms


def unforeseen(error: BaseException) -> GraphQLError:
    """Log the error under a new id. Returns the error for the client: the id, code ``internal``."""
    id_ = secrets.token_hex(6)
    _log.error("unforeseen_error", id=id_, exc_info=error)
    text = f"An error occurred that REConnect doesn't know. Its log has it under {id_}; please report it."
    return GraphQLError(text, extensions={"code": "internal", "id": id_})


def unavailable(error: Exception) -> GraphQLError:
    """Neo4j has not answered, or not in time: logged by its code. A later request may succeed."""
    _log.error("store_failed", code=getattr(error, "code", None) or type(error).__name__)
    return GraphQLError("The graph does not answer; try again.", extensions={"code": "unavailable"})


def key_missing(error: Exception) -> GraphQLError:
    """A CPR number can't be decrypted: logged with the key's id."""
    _log.error("key_missing", error=str(error))
    text = "A CPR number is encrypted with a key that this service does not have. Restart it with that key."
    return GraphQLError(text, extensions={"code": "key_missing"})


def _foreseen(behind: Exception) -> GraphQLError:
    if isinstance(behind, MissingKey):
        return key_missing(behind)
    return unavailable(behind) if isinstance(behind, CLOSED) else unforeseen(behind)


def _behind(error: GraphQLError) -> Exception | None:
    """The cause of this error; None if it is GraphQL's own error, or a refusal."""
    found: Exception | None = error
    while isinstance(found, GraphQLError):
        found = found.original_error
    # An error without a path comes from a scalar that refuses a value: nothing was executed.
    return None if error.path is None and isinstance(found, (TypeError, ValueError)) else found


def _code(error: GraphQLError) -> str:
    if isinstance(error, GraphQLSyntaxError):
        return "syntax_error"
    return "bad_question"
