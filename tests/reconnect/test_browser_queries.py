"""The analysts' saved queries run on the model as it is, and answer."""

from pathlib import Path

import neo4j
import pytest

from graph.cpr import Keyring
from graph.model import KINDS
from importers.pipeline import run_import
from importers.roles import RoleRule
from tests.emptied import empty
from tests.graph.organisation import Stating, small, unit

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "browser"
QUERIES = sorted((FOLDER / "queries").glob("*.cypher"))
# In the small organisation: which names these find.
ANSWERED = {"02", "03", "05", "06", "10", "11"}


@pytest.fixture(scope="module")
def graph(driver: neo4j.Driver) -> neo4j.Driver:
    empty(driver)
    statements = small()
    statements[1] = unit("north", "root", name="Jobcenter")
    rule = RoleRule(name="m", role="manager", title="Leder", position_codes=frozenset({"1010"}))
    run_import(driver, Stating(*statements), Keyring.generate(), rules=[rule])
    return driver


@pytest.mark.parametrize("file", QUERIES, ids=lambda file: file.stem)
def test_a_saved_query_runs_and_says_its_question_first(graph: neo4j.Driver, file: Path) -> None:
    text = file.read_text()
    assert text.startswith(f"// {int(file.stem[:2])}. ")
    rows, _, _ = graph.execute_query(text)
    if file.stem[:2] in ANSWERED:
        assert rows


def test_every_kind_has_a_colour_and_a_caption() -> None:
    style = (FOLDER / "reconnect.grass").read_text()
    for kind in KINDS.values():
        line = next(line for line in style.splitlines() if line.startswith(f"node.{kind.name} "))
        caption = line.split('caption: "{')[1].split("}")[0]
        assert caption in {each.name for each in kind.properties}
