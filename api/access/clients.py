"""OAuth 2 clients: machines that exchange a client id and a secret for short-lived access tokens (RFC 6749 §4.4).

The secret is shown once, and only a hash is kept, as of each access token. A revoked client's tokens end with it.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import neo4j

from api.access.caller_names import CLIENT
from api.access.held import subtree
from api.access.rights import Access
from api.access.tokens import BYTES, TokenError, limits_of, names_of
from graph.change_log import now
from graph.errors import ChangeRejected
from graph.statements import normal_text

PREFIX = "rct_"
"""What an access token begins with; a token that was made by hand never does."""
LIFE = timedelta(minutes=10)
"""How long an access token is valid."""
_SECRET_PREFIX = "rcs_"
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Client:
    """A client as it is kept. ``id``: also in the change log, after ``client:``."""

    id: str
    roles: tuple[str, ...]
    created: datetime
    revoked: bool
    secret_hash: str = field(repr=False)
    within: tuple[str, ...] = ()
    """As of a token (``api.access.tokens``); so are ``fields`` and ``processes``."""
    fields: tuple[str, ...] = ()
    processes: tuple[str, ...] = ()

    def has_secret(self, secret: str) -> bool:
        return hmac.compare_digest(self.secret_hash, _hash(secret))


def create(
    driver: neo4j.Driver,
    id: str,
    roles: Iterable[str],
    within: Iterable[str] | None = None,
    fields: Iterable[str] | None = None,
    processes: Iterable[str] | None = None,
) -> str:
    """Make a client; its secret.

    ``within``, ``fields``, ``processes``: the units, field groups and webhooks that its roles are limited to, as of a
    token; None = all. Raises TokenError: an invalid or taken id, an unknown role, unit, group or process, no role.
    """
    if not _ID.fullmatch(id):
        raise TokenError("a client id has 1 to 64 of the characters a-z, 0-9, '.', '_' and '-'")
    try:
        normal_text.refuse(id, "id", words=True)
    except ChangeRejected as refused:
        raise TokenError(str(refused)) from refused
    limits = limits_of(driver, roles, within, fields, processes)
    secret = _SECRET_PREFIX + secrets.token_urlsafe(BYTES)
    rows, _, _ = driver.execute_query(
        """
        OPTIONAL MATCH (old:OAuthClient {id: $id})
        WITH old WHERE old IS NULL OR old.revoked
        DETACH DELETE old
        CREATE (:OAuthClient {id: $id, hash: $hash, roles: $roles, created: $now, revoked: false, within: $within,
            fields: $fields, processes: $processes})
        RETURN 1 AS made
        """,
        id=id,
        hash=_hash(secret),
        roles=limits.roles,
        now=now(),
        within=limits.within,
        fields=limits.fields,
        processes=limits.processes,
    )
    if not rows:
        raise TokenError(f"there is a client {id!r} already; revoke it first, or choose another id")
    return secret


def revoke(driver: neo4j.Driver, id: str) -> bool:
    """End a client and its access tokens at once. False if no client has that id."""
    rows, _, _ = driver.execute_query(
        """
        MATCH (c:OAuthClient {id: $id})
        SET c.revoked = true
        WITH c
        OPTIONAL MATCH (t:ClientToken {client: $id})
        DETACH DELETE t
        RETURN DISTINCT c.id AS id
        """,
        id=id,
    )
    return bool(rows)


def clients(driver: neo4j.Driver) -> list[Client]:
    """All clients, by id."""
    rows, _, _ = driver.execute_query("MATCH (c:OAuthClient) RETURN c {.*} AS client ORDER BY c.id")
    return [_client(row["client"]) for row in rows]


def client_of(driver: neo4j.Driver, id: str) -> Client | None:
    """The client with this id, unless it is revoked."""
    rows, _, _ = driver.execute_query(
        "MATCH (c:OAuthClient {id: $id}) WHERE NOT c.revoked RETURN c {.*} AS client",
        id=id,
        routing_=neo4j.RoutingControl.READ,
    )
    return _client(rows[0]["client"]) if rows else None


def keep_token(driver: neo4j.Driver, client: str, secret: str, roles: Iterable[str]) -> None:
    """Keep an access token of a client; those that are over are removed."""
    moment = now()
    driver.execute_query(
        """
        MATCH (c:OAuthClient {id: $client, revoked: false})
        CREATE (:ClientToken {hash: $hash, client: c.id, roles: $roles, expires: $expires})
        WITH c
        MATCH (over:ClientToken {client: c.id})
        WHERE over.expires <= $now
        DETACH DELETE over
        """,
        client=client,
        hash=_hash(secret),
        roles=sorted(roles),
        expires=moment + LIFE,
        now=moment,
    )


async def access_of_token(driver: neo4j.AsyncDriver, secret: str) -> Access | None:
    """The access of an access token; None if it is unknown or expired, or its client revoked."""
    rows, _, _ = await driver.execute_query(
        """
        MATCH (t:ClientToken {hash: $hash})
        WHERE t.expires > $now
        MATCH (c:OAuthClient {id: t.client})
        WHERE NOT c.revoked
        RETURN c.id AS id, [each IN t.roles WHERE each IN c.roles] AS roles, c.within AS within, c.fields AS fields,
            c.processes AS processes
        """,
        hash=_hash(secret),
        now=now(),
        routing_=neo4j.RoutingControl.READ,
    )
    if not rows:
        return None
    name, roles = f"{CLIENT}{rows[0]['id']}", names_of(rows[0]["roles"], rows[0]["fields"])
    if rows[0]["processes"] is not None:
        return Access(name, frozenset(), processes=frozenset(rows[0]["processes"]), for_webhooks=roles)
    if rows[0]["within"] is None:
        return Access(name, roles)
    units = await subtree(driver, rows[0]["within"])
    return Access(name, roles, within=dict.fromkeys(roles, units))


def _client(kept: dict[str, object]) -> Client:
    created = kept["created"]
    assert isinstance(created, neo4j.time.DateTime) and isinstance(kept["roles"], list)
    within, fields, processes = kept.get("within") or (), kept.get("fields") or (), kept.get("processes") or ()
    assert isinstance(within, list | tuple) and isinstance(fields, list | tuple) and isinstance(processes, list | tuple)
    return Client(
        str(kept["id"]),
        tuple(kept["roles"]),
        created.to_native(),
        bool(kept["revoked"]),
        str(kept["hash"]),
        tuple(within),
        tuple(fields),
        tuple(processes),
    )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
