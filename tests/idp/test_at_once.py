"""Two processes that do the same at the same time, each with a driver of its own."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any, TypeVar

import neo4j
import pytest

from graph.connection import connect
from idp import flows, sessions, used_messages
from idp.saml.keys import PUBLISHED_AHEAD
from idp.sealing import Seal, WrongSeal
from idp.sessions import Visited
from idp.signing_keys import STAYS, SigningKeys
from reconnect.embedded import Addresses

T = TypeVar("T")
NOW = datetime.now(UTC)
SEAL = Seal("0123456789abcdef0123456789abcdef")


@pytest.fixture
def both(clean_graph: neo4j.Driver, addresses: Addresses) -> Iterator[tuple[neo4j.Driver, neo4j.Driver]]:
    with connect(addresses.bolt_uri, addresses.user, addresses.password) as second:
        yield clean_graph, second


def at_once(drivers: tuple[neo4j.Driver, ...], work: Callable[[neo4j.Driver], T]) -> list[T]:
    started = Barrier(len(drivers))

    def one(driver: neo4j.Driver) -> T:
        started.wait(30)
        return work(driver)

    with ThreadPoolExecutor(len(drivers)) as pool:
        return list(pool.map(one, drivers))


def test_a_message_and_a_flow_count_once(both: tuple[neo4j.Driver, neo4j.Driver]) -> None:
    for number in range(5):
        used = at_once(both * 2, lambda each, name=f"_{number}": used_messages.use(each, "sp", name, NOW))  # type: ignore[misc]
        assert sorted(used) == [False, False, False, True]
        with both[0].session() as session:
            flow = session.execute_write(flows.begin, None, NOW)

        def use(driver: neo4j.Driver, name: str = flow) -> bool:
            with driver.session() as session:
                return session.execute_write(flows.use, name)

        assert sorted(at_once(both * 2, use)) == [False, False, False, True]


def test_of_two_applications_at_once_both_are_told_of_the_logout(both: tuple[neo4j.Driver, neo4j.Driver]) -> None:
    with both[0].session() as graph:
        graph.run("CREATE (:LoginSession {hash: 'h', account: 'a', visited: []})").consume()

    def visit(driver: neo4j.Driver) -> bool:
        name = "first" if driver is both[0] else "second"
        with driver.session() as graph:
            return graph.execute_write(sessions.note_visit, "h", Visited(name, "id", "format"))

    for _ in range(5):
        with both[0].session() as graph:
            graph.run("MATCH (s:LoginSession) SET s.visited = []").consume()
        assert at_once(both, visit) == [True, True]
        with both[0].session() as graph:
            noted = graph.execute_read(sessions.visits, "h")
        assert {each.entity_id for each in noted} == {"first", "second"}
    with both[0].session() as graph:
        graph.execute_write(sessions.end, "h")
        assert not graph.execute_write(sessions.note_visit, "h", Visited("third", "id", "format"))


def test_one_first_key_and_one_next(both: tuple[neo4j.Driver, neo4j.Driver]) -> None:
    def serial(driver: neo4j.Driver, moment: datetime = NOW) -> int:
        return SigningKeys(driver, SEAL, "https://login.kommune.dk").signing(moment).certificate.serial_number

    first = set(at_once(both, serial))
    assert len(first) == 1
    at_once(both, lambda each: SigningKeys(each, SEAL, "https://login.kommune.dk").roll_over(NOW))
    keys = SigningKeys(both[0], SEAL, "https://login.kommune.dk")
    assert sorted(each.state for each in keys.published(NOW)) == ["active", "next"]
    due = NOW + PUBLISHED_AHEAD
    second = set(at_once(both, lambda each: serial(each, due)))
    assert len(second) == 1 and second != first
    assert sorted(each.state for each in keys.published(due)) == ["active", "former"]
    # With another idp_key nothing is signed, and nothing is replaced by itself.
    other = SigningKeys(both[0], Seal("another key, another key, another key"), "https://login.kommune.dk")
    with pytest.raises(WrongSeal, match="idp_key"):
        other.published(due)
    other.roll_over(due)
    assert other.promote(due) and [each.state for each in other.published(due)] == ["active"]
    rows, _, _ = both[0].execute_query("MATCH (k:IdpKey) WHERE k.sealed IS NOT NULL RETURN k.state AS state")
    assert [row["state"] for row in rows] == ["active"]


def test_a_signature_writes_nothing(clean_graph: neo4j.Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answer asks for the key: what is due is turned once, and not with each signature."""
    keys = SigningKeys(clean_graph, SEAL, "https://login.kommune.dk")
    keys.signing(NOW)
    keys.roll_over(NOW)

    begun: list[object] = []
    write = neo4j.Session.execute_write

    def noted(session: neo4j.Session, work: Any, *given: Any, **named: Any) -> Any:
        begun.append(work)
        return write(session, work, *given, **named)

    monkeypatch.setattr(neo4j.Session, "execute_write", noted)

    def written(moment: datetime) -> int:
        begun.clear()
        keys.signing(moment)
        return len(begun)

    assert written(NOW) == written(NOW + PUBLISHED_AHEAD - timedelta(seconds=1)) == 0
    due = NOW + PUBLISHED_AHEAD
    assert written(due) > 0 and written(due) == 0
    assert written(due + STAYS) > 0 and written(due + STAYS) == 0
