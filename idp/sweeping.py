"""Removes what is over: logins under way, sessions, used messages, devices, and what belongs to accounts that are gone.
Of these the log of logins keeps what happened, and loses whose it was and from where.

Nothing depends on it but room, and that an erased person leaves nothing behind: each record says itself when it ends.
"""

from datetime import datetime

import neo4j

from idp import audit, sessions
from idp.saml.authn_requests import SKEW

_AT_ONCE = 5_000
_OVER = (
    "(n:LoginFlow) WHERE n.until <= $now",
    "(n:LoginLogout) WHERE n.until <= $now",
    "(n:ToldLogout) WHERE n.until <= $now",
    "(n:SamlLogin) WHERE n.until <= $now",
    "(n:UsedMessage) WHERE n.until <= $before",
    "(n:KnownDevice) WHERE n.until <= $now",
    "(n:LoginAttempts) WHERE n.until <= $now",
    "(n:LoginSession) WHERE n.ends <= $now OR n.used <= $idle",
    "(n:LoginEvent) WHERE n.at <= $kept",
    *(
        f"(n:{label}) WHERE n.account IS NOT NULL AND NOT EXISTS {{ (:PlannedAccount {{uuid: n.account}}) }}"
        for label in ("LocalCredential", "KnownDevice", "LoginSession", "LoginAttempts", "Passkey")
    ),
    "(n:LoginSession) WHERE n.person IS NOT NULL AND NOT EXISTS { (:Person {uuid: n.person}) }",
)


def sweep(driver: neo4j.Driver, now: datetime) -> int:
    """How many records were removed."""
    removed = sum(_removed(driver, each, now) for each in _OVER)
    driver.execute_query(
        """
        MATCH (e:LoginEvent)
        WHERE e.account IS NOT NULL AND NOT EXISTS { (:PlannedAccount {uuid: e.account}) }
        REMOVE e.account, e.address, e.message
        """
    )
    return removed


def _removed(driver: neo4j.Driver, over: str, now: datetime) -> int:
    removed = 0
    while True:
        rows, _, _ = driver.execute_query(
            f"MATCH {over} WITH n LIMIT $most DETACH DELETE n RETURN count(*) AS removed",
            now=now,
            before=now - SKEW,
            idle=now - sessions.IDLE,
            kept=now - audit.KEPT,
            most=_AT_ONCE,
        )
        found = int(rows[0]["removed"])
        removed += found
        if found < _AT_ONCE:
            return removed
