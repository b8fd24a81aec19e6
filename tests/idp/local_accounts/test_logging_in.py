"""Logging in to local accounts, on a real graph. Numbers: docs/formats/saml.md §6."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, date, datetime, timedelta
from statistics import median

import neo4j
import pyotp
import pytest

from graph.collation import folded
from graph.connection import connect
from graph.time import COPENHAGEN
from idp import local_account as accounts
from idp import sessions
from idp.local_account import account_by_login, account_of
from idp.local_accounts import attempts, credentials, passwords
from idp.local_accounts.attempts import ANOTHER, OWN_DEVICE, STRANGER, STRANGERS, Limit
from idp.local_accounts.authenticating import LocalLogins, Proven
from idp.local_accounts.passwords import PasswordRejected, check
from idp.sealing import Seal
from reconnect.embedded import Addresses
from tests.cheap_passwords import CHEAP, COSTLY, costs_of
from tests.idp.staff import SYSTEM, in_days, state_account, stop
from tests.planned import assert_found_by_index

PASSWORD = "Blå traktor i regnvejr"
WRONG = "Grøn traktor i solskin"


SEAL = Seal("0123456789abcdef0123456789abcdef")


@pytest.fixture
def logins(clean_graph: neo4j.Driver) -> LocalLogins:
    return LocalLogins(clean_graph, SYSTEM, SEAL)


def now() -> datetime:
    return datetime.now(UTC)


def with_password(driver: neo4j.Driver, logins: LocalLogins, login: str = "anje", **given: date) -> str:
    uuid = state_account(driver, login, **given)
    with driver.session() as session:
        account = session.execute_read(account_of, SYSTEM, uuid, in_days(0))
    assert account is not None
    code = logins.invite(account, now(), by="ida")
    if account.state in ("open", "not_started"):
        assert logins.accept_invitation(login, code, PASSWORD, now()) is not None
    return uuid


def reasons(driver: neo4j.Driver) -> list[str]:
    rows, _, _ = driver.execute_query("MATCH (e:LoginEvent {event: 'login_refused'}) RETURN e.why AS why ORDER BY e.at")
    return [row["why"] for row in rows]


def proven(logins: LocalLogins, password: str = PASSWORD, login: str = "anje", **more: str) -> Proven | None:
    return logins.prove_password(login, password, now(), **more)


def test_the_right_password(clean_graph: neo4j.Driver, logins: LocalLogins) -> None:
    uuid = with_password(clean_graph, logins)
    for spelling in ("anje", "ANJE", " Anje "):
        found = proven(logins, login=spelling)
        assert found is not None and found.account.uuid == uuid and not found.needs_code
        logins.log_in(found, False, now())
    assert proven(logins, WRONG) is None and proven(logins, "") is None
    assert proven(logins, PASSWORD.replace("å", "a\u030a")) is not None  # å as two signs


@pytest.mark.parametrize(
    ("start", "end", "why"), [(1, None, "not_started"), (-9, 0, "ended"), (-9, -1, "ended"), (-9, None, "stopped")]
)
def test_pitfall_30_only_the_active(
    clean_graph: neo4j.Driver, logins: LocalLogins, start: int, end: int | None, why: str
) -> None:
    uuid = with_password(clean_graph, logins, start=in_days(min(start, 0) if why != "not_started" else start))
    if end is not None:
        state_account(clean_graph, "anje", start=in_days(start), end=in_days(end))
    if why == "stopped":
        stop(clean_graph, uuid)
    assert proven(logins) is None
    assert reasons(clean_graph) == [why]


def test_pitfall_31_a_second_period(clean_graph: neo4j.Driver, logins: LocalLogins) -> None:
    with_password(clean_graph, logins, start=in_days(-9))
    state_account(clean_graph, "anje", start=in_days(-2), end=in_days(1))
    assert proven(logins) is not None


@pytest.mark.usefixtures("costly_passwords")
def test_pitfall_33_the_same_time_for_everybody(clean_graph: neo4j.Driver, logins: LocalLogins) -> None:
    """Of the work only: the hash is made in every case. Times are compared with room, as machines are shared."""
    with_password(clean_graph, logins)
    state_account(clean_graph, "nopw")
    spent: dict[str, list[float]] = {}
    for _ in range(4):
        for login in ("anje", "unknown", "nopw"):
            began = time.process_time()
            assert proven(logins, WRONG, login) is None
            spent.setdefault(login, []).append(time.process_time() - began)
    known = median(spent["anje"])
    assert all(known / 4 < median(each) < 4 * known for each in spent.values())


def test_a_hash_of_other_costs_is_made_anew_at_the_login(clean_graph: neo4j.Driver, logins: LocalLogins) -> None:
    """With the costs of production (OWASP names 19 MB and two rounds as the least)."""
    with_password(clean_graph, logins)
    production = "$m=65536,t=3,p=1$"
    for costs, password, has_production in ((CHEAP, PASSWORD, False), (COSTLY, WRONG, False), (COSTLY, PASSWORD, True)):
        with costs_of(costs):
            assert (proven(logins, password) is None) == (password == WRONG)
        rows, _, _ = clean_graph.execute_query("MATCH (c:LocalCredential) RETURN c.password AS kept")
        assert (production in rows[0]["kept"]) == has_production
        assert passwords.matches(PASSWORD, rows[0]["kept"])


@pytest.mark.parametrize("quiet", [False, True])
def test_pitfall_33_the_graph_is_asked_the_same_for_everybody(
    clean_graph: neo4j.Driver, logins: LocalLogins, monkeypatch: pytest.MonkeyPatch, quiet: bool
) -> None:
    """Otherwise an answer's time would tell an account from a name that nobody has. ``quiet``: after many failures."""
    for login in ("anje", "ended", "early", "stopped"):
        account = with_password(clean_graph, logins, login, start=in_days(-9))
        if login == "stopped":
            stop(clean_graph, account)
    state_account(clean_graph, "ended", start=in_days(-9), end=in_days(0))
    state_account(clean_graph, "early", start=in_days(1))
    state_account(clean_graph, "nopw")
    asked: list[str] = []
    run = neo4j.ManagedTransaction.run

    def noted(self: neo4j.ManagedTransaction, query: str, *given: object, **named: object) -> object:
        asked.append(query)
        return run(self, query, *given, **named)

    def statements(login: str, password: str) -> list[str]:
        asked.clear()
        assert logins.prove_password(login, password, now(), quiet=quiet) is None
        return [*asked]

    monkeypatch.setattr(neo4j.ManagedTransaction, "run", noted)
    unknown = statements("unknown", WRONG)
    assert len(unknown) > 3
    for login, password in (
        ("anje", WRONG), ("nopw", WRONG), ("ended", PASSWORD), ("early", PASSWORD), ("stopped", PASSWORD),
    ):  # fmt: skip
        assert statements(login, password) == unknown, login
    for login in ("anje", "unknown"):
        for _ in range(STRANGER.attempts):
            statements(login, WRONG)
    assert statements("anje", PASSWORD) == statements("unknown", PASSWORD) != unknown


def test_pitfall_34_locked_and_open_again(clean_graph: neo4j.Driver, logins: LocalLogins) -> None:
    with_password(clean_graph, logins)
    for _ in range(STRANGER.attempts):
        assert proven(logins, WRONG) is None
    assert proven(logins) is None
    assert reasons(clean_graph) == ["wrong_password"] * STRANGER.attempts + ["locked"]
    later = now() + timedelta(seconds=31)
    found = logins.prove_password("anje", PASSWORD, later)
    assert found is not None
    logins.log_in(found, False, later)
    # The counter began again; the lock does not come with the next wrong one.
    assert logins.prove_password("anje", WRONG, later) is None
    assert logins.prove_password("anje", PASSWORD, later) is not None


def test_a_lock_is_never_for_ever(clean_graph: neo4j.Driver, logins: LocalLogins) -> None:
    with_password(clean_graph, logins)
    moment = now()
    for _ in range(STRANGER.attempts + 12):
        assert logins.prove_password("anje", WRONG, moment) is None
        moment += timedelta(minutes=15, seconds=1)
    assert logins.prove_password("anje", PASSWORD, moment) is not None


def test_strangers_do_not_lock_the_owner_out(clean_graph: neo4j.Driver, logins: LocalLogins) -> None:
    with_password(clean_graph, logins)
    found = proven(logins)
    assert found is not None
    begun = logins.log_in(found, False, now())
    assert begun is not None
    _, device = begun
    for _ in range(STRANGER.attempts + 1):
        assert proven(logins, WRONG) is None
    assert proven(logins) is None  # from an unknown device
    assert proven(logins, device=device) is not None
    assert proven(logins, device="made up") is None


def test_strangers_elsewhere_do_not_lock_a_new_device_out(clean_graph: neo4j.Driver, logins: LocalLogins) -> None:
    with_password(clean_graph, logins)
    for _ in range(STRANGER.attempts + 1):
        assert proven(logins, WRONG, address="2001:db8:1:2::7") is None
    assert proven(logins, address="2001:db8:1:2:ffff::1") is None  # the same network
    assert proven(logins, address="2001:db8:1:3::7") is not None
    assert proven(logins, address="10.1.2.3") is not None and proven(logins, address="::ffff:10.1.2.3") is not None
    kept, _, _ = clean_graph.execute_query("MATCH (a:LoginAttempts) RETURN a {.*} AS kept")
    assert "2001:" not in str(kept) and "10.1.2" not in str(kept)


def test_all_strangers_together_have_a_limit_that_passes(clean_graph: neo4j.Driver, logins: LocalLogins) -> None:
    uuid = with_password(clean_graph, logins)
    found = proven(logins)
    assert found is not None
    begun = logins.log_in(found, False, now())
    assert begun is not None
    for number in range(STRANGERS):
        address = f"10.1.{number}.1"
        with clean_graph.session() as session:
            assert session.execute_write(attempts.begin_attempt, uuid, None, address, now())
    assert proven(logins, address="10.2.0.1") is None
    rows, _, _ = clean_graph.execute_query("MATCH (a:LoginAttempts) RETURN count(a) AS networks")
    assert rows[0]["networks"] == STRANGERS  # no further one is kept for those who are refused
    assert proven(logins, device=begun[1]) is not None  # the owner's own device is not theirs to lock
    assert logins.prove_password("anje", PASSWORD, now() + ANOTHER, address="10.2.0.1") is not None
    assert logins.prove_password("anje", WRONG, now() + ANOTHER, address="10.2.0.1") is None
    with clean_graph.session() as session:
        assert session.execute_write(attempts.unlock, uuid) and not session.execute_write(attempts.unlock, uuid)
    assert proven(logins, address="10.2.0.1") is not None


def test_a_colleague_at_the_owners_machine_delays_the_owner_only(
    clean_graph: neo4j.Driver, logins: LocalLogins
) -> None:
    """However long it goes on, the owner waits two minutes at most, and no single attempt locks the device again once
    the day is over."""
    with_password(clean_graph, logins)
    found = proven(logins)
    assert found is not None
    begun = logins.log_in(found, False, now())
    assert begun is not None
    device, moment = begun[1], now()
    for _ in range(OWN_DEVICE.attempts):
        assert logins.prove_password("anje", WRONG, moment, device=device) is None
    assert logins.prove_password("anje", PASSWORD, moment, device=device) is None
    assert reasons(clean_graph).count("locked") == 1  # all at one moment, in no order
    for _ in range(20):
        moment += timedelta(minutes=2)
        assert logins.prove_password("anje", WRONG, moment, device=device) is None
    assert logins.prove_password("anje", PASSWORD, moment + timedelta(minutes=2), device=device) is not None
    moment += timedelta(days=1, minutes=3)
    for _ in range(OWN_DEVICE.attempts - 1):
        assert logins.prove_password("anje", WRONG, moment, device=device) is None
    assert logins.prove_password("anje", PASSWORD, moment, device=device) is not None


def test_who_fails_very_often_fills_no_log(clean_graph: neo4j.Driver, logins: LocalLogins) -> None:
    """What is written of such an address is bounded by the attempts that are counted."""
    with_password(clean_graph, logins)
    for number in range(STRANGER.attempts + 3):
        assert logins.prove_password("anje", WRONG, now(), quiet=True) is None
        assert logins.prove_password(f"unknown{number}", WRONG, now(), quiet=True) is None
        assert logins.accept_invitation("anje", "ffffff", WRONG, now(), quiet=True) is None
    found = reasons(clean_graph)
    assert found.count("wrong_password") == STRANGER.attempts and set(found) == {"wrong_password", "unknown"}


@pytest.mark.parametrize("limit", [STRANGER, OWN_DEVICE])
def test_a_lock_grows_to_its_longest(limit: Limit) -> None:
    moment, counted = datetime(2026, 3, 2, tzinfo=UTC), attempts.Count(0, None)
    last, locks = None, []
    for _ in range(60):
        following = limit.counted(counted.attempts, last, counted.locked_until, moment)
        assert following is not None
        counted, last = following, moment
        locks.append((counted.locked_until or moment) - moment)
        if counted.locked_until is not None:
            just_before = counted.locked_until - timedelta(microseconds=1)
            assert limit.counted(counted.attempts, last, counted.locked_until, just_before) is None
        moment = counted.locked_until or moment + timedelta(minutes=1)
    assert locks == sorted(locks) and locks[limit.attempts - 2 : limit.attempts] == [timedelta(0), limit.first]
    assert locks[-1] == limit.longest


@pytest.mark.usefixtures("costly_passwords")
def test_pitfall_35_fifty_at_once(clean_graph: neo4j.Driver, logins: LocalLogins) -> None:
    with_password(clean_graph, logins)
    moment = now()
    with ThreadPoolExecutor(25) as pool:
        assert not any(pool.map(lambda _: logins.prove_password("anje", WRONG, moment), range(50)))
    assert (
        sorted(reasons(clean_graph)) == ["locked"] * (50 - STRANGER.attempts) + ["wrong_password"] * STRANGER.attempts
    )


def test_pitfall_36_a_code_is_good_once(clean_graph: neo4j.Driver, logins: LocalLogins) -> None:
    uuid = with_password(clean_graph, logins)
    found = proven(logins)
    assert found is not None
    secret, address = logins.begin_second_factor(found.account, "Kommune")
    assert address.startswith("otpauth://totp/Kommune:anje?")
    moment = datetime.fromtimestamp(1_800_000_000, UTC)
    code = pyotp.TOTP(secret)
    session = logged_in(clean_graph, logins, found)
    assert logins.confirm_second_factor(session, "000000", moment) is None
    recovery = logins.confirm_second_factor(session, code.at(moment), moment)
    assert recovery is not None and len(set(recovery)) == 8
    again = proven(logins)
    assert again is not None and again.needs_code
    logins.log_in(again, True, now())
    step = timedelta(seconds=30)
    assert logins.prove_code(uuid, code.at(moment), moment) is None  # used when it was confirmed
    assert logins.prove_code(uuid, code.at(moment + step), moment + 3 * step) is None  # two steps old
    assert logins.prove_code(uuid, code.at(moment + step), moment + 2 * step) is not None
    assert logins.prove_code(uuid, code.at(moment + step), moment + 2 * step) is None
    later = moment + timedelta(hours=1)
    assert logins.prove_code(uuid, recovery[0].upper().replace("-", " "), later) is not None
    assert logins.prove_code(uuid, recovery[0], later + timedelta(hours=1)) is None
    sealed, _, _ = clean_graph.execute_query("MATCH (c:LocalCredential) RETURN c {.*} AS kept")
    assert secret not in str(sealed) and not any(each in str(sealed) for each in recovery)


def logged_in(driver: neo4j.Driver, logins: LocalLogins, found: Proven) -> sessions.Session:
    begun = logins.log_in(found, False, now())
    assert begun is not None
    with driver.session() as graph:
        session = graph.execute_write(sessions.session_of, begun[0], SYSTEM, now(), in_days(0))
    assert session is not None
    return session


@pytest.mark.parametrize("how", ["reset", "logout"])
def test_no_factor_is_set_by_a_session_that_has_ended(clean_graph: neo4j.Driver, logins: LocalLogins, how: str) -> None:
    """It was looked at before the reset, in another process: what it sets would outlive the reset."""
    with_password(clean_graph, logins)
    found = proven(logins)
    assert found is not None
    session = logged_in(clean_graph, logins, found)
    secret, _ = logins.begin_second_factor(found.account, "Kommune")
    if how == "reset":
        logins.reset(found.account, now(), by="ida")
        logins.begin_second_factor(found.account, "Kommune")
    else:
        with clean_graph.session() as graph:
            graph.execute_write(sessions.end, session.hash)
    assert not logins.change_password(session, "Grøn traktor i solskin", now(), None)
    assert logins.confirm_second_factor(session, pyotp.TOTP(secret).now(), now()) is None
    rows, _, _ = clean_graph.execute_query("MATCH (c:LocalCredential) RETURN c.password AS password, c.totp AS totp")
    assert (rows[0]["password"] is None, rows[0]["totp"]) == (how == "reset", None)


def test_codes_count_as_attempts(clean_graph: neo4j.Driver, logins: LocalLogins) -> None:
    uuid = with_password(clean_graph, logins)
    for _ in range(STRANGER.attempts):
        assert logins.prove_code(uuid, "123456", now()) is None
    assert proven(logins) is None
    assert reasons(clean_graph)[-1] == "locked"


def test_an_invitation_counts_once_and_ends(clean_graph: neo4j.Driver, logins: LocalLogins) -> None:
    uuid = state_account(clean_graph, "anje")
    with clean_graph.session() as session:
        account = session.execute_read(account_by_login, SYSTEM, "anje", in_days(0))
    assert account is not None
    first, code = logins.invite(account, now(), by="ida"), logins.invite(account, now(), by="ida")
    assert logins.accept_invitation("anje", first, PASSWORD, now()) is None
    assert logins.accept_invitation("anje", code, PASSWORD, now() + timedelta(days=15)) is None
    assert logins.accept_invitation("nobody", code, PASSWORD, now()) is None
    with pytest.raises(PasswordRejected):
        logins.accept_invitation("anje", code, "too short", now())
    assert logins.accept_invitation("anje", code, PASSWORD, now()) is not None
    assert logins.accept_invitation("anje", code, WRONG, now()) is None
    kept, _, _ = clean_graph.execute_query("MATCH (c:LocalCredential {account: $a}) RETURN c {.*} AS kept", a=uuid)
    assert PASSWORD not in str(kept) and kept[0]["kept"]["password"].startswith("$argon2id$")


def invited(driver: neo4j.Driver, logins: LocalLogins, login: str = "anje") -> str:
    with driver.session() as session:
        account = session.execute_read(account_by_login, SYSTEM, login, in_days(0))
    assert account is not None
    return logins.invite(account, now(), by="ida")


def test_an_invitation_counts_once_at_the_same_time(
    clean_graph: neo4j.Driver, logins: LocalLogins, addresses: Addresses
) -> None:
    """Another process accepts the same code after the first has used it up, and before that is committed."""
    uuid = state_account(clean_graph, "anje")
    invited(clean_graph, logins)
    rows, _, _ = clean_graph.execute_query("MATCH (c:LocalCredential) RETURN c.invitation AS hash")

    def used(driver: neo4j.Driver) -> bool:
        with driver.session() as session:
            return session.execute_write(credentials.use_invitation, uuid, rows[0]["hash"], now())

    with (
        connect(addresses.bolt_uri, addresses.user, addresses.password) as second,
        ThreadPoolExecutor(1) as pool,
        clean_graph.session() as session,
    ):
        with session.begin_transaction() as first:
            assert credentials.use_invitation(first, uuid, rows[0]["hash"], now())  # type: ignore[arg-type]
            other = pool.submit(used, second)
            wait([other], timeout=2)  # without a lock it would be done by now
            first.commit()
        assert not other.result(60)


def test_wrong_codes_keep_no_invited_person_out(clean_graph: neo4j.Driver, logins: LocalLogins) -> None:
    state_account(clean_graph, "anje")
    code = invited(clean_graph, logins)
    for _ in range(STRANGER.attempts + 3):
        assert logins.accept_invitation("anje", "ffffff-ffffff-ffffff", PASSWORD, now()) is None
    assert logins.accept_invitation("anje", code, PASSWORD, now()) is not None
    assert proven(logins) is not None


def test_a_user_name_in_any_case_of_letters(clean_graph: neo4j.Driver, logins: LocalLogins) -> None:
    with_password(clean_graph, logins, "Åse01")
    for spelling in ("Åse01", "åse01", "ÅSE01", "åSe01", "A\u030ase01"):
        assert proven(logins, login=spelling) is not None


def test_a_user_name_is_found_by_an_index(clean_graph: neo4j.Driver) -> None:
    """Whatever its letters are, and whoever asks: a scan of all accounts would be a stranger's to start."""
    for login in ("Åse.O'Neil-01", "-", "ﬁnn", "İnci"):
        uuid = state_account(clean_graph, login, person=login)
        for spelling in {login, login.lower(), login.upper(), f" {login}\t"}:
            if folded(spelling) != folded(login):
                continue  # İ in small letters is another text
            with clean_graph.session() as session:
                found = session.execute_read(account_by_login, SYSTEM, spelling, in_days(0))
            assert found is not None and found.uuid == uuid, spelling
    with clean_graph.session() as session:
        for wrong in ("", " ", "x" * 10_000, "*", "Aase.O'Neil-01", "Åse.ONeil-01"):
            assert session.execute_read(account_by_login, SYSTEM, wrong, in_days(0)) is None
    given = {"system": SYSTEM, "sort_key": "x", "spellings": ["x"], "day": in_days(0)}
    assert_found_by_index(clean_graph, accounts._BY_LOGIN, given)


def test_a_user_name_that_was_another_persons(clean_graph: neo4j.Driver, logins: LocalLogins) -> None:
    """The next owner gets the invitation before the first day, whichever account is found first."""
    for number in range(3):
        login = f"anje{number}"
        before = state_account(clean_graph, login, start=in_days(-9), end=in_days(-2), person=f"before{number}")
        after = state_account(clean_graph, login, start=in_days(2), person=f"after{number}")
        with clean_graph.session() as session:
            found = session.execute_read(account_by_login, SYSTEM, login, in_days(0))
        assert found is not None and found.uuid == after != before and found.state == "not_started"


def test_an_account_with_a_gap(clean_graph: neo4j.Driver, logins: LocalLogins) -> None:
    state_account(clean_graph, "anje", start=in_days(-9), end=in_days(-2), again=in_days(2))
    code = invited(clean_graph, logins)
    assert logins.accept_invitation("anje", code, PASSWORD, now()) is not None
    assert proven(logins) is None and reasons(clean_graph) == ["not_started"]
    assert logins.prove_password("anje", PASSWORD, now() + timedelta(days=3)) is not None


def test_the_first_day_begins_at_midnight_in_copenhagen(clean_graph: neo4j.Driver, logins: LocalLogins) -> None:
    with_password(clean_graph, logins, start=in_days(1))
    midnight = datetime.combine(in_days(1), datetime.min.time(), COPENHAGEN)
    assert logins.prove_password("anje", PASSWORD, (midnight - timedelta(seconds=1)).astimezone(UTC)) is None
    assert logins.prove_password("anje", PASSWORD, midnight.astimezone(UTC)) is not None


def test_an_account_whose_owner_changes(clean_graph: neo4j.Driver, logins: LocalLogins) -> None:
    """As when a source corrects whose it is: it is one account, of the person of the day."""
    uuid = with_password(clean_graph, logins)
    state_account(clean_graph, "boje")
    clean_graph.execute_query(
        """
        MATCH (a:PlannedAccount {uuid: $uuid})-[of:OF_PERSON]->(), (:PlannedAccountState {login: 'boje'})<--(b)
        MATCH (b)-[:OF_PERSON]->(next)
        SET of.to = $day
        CREATE (a)-[new:OF_PERSON]->(next) SET new = properties(of), new.from = $day, new.to = null
        """,
        uuid=uuid,
        day=in_days(1),
    )
    with clean_graph.session() as session:
        today, later = (session.execute_read(account_of, SYSTEM, uuid, in_days(each)) for each in (0, 1))
    assert today is not None and later is not None and today.person != later.person
    assert proven(logins) is not None


@pytest.mark.parametrize("how", ["reset", "new password"])
def test_no_login_with_what_was_proven_before(clean_graph: neo4j.Driver, logins: LocalLogins, how: str) -> None:
    with_password(clean_graph, logins)
    found = proven(logins)
    assert found is not None
    if how == "reset":
        logins.reset(found.account, now(), by="ida")
    else:
        assert logins.accept_invitation("anje", invited(clean_graph, logins), WRONG, now()) is not None
    assert logins.log_in(found, False, now()) is None
    rows, _, _ = clean_graph.execute_query("MATCH (s:LoginSession) RETURN count(s) AS open")
    assert rows[0]["open"] == 0 and reasons(clean_graph) == ["password_changed"]


def test_one_machine_of_two_people(clean_graph: neo4j.Driver, logins: LocalLogins) -> None:
    """Each has an own counter on it; a reset forgets the machine, which may be somebody else's."""
    device = None
    for login in ("anje", "boje"):
        with_password(clean_graph, logins, login)
        found = proven(logins, login=login)
        assert found is not None
        begun = logins.log_in(found, False, now(), device=device)
        assert begun is not None
        device = begun[1]
    for login in ("anje", "boje"):
        for _ in range(STRANGER.attempts + 1):
            assert proven(logins, WRONG, login) is None
        assert proven(logins, login=login) is None
        assert proven(logins, login=login, device=device) is not None
    logins.reset(found.account, now(), by="ida")
    assert logins.accept_invitation("boje", invited(clean_graph, logins, "boje"), PASSWORD, now()) is not None
    rows, _, _ = clean_graph.execute_query("MATCH (d:KnownDevice) RETURN count(d) AS devices")
    assert rows[0]["devices"] == 1


def test_a_reset_ends_everything(clean_graph: neo4j.Driver, logins: LocalLogins) -> None:
    with_password(clean_graph, logins)
    found = proven(logins)
    assert found is not None
    begun = logins.log_in(found, False, now())
    assert begun is not None
    secret, _ = begun
    code = logins.reset(found.account, now(), by="ida")
    assert proven(logins) is None
    with clean_graph.session() as session:
        assert session.execute_write(sessions.session_of, secret, SYSTEM, now(), in_days(0)) is None
    assert logins.accept_invitation("anje", code, WRONG, now()) is not None


def test_a_session_ends_with_the_account(clean_graph: neo4j.Driver, logins: LocalLogins) -> None:
    uuid = with_password(clean_graph, logins)

    def is_open(secret: str, moment: datetime | None = None) -> bool:
        with clean_graph.session() as session:
            at = moment or now()
            return session.execute_write(sessions.session_of, secret, SYSTEM, at, in_days(0)) is not None

    found = proven(logins)
    assert found is not None
    begun = logins.log_in(found, False, now())
    assert begun is not None
    first, _ = begun
    replaced = logins.log_in(found, False, now(), replaces=first)
    assert replaced is not None
    second, _ = replaced
    assert first != second and not is_open(first) and is_open(second)
    assert not is_open(second, now() + timedelta(hours=1, minutes=1))  # idle
    stop(clean_graph, uuid)
    assert not is_open(second)
    rows, _, _ = clean_graph.execute_query("MATCH (s:LoginSession) RETURN count(s) AS left")
    assert rows[0]["left"] == 0


@pytest.mark.parametrize(
    "password",
    [
        "kort",
        "aaaaaaaaaaaaaaaa",
        "123456789012",
        "Sommer20262026",
        "password1234",
        "anjeanje1234",
        "x" * 300,
        "med\x00nul i midten",
        "ｐａｓｓｗｏｒｄ１２３４",  # a well-known word in wide letters
        "a\u030ab\u030ac\u030ad\u030ae\u030af\u030a",  # six letters, typed as twelve signs
    ],
)
def test_passwords_that_are_refused(password: str) -> None:
    with pytest.raises(PasswordRejected) as refused:
        check(password, about=("anje",))
    assert password not in str(refused.value)


@pytest.mark.parametrize("password", [PASSWORD, "korrekt hest batteri", "Xk2#pq9!vB4z", "sommerhus ved vesterhavet"])
def test_passwords_that_are_accepted(password: str) -> None:
    check(password, about=("anje",))


def test_a_long_password_in_any_spelling() -> None:
    """As long as may be, with a letter that another keyboard types as two signs; and nothing after it is cut off."""
    longest = ("Blå traktor i regnvejr " * 12)[: passwords.LONGEST]
    typed = longest.replace("å", "a\u030a")
    check(typed, about=("anje",))
    kept = passwords.hashed(longest)
    assert len(typed) > passwords.LONGEST and passwords.matches(typed, kept)
    assert not passwords.matches(longest + "x", kept)
    assert not passwords.matches(longest + "\u0301" * 2000, kept)


def test_pitfall_68_every_check_is_there_with_optimisation() -> None:
    """Python run with -O leaves assert statements out; none of the checks may be one."""
    code = "\n".join(
        (
            "import datetime, idp.saml.service_providers as s",
            "try:",
            " s.service_provider(b'<x/>', datetime.datetime.now())",
            "except s.BadMetadata:",
            " print('refused')",
        )
    )
    done = subprocess.run([sys.executable, "-O", "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "refused\n"
