"""Logins that are under way: what was asked for, and how far the person has come, kept here and not in the browser.

A browser that comes by POST from another site sends no cookie, and a form must not carry what it could change: so the
browser has the random name of the flow only. The first browser that shows the login page owns the flow. A flow is used
up when its response is made.
"""

import json
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import neo4j

from idp.saml.authn_requests import AuthnRequest, RequestedContext
from idp.saml.service_providers import Endpoint
from idp.sealing import hash_of

LIFE = timedelta(minutes=30)
_CODE_WITHIN = timedelta(minutes=5)  # of the password


@dataclass(frozen=True, slots=True)
class Flow:
    """``request``: None for REConnect's own pages. ``account``: whose password was right, if a code must follow, and
    ``proven``: when it was given."""

    request: AuthnRequest | None
    account: str | None
    proven: datetime | None
    return_to: str | None


def begin(
    tx: neo4j.ManagedTransaction,
    request: AuthnRequest | None,
    now: datetime,
    return_to: str | None = None,
    browser: str | None = None,
) -> str:
    """The name of a new flow. ``return_to``: a path of this service. ``browser``: whose it is, if that is known."""
    name = secrets.token_urlsafe(32)
    tx.run(
        """
        CREATE (f:LoginFlow {hash: $hash, request: $request, return_to: $return_to, until: $until, browser: $browser})
        """,
        hash=hash_of(name),
        request=None if request is None else json.dumps(asdict(request)),
        return_to=return_to,
        browser=None if browser is None else hash_of(browser),
        until=now + LIFE,
    )
    return name


def flow_of(tx: neo4j.ManagedTransaction, name: str, browser: str, now: datetime) -> Flow | None:
    """The flow, if it is under way and this browser's. ``browser``: the secret of its cookie."""
    row = tx.run(
        """
        MATCH (f:LoginFlow {hash: $hash})
        SET f.browser = coalesce(f.browser, $browser)
        WITH f
        WHERE f.browser = $browser AND f.until > $now AND f.used IS NULL
        RETURN f.request AS request, f.return_to AS return_to,
            CASE WHEN f.proven > $since THEN f.account END AS account, f.proven AS proven
        """,
        hash=hash_of(name),
        browser=hash_of(browser),
        now=now,
        since=now - _CODE_WITHIN,
    ).single()
    if row is None:
        return None
    return Flow(
        _request(json.loads(row["request"])) if row["request"] else None,
        row["account"],
        row["proven"] and row["proven"].to_native(),
        row["return_to"],
    )


def note_password(tx: neo4j.ManagedTransaction, name: str, account: str, proven: datetime) -> None:
    """The password was right; the second factor must follow."""
    tx.run(
        "MATCH (f:LoginFlow {hash: $hash}) SET f.account = $account, f.proven = $proven",
        hash=hash_of(name),
        account=account,
        proven=proven,
    )


def use(tx: neo4j.ManagedTransaction, name: str) -> bool:
    """Use the flow up: there is one response for each request. False if it was used already."""
    row = tx.run(
        """
        MATCH (f:LoginFlow {hash: $hash})
        SET f.touched = timestamp()
        WITH f, f.used IS NULL AS is_unused
        SET f.used = true
        RETURN is_unused
        """,
        hash=hash_of(name),
    ).single()
    return row is not None and bool(row["is_unused"])


def _request(kept: dict[str, Any]) -> AuthnRequest:
    context = kept["context"]
    return AuthnRequest(
        **{
            **kept,
            "consumer": Endpoint(**kept["consumer"]),
            "context": context and RequestedContext(tuple(context["classes"]), context["comparison"]),
            "requester_ids": tuple(kept["requester_ids"]),
        }
    )
