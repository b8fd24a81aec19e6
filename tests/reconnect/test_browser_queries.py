"""The analysts' saved queries run on the model as it is, and answer."""

import re
from pathlib import Path

import httpx
import neo4j
import pytest

from graph.cpr.keyring import Keyring
from graph.model import KINDS
from importers.pipeline.import_run import run_import
from reconnect.embedded import Addresses
from rules.roles import RoleRule
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


ALWAYS_THERE = {
    "Unit": "name", "Person": "name", "Employment": "number", "Position": "title", "PositionCategory": "title",
    "Role": "title", "KleNode": "number", "KleFacetCategory": "number", "KleFacet": "number", "Function": "title",
    "ItSystem": "title", "SystemGroup": "title", "DirectoryGroup": "name", "Account": "login",
}  # fmt: skip
"""Properties that such a thing has in every source that tells of it."""


def test_every_kind_has_a_colour_and_a_caption_that_is_never_blank() -> None:
    style = (FOLDER / "reconnect.grass").read_text()
    for kind in KINDS.values():
        line = next(line for line in style.splitlines() if line.startswith(f"node.{kind.name} "))
        caption = line.split('caption: "')[1].split('"')[0]
        named = set(re.findall(r"{(\w+)}", caption))
        assert named <= {each.name for each in kind.properties}
        words = re.sub(r"{\w+}", "", caption).strip()
        assert words or ALWAYS_THERE[kind.name] in named, f"{kind.name}: {caption}"


def test_the_browsers_page_is_served_under_a_policy_that_lets_nothing_of_it_out(addresses: Addresses) -> None:
    """A browser obeys it: neither cdn.segment.com, canny.io nor Google's fonts are loaded, nor anything asked."""
    answer = httpx.get(addresses.browser_url, trust_env=False, timeout=60)
    assert answer.status_code == httpx.codes.OK
    policy = dict(each.strip().split(" ", 1) for each in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'self'"
    bolt = addresses.bolt_uri.rsplit(":", 1)[1]
    here = {f"ws://127.0.0.1:{bolt}", f"ws://localhost:{bolt}"}
    assert set(" ".join(policy.values()).split()) <= {"'self'", "'none'", "'unsafe-inline'", "data:", *here}
    assert "'unsafe-inline'" not in policy["script-src"]
    assert here <= set(policy["connect-src"].split())
