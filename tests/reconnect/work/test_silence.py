"""Sources that are silent longer than they should: told once, by mail, in GraphQL's form, and in the metrics."""

import json
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import neo4j
import pytest
import redis
import tomli_w
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from graph.time import COPENHAGEN, today
from reconnect import job_states
from reconnect.context import Context
from reconnect.embedded import Addresses
from reconnect.job_states import WorkState
from reconnect.sending.mail import MailFailed, send
from reconnect.settings.cron import longest_gap, next_after, parse
from reconnect.settings.tree import MailSettings
from reconnect.source_health import FIRST_SEEN, ChangeCount, as_answers, sources_health
from reconnect.work import jobs, open_stops, refused_logins, retrying, silence
from tests.api.serving import serving
from tests.exporters.files.servers import authority
from tests.graph.organisation import Stating, small
from tests.reconnect.shell import Run

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=COPENHAGEN)  # a Tuesday
AFTER = longest_gap(parse("0 5 * * *"), today()) + timedelta(hours=1)
"""25 hours, and one more in the week before summer time ends."""


@dataclass
class Mailbox:
    """What the SMTP server was given."""

    mails: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.mails.append(message_from_bytes(bytes(envelope.content or b""), policy=default))
        return "250 taken"


@dataclass
class Served:
    box: Mailbox
    settings: MailSettings


def _free_port() -> int:
    """The controller can't choose one itself."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[Served]:
    """A real SMTP server that takes mail over STARTTLS only."""
    ca_file, server_file = authority(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(server_file)
    box = Mailbox()
    port = _free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port, tls_context=tls, require_starttls=True)
    controller.start()
    try:
        to = ("drift@kommune.example",)
        yield Served(box, MailSettings(host="127.0.0.1", port=port, ca_file=str(ca_file), to=to))
    finally:
        controller.stop()


@pytest.fixture
def context(
    addresses: Addresses, clean_graph: neo4j.Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mail: Served
) -> Iterator[Context]:
    for name, value in {
        "RECONNECT_HOME": str(tmp_path),
        "RECONNECT__NEO4J__URI": addresses.bolt_uri,
        "RECONNECT__NEO4J__PASSWORD": addresses.password,
        "RECONNECT__REDIS__URL": addresses.redis_url,
        "RECONNECT__SCHEDULES__IMPORTS__SD": "0 5 * * *",
        "RECONNECT__MAIL__HOST": "127.0.0.1",
        "RECONNECT__MAIL__PORT": str(mail.settings.port),
        "RECONNECT__MAIL__CA_FILE": str(mail.settings.ca_file),
        "RECONNECT__MAIL__TO": '["drift@kommune.example"]',
    }.items():
        monkeypatch.setenv(name, value)
    made = Context()
    yield made
    made.close()


def age(context: Context, hours: float) -> None:
    """Let the source's last success, and the watch, be so long ago."""
    past = (datetime.now(UTC) - timedelta(hours=hours)).astimezone(COPENHAGEN).isoformat(timespec="seconds")
    with redis.Redis.from_url(context.redis_url()) as client:
        text = client.hget("reconnect:work", "import:sd")
        if text is not None:
            ended = job_states.last_success(client, "import:sd") or ""
            client.hset("reconnect:work", "import:sd", bytes(text).decode().replace(ended, past))  # type: ignore[arg-type]
        client.hset(FIRST_SEEN, "sd", past)


def read(context: Context) -> None:
    jobs.import_from(context, jobs.Caller(lambda *_: None), Stating(*small()))


def test_a_source_tells_when_it_ran_and_will_run_and_what_it_changed(context: Context) -> None:
    read(context)
    (sd,) = sources_health(context)
    assert (sd.name, sd.state, sd.silent, sd.records, sd.bad_records) == ("sd", "done", False, 9, 0)
    assert sd.lag is not None and sd.lag < timedelta(minutes=1)
    assert sd.silent_after == AFTER
    assert sd.next_run is not None and sd.next_run > datetime.now(COPENHAGEN)
    assert sd.next_run.astimezone(COPENHAGEN).hour == 5
    assert ChangeCount("Unit", "created", 3) in sd.changed and sd.changed_at is not None
    assert sd.as_answer()["silentAfterSeconds"] == AFTER.total_seconds()


def test_a_failure_does_not_count_as_being_read(context: Context) -> None:
    read(context)
    before = sources_health(context)[0].last_success
    with pytest.raises(ValueError, match="broken"), jobs.running(context, jobs.Caller(lambda *_: None), "import:sd"):
        raise ValueError("broken")
    (sd,) = sources_health(context)
    assert (sd.state, sd.last_success) == ("failed", before)


def test_facts_under_a_name_of_their_own_are_one_source(context: Context, tmp_path: Path) -> None:
    """The schedule says facts, the graph has the name of the settings: else one would seem silent for ever."""
    file = tmp_path / "own.yaml"
    file.write_text("units:\n- {id: a, name: A}\n")
    values = {
        "sources": {"facts": {"name": "own", "path": str(file)}},
        "schedules": {"imports": {"facts": "0 5 * * *"}},
    }
    (tmp_path / "reconnect.toml").write_text(tomli_w.dumps(values))
    run = Context()
    jobs.import_source(run, jobs.Caller(lambda *_: None), "facts")
    health = {each.name: each for each in sources_health(run)}
    run.close()
    assert set(health) == {"own", "sd"}
    assert (health["own"].state, health["own"].records) == ("done", 1)
    assert health["own"].next_run is not None


def test_a_dry_run_does_not_count_as_being_read(context: Context) -> None:
    jobs.import_from(context, jobs.Caller(lambda *_: None), Stating(*small()), dry_run=True)
    (sd,) = sources_health(context)
    assert (sd.state, sd.last_success, sd.changed) == ("done", None, ())
    with redis.Redis.from_url(context.redis_url()) as client:
        assert job_states.read(client)["import:sd"].text.startswith("dry run: ")


def test_silence_is_in_the_api_and_the_metrics(context: Context, addresses: Addresses) -> None:
    read(context)
    asked = "{ sources { name state silent lagSeconds badRecords nextRun changed { kind operation count } } }"
    with serving(addresses, context.driver(), context.keyring, partial(as_answers, context)) as service:
        (sd,) = service.data(asked, "operations")["sources"]
        assert (sd["name"], sd["state"], sd["silent"], sd["badRecords"]) == ("sd", "DONE", False, 0)
        assert {"kind": "Person", "operation": "CREATED", "count": 3} in sd["changed"]
        assert service.ask(asked, "reader")["errors"][0]["extensions"]["code"] == "forbidden"
        age(context, 27)
        (sd,) = service.data(asked, "operations")["sources"]
        assert sd["silent"] is True and 27 * 3600 <= sd["lagSeconds"] < 28 * 3600
        metrics = httpx.get(f"{service.url}/metrics").text
        assert 'reconnect_source_silent{source="sd"} 1.0' in metrics
        assert 'reconnect_source_bad_records{source="sd"} 0.0' in metrics
        assert "reconnect_day_turn_behind_days 0.0" in metrics
        assert 'reconnect_source_lag_seconds{source="sd"}' in metrics
        keep = "CREATE (:BadRecord {id: $id, source: 'sd', rule: $rule, severity: $severity})"
        for number, (rule, severity) in enumerate([("left", "notice"), ("left", "notice"), ("cpr", "bad")]):
            context.driver().execute_query(keep, id=f"test{number}", rule=rule, severity=severity)
        metrics = httpx.get(f"{service.url}/metrics").text
        assert 'reconnect_source_problems{rule="left",severity="notice",source="sd"} 2.0' in metrics
        assert 'reconnect_source_problems{rule="cpr",severity="bad",source="sd"} 1.0' in metrics
        context.driver().execute_query("MATCH (b:BadRecord {source: 'sd'}) DELETE b")
        assert "reconnect_source_problems{" not in httpx.get(f"{service.url}/metrics").text


def test_status_shows_the_sources(context: Context, run: Run) -> None:
    read(context)
    age(context, 27)
    (sd,) = json.loads(run("status", "--json").stdout)["sources"]
    assert (sd["name"], sd["silent"], sd["records"]) == ("sd", True, 9)
    table = run("status", COLUMNS="200").stdout
    assert "SILENT" in table and "9 created" in table


def test_silence_is_reported_once_by_mail_and_its_end_once(context: Context, mail: Served) -> None:
    read(context)
    assert silence.watch(context) == []
    age(context, 27)
    assert silence.watch(context) == ["sd"]
    assert silence.watch(context) == ["sd"]
    (begun,) = mail.box.mails
    assert begun["Subject"] == "REConnect: the source sd is silent" and begun["To"] == "drift@kommune.example"
    assert f"at least every {AFTER / timedelta(hours=1)} hours" in begun.get_content()
    read(context)
    assert silence.watch(context) == silence.watch(context) == []
    assert len(mail.box.mails) == 2 and mail.box.mails[1]["Subject"].endswith("sd is read again")


def test_a_source_that_never_ran_is_silent_after_its_time(context: Context, mail: Served) -> None:
    assert silence.watch(context) == []
    age(context, 24)
    assert silence.watch(context) == []
    age(context, 27)
    assert silence.watch(context) == ["sd"]
    assert "never" in mail.box.mails[0].get_content()


def test_a_mail_that_could_not_be_sent_is_tried_again(
    context: Context, mail: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(context)
    age(context, 27)
    with monkeypatch.context() as without:
        without.delenv("RECONNECT__MAIL__CA_FILE")
        distrusting = Context()
        assert silence.watch(distrusting) == ["sd"]
        distrusting.close()
    assert mail.box.mails == [], "a server whose certificate is not trusted gets nothing"
    silence.watch(context)
    assert len(mail.box.mails) == 1


def test_a_server_without_tls_gets_nothing() -> None:
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=_free_port())
    controller.start()
    try:
        with pytest.raises(MailFailed, match="STARTTLS"):
            send(MailSettings(host="127.0.0.1", port=controller.port, to=("a@b.example",)), "a", "b")
    finally:
        controller.stop()
    assert box.mails == []


def test_without_a_server_nothing_is_sent_and_no_password_goes_in_the_clear(mail: Served) -> None:
    assert send(MailSettings(), "a", "b") is False
    open_ = mail.settings.model_copy(update={"security": "none", "user": "u", "password": "secret"})
    with pytest.raises(MailFailed, match="over TLS only"):
        send(MailSettings.model_validate(open_.model_dump()), "a", "b")
    assert mail.box.mails == []


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0 5 * * *", "2026-11-25T05:00"),
        ("*/15 * * * *", "2026-11-24T12:15"),
        ("30 12 * * *", "2026-11-24T12:30"),
        ("0 12 * * *", "2026-11-25T12:00"),
        ("0 6 * * 1", "2026-11-30T06:00"),
        ("0 6 1 * *", "2026-12-01T06:00"),
        ("0 6 29 2 *", "2028-02-29T06:00"),
    ],
)
def test_the_next_run(expression: str, expected: str) -> None:
    found = next_after(parse(expression), NOON)
    assert found is not None and found.astimezone(COPENHAGEN).strftime("%Y-%m-%dT%H:%M") == expected


def test_a_day_that_never_comes_has_no_next_run() -> None:
    assert next_after(parse("0 6 31 2 *"), NOON) is None


@pytest.mark.parametrize(
    ("expression", "hours"),
    [("0 5 * * *", 24), ("0 5 * * 1-5", 72), ("*/15 * * * *", 0.25), ("0 6-18/4 * * *", 12), ("0 6 1 * *", 31 * 24)],
)
def test_the_longest_gap_of_a_schedule(expression: str, hours: float) -> None:
    assert longest_gap(parse(expression), date(2026, 11, 24)) == timedelta(hours=hours)


def test_an_authority_that_cannot_be_read_is_named_with_its_setting(mail: Served, tmp_path: Path) -> None:
    for name, content in (("missing.pem", None), ("text.pem", "no certificate")):
        file = tmp_path / name
        if content is not None:
            file.write_text(content)
        settings = mail.settings.model_copy(update={"ca_file": str(file)})
        with pytest.raises(MailFailed, match=f"mail.ca_file: .*{name} can't be read as certificates in PEM"):
            send(settings, "subject", "text")


def test_a_target_that_refuses_the_login_is_reported_once_and_when_it_ends(context: Context, mail: Served) -> None:
    """Until somebody corrects it, no account is closed there."""
    with redis.Redis.from_url(context.redis_url()) as client:  # whatever another test has left
        client.delete(retrying.REFUSED, refused_logins.REPORTED)
    assert refused_logins.watch(context) == [] and mail.box.mails == []
    retrying.note_login(context, "plan2learn", refused=True)
    for _ in range(2):
        assert refused_logins.watch(context) == ["plan2learn"]
    assert refused_logins.as_gauge(context)["plan2learn"]
    retrying.note_login(context, "plan2learn", refused=False)
    assert not refused_logins.as_gauge(context)["plan2learn"]
    for _ in range(2):
        assert refused_logins.watch(context) == []
    first, last = mail.box.mails
    assert first["Subject"] == "REConnect: the target plan2learn refuses the login"
    assert "not even of a person who is stopped" in " ".join(first.get_content().split())
    assert last["Subject"] == "REConnect: the target plan2learn no longer refuses the login"


def test_a_stopped_person_whose_account_stays_open_is_reported_once_and_when_it_is_over(
    context: Context, mail: Served, clean_graph: neo4j.Driver
) -> None:
    with redis.Redis.from_url(context.redis_url()) as client:  # whatever another test has left
        client.delete(open_stops.REPORTED)
    clean_graph.execute_query(
        """
        UNWIND range(0, 3) AS number
        WITH number, ['anna', 'bo', 'carl', 'dora'][number] AS name
        CREATE (p:Person {uuid: name, stopped: name <> 'bo'})
        CREATE (p)<-[:OF_PERSON]-(:PlannedAccount {uuid: 'account-' + name})
        CREATE (:LedgerEntry {id: 'plan2learn|user|account-' + name, target: 'plan2learn', object: 'user',
            key: 'account-' + name, remote: 'r', enabled: name <> 'carl', state: 'parked', reason: 'It is outside.'})
        CREATE (:Change {number: number, uuid: name, after: '{"stopped": true}',
            at: datetime() - CASE name WHEN 'dora' THEN duration({hours: -1}) ELSE duration({hours: 1}) END})
        """
    )
    for _ in range(2):
        # Dora's is an hour ahead, so that it stays younger than a minute however long the test takes.
        assert open_stops.watch(context) == ["plan2learn|account-anna"], "dora's may still be closed in time"
    clean_graph.execute_query("MATCH (e:LedgerEntry {key: 'account-anna'}) SET e.enabled = false")
    for _ in range(2):
        assert open_stops.watch(context) == []
    first, last = mail.box.mails
    assert first["Subject"] == "REConnect: an account of a stopped person is still open"
    assert "Person anna is stopped" in first.get_content() and "It is outside." in first.get_content()
    assert last["Subject"] == "REConnect: an account of a stopped person is no longer open"


def test_a_reading_for_which_nothing_was_there_is_no_success() -> None:
    """A share that is not mounted looks like an empty folder; its source becomes silent all the same."""
    nobody: Any = None
    job = jobs.Job("import:opus", nobody, lambda: False, nobody, WorkState("running", "now", succeeded="before"))
    job.finish("done", "0 changed", is_read=False)
    assert (job.state.state, job.state.succeeded) == ("done", "before")
    job.finish("done", "0 changed")
    assert job.state.succeeded == job.state.ended
