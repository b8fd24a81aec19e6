"""An SFTP server whose key is pinned: which key it shows, what is sent to another one, what each error means."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest

from graph.retry import NEVER, NEXT, SOON
from protocols.sftp.connection import Connection, Login, Server
from protocols.sftp.errors import ConnectionLost, FileError, LoginRejected, OtherHostKey, UnusableKey
from protocols.sftp.keys import private_key

ED, RSA = asyncssh.generate_private_key("ssh-ed25519"), asyncssh.generate_private_key("ssh-rsa")
OWN = asyncssh.generate_private_key("ssh-ed25519")


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A server with two host keys, which accepts ``OWN``."""
    root = tmp_path_factory.mktemp("root")
    (root / "out").mkdir()
    (root / "out" / "a.csv").write_text("one")
    OWN.write_public_key(root / "authorized")
    loop = asyncio.new_event_loop()
    acceptor = loop.run_until_complete(
        asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[ED, RSA],
            authorized_client_keys=str(root / "authorized"),
            sftp_factory=lambda chan: asyncssh.SFTPServer(chan, chroot=str(root)),
        )
    )
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield acceptor.get_port()
    acceptor.close()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def pinned(key: asyncssh.SSHKey) -> str:
    return key.export_public_key().decode().strip()


def connection(port: int, host_key: str, key: asyncssh.SSHKey = OWN, folder: str = "out") -> Connection:
    return Connection(Server("127.0.0.1", port, "u", host_key, folder, seconds=10), lambda: Login(key))


async def listed(client: asyncssh.SFTPClient) -> list[str]:
    return sorted(str(each) for each in await client.listdir(".") if str(each).strip("."))


@pytest.mark.parametrize("host_key", [pinned(ED), pinned(RSA)], ids=["ed", "rsa"])
def test_a_server_with_several_keys_shows_the_one_that_is_pinned(port: int, host_key: str) -> None:
    with connection(port, host_key) as opened:
        assert opened.run(listed) == ["a.csv"]


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256"])
def test_another_server_gets_nothing(port: int, kind: str) -> None:
    """Also where it has no key of the pinned kind: then it is another server, not one that is away."""
    other = asyncssh.generate_private_key(kind)
    with connection(port, pinned(other)) as opened, pytest.raises(OtherHostKey) as refused:
        opened.run(listed)
    assert refused.value.pinned == other.get_fingerprint()
    assert refused.value.shown in (ED.get_fingerprint(), RSA.get_fingerprint())
    assert refused.value.retry == NEVER


def test_what_the_server_refuses(port: int) -> None:
    with (
        connection(port, pinned(ED), asyncssh.generate_private_key("ssh-ed25519")) as opened,
        pytest.raises(LoginRejected) as refused,
    ):
        opened.run(listed)
    assert refused.value.retry == NEVER
    with connection(port, pinned(ED), folder="nowhere") as opened:
        for _ in range(2):  # the second request is not answered from another folder
            with pytest.raises(FileError):
                opened.run(listed)
    with connection(1, pinned(ED)) as opened, pytest.raises(ConnectionLost) as away:
        opened.run(listed)
    assert away.value.retry == SOON


def test_after_a_lost_connection_the_next_request_connects_anew(port: int) -> None:
    async def broken(client: asyncssh.SFTPClient) -> None:
        raise ConnectionResetError("reset")

    with connection(port, pinned(ED)) as opened:
        assert opened.run(listed) == ["a.csv"]
        with pytest.raises(ConnectionLost, match="reset"):
            opened.run(broken)
        assert opened.run(listed) == ["a.csv"]


def test_a_host_key_or_private_key_that_can_not_be_read(tmp_path: Path) -> None:
    with connection(1, "ssh-ed25519 AAAA") as opened, pytest.raises(UnusableKey, match="host_key") as unusable:
        opened.run(listed)
    assert unusable.value.retry == NEXT
    with pytest.raises(UnusableKey, match=r"a\.setting"):
        private_key(tmp_path / "none", "a.setting")
