"""The example of docs/api.md costs what the page says."""

import re
from collections.abc import Iterator
from pathlib import Path

import neo4j
import pytest

from graph.cpr.keyring import Keyring
from importers.pipeline.import_run import run_import
from reconnect.embedded import Addresses
from tests.api.serving import Served, serving
from tests.graph.organisation import Stating, small

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


@pytest.fixture
def service(clean_graph: neo4j.Driver, addresses: Addresses) -> Iterator[Served]:
    ring = Keyring.generate()
    run_import(clean_graph, Stating(*small()), ring)
    with serving(addresses, clean_graph, ring) as served:
        yield served


def test_what_a_question_costs(service: Served) -> None:
    words = re.search(r"costs ([0-9,]+) the first time, and ([0-9]+) each time after that", PAGE)
    question = re.search(r"```graphql\n(query Some.*?)\n```", PAGE, re.DOTALL)
    first = re.search(r'`\{"first": ([0-9]+)\}`', PAGE)
    assert words is not None and question is not None and first is not None
    asked = [service.ask(question[1], "reader", first=int(first[1])) for _ in range(3)]
    costs = [each["extensions"]["cost"] for each in asked]
    told = [int(each.replace(",", "")) for each in words.groups()]
    assert [each["requested"] for each in costs] == [told[0], told[1], told[1]]
    assert [each["planning"] for each in costs] == [told[0] - told[1], 0, 0]
    (other,) = [service.ask(question[1], "reader", first=1)["extensions"]["cost"]]
    assert (other["requested"], other["planning"]) == (3, 0), "another value of a variable is the same question"
