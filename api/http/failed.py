"""Answers to requests that were not served: an unknown caller or address, a store that does not answer."""

from graphql import GraphQLError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.availability import RETRY_AFTER
from api.http.accepted import JSON
from api.http.metrics import ANSWERS
from api.requests.failures import formed, key_missing, unavailable

_NO_TOKEN = (
    "This request has no token. Send the header 'Authorization: Bearer TOKEN'; operations make a token with "
    "`reconnect token create`."
)


_WRONG_TOKEN = (
    "This token is not valid: it may be mistyped, revoked or expired. Ask operations for another one "
    "(`reconnect token create`)."
)


def unknown_caller(wait: int, is_given: bool) -> Response:
    """The answer to a missing or unknown token. ``wait``: seconds, if too many unknown ones came from the address;
    ``is_given``: there was a token."""
    if wait:
        text = "Too many logins with unknown tokens came from this address. Wait, and use a valid token."
        many = GraphQLError(text, extensions={"code": "too_many_failed_logins"})
        return failed(429, many, **{"retry-after": str(wait)})
    text = _WRONG_TOKEN if is_given else _NO_TOKEN
    return failed(401, GraphQLError(text, extensions={"code": "unauthenticated"}), **{"www-authenticate": "Bearer"})


async def not_served(request: Request, error: Exception) -> Response:
    """The answer to an unknown address or method."""
    assert isinstance(error, HTTPException)
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "bad_request")
    text = "Send queries by POST to /graphql, and what starts a case by POST to /webhooks/PROCESS."
    shown = GraphQLError(text, extensions={"code": code})
    return failed(error.status_code, shown, **{name.lower(): value for name, value in (error.headers or {}).items()})


async def store_failed(request: Request, error: Exception) -> Response:
    """Neo4j has not answered: a later request may succeed, unless this one took too long."""
    ANSWERS.labels("failed").inc()
    shown = unavailable(error)
    if "TransactionTimedOut" in (getattr(error, "code", None) or ""):
        slow = "The query took too long. Request less at a time (first, after), or narrow it with a filter."
        return failed(200, GraphQLError(slow, extensions={"code": "over_limit"}))
    return failed(503, shown, **{"retry-after": str(RETRY_AFTER)})


async def away(request: Request, error: Exception) -> Response:
    """Neo4j does not answer; the caller learns it without waiting."""
    ANSWERS.labels("failed").inc()
    shown = GraphQLError(str(error), extensions={"code": "unavailable"})
    return failed(503, shown, **{"retry-after": str(RETRY_AFTER)})


async def key_missed(request: Request, error: Exception) -> Response:
    ANSWERS.labels("failed").inc()
    return failed(503, key_missing(error))


def failed(status: int, *errors: GraphQLError, form: str = JSON, **headers: str) -> Response:
    body = {"errors": [formed(each) for each in errors]}
    return JSONResponse(body, status_code=status, headers=headers, media_type=form)
