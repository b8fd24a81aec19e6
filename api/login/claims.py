"""Claims of a person at a login, for ADFS: our own address, and those of OS2rollekatalog, so that its plugin can stay.

Whatever is wrong, there is never a claim in the answer: a caller that takes an error for an identity would give it to
everybody (saml.md §4.2).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast, get_args

import neo4j
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from api.availability import CLOSED, RETRY_AFTER, Availability, Away, in_thread
from api.login import pacing
from graph.time import COPENHAGEN
from idp import audit
from idp.claims.farm_keys import FarmKey, key_of
from idp.claims.person_claims import Attributes, PersonClaims, Receiving, Role, claims_of
from idp.claims.subjects import KeyType, NoClaims, subject_of

FULL = "full"
_UNKNOWN_KEY = "This address needs a valid key in the header ApiKey."


@dataclass(frozen=True)
class ClaimsService:
    """What the addresses of claims need. ``domains``: NetBIOS name → key of the IT system with its accounts.
    ``receivers``: how systems get rights, by what they ask for: a system's key, or a name of its own."""

    driver: neo4j.Driver
    cvr: str
    domains: Mapping[str, str] = field(default_factory=dict)
    attributes: Attributes = field(default_factory=Attributes)
    receivers: Mapping[str, Receiving] = field(default_factory=dict)


def claims_routes(service: ClaimsService, availability: Availability) -> list[BaseRoute]:
    """The routes, for the service that serves them."""
    answers = _Answers(service, availability)
    return [
        Route("/api/adfs/v1/users/{user}/claims", answers.claims),
        Route("/api/user/{user}/nameid", answers.name_id),
        Route("/api/user/{user}/roles", answers.roles),
        Route("/api/user/{user}/rolesAsList", answers.roles_as_list),
        Route("/api/user/{user}/hasUserRole/{role}", answers.has_user_role),
        Route("/api/user/{user}/hasSystemRole", answers.has_system_role),
        Route("/api/user/{user}/nemloginRoles", answers.nemlogin_roles),
    ]


class _Answers:
    def __init__(self, service: ClaimsService, availability: Availability) -> None:
        self._service = service
        self._availability = availability
        self._strangers = pacing.refusals()

    async def claims(self, request: Request) -> Response:
        found = await self._asked(request)
        if isinstance(found, Response):
            return found
        return JSONResponse(
            {
                "userId": found.login,
                "nameID": found.name_id,
                "active": True,
                "oioBPP": found.oio_bpp,
                "roles": [each.identifier for each in found.roles],
                "systemRoles": list(found.system_roles),
                "dataRoles": list(found.data_roles),
                "functionRoles": list(found.function_roles),
                "kle": {"read": list(found.kle_read), "write": list(found.kle_write)},
                "orgUnits": [{"uuid": each.uuid, "name": each.name, "primary": each.primary} for each in found.units],
                "email": found.email,
                "attributes": {name: list(values) for name, values in found.attributes.items()},
                "etag": found.etag,
                "generatedAt": datetime.now(UTC).isoformat(timespec="seconds"),
            },
            headers={"etag": f'"{found.etag}"'},
        )

    async def name_id(self, request: Request) -> Response:
        found = await self._asked(request)
        return found if isinstance(found, Response) else JSONResponse({"nameID": found.name_id})

    async def roles(self, request: Request) -> Response:
        found = await self._asked(request)
        if isinstance(found, Response):
            return found
        return JSONResponse({"oioBPP": found.oio_bpp, "nameID": found.name_id, "roleMap": _role_map(found)})

    async def roles_as_list(self, request: Request) -> Response:
        found = await self._asked(request)
        if isinstance(found, Response):
            return found
        return JSONResponse(
            {
                "userRoles": [each.identifier for each in found.roles],
                "systemRoles": list(found.system_roles),
                "dataRoles": list(found.data_roles),
                "functionRoles": list(found.function_roles),
                "nameID": found.name_id,
                "roleMap": _role_map(found),
                "disabled": False,
            }
        )

    async def has_user_role(self, request: Request) -> Response:
        found = await self._asked(request)
        if isinstance(found, Response):
            return found
        wanted = request.path_params["role"]
        return _has(any(wanted in _names(each) for each in found.roles))

    async def has_system_role(self, request: Request) -> Response:
        found = await self._asked(request)
        if isinstance(found, Response):
            return found
        return _has(request.query_params.get("roleIdentifier", "") in found.system_roles)

    async def nemlogin_roles(self, request: Request) -> Response:
        found = await self._asked(request)
        return found if isinstance(found, Response) else JSONResponse({"oioBPP": found.oio_bpp})

    async def _asked(self, request: Request) -> PersonClaims | Response:
        """The claims, or the refusal."""
        try:
            return await self._availability.answered(partial(in_thread, self._claims, request))
        except (Away, *CLOSED):
            body = {"code": "unavailable", "message": str(Away())}
            return JSONResponse(body, 503, {"retry-after": str(RETRY_AFTER)})
        except NoClaims as none:
            headers = {"www-authenticate": "ApiKey"} if none.status == 401 else None
            return JSONResponse({"code": none.code, "message": str(none)}, none.status, headers)

    def _claims(self, request: Request) -> PersonClaims:
        now = datetime.now(UTC)
        day = now.astimezone(COPENHAGEN).date()
        address = request.client.host if request.client else None
        query = request.query_params
        farm: str | None = None
        with self._service.driver.session() as session:
            try:
                farm = _farm(session, request.headers, address).farm
                if query.get("format", FULL) != FULL:
                    raise NoClaims(400, "unknown_format", f"format is {FULL}: the answer has everything.")
                key_type = cast("KeyType | None", query.get("keytype"))
                if key_type is not None and key_type not in get_args(KeyType):
                    raise NoClaims(400, "unknown_key_type", f"keytype must be one of {', '.join(get_args(KeyType))}.")
                subject = subject_of(
                    session,
                    request.path_params["user"],
                    day,
                    key_type=key_type,
                    domain=query.get("domain"),
                    domains=self._service.domains,
                )
                found = claims_of(
                    session,
                    subject,
                    query.get("system"),
                    self._service.cvr,
                    day,
                    self._service.attributes,
                    self._service.receivers,
                )
            except NoClaims as none:
                # A farm is known, and each of its look-ups noted. Strangers do not fill the log.
                if farm is not None or not self._strangers.take(address):
                    audit.note(session, "claims_refused", now, why=none.code, address=address, provider=farm)
                raise
            # Before the answer, so that nothing is told that isn't in the log.
            who = subject.account or subject.person
            audit.note(session, "claims", now, account=who, address=address, provider=farm)
        return found


def _farm(session: neo4j.Session, headers: Mapping[str, str], address: str | None) -> FarmKey:
    """The farm that asks. Raises NoClaims."""
    secret = headers.get("apikey", "")
    if not secret:
        scheme, _, secret = headers.get("authorization", "").partition(" ")
        secret = secret.strip() if scheme.lower() == "bearer" else ""
    found = key_of(session, secret) if secret else None
    if found is None or not found.is_allowed_from(address):
        raise NoClaims(401, "unauthenticated", _UNKNOWN_KEY)
    return found


def _names(role: Role) -> tuple[str, ...]:
    """What a caller may call a role; one without a number has none of its own."""
    return (role.identifier,) if role.number is None else (role.identifier, str(role.number))


def _role_map(found: PersonClaims) -> dict[str, Any]:
    return {each.identifier: each.title for each in found.roles}


def _has(is_there: bool) -> Response:
    text = "Found role" if is_there else "Did not find role"
    return JSONResponse(text, 200 if is_there else 404)
