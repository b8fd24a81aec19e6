"""Imports, with what they changed, what they found wrong and what stopped them."""

import neo4j

from graph.cpr.keyring import Keyring
from importers.pipeline.brake import BrakeSettings
from importers.pipeline.import_run import run_import
from tests.api.reads.asking import Asking
from tests.graph.organisation import Stating, unit

IMPORTS = """
{ runs(type: IMPORT, first: 100) { nodes {
    name state changes(first: 3) { number kind } badRecords { key rule } brakes { state summary }
} } }
"""


def test_a_run_with_its_changes_and_brakes(asking: Asking, graph: neo4j.Driver) -> None:
    report = run_import(
        graph,
        Stating(unit("root"), name="sd"),
        Keyring.generate(),
        brake=BrakeSettings(share=0.01, count=1, at_least=0),
    )
    runs = asking.data(IMPORTS)["runs"]["nodes"]
    assert report.brake is not None
    stopped = [each for each in runs if each["brakes"]]
    assert [each["state"] for each in stopped] == ["STOPPED"]
    assert stopped[0]["brakes"][0]["state"] == "WAITING"
    assert any(each["changes"] for each in runs)


def test_changed_after_a_moment(asking: Asking) -> None:
    question = "query($m: Moment) { units(filter: {changedAfter: $m}) { totalCount } }"
    assert asking.data(question, {"m": "2020-01-01"})["units"]["totalCount"] > 15
    assert asking.data(question, {"m": "2099-01-01T00:00:00+00:00"})["units"]["totalCount"] == 0
    assert "yesterday" in asking.refusal(question, {"m": "yesterday"}).message
