"""When an application's session ends: with ours, soon, and on the account's last day."""

from datetime import UTC, datetime, timedelta

import neo4j

from graph.time import COPENHAGEN
from idp.local_account import LocalAccount, account_of
from idp.sessions import Session
from idp.single_sign_on import _ends
from tests.idp.staff import SYSTEM, in_days, state_account, stop

AT_NIGHT = datetime(2026, 6, 30, 23, 50, tzinfo=COPENHAGEN)


def test_an_application_keeps_no_session_over_the_last_day() -> None:
    last = LocalAccount("a", "p", "anje", "open", ends=AT_NIGHT.date() + timedelta(days=1))
    longer = LocalAccount("b", "p", "boje", "open")

    def ends(account: LocalAccount, ours: timedelta = timedelta(hours=10)) -> timedelta:
        session = Session("h", account, "_s", AT_NIGHT, False, AT_NIGHT.astimezone(UTC) + ours)
        return _ends(session, 30, AT_NIGHT.astimezone(UTC)) - AT_NIGHT

    assert ends(last) == timedelta(minutes=10)
    assert ends(longer) == timedelta(minutes=30)
    assert ends(longer, timedelta(minutes=3)) == timedelta(minutes=3)


def test_the_last_day_of_an_account_is_known(clean_graph: neo4j.Driver) -> None:
    uuid = state_account(clean_graph, "anje", end=in_days(9), again=in_days(20))
    stopped = state_account(clean_graph, "boje")
    stop(clean_graph, stopped, in_days(5))
    with clean_graph.session() as session:

        def found(uuid: str, day: int) -> LocalAccount:
            account = session.execute_read(account_of, SYSTEM, uuid, in_days(day))
            assert account is not None
            return account

        assert (found(uuid, 0).state, found(uuid, 0).ends) == ("open", in_days(9))
        assert (found(uuid, 9).state, found(uuid, 9).ends) == ("not_started", None)
        assert (found(uuid, 20).state, found(uuid, 20).ends) == ("open", None)
        assert (found(stopped, 0).state, found(stopped, 0).ends) == ("open", in_days(5))
        assert (found(stopped, 5).state, found(stopped, 5).ends) == ("stopped", None)


def test_the_dead_do_not_log_in(clean_graph: neo4j.Driver) -> None:
    uuid = state_account(clean_graph, "anje")
    clean_graph.execute_query("MATCH (:Person)-[:STATE]->(v) SET v.dead = true")
    with clean_graph.session() as session:
        account = session.execute_read(account_of, SYSTEM, uuid, in_days(0))
    assert account is not None and account.state == "ended"
