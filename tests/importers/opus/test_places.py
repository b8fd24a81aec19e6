"""Files from a folder and from a real SFTP server, whose key is checked (opus.md §1)."""

import asyncio
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncssh
import pytest

from importers.opus.errors import IncompleteFile
from importers.opus.places import Folder, SftpServer
from importers.opus.settings import OpusSettings, SftpPlace
from importers.opus.source import Opus
from importers.source import SourceError
from tests.importers.known import InMemory
from tests.importers.opus.files import MONDAY, SMALL, document, name_of


@dataclass
class Server:
    port: int
    host_key: str
    client_key: Path
    folder: Path

    def settings(self, **changes: object) -> SftpPlace:
        known = {"host": "127.0.0.1", "port": self.port, "user": "opus", "host_key": self.host_key}
        return SftpPlace.model_validate({**known, "private_key": self.client_key, "folder": "out", **changes})


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    root = tmp_path / "root"
    (root / "out").mkdir(parents=True)
    host_key = asyncssh.generate_private_key("ssh-ed25519")
    client_key = asyncssh.generate_private_key("ssh-ed25519")
    client_key.write_private_key(tmp_path / "id")
    client_key.write_public_key(tmp_path / "authorized")
    loop = asyncio.new_event_loop()

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[host_key],
            authorized_client_keys=str(tmp_path / "authorized"),
            sftp_factory=lambda chan: asyncssh.SFTPServer(chan, chroot=str(root)),
        )

    acceptor = loop.run_until_complete(listen())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield Server(acceptor.get_port(), host_key.export_public_key().decode().strip(), tmp_path / "id", root / "out")
    finally:
        acceptor.close()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def test_a_file_is_read_over_sftp(server: Server) -> None:
    (server.folder / name_of(MONDAY)).write_text(document(*SMALL), encoding="utf-8")
    (server.folder / "readme.txt").write_text("")
    known = InMemory()
    applied = known.take(Opus(OpusSettings(sftp=server.settings()), day=lambda: MONDAY))
    assert applied.readings == [name_of(MONDAY)]
    assert len(list(known.keys("Employment"))) == 2
    assert known.take(Opus(OpusSettings(sftp=server.settings()), day=lambda: MONDAY)).readings == []


def test_a_server_with_another_key_is_refused(server: Server) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    with pytest.raises(SourceError, match="another key"):
        SftpServer(server.settings(host_key=other)).names()


def test_a_login_that_is_refused_says_where(server: Server, tmp_path: Path) -> None:
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(tmp_path / "other")
    with pytest.raises(SourceError, match=r"sftp://opus@127\.0\.0\.1"):
        SftpServer(server.settings(private_key=tmp_path / "other")).names()


def test_a_folder_that_is_not_there(server: Server, tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        SftpServer(server.settings(folder="nowhere")).names()
    with pytest.raises(SourceError, match="nowhere"):
        Folder(tmp_path / "nowhere").names()


def test_sftp_needs_a_host_key_and_a_login() -> None:
    with pytest.raises(ValueError, match="host_key"):
        SftpPlace.model_validate({"host": "h", "user": "u", "password": "p"})
    with pytest.raises(ValueError, match="password or private_key"):
        SftpPlace(host="h", user="u", host_key="ssh-ed25519 AAAA")


def test_a_file_that_grows_while_it_is_copied_is_left_for_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("first half")
    copyfile = shutil.copyfile

    def while_written(source: Path, target: Path) -> None:
        copyfile(source, target)
        source.write_text("first half and second half")

    monkeypatch.setattr(shutil, "copyfile", while_written)
    with pytest.raises(IncompleteFile, match="still being written"):
        Folder(tmp_path).copy("file", tmp_path / "copy")


def test_without_a_place_opus_says_what_to_set() -> None:
    with pytest.raises(SourceError, match="folder or sftp"):
        Opus(OpusSettings())
