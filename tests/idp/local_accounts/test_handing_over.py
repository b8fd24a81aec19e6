"""Codes that people ask for themselves, and the addresses that codes go to."""

import re
from datetime import UTC, datetime, timedelta

import neo4j
import pytest

from api.mutations.edits import released, with_value
from graph.change_log import Origin
from graph.corrections.joining import Joining
from graph.statements.precedence import MANUAL, SourceOrder
from graph.statements.statement import DatedValue, Statement
from graph.time import Period
from graph.writing.graph_writer import GraphWriter
from idp.local_account import account_by_login
from idp.local_accounts.authenticating import LocalLogins
from idp.local_accounts.handing_over import HandingOver, NotHandedOver, NotSent, number_of
from idp.sealing import Seal
from tests.idp.staff import RING, RULES, SYSTEM, in_days, state_account, stop

SEAL = Seal("0123456789abcdef0123456789abcdef")
PASSWORD = "Blå traktor i regnvejr"
ANOTHER = "Grøn traktor i solskin"


class Post:
    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.is_away = False
        self.refused = ""

    def mail(self, address: str, subject: str, text: str) -> None:
        if self.is_away or address == self.refused:
            raise NotSent("away")
        self.sent.append((address, text))

    def sms(self, number: str, text: str) -> None:
        self.mail(number, "", text)

    @property
    def code(self) -> str:
        return re.findall(r"koden (\S+)", self.sent[-1][1])[0]


class Desk:
    """The login, with anje who has a password and, unless told otherwise, a private mail address."""

    def __init__(self, driver: neo4j.Driver, **contact: str) -> None:
        self.driver = driver
        self.post = Post()
        self.logins = LocalLogins(driver, SYSTEM, SEAL)
        self.handing = HandingOver(driver, self.logins, self.post, "Kommune", "https://login.kommune.dk")
        self.uuid = state_account(driver, "anje")
        known = contact or {"private_email": "anje@hjemme.dk"}
        driver.execute_query("MATCH (:Person)-[:STATE]->(v) SET v += $known", known=known)
        assert self.accept(self.invite(), PASSWORD)

    def invite(self) -> str:
        with self.driver.session() as session:
            account = session.execute_read(account_by_login, SYSTEM, "anje", in_days(0))
        assert account is not None
        return self.logins.invite(account, datetime.now(UTC), by="ida")

    def accept(self, code: str, password: str, after: timedelta = timedelta()) -> bool:
        return self.logins.accept_invitation("anje", code, password, datetime.now(UTC) + after) is not None

    def forgotten(self, login: str = "anje", after: timedelta = timedelta()) -> int:
        """How many messages have been sent so far."""
        self.handing.forgotten(login, datetime.now(UTC) + after, "10.0.0.1")
        return len(self.post.sent)


def test_who_forgot_a_password_chooses_another(clean_graph: neo4j.Driver) -> None:
    desk = Desk(clean_graph)
    assert desk.forgotten() == 1 and desk.post.sent[0][0] == "anje@hjemme.dk"
    assert desk.logins.prove_password("anje", PASSWORD, datetime.now(UTC)) is not None  # whoever asked
    assert not desk.accept(desk.post.code, ANOTHER, timedelta(minutes=31))
    assert desk.accept(desk.post.code, ANOTHER) and not desk.accept(desk.post.code, PASSWORD)
    assert desk.logins.prove_password("anje", PASSWORD, datetime.now(UTC)) is None
    assert desk.logins.prove_password("anje", ANOTHER, datetime.now(UTC)) is not None
    rows, _, _ = clean_graph.execute_query("MATCH (n:LocalCredential|LoginEvent) RETURN n {.*} AS kept")
    assert desk.post.code not in str(rows)


def test_strangers_neither_fill_a_mailbox_nor_end_a_code(clean_graph: neo4j.Driver) -> None:
    desk = Desk(clean_graph)
    paper = desk.invite()
    assert [desk.forgotten() for _ in range(5)] == [1] * 5
    first = desk.post.code
    assert desk.forgotten(after=timedelta(minutes=14)) == 1
    assert desk.accept(first, ANOTHER)
    paper = desk.invite()
    assert desk.forgotten() == 2  # that one was used
    assert desk.accept(paper, PASSWORD)  # the manager's code lives beside it
    assert not desk.accept(desk.post.code, ANOTHER)  # and ends it


def test_a_day_has_few_codes(clean_graph: neo4j.Driver) -> None:
    """Each may cost the municipality a message."""
    desk = Desk(clean_graph)
    assert [desk.forgotten(after=timedelta(minutes=16 * each)) for each in range(8)] == [1, 2, 3, 4, 5, 5, 5, 5]
    assert desk.forgotten(after=timedelta(days=1, minutes=1)) == 6


def test_nothing_is_sent_to_whom_it_does_not_concern(clean_graph: neo4j.Driver) -> None:
    desk = Desk(clean_graph)
    state_account(clean_graph, "never")  # nothing was ever chosen for it: its owner needs an invitation
    clean_graph.execute_query("MATCH (:Person)-[:STATE]->(v) SET v.private_email = 'a@hjemme.dk'")
    for login in ("unknown", "", "never", "x" * 10_000, "anje@hjemme.dk", "a\r\nBcc: evil@evil.dk"):
        assert desk.forgotten(login) == 0
    stop(clean_graph, desk.uuid)
    assert desk.forgotten() == 0
    rows, _, _ = clean_graph.execute_query("MATCH (e:LoginEvent {event: 'password_forgotten'}) RETURN e")
    assert rows == []


def test_nobody_says_by_hand_where_a_code_goes(clean_graph: neo4j.Driver) -> None:
    """HR sets addresses, and could take any account over, of whoever holds more rights, too."""
    desk = Desk(clean_graph)
    rows, _, _ = clean_graph.execute_query("MATCH (p:Person) RETURN p.uuid AS uuid")
    writer, origin = GraphWriter(clean_graph, RING), Origin(MANUAL, user="ida", reason="A test")
    for name, value in (("private_email", "ida@evil.dk"), ("private_phone", "20304050")):
        writer.amend("Person", rows[0]["uuid"], with_value(name, value, Period()), origin)
    assert desk.forgotten() == 0
    with clean_graph.session() as session:
        account = session.execute_read(account_by_login, SYSTEM, "anje", in_days(0))
    assert account is not None
    for way in ("mail", "sms"):
        with pytest.raises(NotHandedOver, match="No source knows"):
            desk.handing.invite(account, way, datetime.now(UTC), by="ida")
    desk.handing.tell(account, "password", datetime.now(UTC))
    assert desk.post.sent == []
    writer.amend("Person", rows[0]["uuid"], released("private_phone", Period()), origin)
    clean_graph.execute_query("MATCH (:Person)-[:STATE]->(v) SET v.private_phone = '20304050'")  # as payroll has it
    assert desk.forgotten() == 1 and desk.post.sent[0][0] == "+4520304050"


@pytest.mark.parametrize("survivor", ["anje", "bo"])
def test_no_code_goes_where_persons_were_joined_by_hand(clean_graph: neo4j.Driver, survivor: str) -> None:
    """HR may join persons, and would say with it where a code goes. The owner is told at every address."""
    desk = Desk(clean_graph)
    state_account(clean_graph, "bo")
    uuids = {}
    for who in ("anje", "bo"):
        knows_address(clean_graph, who, f"{who}@hjemme.dk")
        owner = "MATCH (p:Person)<-[:TELLS]-(:SourceRecord {key: $who}) RETURN p.uuid AS uuid"
        uuids[who] = clean_graph.execute_query(owner, who=who).records[0]["uuid"]
    keep, other = sorted(uuids, key=lambda each: each != survivor)
    by = Origin(MANUAL, user="ida", reason="A test")
    Joining(clean_graph, RING, SourceOrder()).join(uuids[keep], uuids[other], by)
    assert desk.forgotten() == 0
    with clean_graph.session() as session:
        account = session.execute_read(account_by_login, SYSTEM, "anje", in_days(0))
    assert account is not None
    with pytest.raises(NotHandedOver, match="were joined"):
        desk.handing.invite(account, "mail", datetime.now(UTC), by="ida")
    desk.handing.tell(account, "password", datetime.now(UTC))
    assert {address for address, _ in desk.post.sent} == {"anje@hjemme.dk", "bo@hjemme.dk"}
    desk.post.refused = "bo@hjemme.dk"
    with pytest.raises(NotSent):
        desk.handing.tell(account, "password", datetime.now(UTC))
    assert [address for address, _ in desk.post.sent[2:]] == ["anje@hjemme.dk"]
    desk.post.sent.pop()
    knows_address(clean_graph, "bo", "anje@hjemme.dk")
    assert desk.forgotten() == 3 and desk.post.sent[-1][0] == "anje@hjemme.dk"


def knows_address(driver: neo4j.Driver, key: str, address: str) -> None:
    """A source knows a private address of the person."""
    values = {"name": key, "private_email": address}
    stated = {name: (DatedValue(Period(), value),) for name, value in values.items()}
    GraphWriter(driver, RING).state(RULES, [Statement("Person", key, values=stated)], Origin(RULES))


def test_by_telephone_where_no_address_is_known(clean_graph: neo4j.Driver) -> None:
    desk = Desk(clean_graph, private_phone="20 30 40 50")
    assert desk.forgotten() == 1 and desk.post.sent[0][0] == "+4520304050"


@pytest.mark.parametrize(
    "email", ["", " ", "anje", "@hjemme.dk", "anje@", "a@b.dk, evil@evil.dk", "a@b.dk\r\nBcc: evil@evil.dk", "a@b@c.dk"]
)
def test_a_mail_goes_to_one_address(clean_graph: neo4j.Driver, email: str) -> None:
    desk = Desk(clean_graph, private_email=email)
    assert desk.forgotten() == 0


def test_self_service_can_be_switched_off(clean_graph: neo4j.Driver) -> None:
    desk = Desk(clean_graph)
    desk.handing.self_service = False
    assert desk.forgotten() == 0


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("20304050", "+4520304050"),
        ("+45 20 30 40 50", "+4520304050"),
        ("0045 2030-4050", "+4520304050"),
        ("(45) 20.30.40.50", "+4520304050"),
        ("112", None),
        ("1234567", None),
        ("12345678", None),  # no Danish number begins so
        ("+46 70 123 45 67", None),
        ("20304050 / 20304051", None),
        ("20304050\n", None),
        ("２０３０４０５０", None),
        ("", None),
    ],
)
def test_danish_numbers(written: str, number: str | None) -> None:
    assert number_of(written) == number
