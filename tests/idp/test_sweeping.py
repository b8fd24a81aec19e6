"""What is over is removed, and nothing else."""

from datetime import UTC, datetime, timedelta

import neo4j

from idp import flows, used_messages
from idp.local_account import account_of
from idp.local_accounts.authenticating import LocalLogins, Proven
from idp.sealing import Seal
from idp.sweeping import sweep
from tests.idp.staff import SYSTEM, in_days, state_account


def test_what_is_over_is_removed(clean_graph: neo4j.Driver) -> None:
    now = datetime.now(UTC)
    logins = LocalLogins(clean_graph, SYSTEM, Seal("0123456789abcdef0123456789abcdef"))
    with clean_graph.session() as session:
        account = session.execute_read(account_of, SYSTEM, state_account(clean_graph, "anje"), in_days(0))
        assert account is not None
        session.execute_write(flows.begin, None, now)
    password = "Blå traktor i regnvejr"
    assert logins.accept_invitation("anje", logins.invite(account, now, by="ida"), password, now) is not None
    assert logins.log_in(Proven(account, False, now), False, now) is not None
    assert used_messages.use(clean_graph, "sp", "_1", now + timedelta(minutes=10))

    def left() -> dict[str, int]:
        rows, _, _ = clean_graph.execute_query(
            """
            MATCH (n:LoginFlow|UsedMessage|KnownDevice|LoginSession|LocalCredential)
            RETURN labels(n)[0] AS label, count(*) AS number
            """
        )
        return {row["label"]: row["number"] for row in rows}

    assert sweep(clean_graph, now) == 0
    assert left() == dict.fromkeys(left(), 1) and len(left()) == 5
    assert sweep(clean_graph, now + timedelta(hours=2)) == 3
    assert left() == {"KnownDevice": 1, "LocalCredential": 1}
    clean_graph.execute_query("MATCH (a:PlannedAccount) DETACH DELETE a")  # as when the person is erased
    sweep(clean_graph, now)
    assert left() == {}
    rows, _, _ = clean_graph.execute_query("MATCH (e:LoginEvent) RETURN e {.*} AS entry")
    assert len(rows) >= 2 and all(set(row["entry"]) <= {"event", "at", "why", "by"} for row in rows)
