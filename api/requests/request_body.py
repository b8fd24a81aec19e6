"""The body of a request: JSON, of GraphQL over HTTP as a rule, read once and within the allowed size."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any

import orjson
from graphql import GraphQLError
from starlette.requests import ClientDisconnect, Request

from api.model.refused import Rejected
from graph.errors import ChangeRejected
from graph.statements import normal_text
from graph.time import written_day

LARGEST_REQUEST = 1024 * 1024  # bytes; no real query is nearly as large
BODY_SECONDS = 30.0  # seconds in which a body must arrive
_FORM = 'The body is {"query": "…", "variables": {…}, "operationName": "…"}.'

_PREVIEW = "preview"
_REASON = "reason"
_TOGETHER = "together"
_LONGEST_REASON = 500
_DRY_RUN = "dryrun"
"""What others call it."""
_ALIKE = 0.8
"""How similar a name must be to count as a misspelling: previw, but not provider."""
_SHOWN = 40
"""Letters of a name that are compared, and that an error shows: no misspelling begins later."""
_MOST_NAMES = 50
"""Names in the body, and in its extensions: each is compared with those that are meant."""


class BadRequest(Rejected):
    """A request that is not GraphQL over HTTP. ``status``: of the answer, whatever its form."""

    def __init__(self, text: str, status: int = 400, code: str = "bad_request") -> None:
        super().__init__(GraphQLError(text, extensions={"code": code}))
        self.status = status


@dataclass(frozen=True, slots=True)
class Previewed:
    """Mutations are only previewed (``graph.questions.preview``). ``at``: on that day only."""

    at: date | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A document, with the values of its variables and the name of its operation."""

    query: str
    variables: Mapping[str, Any] | None = None
    operation: str | None = None
    size: int = 0
    """Bytes of the body."""
    preview: Previewed | None = None
    reason: str | None = None
    """Why it is asked, for the log of reads."""
    together: bool = False
    """Its mutations are made all or none (``api.reads.together``)."""


async def asked_in(request: Request) -> Asked:
    """The body as GraphQL over HTTP. Raises BadRequest, Rejected."""
    form, size = await json_in(request)
    return asked_of(form, size)


async def json_in(request: Request) -> tuple[object, int]:
    """The body, which is JSON, and its bytes. Raises BadRequest; 413 also if the request does not state its length."""
    _require_json(request.headers.get("content-type", ""))
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > LARGEST_REQUEST:
                    raise BadRequest(f"The request is larger than {LARGEST_REQUEST} bytes.", 413, "over_limit")
    except TimeoutError as error:
        raise BadRequest(f"The body did not arrive within {BODY_SECONDS:g} seconds.", 408, "too_slow") from error
    except ClientDisconnect as error:
        raise BadRequest("The connection ended before the body did.") from error
    try:
        return orjson.loads(body), len(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"The body is not valid JSON: {error}") from error


def asked_of(form: object, size: int = 0) -> Asked:
    """The request's form, checked. ``size``: as ``Asked`` has it. Raises BadRequest, Rejected."""
    if isinstance(form, list):
        raise BadRequest("A request may contain only one query: send each in a request of its own.")
    if not isinstance(form, dict):
        raise BadRequest(_FORM)
    query, variables, operation, extensions = map(form.get, ("query", "variables", "operationName", "extensions"))
    for name, value in (("variables", variables), ("extensions", extensions)):
        if value is not None and not isinstance(value, dict):
            raise BadRequest(f"{name} must be an object. {_FORM}")
    if max(len(form), len(extensions or {})) > _MOST_NAMES:
        raise BadRequest(f"The body and its extensions may have {_MOST_NAMES} names each. {_FORM}", code="over_limit")
    if operation is not None and not isinstance(operation, str):
        raise BadRequest(f"operationName must be a text. {_FORM}")
    if query is None and extensions is not None and "persistedQuery" in extensions:
        raise hash_only()
    if not isinstance(query, str):
        raise BadRequest(_FORM)
    _refuse_misspelt(form, "extensions")
    _refuse_misspelt(form, _PREVIEW, "extensions")
    _refuse_misspelt(extensions or {}, _PREVIEW)
    _refuse_misspelt(extensions or {}, _TOGETHER)
    preview = _preview((extensions or {}).get(_PREVIEW, False))
    together = (extensions or {}).get(_TOGETHER, False)
    if not isinstance(together, bool):
        raise BadRequest(f"extensions.{_TOGETHER} must be true or false.")
    reason = _reason((extensions or {}).get(_REASON))
    return Asked(query, variables, operation or None, size, preview, reason, together)


def _reason(given: object) -> str | None:
    """Raises BadRequest."""
    if given is None:
        return None
    if not isinstance(given, str) or not given.strip() or len(given) > _LONGEST_REASON:
        raise BadRequest(f"{_REASON} must be a text of 1 to {_LONGEST_REASON} letters.")
    try:
        normal_text.refuse(given, _REASON, words=True)
    except ChangeRejected as refused:
        raise BadRequest(str(refused), code=refused.code) from refused
    return normal_text.normal(given)


def _refuse_misspelt(form: Mapping[str, object], meant: str, within: str = "") -> None:
    """Refuse a misspelt name, so that what should be previewed is not carried out. Clients may send other names.

    ``within``: where ``meant`` belongs, if it is not in ``form``. Raises BadRequest.
    """
    for name in form:
        if name == meant and not within:
            continue
        if name != within and _is_alike(name[:_SHOWN], meant):
            known = f'"{within}": {{"{meant}": …}}' if within else f'"{meant}"'
            raise BadRequest(f"{name[:_SHOWN]!r} has no meaning here. Is {known} meant? Nothing was carried out.")


@lru_cache(maxsize=1024)  # clients send the same names with every request
def _is_alike(name: str, meant: str) -> bool:
    plain = "".join(letter for letter in name.lower() if letter.isalpha())
    if plain.startswith(meant) or (meant == _PREVIEW and plain == _DRY_RUN):
        return True
    return SequenceMatcher(None, plain, meant, autojunk=False).ratio() >= _ALIKE


def _preview(given: object) -> Previewed | None:
    """``extensions.preview``: true, false, or a day. Any other value is refused."""
    if given is False:
        return None
    if given is True:
        return Previewed()
    try:
        if isinstance(given, dict) and set(given) == {"at"} and isinstance(given["at"], str):
            return Previewed(written_day(given["at"]))
    except ValueError as wrong:
        raise BadRequest(f"extensions.preview: {wrong}") from wrong
    raise BadRequest('extensions.preview must be true, false or {"at": "YYYY-MM-DD"}.')


def hash_only() -> Rejected:
    """The answer to a hash instead of a query, with the text that makes clients send the query."""
    return Rejected(GraphQLError("PersistedQueryNotSupported", extensions={"code": "PERSISTED_QUERY_NOT_SUPPORTED"}))


def _require_json(content_type: str) -> None:
    named, *parameters = (part.strip() for part in content_type.lower().split(";"))
    charset = next((part.partition("=")[2].strip('"') for part in parameters if part.startswith("charset=")), "utf-8")
    if named != "application/json" or charset not in ("utf-8", "utf8", "us-ascii"):
        raise BadRequest("Send the header Content-Type: application/json, and UTF-8.", 415, "unknown_content_type")
