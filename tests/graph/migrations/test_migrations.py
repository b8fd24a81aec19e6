"""The migrations make the constraints and indexes that the model needs, and are not edited once they are applied."""

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import neo4j
import pytest
from neo4j.exceptions import ConstraintError, Neo4jError

from graph import migrations
from graph.change_log import turned_day
from graph.migrations import FOLDER, EditedMigration, NewerGraph, checksum, migrate, statements
from graph.model import INDEXED, KINDS

CONSTRAINT = re.compile(
    r"CREATE CONSTRAINT (?P<name>\w+) IF NOT EXISTS FOR \(\w+:(?P<label>\w+)\) REQUIRE (?P<of>.+) IS UNIQUE"
)
INDEX = re.compile(r"CREATE INDEX (?P<name>\w+) IF NOT EXISTS FOR \(\w+:(?P<label>\w+)\) ON (?P<of>\(.+\))")
OF_LINK = re.compile(r"CREATE INDEX (?P<name>\w+) IF NOT EXISTS FOR \(\)-\[\w+:(?P<label>\w+)\]-\(\) ON (?P<of>\(.+\))")
DROP = re.compile(r"DROP (?:CONSTRAINT|INDEX) (?P<name>\w+) IF EXISTS")
OF_PIPELINE = {"sort_key", "principal_key", "top", "uuid"}
"""Properties of things that are indexed and are no values of the model."""


def made(pattern: re.Pattern[str]) -> set[tuple[str, str]]:
    """(label or type, first property) of what is there after all migrations."""
    found: dict[str, tuple[str, str]] = {}
    for file in sorted(FOLDER.glob("[0-9]*.cypher")):
        for each in statements(file.read_text(encoding="utf-8")):
            text = " ".join(each.split())
            if match := pattern.match(text):
                found.setdefault(match["name"], (match["label"], re.findall(r"\.(\w+)", match["of"])[0]))
            elif match := DROP.match(text):
                found.pop(match["name"], None)
    return set(found.values())


def test_every_migration_has_a_number_of_its_own_and_a_name() -> None:
    """The order of the names is the order in which they are applied. Two branches that take one number meet here."""
    files = sorted(file.name for file in FOLDER.glob("*.cypher"))
    assert [each for each in files if not re.fullmatch(r"[0-9]{4}_[a-z0-9_]+\.cypher", each)] == []
    numbers = [each[:4] for each in files]
    assert [each for each in numbers if numbers.count(each) > 1] == []
    assert set(migrations._FILLED_BY) <= {Path(each).stem for each in files}


def test_every_kind_has_a_unique_uuid_and_natural_key() -> None:
    unique = made(CONSTRAINT)
    assert {label for label, name in unique if name == "uuid"} == {*KINDS}
    for kind in KINDS.values():
        if kind.natural is None:
            continue
        # A key that is used again has several holders over the years: it can only be looked up.
        expected = made(INDEX) if kind.reused or kind.name == "Position" else unique
        assert (kind.name, kind.natural) in expected, kind.name


def test_the_start_and_end_of_every_link_are_indexed_for_the_day_turn() -> None:
    types = {link.type for kind in KINDS.values() for link in kind.links} | {"STATE"}
    assert made(OF_LINK) == {(each, end) for each in types for end in ("from", "to")}


@pytest.mark.whole
def test_the_model_limits_every_text_that_is_indexed() -> None:
    """An index rejects a text of more than 8 kB: ``graph.model.INDEXED`` names those that are cut."""
    indexed = {(label, name) for label, name in made(CONSTRAINT) | made(INDEX) if label in KINDS}
    texts = {name for _, name in indexed} - OF_PIPELINE - {"cpr_hash"}
    assert texts <= INDEXED
    for label, name in indexed:
        if name in texts:
            assert name in {each.name for each in KINDS[label].properties}, (label, name)


def test_comments_and_lines_do_not_count_and_statements_do() -> None:
    one = "// Why\nCREATE INDEX a IF NOT EXISTS\nFOR (n:A) ON (n.b);\n"
    assert checksum(statements(one)) == checksum(statements("CREATE INDEX a IF NOT EXISTS FOR (n:A) ON (n.b);"))
    assert checksum(statements(one)) != checksum(statements(one.replace("n.b", "n.c")))


def copied(folder: Path) -> None:
    """All migrations, among which a test has some of its own."""
    for each in FOLDER.glob("[0-9]*.cypher"):
        shutil.copy(each, folder)


def test_a_graph_that_a_newer_version_has_changed_is_rejected(clean_graph: neo4j.Driver) -> None:
    clean_graph.execute_query("CREATE (:Migration {name: '9000_newer'})")
    try:
        with pytest.raises(NewerGraph, match="9000_newer"):
            migrate(clean_graph)
        assert migrations.unknown(["0001_model", "9000_newer"]) == ["9000_newer"]
    finally:
        clean_graph.execute_query("MATCH (m:Migration {name: '9000_newer'}) DELETE m")


def test_a_start_waits_until_indexes_are_filled_also_those_of_an_earlier_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "_BETWEEN_LOOKS", 0.0)
    answers = [[{"name": "a", "percent": 3.0}, {"name": "b", "percent": 90.0}], [{"name": "a", "percent": 60.0}], []]
    graph: Any = SimpleNamespace(execute_query=lambda _: SimpleNamespace(records=answers.pop(0)))
    told: list[tuple[list[str], float]] = []
    migrations._await_indexes(graph, lambda names, percent: told.append(([*names], percent)))
    assert told == [(["a", "b"], 3.0), (["a"], 60.0)]


def test_the_indexes_of_the_graph_are_filled_after_a_migration(clean_graph: neo4j.Driver) -> None:
    assert clean_graph.execute_query(migrations.UNFILLED).records == []
    assert clean_graph.execute_query(migrations._FILLING).records == []


def test_a_migration_that_was_edited_after_it_was_applied_is_rejected(
    clean_graph: neo4j.Driver, tmp_path: Path
) -> None:
    copied(tmp_path)
    file, later = tmp_path / "9000_probe.cypher", tmp_path / "9001_probe.cypher"
    file.write_text("MERGE (p:MigrationProbe {step: 1});")
    try:
        assert migrate(clean_graph, tmp_path) == ["9000_probe"]
        assert migrate(clean_graph, tmp_path) == []
        file.write_text("MERGE (p:MigrationProbe {step: 2});")
        later.write_text("MERGE (p:MigrationProbe {step: 3});")
        with pytest.raises(EditedMigration, match="9000_probe") as edited:
            migrate(clean_graph, tmp_path)
        assert edited.value.names == ("9000_probe",)
        rows, _, _ = clean_graph.execute_query("MATCH (p:MigrationProbe) RETURN collect(p.step) AS steps")
        assert rows[0]["steps"] == [1], "nothing is applied beside an edited migration"
        # A database of an earlier version has no checksums: it gets them once, and is guarded from then on.
        clean_graph.execute_query("MATCH (m:Migration {name: '9000_probe'}) REMOVE m.checksum")
        assert migrate(clean_graph, tmp_path) == ["9001_probe"]
        file.write_text("MERGE (p:MigrationProbe {step: 4});")
        with pytest.raises(EditedMigration):
            migrate(clean_graph, tmp_path)
    finally:
        clean_graph.execute_query("MATCH (m:Migration) WHERE m.name STARTS WITH '900' DELETE m")
        clean_graph.execute_query("MATCH (p:MigrationProbe) DELETE p")


@pytest.mark.parametrize("written", [True, False])
def test_what_was_written_before_a_migration_is_filled_in(clean_graph: neo4j.Driver, written: bool) -> None:
    clean_graph.execute_query("MATCH (m:Migration {name: '0090_danish_order'}) DELETE m")
    if written:
        clean_graph.execute_query("CREATE (:Unit {uuid: 'u', name: 'Åvang', active: true})")
    assert migrate(clean_graph) == ["0090_danish_order"]
    rows, _, _ = clean_graph.execute_query("MATCH (u:Unit) RETURN u.sort_key IS NOT NULL AND u.top AS filled")
    assert [row["filled"] for row in rows] == [True] * written


def test_processes_that_migrate_at_once_make_everything_once(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    copied(tmp_path)
    (tmp_path / "9000_probe.cypher").write_text(
        """
        MERGE (p:MigrationProbe);
        CREATE INDEX migration_probe IF NOT EXISTS FOR (p:MigrationProbe) ON (p.step);
        CREATE CONSTRAINT migration_probe_name IF NOT EXISTS FOR (p:MigrationProbe) REQUIRE p.name IS UNIQUE;
        """
    )
    try:
        with ThreadPoolExecutor(4) as pool:
            for each in [pool.submit(migrate, clean_graph, tmp_path) for _ in range(4)]:
                each.result()
    finally:
        clean_graph.execute_query("DROP CONSTRAINT migration_probe_name IF EXISTS")
        clean_graph.execute_query("DROP INDEX migration_probe IF EXISTS")
        clean_graph.execute_query("MATCH (m:Migration {name: '9000_probe'}) DELETE m")
        clean_graph.execute_query("MATCH (p:MigrationProbe) DELETE p")


@pytest.mark.parametrize(
    ("code", "is_repeated"),
    [
        ("Neo.ClientError.Schema.EquivalentSchemaRuleAlreadyExists", True),
        ("Neo.DatabaseError.Schema.ConstraintCreationFailed", True),
        ("Neo.ClientError.Statement.SyntaxError", False),
    ],
)
def test_a_statement_that_lost_a_race_is_repeated(
    monkeypatch: pytest.MonkeyPatch, code: str, is_repeated: bool
) -> None:
    asked: list[str] = []

    class Racing:
        def execute_query(self, statement: str) -> None:
            asked.append(statement)
            if len(asked) == 1:
                raise Neo4jError._hydrate_neo4j(code=code, message="another was faster")

    monkeypatch.setattr(migrations, "_PAUSES", (0.0,))
    racing: Any = Racing()
    with nullcontext() if is_repeated else pytest.raises(Neo4jError):
        migrations._apply(racing, "CREATE INDEX x IF NOT EXISTS FOR (n:X) ON (n.x)")
    assert len(asked) == 1 + is_repeated


def test_of_two_clocks_one_is_left(clean_graph: neo4j.Driver) -> None:
    clean_graph.execute_query("MATCH (c:Clock) DELETE c")
    clean_graph.execute_query("CREATE (:Clock {today: date('2026-03-02')}), (:Clock {today: date('2026-03-03')})")
    clean_graph.execute_query("MATCH (m:Migration {name: '0300_one_clock'}) DELETE m")
    assert migrate(clean_graph) == ["0300_one_clock"]
    with clean_graph.session() as session:
        assert turned_day(session) == date(2026, 3, 3)
    with pytest.raises(ConstraintError):
        clean_graph.execute_query("CREATE (:Clock {name: 'today', today: date('2026-03-02')})")
