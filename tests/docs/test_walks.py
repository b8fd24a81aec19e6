"""The pages that walk through a new source and a new target: every command and change on them, in a copy of the tree.

Both walks share the copy and the processes. A page's commands run as they stand there, but for ``make check``, which is
limited to what the walk has made, and ``reconnect up``, in whose place the tests have servers.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import neo4j
import orjson
import pytest

from reconnect.embedded import Addresses
from tests.emptied import empty

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("add-a-source.md", "add-a-target.md")
MADE = (
    "importers/silkeborg_data",
    "tests/importers/silkeborg_data",
    "exporters/vagtplan",
    "tests/exporters/vagtplan",
    "exporters/adgangskort",
    "tests/exporters/adgangskort",
)
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "benchmarks", "official", "dist", "*.jar", "graphiql.lock")
_BLOCK = re.compile(r"^```(sh|diff|toml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(kind: str) -> list[str]:
    """What the pages have in blocks of this kind, in order."""
    texts = [(ROOT / "docs" / page).read_text(encoding="utf-8") for page in PAGES]
    return [body for text in texts for of, body in _BLOCK.findall(text) if of == kind]


def commands(program: str) -> list[list[str]]:
    """The pages' commands that call this program, without its folder; in order, each once."""
    lines = [shlex.split(line.removeprefix(".venv/bin/")) for body in blocks("sh") for line in body.splitlines()]
    return [line for line in lines if line[0] == program]


@dataclass(frozen=True)
class Tree:
    """The copy. ``before``: the content of its files before the walk."""

    root: Path
    before: Mapping[str, bytes]

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a program of this environment in the copy."""
        return subprocess.run(
            command, cwd=self.root, capture_output=True, text=True, timeout=300, check=False,
            env={**os.environ, "PYTHONPATH": str(self.root), "PATH": f"{_bin()}:{os.environ['PATH']}", **environment},
        )  # fmt: skip

    def change(self, diff: str) -> None:
        """Make a change as a page shows it: a file, lines that go, lines that come."""
        head, *lines = diff.splitlines()
        file = self.root / head.removeprefix("--- ")
        old = "\n".join(line[1:] for line in lines if line[0] == "-")
        new = "\n".join(line[1:] for line in lines if line[0] == "+")
        text = file.read_text(encoding="utf-8")
        assert text.count(f"{old}\n") == 1, f"{head}: the skeleton does not have these lines once:\n{old}"
        file.write_text(text.replace(old, new), encoding="utf-8")


def _bin() -> Path:
    return Path(sys.executable).parent


def contents(root: Path) -> dict[str, bytes]:
    return {
        file.relative_to(root).as_posix(): file.read_bytes()
        for file in root.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and not file.relative_to(root).parts[0].startswith(".")
    }


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """The copy, with both skeletons and all changes of the pages."""
    root = tmp_path_factory.mktemp("walk") / "reconnect"
    shutil.copytree(ROOT, root, ignore=LEFT_OUT)
    if (ROOT / ".mypy_cache").is_dir():
        shutil.copytree(ROOT / ".mypy_cache", root / ".mypy_cache")
    made = Tree(root, contents(root))
    # The environment is there already: make is not to set up another one.
    ready = ("-o", ".venv/.synchronised", f"BIN={_bin()}")
    for command in commands("make"):
        if command[1] != "check":
            done = made.run(*command, *ready)
            assert done.returncode == 0, done.stdout + done.stderr
    for diff in blocks("diff"):
        made.change(diff)
    return made


def test_the_pages_show_no_other_commands() -> None:
    """What follows runs them all: a command that is added to a page must be added here."""
    shown = {line.split()[0] for body in blocks("sh") for line in body.splitlines()}
    assert shown == {"make", ".venv/bin/pytest", ".venv/bin/reconnect"}


def test_no_file_outside_the_new_folders_is_touched(tree: Tree) -> None:
    now = contents(tree.root)
    differing = {name for name in now.keys() | tree.before.keys() if now.get(name) != tree.before.get(name)}
    assert len(differing) == 33
    assert [name for name in differing if not name.startswith(tuple(f"{each}/" for each in MADE))] == []


def test_what_is_made_passes_the_checks(tree: Tree) -> None:
    assert ["make", "check"] in commands("make")
    for command in (
        ["ruff", "check", *MADE],
        ["ruff", "format", "--check", *MADE],
        ["mypy", *MADE[::2]],
    ):
        done = tree.run(sys.executable, "-m", *command)
        assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_made_passes_its_tests(tree: Tree) -> None:
    """In one process, with what is true of every source and target; of others, the tests of the tree itself tell."""
    arguments = [argument for _, *rest in commands("pytest") for argument in rest]
    own = ("-k", "silkeborg_data or vagtplan or adgangskort")
    done = tree.run(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments, *own)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"(\d+) passed, \d+ deselected", done.stdout)
    assert passed is not None and int(passed[1]) > 50, done.stdout


@pytest.fixture
def servers(addresses: Addresses, driver: neo4j.Driver, tree: Tree, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a ``reconnect`` in the copy, on the session's servers, with the settings of the page."""
    empty(driver)
    settings = "\n".join(body for body in blocks("toml") if "[targets." in body)
    (tree.root / "reconnect.toml").write_text(settings, encoding="utf-8")
    yield {
        "RECONNECT_HOME": str(tmp_path),
        "RECONNECT__NEO4J__URI": addresses.bolt_uri,
        "RECONNECT__NEO4J__PASSWORD": addresses.password,
        "RECONNECT__REDIS__URL": addresses.redis_url,
    }
    (tree.root / "reconnect.toml").unlink()


def test_what_is_made_imports_and_exports(tree: Tree, servers: dict[str, str], driver: neo4j.Driver) -> None:
    said: list[str] = []
    for _, *arguments in commands("reconnect"):
        if arguments == ["up"]:
            continue
        done = tree.run(sys.executable, "-m", "reconnect", *arguments, **servers)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        said.append(done.stdout)
    dry, imported, config, _, exported, foreseen, sent = said
    assert "Dry run of silkeborg_data" in dry and "Import of silkeborg_data" in imported
    assert "sources.silkeborg_data.path" in config and "targets.vagtplan.file_name" in config
    rows, _, _ = driver.execute_query(
        """
        MATCH (:SourceRecord {source: 'silkeborg_data'})-[:TELLS]->(e:Employment {number: '1001'})<-[:HAS]-(p:Person)
        RETURN p.name AS name, e.email AS email
        """
    )
    assert [row.data() for row in rows] == [{"name": "Alma Testrup", "email": "alma@kommune.example"}]
    assert "medarbejdere.csv" in exported
    lines = (tree.root / "supplied" / "medarbejdere.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith('"Medarbejdernummer";"Navn";"E-mail";"Telefon"')
    assert sorted(line.split(";")[1] for line in lines[1:]) == ['"Alma Testrup"', '"Dan Prøvesen"', '"Ella Eksempel"']
    assert "employee" in foreseen and "employee" in sent
    cards = {kind: _cards(tree.root / "cards" / kind) for kind in ("unit", "employee")}
    assert sorted(each["values"]["name"] for each in cards["employee"]) == [
        "Alma Testrup", "Dan Prøvesen", "Ella Eksempel",
    ]  # fmt: skip
    units = {each["id"] for each in cards["unit"]}
    assert units and {id_ for each in cards["employee"] for id_ in each["links"]["unit"]} == units
    again = tree.run(sys.executable, "-m", "reconnect", "export", "adgangskort", "--full", **servers)
    assert again.returncode == 0, again.stdout + again.stderr
    assert cards == {kind: _cards(tree.root / "cards" / kind) for kind in cards}, "nothing is made twice"


def _cards(folder: Path) -> list[dict[str, Any]]:
    return [orjson.loads(file.read_bytes()) for file in sorted(folder.iterdir())]
