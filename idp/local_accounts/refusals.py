"""Why a login is refused: for the log of logins only, never for the person who tries."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import neo4j

from idp import audit
from idp.local_account import LocalAccount

COUNTED = frozenset(
    {
        "unknown", "no_password", "wrong_password", "wrong_code", "copied_passkey",
        "not_started", "ended", "stopped",
    }
)  # fmt: skip
"""Refusals that attempts bound (``idp.local_accounts.attempts``), or that only the owner's code or device can bring
about. All that a password can lead to are among them, so that each takes the same time."""


class Refused(Exception):
    """Ends a login within ``noting``."""

    def __init__(self, account: LocalAccount | None, why: str) -> None:
        super().__init__(why)
        self.account = account
        self.why = why


@contextmanager
def noting(driver: neo4j.Driver, now: datetime, address: str | None, *, quiet: bool = False) -> Iterator[neo4j.Session]:
    """A session with the graph; a refusal within ends here, in the log of logins.

    ``quiet``: the caller has failed so often that only what is counted elsewhere is still written. Strangers could fill
    the graph with the rest.
    """
    with driver.session() as session:
        try:
            yield session
        except Refused as refused:
            if quiet and refused.why not in COUNTED:
                return
            uuid = None if refused.account is None else refused.account.uuid
            session.execute_write(audit.note, "login_refused", now, account=uuid, why=refused.why, address=address)
