"""A town on an empty graph."""

from pathlib import Path

import neo4j
import pytest

from tests.importers.positions.town import Town


@pytest.fixture
def town(clean_graph: neo4j.Driver, tmp_path: Path) -> Town:
    return Town(clean_graph, tmp_path)
