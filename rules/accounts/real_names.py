"""The user name and mail address that planned accounts really have: a target gives another one where an object has the
planned one already, and others may rename an account by hand.

What a source has read of the directory counts first, then what the target's ledger notes. Where neither knows the
account, it has no others than the planned ones.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import neo4j


@dataclass(frozen=True, slots=True)
class RealNames:
    """``login``, ``email``: those that the account has; empty if it has none. ``planned_login``: as rules gave it."""

    login: str
    email: str
    planned_login: str

    @property
    def differs(self) -> bool:
        """User names are compared without regard to case, as directories do it."""
        return self.login.casefold() != self.planned_login.casefold()


def real_names(
    session: neo4j.Session, accounts: Iterable[str], by: Literal["uuid", "key"] = "uuid"
) -> dict[str, RealNames]:
    """By uuid or key of the planned account; those that are unknown are left out."""
    rows = session.run(_STATEMENTS[by], accounts=sorted(set(accounts)))
    found = {}
    for row in rows:
        # Whole: what is not said there of a mail address is not known, and the planned one may be another person's.
        real = next((row[each] for each in ("seen", "given") if row[each].get("login")), row["planned"])
        found[row["account"]] = RealNames(
            real.get("login") or "", real.get("email") or "", row["planned"]["login"] or ""
        )
    return found


def _statement(by: str) -> str:
    return f"""
    UNWIND $accounts AS account
    MATCH (a:PlannedAccount {{{by}: account}})
    RETURN account, a {{.login, .email}} AS planned,
        coalesce(head(COLLECT {{
            MATCH (a)-[r:REALISED_BY]->(seen:Account)
            WHERE seen.active
            RETURN seen {{.login, .email}}
            ORDER BY r.from DESC, seen.uuid
        }}), {{}}) AS seen,
        coalesce(head(COLLECT {{
            MATCH (l:Ledger)
            MATCH (e:LedgerEntry {{id: l.target + '|user|' + a.uuid}})
            WHERE e.remote IS NOT NULL AND e.state <> 'deleted'
            RETURN e {{.login, .email}}
            ORDER BY l.target
        }}), {{}}) AS given
    """


_STATEMENTS = {by: _statement(by) for by in ("uuid", "key")}
