"""Mails about accounts: one a day to each manager of all their people, and to IT of what is stuck."""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import neo4j
import pytest
import redis

from graph.runs.cursors import read_cursor
from graph.time import today
from graph.writing.graph_writer import GraphWriter
from reconnect.context import Context
from reconnect.embedded import Addresses
from reconnect.sending import mail as mailing
from reconnect.settings.tree import MailSettings
from reconnect.work import account_notices
from rules.accounts.notices import AccountNotice
from rules.accounts.run import Limits, apply
from tests.graph.questions.rights.imported import RING, imported
from tests.rules.accounts.account_town import ACCOUNT_TOWN, day, town

pytestmark = pytest.mark.slow
LEADS = {
    "id": "m",
    "holder": {"employment": "e_carl"},
    "role": "manager",
    "for": [{"unit": "town"}],
    "from": "2020-01-01",
}
MANAGER = {"manager": {"title": "Leder", "covers_all": True}}


@pytest.fixture
def context(
    addresses: Addresses, clean_graph: neo4j.Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Context]:
    with redis.Redis.from_url(addresses.redis_url) as client:
        client.flushdb()
    for name, value in {
        "RECONNECT_HOME": str(tmp_path),
        "RECONNECT__NEO4J__URI": addresses.bolt_uri,
        "RECONNECT__NEO4J__PASSWORD": addresses.password,
        "RECONNECT__REDIS__URL": addresses.redis_url,
        "RECONNECT__ACCOUNT_NOTICES__MANAGERS": '["ready", "expires", "closed"]',
        "RECONNECT__MAIL__HOST": "smtp.klit.example",
        "RECONNECT__ACCOUNT_NOTICES__IT": '["it@klit.example"]',
    }.items():
        monkeypatch.setenv(name, value)
    made = Context()
    yield made
    made.close()


@pytest.fixture
def mails(monkeypatch: pytest.MonkeyPatch) -> list[tuple[tuple[str, ...], str]]:
    """What was sent; the SMTP server is tested elsewhere (test_silence)."""
    sent: list[tuple[tuple[str, ...], str]] = []

    def send(settings: MailSettings, to: tuple[str, ...], subject: str, text: str) -> bool:
        sent.append((to, text))
        return True

    monkeypatch.setattr(account_notices, "send_to", send)
    return sent


def turned(context: Context, to: date) -> None:
    context.driver().execute_query("MATCH (c:Clock) SET c.today = $day", day=to)


def planned(context: Context, folder: Path, persons: Sequence[dict[str, object]] = (), **more: object) -> None:
    content = town(
        roles=MANAGER,
        assignments=[LEADS],
        persons=[{"id": "carl", "work_email": "carl@klit.example"}, *persons],
        **more,
    )
    assert imported(context.driver(), content, folder).problems == []
    apply(context.driver(), GraphWriter(context.driver(), RING), limits=Limits(at_least=99))


def test_a_manager_hears_of_all_their_people_once_a_day(
    context: Context, tmp_path: Path, mails: list[tuple[tuple[str, ...], str]]
) -> None:
    start = today()
    assert account_notices.look(context) == 0 and mails == []  # from now on
    planned(context, tmp_path)
    assert account_notices.look(context) == 0, "what begins today is told tomorrow"
    turned(context, date.fromisoformat(day(1)))
    assert account_notices.look(context) == 1
    ((to, text),) = mails
    assert to == ("carl@klit.example",)
    assert f"Klar til brug:\n- Anna Marie Berg: AD (anbe), fra {start}\n- Åse Bæk: AD (aaba), fra {start}" in text
    assert account_notices.look(context) == 0
    mails.clear()
    # Anna's end becomes known four days before.
    planned(context, tmp_path, employments=[{"id": "e_anna", "to": day(5)}])
    turned(context, date.fromisoformat(day(2)))
    assert account_notices.look(context) == 1
    assert f"Lukker snart:\n- Anna Marie Berg: AD (anbe), fra {day(5)}" in mails[0][1] and "Åse" not in mails[0][1]
    turned(context, date.fromisoformat(day(5)))
    assert account_notices.look(context) == 0, "it is known already"
    mails.clear()
    turned(context, date.fromisoformat(day(6)))
    assert account_notices.look(context) == 1
    assert f"Lukket:\n- Anna Marie Berg: AD (anbe), fra {day(5)}" in mails[0][1]


def test_mails_go_to_addresses_that_managers_have_and_name_no_protected_person(
    context: Context, tmp_path: Path, mails: list[tuple[tuple[str, ...], str]]
) -> None:
    """The domain had the planned address of the manager, and gave another one."""
    assert account_notices.look(context) == 0
    everyone = {**ACCOUNT_TOWN["account_rules"]["everyone"], "condition": "true"}
    anna = {"id": "anna", "address_protected": True}
    planned(
        context, tmp_path, account_rules={"everyone": everyone},
        employments=[{"id": "e_carl", "units": [{"unit": "town"}]}, {"id": "e_anna", "number": "4711"}], persons=[anna],
    )  # fmt: skip
    rows, _, _ = context.driver().execute_query(
        """
        MATCH (:Person {given_name: 'Carl'})<-[:OF_PERSON]-(a:PlannedAccount)
        CREATE (:Ledger {target: 'ad'})
        CREATE (:LedgerEntry {id: 'ad|user|' + a.uuid, key: a.uuid, target: 'ad', object: 'user', state: 'delivered',
            remote: 'guid', enabled: true, login: a.login, email: 'carl2@klit.example'})
        RETURN a.email AS planned
        """
    )
    assert rows[0]["planned"]
    turned(context, date.fromisoformat(day(1)))
    account_notices.look(context)
    told = {address: text for to, text in mails for address in to}
    assert "carl2@klit.example" in told and rows[0]["planned"] not in told
    assert "4711: AD, fra" in told["carl2@klit.example"]
    assert not any("Anna" in text or "anbe" in text for text in told.values())


def test_it_hears_of_what_is_stuck_and_a_mail_that_failed_is_sent_later(
    context: Context, tmp_path: Path, mails: list[tuple[tuple[str, ...], str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert account_notices.look(context) == 0
    rule = {"title": "Alle", "system": "ad", "condition": "employment.fraction > 0.5", "lead_days": 1}
    planned(context, tmp_path, account_rules={"everyone": rule})
    turned(context, date.fromisoformat(day(1)))

    def away(*_: object) -> bool:
        raise mailing.MailFailed("the server is away")

    with monkeypatch.context() as broken:
        broken.setattr(account_notices, "send_to", away)
        assert account_notices.look(context) == 0
    assert account_notices.look(context) == 1
    ((to, text),) = mails
    assert to == ("it@klit.example",)
    assert text.startswith("Konti, der venter på en afgørelse:\n- ") and "the condition of Alle failed" in text


def test_an_address_that_is_rejected_repeats_nobodys_mail(
    context: Context, tmp_path: Path, mails: list[tuple[tuple[str, ...], str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    due = account_notices.Due(
        date.fromisoformat(day(1)),
        7,
        tuple(account_notices.Mail((each,), "Konti", "Carl\n") for each in ("left@klit.example", "carl2@klit.example")),
    )
    tried: list[tuple[str, ...]] = []

    def sent(settings: MailSettings, to: tuple[str, ...], subject: str, text: str) -> bool:
        tried.append(to)
        if to == ("left@klit.example",):
            raise mailing.MailRejected("550")
        mails.append((to, text))
        return True

    monkeypatch.setattr(account_notices, "send_to", sent)
    assert account_notices._sent(context, due) == (1, None)
    assert mails[-1] == (("it@klit.example",), "Mailadresser, som mailserveren afviser:\n- left@klit.example\n")
    before = [*tried]
    assert account_notices._sent(context, due) == (0, None)
    assert tried == before


def test_a_full_mailbox_repeats_nobodys_lines_and_keeps_its_own(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each day something else is told. The server postpones one address for days, then IT hears of it."""
    got: list[tuple[str, str]] = []

    def sent(settings: MailSettings, to: tuple[str, ...], subject: str, text: str) -> bool:
        if to == ("full@klit.example",):
            raise mailing.MailPostponed("452")
        got.extend((each, text) for each in to)
        return True

    def told(driver: object, what: object, since: date, until: date, *_: object) -> list[AccountNotice]:
        days = [date.fromordinal(each) for each in range(since.toordinal(), until.toordinal())]
        both = ("full@klit.example", "bo@klit.example")
        return [AccountNotice("ready", each, f"P{each}", "", "AD", both) for each in days]

    monkeypatch.setattr(account_notices, "send_to", sent)
    monkeypatch.setattr(account_notices, "notices", told)
    planned(context, tmp_path)
    assert account_notices.look(context) == 0
    for number in (1, 2, 3):
        turned(context, date.fromisoformat(day(number)))
        assert account_notices.look(context) == 1
        assert account_notices.look(context) == 0, "it rests for an hour"
        (text,) = [text for to, text in got if to == "bo@klit.example"]
        assert [f"P{day(each)}" in text for each in range(3)] == [each == number - 1 for each in range(3)]
        wanted = account_notices.due(context).mails
        assert [each for each in wanted if each.to == ("bo@klit.example",)] == []
        if number < 3:
            (own,) = [each.text for each in wanted]
            assert all(f"P{day(each)}" in own for each in range(number))
            assert got == [("bo@klit.example", text)]
        else:
            assert ("it@klit.example", "Mailadresser, som mailserveren afviser:\n- full@klit.example\n") in got
            assert read_cursor(context.driver(), account_notices.JOB)["day"] == day(3)
        got.clear()


def test_mails_of_days_that_were_turned_back_hold_up_no_later_one(
    context: Context, tmp_path: Path, mails: list[tuple[tuple[str, ...], str]]
) -> None:
    planned(context, tmp_path)
    turned(context, date.fromisoformat(day(200)))
    account_notices.look(context)
    assert read_cursor(context.driver(), account_notices.JOB)["day"] == day(200)
    turned(context, date.fromisoformat(day(1)))
    account_notices.look(context)
    assert read_cursor(context.driver(), account_notices.JOB)["day"] == day(1)
