"""After a restore of a back-up nothing is opened at targets until a person has confirmed it.

A back-up is put back here as it looks to the program: the last changes are gone from the graph, and Redis is as it was.
"""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import neo4j
import orjson
import pytest
import redis
import typer
from typer.testing import CliRunner

from graph.change_log import Origin, last_number, now
from graph.corrections.joining import Joining
from graph.errors import ChangeRejected
from graph.runs.cursors import read_cursor, write_cursor
from graph.runs.restores import Restore, confirm, still_open, waiting
from graph.statements.precedence import MANUAL, SourceOrder
from graph.time import Period, today
from graph.writing.graph_writer import GraphWriter
from graph.writing.stopping import stopped
from idp import person_sessions
from reconnect.commands import restored
from reconnect.context import Context
from reconnect.embedded import Addresses
from reconnect.exits import CommandFailed, Exit
from reconnect.sending import mail
from reconnect.work import restores
from rules.accounts import following
from rules.accounts.following import confirm_restore, owed
from tests.emptied import empty
from tests.idp.staff import RING, in_days, state_account, stop

_SNAPSHOT = """
MATCH (c:Change) WHERE c.number > $number DETACH DELETE c
WITH count(*) AS gone
MATCH (log:ChangeLog) SET log.number = $number
"""


@dataclass
class Back:
    """A graph with two people, at the moment of its back-up."""

    context: Context
    driver: neo4j.Driver
    client: redis.Redis
    accounts: dict[str, str]
    number: int = 0

    def look(self, **how: bool) -> Restore | None:
        return restores.look(self.context, **how)

    def confirm(self) -> None:
        known = waiting(self.driver)
        assert known is not None
        confirm(self.driver, known.id, "ida", leave_open=True)

    def lift(self, login: str) -> None:
        """The STOP of a person is ended by hand."""
        writer, edit = GraphWriter(self.driver, RING), stopped(Period(today()), None)
        writer.amend("Person", self.person(login), edit, Origin(MANUAL, user="ida", reason="Fundet"))

    def forget_lineage(self) -> None:
        """As in a graph from before REConnect began to look."""
        self.driver.execute_query("MATCH (m:SourceMark {source: 'lineage'}) DELETE m")

    def remembered(self) -> set[str]:
        """Who is stopped, as Redis remembers."""
        return {each.decode() for each in self.client.hgetall("reconnect:witness:stopped")}

    def person(self, login: str) -> str:
        rows, _, _ = self.driver.execute_query(
            "MATCH (:PlannedAccount {uuid: $uuid})-[:OF_PERSON]->(p) RETURN p.uuid AS uuid", uuid=self.accounts[login]
        )
        return str(rows[0]["uuid"])

    def put_back(self) -> None:
        """What came after the back-up is gone: changes, STOPs, and that a restore was found."""
        self.driver.execute_query(_SNAPSHOT, number=self.number)
        self.driver.execute_query("MATCH (:Person)-[s:STATE]->(v) WHERE v.stopped REMOVE v.stopped")
        self.driver.execute_query("MATCH (m:SourceMark {source: 'restore'}) DELETE m")


@pytest.fixture
def back(
    addresses: Addresses, clean_graph: neo4j.Driver, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Back]:
    monkeypatch.setenv("RECONNECT_HOME", str(tmp_path))
    monkeypatch.setenv("RECONNECT__NEO4J__URI", addresses.bolt_uri)
    monkeypatch.setenv("RECONNECT__NEO4J__PASSWORD", addresses.password)
    monkeypatch.setenv("RECONNECT__REDIS__URL", addresses.redis_url)
    context = Context()
    accounts = {login: state_account(clean_graph, login) for login in ("anje", "bent")}
    with redis.Redis.from_url(addresses.redis_url) as client:
        made = Back(context, clean_graph, client, accounts, last_number(clean_graph))
        assert made.look() is None
        yield made
    context.close()


def test_a_graph_that_goes_on_is_none(back: Back) -> None:
    stop(back.driver, back.accounts["anje"])
    assert [back.look(is_worker=is_worker) for is_worker in (False, True, False)] == [None] * 3


def test_who_was_stopped_since_is_known(back: Back) -> None:
    stop(back.driver, back.accounts["anje"])
    back.look()
    back.put_back()
    found = back.look()
    assert found is not None and (found.why, found.stopped) == ("behind", (back.person("anje"),))
    assert still_open(back.driver, found.stopped) == [(back.person("anje"), "Anje Jensen")]
    assert back.look() == found == waiting(back.driver)


def test_changes_that_took_the_place_of_lost_ones(back: Back) -> None:
    """The log is as long as it was: only the moment of the change tells."""
    stop(back.driver, back.accounts["anje"])
    back.look()
    back.put_back()
    stop(back.driver, back.accounts["bent"])
    state_account(back.driver, "cille")
    found = back.look()
    assert found is not None and found.stopped == (back.person("anje"),)


def test_a_restore_that_is_repeated_forgets_nobody(back: Back) -> None:
    stop(back.driver, back.accounts["anje"])
    back.look()
    for _ in range(2):
        back.put_back()
        found = back.look()
        assert found is not None and found.stopped == (back.person("anje"),)


def test_a_graph_that_redis_does_not_know(back: Back) -> None:
    back.client.flushdb()
    found = back.look()
    assert found is not None and (found.why, found.stopped) == ("unknown", ())
    assert back.look() == found, "found once"
    back.confirm()
    assert back.look() is None


def test_a_stop_that_has_ended_is_not_missed(back: Back) -> None:
    stop(back.driver, back.accounts["anje"])
    back.look()
    back.client.hset("reconnect:witness:stopped", back.person("anje"), in_days(0).isoformat())
    back.put_back()
    found = back.look()
    assert found is not None and found.stopped == ()


def test_logins_of_before_have_ended(back: Back) -> None:
    with back.driver.session() as session:
        session.execute_write(person_sessions.begin, "saml", now(), person=back.person("bent"))
    stop(back.driver, back.accounts["anje"])
    back.look()
    back.put_back()
    back.look()
    rows, _, _ = back.driver.execute_query("MATCH (s:LoginSession) RETURN count(s) AS left")
    assert rows[0]["left"] == 0


def test_it_is_mailed_once(back: Back, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    monkeypatch.setattr(mail, "send", lambda settings, subject, text: sent.append(text))
    back.client.flushdb()
    found = back.look(is_worker=True)
    back.look(is_worker=True)
    assert found is not None and sent == [found.text] and "reconnect restored" in sent[0]


def test_a_folder_that_was_put_back_with_its_redis(back: Back, monkeypatch: pytest.MonkeyPatch) -> None:
    """An embedded Redis is as old as the graph: a pause of the workers is all that can be seen."""
    back.look(is_worker=True)
    kept = read_cursor(back.driver, "lineage")
    old = (now() - restores.SILENT - timedelta(minutes=1)).isoformat()
    write_cursor(back.driver, "lineage", {**kept, "alive": old})
    assert back.look() is None, "a command says nothing about workers"
    assert back.look(is_worker=True) is None, "this Redis was not put back"
    write_cursor(back.driver, "lineage", {**kept, "alive": old})
    settings = back.context.settings
    embedded = settings.model_copy(update={"redis": settings.redis.model_copy(update={"url": None})})
    monkeypatch.setattr(Context, "settings", embedded)
    monkeypatch.setattr(Context, "redis", lambda self: back.client)
    monkeypatch.setattr(back.client, "close", lambda: None)
    found = back.look(is_worker=True)
    assert found is not None and found.why == "silent"
    back.confirm()
    assert back.look(is_worker=True) is None


# -- graphs that do not say which one they are ------------------------------------------------------------------------


def test_a_back_up_from_before_it_looked(back: Back) -> None:
    stop(back.driver, back.accounts["anje"])
    back.look()
    back.put_back()
    back.forget_lineage()
    found = back.look()
    assert found is not None and (found.why, found.stopped) == ("unknown", (back.person("anje"),))
    assert back.look() == found, "found once"
    back.put_back()
    back.forget_lineage()
    again = back.look()
    assert again is not None and again.id != found.id and again.stopped == found.stopped
    back.confirm()
    assert back.look() is None


def test_a_back_up_from_before_it_looked_where_the_service_was_started_empty(back: Back) -> None:
    """Redis has seen a graph without changes, and it is older than that."""
    kept = now().isoformat()
    back.client.flushdb()
    back.client.set(
        "reconnect:witness", orjson.dumps({"graph": "empty", "number": "0", "at": "", "looked": kept, "restore": ""})
    )
    back.forget_lineage()
    found = back.look()
    assert found is not None and found.why == "unknown"


def test_a_graph_that_was_emptied_is_a_new_one(back: Back) -> None:
    """As by an operator or a test, who leaves Redis as it is."""
    stop(back.driver, back.accounts["anje"])
    back.look()
    empty(back.driver)
    state_account(back.driver, "cille")
    assert back.look() is None and back.look() is None
    assert back.remembered() == set(), "nobody of the graph before"
    empty(back.driver)
    assert back.look() is None
    state_account(back.driver, "anje")
    assert back.look() is None


def test_an_upgrade(back: Back) -> None:
    """The first look of all: neither the graph nor Redis says anything."""
    stop(back.driver, back.accounts["anje"])
    back.forget_lineage()
    back.client.flushdb()
    assert back.look() is None and back.remembered() == {back.person("anje")}


def test_who_was_killed_before_the_graph_got_its_name(back: Back) -> None:
    """Redis knows the graph by what its log has."""
    kept = read_cursor(back.driver, "lineage")
    back.forget_lineage()
    state_account(back.driver, "cille")
    assert back.look() is None and read_cursor(back.driver, "lineage") == kept


# -- several processes, and stores that change meanwhile --------------------------------------------------------------


def meanwhile(monkeypatch: pytest.MonkeyPatch, name: str, *events: Callable[[], object]) -> None:
    """Before the next calls of a function of ``restores``, each of these happens, in turn."""
    real, left = getattr(restores, name), [*events]

    def late(*arguments: Any, **more: Any) -> Any:
        if left:
            left.pop(0)()
        return real(*arguments, **more)

    monkeypatch.setattr(restores, name, late)


BEFORE = ("_read", "_witness", "_stops", "_remember")
"""Where another process can be faster: before anything is read, between the stores, and before anything is written."""


@pytest.mark.parametrize("name", BEFORE)
def test_two_processes_begin_at_once(back: Back, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    back.forget_lineage()
    back.client.flushdb()
    others: list[Restore | None] = []
    meanwhile(monkeypatch, name, lambda: others.append(back.look()))
    assert back.look() is None and others == [None] and back.look() is None


@pytest.mark.parametrize("name", [*BEFORE, "_note"])
def test_two_processes_find_the_same(back: Back, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    sent: list[str] = []
    monkeypatch.setattr(mail, "send", lambda settings, subject, text: sent.append(text))
    stop(back.driver, back.accounts["anje"])
    back.look()
    back.put_back()
    others: list[Restore | None] = []
    meanwhile(monkeypatch, name, lambda: others.append(back.look()))
    found = back.look()
    assert found is not None and others == [found] and back.look() == found and len(sent) == 1


@pytest.mark.parametrize("name", BEFORE)
def test_a_person_confirms_while_another_process_looks(back: Back, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    stop(back.driver, back.accounts["anje"])
    back.look()
    back.put_back()
    back.look()
    meanwhile(monkeypatch, name, back.confirm)
    back.look()
    assert waiting(back.driver) is None and back.look() is None


@pytest.mark.parametrize("name", BEFORE)
def test_the_graph_is_put_back_during_a_look(back: Back, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Also where the look has already seen the graph as it was: the next one finds it."""
    stop(back.driver, back.accounts["anje"])
    back.look()
    state_account(back.driver, "cille")
    meanwhile(monkeypatch, name, back.put_back)
    back.look()
    found = back.look()
    assert found is not None and found.stopped == (back.person("anje"),)


@pytest.mark.parametrize("name", BEFORE)
def test_redis_is_emptied_during_a_look(back: Back, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """What it still has is never taken for all of it."""
    stop(back.driver, back.accounts["anje"])
    back.look()
    stop(back.driver, back.accounts["bent"])
    meanwhile(monkeypatch, name, back.client.flushdb)
    found = back.look()
    assert found is not None and found.why == "unknown"
    assert back.remembered() == {back.person("anje"), back.person("bent")}


def test_redis_is_put_back_to_before_a_confirmed_restore(back: Back) -> None:
    """What was found and confirmed is in the graph: it is the newer of the two."""
    stop(back.driver, back.accounts["anje"])
    back.look()
    back.put_back()
    back.look()
    kept = back.client.get("reconnect:witness")
    back.confirm()
    assert back.look() is None
    stop(back.driver, back.accounts["bent"])
    back.client.set("reconnect:witness", kept)
    assert back.look() is None and back.remembered() == {back.person("bent")}


def test_redis_is_put_back_to_before_the_last_changes(back: Back) -> None:
    kept = back.client.get("reconnect:witness")
    stop(back.driver, back.accounts["anje"])
    back.look()
    back.client.flushdb()
    back.client.set("reconnect:witness", kept)
    assert back.look() is None and back.remembered() == {back.person("anje")}


def test_who_is_killed_after_it_was_noted_has_found_it(back: Back, monkeypatch: pytest.MonkeyPatch) -> None:
    stop(back.driver, back.accounts["anje"])
    back.look()
    back.put_back()

    def killed() -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        meanwhile(patched, "_remember", killed)
        with pytest.raises(KeyboardInterrupt):
            back.look()
    noted = waiting(back.driver)
    assert noted is not None and noted.stopped == (back.person("anje"),)
    assert back.look() == noted


def test_only_what_a_person_has_seen_is_confirmed(back: Back) -> None:
    back.client.flushdb()
    first = back.look()
    assert first is not None
    back.put_back()
    second = back.look()
    assert second is not None and second.id != first.id
    with pytest.raises(ChangeRejected, match="no restore with id"):
        confirm(back.driver, first.id, "ida")
    assert waiting(back.driver) == second


def test_a_stop_that_is_lifted_is_forgotten(back: Back) -> None:
    stop(back.driver, back.accounts["anje"])
    back.look()
    back.lift("anje")
    back.look()
    assert back.remembered() == set()


def test_who_was_joined_into_another_is_not_stopped_again(back: Back) -> None:
    """The one who is kept may be open by now. Their own STOP, which has ended, is forgotten as any other."""
    keep, other = back.person("anje"), back.person("bent")
    for login in ("anje", "bent"):
        stop(back.driver, back.accounts[login])
    back.look()
    back.lift("anje")
    back.lift("bent")
    Joining(back.driver, RING, SourceOrder()).join(keep, other, Origin(MANUAL, user="ida", reason="Samme person"))
    back.look()
    assert back.remembered() == {other}, "in a graph from before they were joined, this one may be stopped"
    back.number = last_number(back.driver)
    state_account(back.driver, "cille")
    back.look()
    back.put_back()
    found = back.look()
    assert found is not None and found.why == "behind" and still_open(back.driver, [other]) == []
    assert found.stopped == ()


def test_stops_are_read_where_one_has_changed(back: Back, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restores, "_ALL", "All people are read.")
    stop(back.driver, back.accounts["anje"])
    assert back.look() is None and back.remembered() == {back.person("anje")}
    monkeypatch.setattr(restores, "_THESE", "Somebody is read.")
    state_account(back.driver, "cille")
    assert back.look() is None


def look_often(environment: dict[str, str], times: int) -> list[Restore | None]:
    """In a process of its own: what its looks have found."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        context = Context()
        try:
            return [restores.look(context, is_worker=True) for _ in range(times)]
        finally:
            context.close()


def test_processes_that_look_all_the_time(back: Back, addresses: Addresses, tmp_path: Any) -> None:
    """From the first start on, through changes, a restore and its confirmation."""
    environment = {
        "RECONNECT_HOME": str(tmp_path),
        "RECONNECT__NEO4J__URI": addresses.bolt_uri,
        "RECONNECT__NEO4J__PASSWORD": addresses.password,
        "RECONNECT__REDIS__URL": addresses.redis_url,
    }
    with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")) as pool:

        def all_look(during: Callable[[], object] = lambda: None) -> list[Restore | None]:
            looks = [pool.submit(look_often, environment, 8) for _ in range(3)]
            during()
            return [each for look in looks for each in look.result()]

        back.forget_lineage()
        back.client.flushdb()
        changes = [lambda: stop(back.driver, back.accounts["anje"]), lambda: state_account(back.driver, "cille")]
        assert {*all_look(lambda: [each() for each in changes])} == {None}
        assert back.look() is None and back.remembered() == {back.person("anje")}
        back.put_back()
        found = {*all_look()}
        assert len(found) == 1 and found == {waiting(back.driver)}
        all_look(back.confirm)
        assert back.look() is None and {*all_look()} == {None}


# -- the command ------------------------------------------------------------------------------------------------------


def command(back: Back, *options: str) -> tuple[int, str]:
    app = typer.Typer()
    restored.register(app)
    app.callback()(lambda: None)
    done = CliRunner().invoke(app, ["restored", *options], obj=back.context)
    if isinstance(done.exception, CommandFailed):
        return done.exception.code, str(done.exception)
    return done.exit_code, done.stdout


def test_what_targets_are_owed_is_noted_with_the_confirmation(back: Back, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that ends between the two leaves both undone: the person confirms again."""
    stop(back.driver, back.accounts["anje"])
    back.look()
    back.put_back()
    found = back.look()
    assert found is not None

    def ends(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(following, "write_locked_cursor", ends)
        confirm_restore(back.driver, found.id, "ida", leave_open=True)
    assert waiting(back.driver) == found and owed(back.driver) is None
    confirm_restore(back.driver, found.id, "ida", leave_open=True)
    assert waiting(back.driver) is None and owed(back.driver) is not None


def test_the_command(back: Back, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restored, "of", lambda context: back.context)
    assert command(back)[0] == Exit.OK
    stop(back.driver, back.accounts["anje"])
    back.look()
    back.put_back()
    code, text = command(back)
    assert code == Exit.BRAKE and back.person("anje") in text and "Anje Jensen" in text
    assert command(back, "--confirm")[0] == Exit.BRAKE
    assert waiting(back.driver) is not None
    code, text = command(back, "--stop-again", "--confirm")
    assert code == Exit.OK and "Confirmed" in text
    assert waiting(back.driver) is None and back.look() is None
    assert owed(back.driver) is not None, "targets get what was held back while it waited"
    rows, _, _ = back.driver.execute_query("MATCH (p:Person)-[:STATE]->(v) WHERE v.stopped RETURN p.uuid AS uuid")
    assert [row["uuid"] for row in rows] == [back.person("anje")]


def test_who_is_meant_to_be_open_is_left_so(back: Back, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restored, "of", lambda context: back.context)
    stop(back.driver, back.accounts["anje"])
    back.look()
    back.put_back()
    assert command(back, "--confirm", "--leave-open")[0] == Exit.OK
    assert back.look() is None


def test_a_restore_that_a_person_declares(back: Back, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restored, "of", lambda context: back.context)
    assert command(back, "--declare")[0] == Exit.BRAKE
    found = back.look()
    assert found is not None and found.why == "declared"
    assert command(back, "--confirm")[0] == Exit.OK
    assert command(back, "--declare")[0] == Exit.BRAKE, "another one"
