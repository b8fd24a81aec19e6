"""Tokens as the command lists them: with everything that they are limited to."""

import neo4j

from api.access.tokens import create
from graph.cpr.keyring import Keyring
from importers.pipeline.import_run import run_import
from tests.graph.organisation import Stating, small
from tests.reconnect.shell import Run


def test_the_list_tells_what_a_token_is_limited_to_and_whose_it_is(run: Run, clean_graph: neo4j.Driver) -> None:
    run_import(clean_graph, Stating(*small()), Keyring.generate())
    rows, _, _ = clean_graph.execute_query(
        "MATCH (u:Unit) WITH u.uuid AS unit LIMIT 1 MATCH (p:Person) RETURN unit, p.uuid AS person LIMIT 1"
    )
    create(clean_graph, "everywhere", ["reader"])
    create(clean_graph, "school", ["reader"], within=[rows[0]["unit"]], person=rows[0]["person"], fields=["contact"])
    listed = {line.split()[0]: line for line in run("token", "list", COLUMNS="200").stdout.splitlines()}
    assert "reader (in 1 unit) (contact only)" in listed["school"] and rows[0]["person"] in listed["school"]
    assert "unit" not in listed["everywhere"] and rows[0]["person"] not in listed["everywhere"]
