"""Fetching Neo4j: from a repository on this machine that serves three small files."""

import errno
import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from reconnect.embedded import jars
from reconnect.embedded.errors import DiskFull, DownloadFailed

CONTENT = {f"org/part{number}.jar": bytes([number]) * 100_000 for number in range(3)}


class Repository(ThreadingHTTPServer):
    """Counts what is asked for."""

    asked: list[str]


class Answers(SimpleHTTPRequestHandler):
    server: Repository

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Not into the tests' output."""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    folder = tmp_path / "repository"
    lines = []
    for path, content in CONTENT.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        lines.append(f"{hashlib.sha256(content).hexdigest()} {len(content)} {path}\n")
    lock = tmp_path / "neo4j.lock"
    lock.write_text("".join(lines))
    monkeypatch.setattr(jars, "NEO4J", jars.Bundle("Neo4j", "1", lock))
    with Repository(("127.0.0.1", 0), partial(Answers, directory=str(folder))) as server:
        server.asked = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def url(repository: Repository) -> str:
    return f"http://127.0.0.1:{repository.server_port}"


def quiet(what: str, done: int, total: int) -> None:
    """No progress."""


def test_all_files_arrive_and_progress_ends_at_the_whole(repository: Repository, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    folder = jars.fetch(
        jars.NEO4J, lambda what, done, total: told.append((done, total)), tmp_path / "cache", url(repository)
    )
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == {
        Path(path).name: content for path, content in CONTENT.items()
    }
    assert told[0] == (0, 300_000)
    assert max(told) == (300_000, 300_000)


def test_what_is_there_is_not_fetched_again(repository: Repository, tmp_path: Path) -> None:
    jars.fetch(jars.NEO4J, quiet, tmp_path / "cache", url(repository))
    repository.asked.clear()
    jars.fetch(jars.NEO4J, quiet, tmp_path / "cache", url(repository))
    assert repository.asked == []


def test_two_at_once_fetch_each_file_once(repository: Repository, tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        folders = {
            done.result()
            for done in [
                pool.submit(jars.fetch, jars.NEO4J, quiet, tmp_path / "cache", url(repository)) for _ in range(4)
            ]
        }
    assert len(folders) == 1
    assert sorted(repository.asked) == sorted(f"/{path}" for path in CONTENT)


def test_an_interrupted_fetch_goes_on(repository: Repository, tmp_path: Path) -> None:
    served = Path(tmp_path / "repository/org/part2.jar")
    away = served.rename(tmp_path / "away")
    with pytest.raises(DownloadFailed, match=r"part2\.jar could not be fetched"):
        jars.fetch(jars.NEO4J, quiet, tmp_path / "cache", url(repository))
    away.rename(served)
    repository.asked.clear()
    jars.fetch(jars.NEO4J, quiet, tmp_path / "cache", url(repository))
    assert repository.asked == ["/org/part2.jar"]


def test_a_file_that_was_changed_on_the_way_is_refused(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "repository/org/part1.jar").write_bytes(b"something else")
    with pytest.raises(DownloadFailed, match="is not the file that Neo4j"):
        jars.fetch(jars.NEO4J, quiet, tmp_path / "cache", url(repository))
    assert not list((tmp_path / "cache").rglob("part1.jar"))


def test_no_network_says_what_to_do(repository: Repository, tmp_path: Path) -> None:
    repository.shutdown()
    repository.server_close()
    with pytest.raises(DownloadFailed, match=r"HTTPS_PROXY.*RECONNECT_MAVEN"):
        jars.fetch(jars.NEO4J, quiet, tmp_path / "cache", url(repository))


def test_a_full_disk_is_named(repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(jars._Maven, "_stream", no_room)
    with pytest.raises(DiskFull, match=r"is full .* RECONNECT_CACHE"):
        jars.fetch(jars.NEO4J, quiet, tmp_path / "cache", url(repository))
