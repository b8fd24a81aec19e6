"""After a restore of a back-up nothing is opened at targets until a person has confirmed it.

A back-up is put back here as it looks to the program: the last changes are gone from the graph, and Redis is as it was.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import neo4j
import pytest
import redis
import typer
from typer.testing import CliRunner

from graph.change_log import last_number, now
from graph.runs.cursors import read_cursor, write_cursor
from idp import person_sessions
from reconnect.commands import restored
from reconnect.context import Context
from reconnect.embedded import Addresses
from reconnect.exits import CommandFailed, Exit
from reconnect.sending import mail
from reconnect.work import restores
from tests.idp.staff import in_days, state_account, stop

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

    def look(self, **how: bool) -> restores.Restore | None:
        return restores.look(self.context, **how)

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
    assert restores.still_open(back.driver, found.stopped) == [(back.person("anje"), "Anje Jensen")]
    assert back.look() == found == restores.waiting(back.driver)


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
    restores.confirm(back.context, "ida")
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
    restores.confirm(back.context, "ida")
    assert back.look(is_worker=True) is None


# -- the command ------------------------------------------------------------------------------------------------------


def command(back: Back, *options: str) -> tuple[int, str]:
    app = typer.Typer()
    restored.register(app)
    app.callback()(lambda: None)
    done = CliRunner().invoke(app, ["restored", *options], obj=back.context)
    if isinstance(done.exception, CommandFailed):
        return done.exception.code, str(done.exception)
    return done.exit_code, done.stdout


def test_the_command(back: Back, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restored, "of", lambda context: back.context)
    assert command(back)[0] == Exit.OK
    stop(back.driver, back.accounts["anje"])
    back.look()
    back.put_back()
    code, text = command(back)
    assert code == Exit.BRAKE and back.person("anje") in text and "Anje Jensen" in text
    assert command(back, "--confirm")[0] == Exit.BRAKE
    assert restores.waiting(back.driver) is not None
    code, text = command(back, "--stop-again", "--confirm")
    assert code == Exit.OK and "Confirmed" in text
    assert restores.waiting(back.driver) is None and back.look() is None
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
