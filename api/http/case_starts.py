"""Other systems start cases: POST to /webhooks/PROCESS, with the fields of the start form as a JSON object.

They deliver messages to them: POST to /webhooks/PROCESS/CASE/MESSAGE, with what the message brings.

For systems that call an address with JSON and speak no GraphQL. They bring a token, as for GraphQL, and the header
``Idempotency-Key``, so that a call that is repeated starts nothing twice.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import neo4j
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.access.budget import Budgets, Spent
from api.access.processes import require_delivery, require_rights
from api.access.rights import ON_BEHALF, Access, forbidden
from api.access.tasks import names
from api.availability import Availability, in_thread
from api.callers.refusals import Refusals
from api.http.metrics import ANSWERS
from api.named_arguments import argument_with, extensions_of
from api.reads.executed import A_CHANGE
from api.requests.failures import noted
from api.requests.request_body import BadRequest, json_in
from graph.errors import GraphError
from graph.time import copenhagen_now
from processes.cases.definitions import Version
from processes.cases.messages import deliver
from processes.cases.started_once import StartedOnce, start_once
from processes.engine.errors import ProcessError
from processes.errors import FormRejected

WEBHOOKS: Final = "/webhooks/{process}"
MESSAGES: Final = "/webhooks/{process}/{case}/{message}"
_KEY: Final = "Idempotency-Key"
_KEY_FORM = re.compile(r"[\x21-\x7e]{1,255}")
_STATUS: Mapping[str, int] = {
    "forbidden": 403, "not_starter": 403, "unknown_process": 404, "unknown_case": 404, "not_waiting": 409,
    "wrong_state": 409,
}  # fmt: skip
"""Of a refusal, by its code; others are 422."""


@dataclass(frozen=True, slots=True)
class CaseStarts:
    """The endpoint."""

    driver: neo4j.Driver
    availability: Availability
    budgets: Budgets
    refusals: Refusals

    async def answer(self, request: Request, access: Access) -> Response:
        """201 with the id of the case; 200 if an earlier call with the key has started it, or if it got the message; or
        errors, as of GraphQL."""
        self.availability.watched()
        account = self.budgets.of(access.name)
        size = 0
        try:
            account.require()
            key = _key(request)
            values, size = await json_in(request)
            if not isinstance(values, dict):
                raise BadRequest("The body is a JSON object: the fields of the start form, {} = none.")
            account.spend(A_CHANGE)
            named = {name: str(value) for name, value in request.path_params.items()}
            access = access.by_webhook(named["process"])
            do = self._deliver if "message" in named else self._start
            started = await self.availability.answered(partial(in_thread, partial(do, access, named, values, key)))
        except Spent as spent:
            ANSWERS.labels("rejected").inc()
            return _refused(429, noted([spent.error], request.state), {"retry-after": str(spent.wait)})
        except BadRequest as bad:
            ANSWERS.labels("rejected").inc()
            account.charge_refused(size)
            return _refused(bad.status, noted(bad.errors, request.state), {"connection": "close"})
        except GraphQLError as error:
            ANSWERS.labels("rejected").inc()
            status = _STATUS.get(str((error.extensions or {}).get("code")), 422)
            return _refused(status, noted(await self.refusals.told(access, [error]), request.state))
        ANSWERS.labels("mutation").inc()
        return JSONResponse({"case": started.case}, 201 if started.is_new else 200)

    def _start(self, access: Access, named: Mapping[str, str], values: Mapping[str, Any], key: str) -> StartedOnce:
        """Raises GraphQLError; ``extensions.field``: the field that is refused."""

        def require(version: Version) -> None:
            require_rights(version.definition.unattended, access, "start")

        access.require_write("startCase")
        if access.person is None and not ON_BEHALF & access.everywhere:
            raise forbidden("starting cases for other systems needs", ON_BEHALF)
        find, now = names(self.driver, access), copenhagen_now()
        with _refusing(values):
            return start_once(
                self.driver, named["process"], values, access.name, key, access.person, now, find, require
            )

    def _deliver(self, access: Access, named: Mapping[str, str], values: Mapping[str, Any], key: str) -> StartedOnce:
        """Raises as ``_start``."""
        access.require_write("deliverMessage")
        reason = "" if access.person else access.name
        with _refusing(values):
            deliver(
                self.driver, named["case"], named["message"], values, access.person, copenhagen_now(), reason,
                user=access.name, named=names(self.driver, access), require=partial(require_delivery, access),
                process=named["process"], key=key,
            )  # fmt: skip
        return StartedOnce(named["case"], is_new=False)


@contextmanager
def _refusing(values: Mapping[str, Any]) -> Iterator[None]:
    """Refusals as errors of GraphQL, with the field of ``values`` that is refused."""
    try:
        yield
    except ProcessError as refused:
        raise GraphQLError(str(refused), extensions=extensions_of(refused)) from refused
    except GraphError as refused:
        extensions = extensions_of(refused)
        if isinstance(refused, FormRejected):
            extensions["field"] = refused.field or None
        elif refused.value is not None and extensions["code"] not in ("unknown_process", "unknown_case"):
            extensions["field"] = argument_with(refused.value, values) or None
        raise GraphQLError(str(refused), extensions=extensions) from refused


def _key(request: Request) -> str:
    """Raises BadRequest."""
    given = request.headers.getlist(_KEY)
    if len(given) != 1 or not _KEY_FORM.fullmatch(given[0]):
        text = f"Send the header {_KEY} once: 1 to 255 characters without blanks, another one for each case to start."
        raise BadRequest(text, code="idempotency_key")
    return given[0]


def _refused(status: int, errors: list[dict[str, Any]], headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse({"errors": errors}, status, headers)
