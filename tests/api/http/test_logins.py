"""Failed logins are logged with their address and held back, and nobody else is."""

import asyncio
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs
from websockets import ConnectionClosed
from websockets.asyncio.client import connect

from api.access import failed_logins
from api.access.credentials import Credential
from api.access.failed_logins import ALLOWED, FailedLogins
from api.access.rights import Access
from api.availability import Availability, Away
from api.callers import gate
from tests.api.serving import Served

ASK = {"query": "{ units { totalCount } }"}


def login(service: Served, secret: str, **headers: str) -> httpx.Response:
    return service.send(ASK, {"Authorization": f"Bearer {secret}", **headers})


def test_an_address_with_many_failed_logins_is_held_back_and_a_valid_token_is_not(small_service: Served) -> None:
    # As from behind the reverse proxy of this machine.
    attacker, other = {"X-Forwarded-For": "198.51.100.7"}, {"X-Forwarded-For": "198.51.100.8"}
    valid = small_service.token("reader")
    with capture_logs() as lines:
        answers = [login(small_service, f"rc_guess{number}", **attacker) for number in range(ALLOWED + 5)]
        assert [each.status_code for each in answers] == [401] * (ALLOWED - 1) + [429] * 6
        assert answers[-1].json()["errors"][0]["extensions"]["code"] == "too_many_failed_logins"
        assert int(answers[-1].headers["retry-after"]) >= 1
        assert login(small_service, valid, **attacker).status_code == 200
        new = small_service.token("hr")  # one that was never seen before
        assert login(small_service, new, **attacker).status_code == 200
        assert login(small_service, "rc_guess", **other).status_code == 401
        assert small_service.send(ASK, other).status_code == 401  # without a token nothing is tried
    failed = [each["address"] for each in lines if each["event"] == "login_failed"]
    assert failed == ["198.51.100.7"] * ALLOWED + ["198.51.100.8"]
    assert [each["address"] for each in lines if each["event"] == "logins_throttled"] == ["198.51.100.7"]
    assert "guess" not in str(lines)


def test_a_failed_login_by_websocket_is_logged_too(small_service: Served) -> None:
    async def login_() -> int:
        address = small_service.url.replace("http", "ws") + "/graphql"
        origin = {"X-Forwarded-For": "198.51.100.9"}
        async with connect(address, subprotocols=["graphql-transport-ws"], additional_headers=origin) as socket:  # type: ignore[list-item]
            await socket.send('{"type": "connection_init", "payload": {"Authorization": "Bearer rc_guess"}}')
            with pytest.raises(ConnectionClosed) as closed:
                await asyncio.wait_for(socket.recv(), 30)
            assert closed.value.rcvd is not None
            return closed.value.rcvd.code

    with capture_logs() as lines:
        assert asyncio.run(login_()) == 4403
    assert [each["address"] for each in lines if each["event"] == "login_failed"] == ["198.51.100.9"]


def at(moment: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failed_logins, "monotonic", lambda: moment)


def test_it_is_over_after_a_while_and_is_counted_by_network(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = FailedLogins()
    at(1000.0, monkeypatch)
    for number in range(ALLOWED + 2):
        counted.failed(f"2001:db8:0:1::{number}")
    assert counted.wait("2001:db8:0:1:ffff::1") > 0
    assert counted.wait("2001:db8:0:2::1") == 0
    at(1000.0 + failed_logins.SECONDS, monkeypatch)
    assert counted.wait("2001:db8:0:1::1") == 0
    for address in ("::ffff:198.51.100.7", "198.51.100.7", None, "unix"):
        for _ in range(ALLOWED):
            counted.failed(address)
        assert counted.wait(address) > 0


def test_as_many_addresses_as_an_attacker_likes_take_no_more_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failed_logins, "_ADDRESSES", 5)
    counted = FailedLogins()
    for number in range(50):
        counted.failed(f"198.51.100.{number}")
    assert len(counted._tried) == 5


def test_look_ups_from_throttled_addresses_wait_for_each_other_and_nobody_for_them() -> None:
    counted = FailedLogins()
    for _ in range(ALLOWED):
        counted.failed("198.51.100.7")
    most = running = 0

    async def look_up(address: str) -> None:
        nonlocal most, running
        async with counted.looking_up(address):
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.01)
            running -= 1

    async def all_of_them() -> Any:
        await asyncio.gather(*(look_up("198.51.100.7") for _ in range(10)))
        bounded = most
        await asyncio.gather(*(look_up("198.51.100.8") for _ in range(10)))
        return bounded, most

    assert asyncio.run(all_of_them()) == (2, 10)


def test_all_who_ask_with_a_token_at_the_same_time_wait_for_one_look_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the subscriptions of a client do, whenever something changes."""
    asked: list[str] = []

    async def access_of(driver: Any, secret: str) -> Access | None:
        asked.append(secret)
        await asyncio.sleep(0.01)
        if secret == "rc_away":
            raise Away
        return Access("a", frozenset({"reader"})) if secret == "rc_known" else None

    monkeypatch.setattr(gate, "access_of", access_of)

    async def all_of_them() -> list[Any]:
        driver: Any = None
        door = gate.Gate(driver, Availability(driver))
        secrets = ["rc_known", "rc_unknown", "rc_away"] * 20
        first = await asyncio.gather(*(door.access_of(Credential(each)) for each in secrets), return_exceptions=True)
        assert await door.access_of(Credential("rc_unknown")) is None  # asked again, as it is not remembered
        return first

    known, unknown, away = asyncio.run(all_of_them())[:3]
    assert (known.name, unknown, type(away)) == ("a", None, Away)
    assert sorted(asked) == ["rc_away", "rc_known", "rc_unknown", "rc_unknown"]


def test_what_is_under_way_counts() -> None:
    """Many that come at the same time are not all let through before the first has failed."""
    counted = FailedLogins()
    inside, most = 0, 0

    async def one(address: str) -> None:
        nonlocal inside, most
        async with counted.looking_up(address):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            inside -= 1
        counted.failed(address)

    async def all_of_them() -> None:
        await asyncio.gather(*(one("10.0.0.1") for _ in range(200)))

    asyncio.run(all_of_them())
    assert most <= ALLOWED + 2 and counted.wait("10.0.0.1") > 0 and counted._under_way == {}
