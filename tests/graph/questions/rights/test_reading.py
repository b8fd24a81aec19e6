"""Every case of oio_bpp.yaml through a facts file and the graph: of one person, and of everybody."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import neo4j
import pytest

from graph.as_of import Day
from graph.identity.lookup import find
from graph.questions.rights import framework, reading
from graph.questions.rights.building import with_people
from graph.questions.rights.evaluate import Evaluation, evaluate
from graph.questions.rights.held import Limit, Rights
from idp.claims.oio_bpp import Receiver, privileges
from tests.acceptance.rights_cases import (
    CASES,
    MERGED,
    PERSON,
    TOWN,
    UNITS,
    expected_groups,
    facts,
    groups,
    named,
    omitted,
    organisation,
    uuid_of,
)  # fmt: skip
from tests.emptied import empty
from tests.graph.questions.rights.imported import imported

pytestmark = pytest.mark.slow

BLOCKED = [each for each in CASES if each.get("blocked_systems")]
OPEN = [each for each in CASES if not each.get("blocked_systems")]


@pytest.fixture(scope="module")
def graph(driver: neo4j.Driver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[neo4j.Driver]:
    empty(driver)
    for lenient in (True, False):
        assert imported(driver, facts(OPEN, lenient=lenient), tmp_path_factory.mktemp("open")).problems == []
    yield driver


def read(driver: neo4j.Driver, case: dict[str, Any], day: Day) -> Rights:
    """Of one person; the same comes out of everybody's, and with the framework that is kept in memory."""
    at = date.fromisoformat(case["at"])
    with driver.session() as session:
        person = find(session, "Person", case["id"]).uuid
        alone = Evaluation(reading.of_person(session, day, at, person)).of(person)
        assert alone == Evaluation(reading.of_everybody(session, day, at)).of(person)
        rows = reading.rows_of_person(session, day, at, person)
        assert alone == Evaluation(with_people(framework.read(session, at, (), day).organisation, rows)).of(person)
    return alone


def keys(driver: neo4j.Driver, kind: str) -> dict[str, str]:
    rows, _, _ = driver.execute_query(
        "MATCH (r:SourceRecord {kind: $kind})-[:TELLS]->(n) RETURN n.uuid AS uuid, r.key AS key", kind=kind
    )
    return {row["uuid"]: row["key"] for row in rows}


def document(driver: neo4j.Driver, case: dict[str, Any], rights: Rights) -> str | None:
    """What a login would carry, with the units' uuids of the file instead of those that the graph gave them."""
    units = {uuid: UNITS[key] for uuid, key in keys(driver, "Unit").items()}
    systems = {key: uuid for uuid, key in keys(driver, "ItSystem").items()}

    def renamed(limit: Limit) -> Limit:
        values = (each._replace(value=units.get(each.value, each.value)) for each in limit.values)
        return replace(limit, values=tuple(sorted(values, key=lambda each: each.value)))

    held = tuple(
        each._replace(included=tuple(one._replace(limits=tuple(map(renamed, one.limits))) for one in each.included))
        for each in rights.held
    )
    system = systems[case["system"]] if "system" in case else None
    return privileges(Rights(held), Receiver(case["profile"], TOWN["cvr"], system)).xml


def holds(driver: neo4j.Driver, case: dict[str, Any]) -> None:
    expected = sorted(expected_groups(case))
    if case["id"] in MERGED:  # joining is a matter of the document
        expected = groups(case, evaluate(organisation(case), uuid_of(PERSON)))
    rights = read(driver, case, Day(False))
    assert groups(case, rights, {uuid: UNITS[key] for uuid, key in keys(driver, "Unit").items()}) == expected
    assert document(driver, case, rights) == case["expect"]["xml"]
    names = {uuid: key.removeprefix(f"{case['id']}_") for uuid, key in keys(driver, "Employment").items()}
    left_out = omitted(rights, names)
    assert len(left_out) == len(case["expect"]["omitted"])
    for found, wanted in zip(left_out, case["expect"]["omitted"], strict=True):
        assert {name: found[name] for name in wanted} == wanted


@pytest.mark.parametrize("case", OPEN, ids=named)
def test_case(graph: neo4j.Driver, case: dict[str, Any]) -> None:
    holds(graph, case)


@pytest.mark.parametrize("case", BLOCKED, ids=named)
def test_case_with_a_blocked_system(graph: neo4j.Driver, case: dict[str, Any], tmp_path: Path) -> None:
    imported(graph, facts([case]), tmp_path)
    holds(graph, case)
