"""GraphiQL's files out of webjars: from a repository on this machine that serves small ones."""

import hashlib
import io
import socket
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from zipfile import ZipFile

import pytest
from rich.console import Console

from api.http.graphiql import FETCHED, GraphiQL
from reconnect import graphiql
from reconnect.commands import serve
from reconnect.embedded import jars
from reconnect.embedded.errors import DownloadFailed


def quiet(what: str, done: int, total: int) -> None:
    """No progress."""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RECONNECT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path) -> Iterator[None]:
    """The same jars as the real lock names, each with its files of the page, laid out as they are in reality."""
    lines = []
    for jar in jars.GRAPHIQL.jars():
        name, version = jar.path.split("/")[-3:-1]
        file = tmp_path / "repository" / jar.path
        file.parent.mkdir(parents=True)
        with ZipFile(file, "w") as packed:
            for wanted in FETCHED:
                if wanted.startswith(f"{name}."):
                    below = "" if name == "graphiql" else "umd/"
                    packed.writestr(f"META-INF/resources/webjars/{name}/{version}/{below}{wanted}", f"{name} {wanted}")
        lines.append(f"{hashlib.sha256(file.read_bytes()).hexdigest()} {file.stat().st_size} {jar.path}\n")
    lock = tmp_path / "graphiql.lock"
    lock.write_text("".join(lines))
    monkeypatch.setattr(jars, "GRAPHIQL", jars.Bundle("GraphiQL", "1", lock))

    class Answers(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Not into the tests' output."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Answers, directory=str(tmp_path / "repository"))) as server:
        monkeypatch.setenv("RECONNECT_MAVEN", f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()


def unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("RECONNECT_MAVEN", f"http://127.0.0.1:{free.getsockname()[1]}")


@pytest.mark.usefixtures("repository")
def test_each_file_of_the_page_is_found_in_its_jar() -> None:
    files = graphiql.fetched(quiet)
    assert set(files) == set(FETCHED)
    assert files["react-dom.production.min.js"] == b"react-dom react-dom.production.min.js"
    GraphiQL(files)


@pytest.mark.usefixtures("repository")
def test_files_that_are_kept_need_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    files = graphiql.fetched(quiet)
    unreachable(monkeypatch)
    assert graphiql.fetched(quiet) == files


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize("damage", [lambda file: file.write_bytes(b"half of a jar"), Path.unlink])
def test_kept_files_that_were_damaged_say_which_folder_to_remove(cache: Path, damage: Callable[[Path], object]) -> None:
    graphiql.fetched(quiet)
    (kept,) = cache.rglob("react-dom-*.jar")
    damage(kept)
    with pytest.raises(DownloadFailed, match=f"damaged.*remove {kept.parent}"):
        graphiql.fetched(quiet)


@pytest.mark.usefixtures("cache")
def test_serving_goes_on_without_the_files_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    unreachable(monkeypatch)
    said = io.StringIO()
    assert serve._graphiql(Console(file=said)) is None
    assert said.getvalue().startswith("Serving without GraphiQL. GraphiQL's file ")
    assert "RECONNECT_MAVEN" in said.getvalue()


def test_a_user_without_a_home_folder_is_told_to_name_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("RECONNECT_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(DownloadFailed, match="RECONNECT_CACHE"):
        graphiql.fetched(quiet)
