"""One run at a time: on a real Valkey."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from reconnect import context
from reconnect.embedded import Addresses
from reconnect.locks import Lock, LockLost, LockTaken

NAME = "import:test"


@pytest.fixture
def client(addresses: Addresses) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(addresses.redis_url) as made:
        made.delete(f"reconnect:lock:{NAME}")
        yield made


def test_a_second_run_is_refused_until_the_first_ends(client: redis.Redis) -> None:
    with (
        Lock(client, NAME, 5),
        pytest.raises(LockTaken, match="import:test is already running"),
        Lock(client, NAME, 5),
    ):
        pass
    with Lock(client, NAME, 5):
        pass


def test_it_outlives_its_expiry_while_the_holder_lives(client: redis.Redis) -> None:
    with Lock(client, NAME, 6) as held:
        time.sleep(7)
        held.require()
        with pytest.raises(LockTaken), Lock(client, NAME, 5):
            pass


def test_it_expires_when_the_holder_dies(client: redis.Redis) -> None:
    # A killed process renews nothing and releases nothing: what is left is the key with its expiry.
    client.set(f"reconnect:lock:{NAME}", "the dead one's", px=300)
    with Lock(client, NAME, 5, wait=60):
        pass


def test_a_holder_that_lost_it_is_told_and_leaves_the_new_holder_alone(client: redis.Redis) -> None:
    with Lock(client, NAME, 0.6) as held:
        client.set(f"reconnect:lock:{NAME}", "another's", px=60000)
        time.sleep(0.7)
        with pytest.raises(LockLost):
            held.require()
    assert client.get(f"reconnect:lock:{NAME}") == b"another's"


@pytest.mark.parametrize("how", ["hangs", "fails"])
def test_a_holder_is_told_where_renewing_itself_ends(client: redis.Redis, how: str) -> None:
    """A thread's failure is heard by nobody, and one that hangs can tell nothing."""
    over = threading.Event()

    class Renewing:
        def __getattr__(self, name: str) -> Any:
            return getattr(client, name)

        def eval(self, script: str, *given: Any) -> Any:
            if threading.current_thread() is threading.main_thread():
                return client.eval(script, *given)
            if how == "fails":
                raise ValueError("not an error of Redis's")
            return over.wait(60)

    with Lock(Renewing(), NAME, 3.0) as held:  # type: ignore[arg-type]
        held.require()
        time.sleep(3.2)
        with pytest.raises(LockLost):
            held.require()
        over.set()
    assert client.get(f"reconnect:lock:{NAME}") is None


def test_a_renewal_that_hangs_does_not_keep_its_holder(client: redis.Redis) -> None:
    """The slot of its job would be lost, and SIGTERM would end nothing."""
    over = threading.Event()

    class Hanging:
        def __getattr__(self, name: str) -> Any:
            return getattr(client, name)

        def eval(self, script: str, *given: Any) -> Any:
            return (
                client.eval(script, *given) if threading.current_thread() is threading.main_thread() else over.wait(60)
            )

    begun = time.monotonic()
    with Lock(Hanging(), NAME, 0.5):  # type: ignore[arg-type]
        time.sleep(0.3)
    assert time.monotonic() - begun < 30
    over.set()


def test_a_redis_that_hangs_is_an_error_within_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "_REDIS_PATIENCE", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setenv("RECONNECT__REDIS__URL", f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        with context.Context().redis() as made, pytest.raises(redis.TimeoutError):
            made.ping()


def test_the_program_makes_its_clients_of_redis_in_one_place() -> None:
    root = Path(context.__file__).parent
    assert [each.name for each in root.rglob("*.py") if "Redis.from_url" in each.read_text()] == ["context.py"]


def test_each_holder_gets_a_higher_number(client: redis.Redis) -> None:
    fences = []
    for _ in range(3):
        with Lock(client, NAME, 5) as held:
            fences.append(held.fence)
    client.delete("reconnect:fence")  # as where Redis was emptied
    with Lock(client, NAME, 5) as held:
        fences.append(held.fence)
    assert fences == sorted(set(fences))


def test_many_threads_one_at_a_time(client: redis.Redis) -> None:
    inside = 0
    most = 0

    def work() -> None:
        nonlocal inside, most
        with Lock(client, NAME, 60, wait=120):
            inside += 1
            most = max(most, inside)
            time.sleep(0.02)
            inside -= 1

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
