"""The web service from the command line: tokens, queries with and without one, and the end when it is asked to."""

import json
import re
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import neo4j
import pytest

from api.callers.gate import REMEMBERED
from graph.cpr.keyring import Keyring
from importers.pipeline.import_run import run_import
from reconnect.commands.queries import _is_here
from reconnect.embedded import Addresses
from reconnect.embedded.errors import PortTaken
from reconnect.embedded.home import Home
from reconnect.exits import CommandFailed, Exit
from reconnect.keys import keyring
from reconnect.service import BackgroundService
from reconnect.settings.tree import CprKeySettings
from tests.graph.organisation import Stating, person, small
from tests.reconnect.shell import Run

pytestmark = pytest.mark.slow


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "named.graphql"
    made.write_text("query All { units { totalCount nodes { name } } }")
    return made


def test_a_query_without_a_token_is_answered_here_and_now(run: Run, clean_graph: neo4j.Driver, file: Path) -> None:
    run_import(clean_graph, Stating(*small()), Keyring.generate())
    done = run("query", str(file))
    assert done.returncode == Exit.OK
    assert json.loads(done.stdout)["data"]["units"]["totalCount"] == 3
    file.write_text("{ nothing }")
    refused = run("query", str(file))
    assert refused.returncode == Exit.FAILURE
    assert "nothing" in json.loads(refused.stdout)["errors"][0]["message"]


def test_what_another_installation_answers_is_not_ones_own(tmp_path: Path, listener: Callable[[int], int]) -> None:
    with pytest.raises(PortTaken, match=r"api\.port"):
        BackgroundService(Home(tmp_path)).start(listener(0))


def test_the_service_answers_tokens_until_they_are_revoked(
    run: Run,
    clean_graph: neo4j.Driver,
    file: Path,
    tmp_path: Path,
    addresses: Addresses,
    monkeypatch: pytest.MonkeyPatch,
    listener: Callable[[int], int],
) -> None:
    home = Home(tmp_path)
    run_import(clean_graph, Stating(*small()), keyring(CprKeySettings(), home))
    for name, value in (
        ("NEO4J__URI", addresses.bolt_uri),
        ("NEO4J__PASSWORD", addresses.password),
        ("REDIS__URL", addresses.redis_url),
    ):
        monkeypatch.setenv(f"RECONNECT__{name}", value)
    service = BackgroundService(home)
    with_port = 20000 + listener(0) % 10000
    address = service.start(with_port)
    try:
        assert service.start(with_port) == address
        assert httpx.get(f"{address}/graphql").is_success, "the page has no GraphiQL"
        token = run("token", "create", "reader of the test", "--role", "reader").stdout.strip()
        (tmp_path / "token").write_text(f"{token}\n")
        asked = ("query", str(file), "--url", address, "--token-file", str(tmp_path / "token"))
        assert json.loads(run(*asked).stdout)["data"]["units"]["totalCount"] == 3
        assert "reader of the test" in run("token", "list").stdout
        assert token not in run("token", "list").stdout
        assert run("token", "revoke", "reader of the test").returncode == Exit.OK
        time.sleep(REMEMBERED)
        refused = run(*asked)
        assert refused.returncode == Exit.FAILURE
        assert json.loads(refused.stdout)["errors"][0]["extensions"]["code"] == "unauthenticated"
    finally:
        assert service.stop()
    assert token not in (home.logs / "api.out").read_text()


@pytest.mark.parametrize(
    "document",
    [
        'mutation { joinPersons(keep: "a", other: "b", reason: "twice") { uuid } }',
        "subscription { changes(after: 0) { number } }",
        "{ __schema { queryType { name } } }",
    ],
)
def test_without_a_token_only_reads_are_answered(
    run: Run, clean_graph: neo4j.Driver, tmp_path: Path, document: str
) -> None:
    (tmp_path / "other.graphql").write_text(document)
    done = run("query", str(tmp_path / "other.graphql"))
    assert done.returncode == Exit.FAILURE
    assert json.loads(done.stdout)["errors"][0]["extensions"] == {"code": "reads_only", "retry": "never"}
    assert "--token-file" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_question_is_explained(run: Run, clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    (tmp_path / "units.graphql").write_text(
        "query($n: Int) { units(first: $n) { nodes { name } } version { __typename } }"
    )
    done = run("query", "--explain", str(tmp_path / "units.graphql"), "--var", "n=3")
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.split("\n// version:")
    assert re.match(r"// units: planned in [0-9.]+ ms, ran in [0-9.]+ ms\nMATCH \(n:Unit\)\nWHERE ", first)
    assert "//   ProduceResults: " in first
    assert "a rule answers it" in second
    (tmp_path / "wrong.graphql").write_text("{ units(first: 0) { nodes { name } } }")
    refused = run("query", "--explain", str(tmp_path / "wrong.graphql"))
    assert (refused.returncode, "1 to 100000" in refused.stderr) == (1, True)


def test_without_a_token_the_settings_count_as_in_the_service(
    run: Run, clean_graph: neo4j.Driver, tmp_path: Path
) -> None:
    """Here the order of sources: by which one a value was chosen is part of the answer."""
    ring = Keyring.generate()
    run_import(clean_graph, Stating(person("p", "Alma Testrup", "1101575001")), ring)
    run_import(clean_graph, Stating(person("p", "Alma Prøve", "1101575001"), name="facts"), ring)
    (tmp_path / "reconnect.toml").write_text('[merge.properties]\n"Person.name" = ["facts", "sd"]\n')
    (tmp_path / "said.graphql").write_text(
        "{ disagreements(kind: Person) { provenance { property rule } } sources { name } }"
    )
    told = json.loads(run("query", str(tmp_path / "said.graphql")).stdout)
    assert "errors" not in told, told
    assert told["data"]["disagreements"] == [
        {"provenance": {"property": "name", "rule": "facts comes before sd in the order of sources for Person.name"}}
    ]
    assert {"facts", "sd"} <= {each["name"] for each in told["data"]["sources"]}  # and those of other tests' jobs


class LoginPage(BaseHTTPRequestHandler):
    """A proxy's, whatever is asked."""

    def do_POST(self) -> None:
        self.send_response(502)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<html>Log ind</html>")

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is logged."""


def test_an_answer_from_another_server_is_recognised(run: Run, file: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), LoginPage) as proxy:
        Thread(target=proxy.serve_forever, daemon=True).start()
        done = run("query", str(file), "--url", f"http://127.0.0.1:{proxy.server_port}", RECONNECT_TOKEN="rc_any")
        proxy.shutdown()
    assert done.returncode == Exit.FAILURE
    assert "is not REConnect: HTTP 502, text/html." in done.stderr
    wrong = run("query", str(file), "--url", "http://[::1", RECONNECT_TOKEN="rc_any")
    assert (wrong.returncode, "does not answer" in wrong.stderr) == (Exit.FAILURE, True)


@pytest.mark.parametrize(
    "url", ["http://reconnect.kommune.example", "http://127.0.0.1.kommune.example", "http://127.0.0.1@kommune.example:80",
            "HTTP://kommune.example", "ftp://127.0.0.2.example", "//kommune.example", "kommune.example"]
)  # fmt: skip
def test_a_token_is_not_sent_to_another_machine_in_the_clear(url: str) -> None:
    with pytest.raises(CommandFailed, match="over https:// only"):
        _is_here(url)


@pytest.mark.parametrize(
    ("url", "here"),
    [("http://127.0.0.1:8000", True), ("http://localhost:8000", True), ("http://[::1]:8000", True),
     ("https://reconnect.kommune.example", False)],
)  # fmt: skip
def test_where_a_token_is_sent(url: str, here: bool) -> None:
    assert _is_here(url) == here


def test_a_token_is_taken_from_a_file_and_never_from_an_argument(run: Run, file: Path, tmp_path: Path) -> None:
    refused = run("query", str(file), "--token", "rc_any")
    assert refused.returncode == Exit.USAGE
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "two").write_text("rc_any\nrc_other\n")
    for name, why in (
        ("empty", "must contain one token"),
        ("two", "must contain one token"),
        ("missing", "can't be read"),
    ):
        done = run("query", str(file), "--token-file", str(tmp_path / name))
        assert (done.returncode, why in done.stderr, "rc_" in done.stderr) == (Exit.USAGE, True, False)


def test_a_file_that_is_no_text_is_a_wrong_argument(run: Run, tmp_path: Path) -> None:
    (tmp_path / "image.graphql").write_bytes(b"\xff\xfe")
    done = run("query", "image.graphql")
    assert (done.returncode, "image.graphql can't be read" in done.stderr) == (Exit.USAGE, True)
    assert "Traceback" not in done.stderr


def test_wrong_roles_are_a_wrong_argument(run: Run, clean_graph: neo4j.Driver) -> None:
    done = run("token", "create", "someone", "--role", "king")
    assert done.returncode == Exit.USAGE
    assert "king" in done.stderr


def test_the_schema_is_printed_without_any_server(run: Run) -> None:
    done = run("schema", RECONNECT__NEO4J__URI="bolt://127.0.0.1:1")
    assert done.returncode == Exit.OK
    assert "type Query" in done.stdout
