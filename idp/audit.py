"""The log of logins: who, when, from where, at which service provider, with what result. It is only appended to.

It never holds a password, a code, an assertion or what was typed as a user name: people type passwords there.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import structlog

from graph.connection import Run

Event = Literal[
    "login",
    "login_refused",
    "assertion",
    "request_refused",
    "status",
    "logout",
    "logout_refused",
    "invited",
    "password_set",
    "second_factor_set",
    "passkey_set",
    "passkey_removed",
    "password_forgotten",
    "unlocked",
    "reset",
    "claims",
    "claims_refused",
    "break_glass",
    "break_glass_made",
]
KEPT = timedelta(days=400)
_log = structlog.get_logger("idp.audit")


def note(
    run: Run,
    event: Event,
    now: datetime,
    *,
    account: str | None = None,
    why: str | None = None,
    address: str | None = None,
    provider: str | None = None,
    message: str | None = None,
    attributes: Sequence[str] = (),
    by: str | None = None,
) -> None:
    """Append an entry. ``why``: the rule that refused. ``message``: the ID of the request or the assertion.
    ``attributes``: the names of those that were released. ``by``: who acted, if it isn't the owner.

    ``run``: with a session the entry is a transaction of its own, in one message to Neo4j instead of three, and it is
    not tried again: raises what the driver raises if it may not be there.
    """
    run.run(
        """
        CREATE (e:LoginEvent {event: $event, at: $now})
        SET e += $more
        """,
        event=event,
        now=now,
        more={
            name: value
            for name, value in {
                "account": account,
                "why": why,
                "address": address,
                "provider": provider,
                "message": message,
                "attributes": list(attributes) or None,
                "by": by,
            }.items()
            if value is not None
        },
    ).consume()
    _log.info(event, account=account, why=why, address=address, provider=provider, by=by)
