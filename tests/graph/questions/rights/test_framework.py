"""The framework kept in memory: it is used for the second question, and never after something in it has changed."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import neo4j
import pytest

from api.http.warming import ask_for_rights
from graph.identity.lookup import find
from graph.model import KINDS
from graph.questions.rights import framework, reading
from graph.questions.rights.asking import Asked, asked, evaluation, rights_on
from graph.rehearsal import rehearsed
from graph.time import today
from tests.emptied import empty
from tests.graph.questions.rights.imported import imported
from tests.graph.questions.rights.town import TOWN

pytestmark = pytest.mark.slow


@pytest.fixture
def town(driver: neo4j.Driver, tmp_path: Path) -> neo4j.Driver:
    empty(driver)
    assert imported(driver, TOWN, tmp_path).problems == []
    for _ in range(2):  # the second question after a change makes the framework
        assert titles(driver, "anna") == ["Sagsbehandler i SAPA", "Alle"]
    return driver


def changed(**more: Any) -> dict[str, Any]:
    return {**deepcopy(TOWN), **more}


def titles(driver: neo4j.Driver, person: str) -> list[str]:
    with driver.session() as session:
        return sorted((each.right.title for each in rights_on(session, asked(session, person), today()).held), key=len)[
            ::-1
        ]


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The persons whose surroundings were read without a framework."""
    found: list[str] = []
    read = reading.of_person
    monkeypatch.setattr(
        reading,
        "of_person",
        lambda session, day, at, person, rights: (found.append(person), read(session, day, at, person, rights))[1],
    )
    return found


def test_a_further_question_needs_only_the_person(town: neo4j.Driver, alone: list[str]) -> None:
    assert titles(town, "anna") == ["Sagsbehandler i SAPA", "Alle"]
    assert titles(town, "bo") == []
    assert alone == []


def test_the_tree_is_walked_once_for_everybody(town: neo4j.Driver) -> None:
    with town.session() as session:
        people = [find(session, "Person", each).uuid for each in ("anna", "bo")]
        first, second = (evaluation(session, each, today()).routes.tree for each in people)
        (root,) = [each.uuid for each in first.units.values() if each.parent is None]
    assert first is second
    assert first.below(root) is second.below(root)
    assert {way[-1].uuid for way in first.below(root)} == {each.uuid for each in first.units.values() if each.active}


def test_a_changed_grant_counts_at_once(town: neo4j.Driver, tmp_path: Path, alone: list[str]) -> None:
    imported(town, changed(grants=TOWN["grants"][:1]), tmp_path)
    assert titles(town, "anna") == ["Sagsbehandler i SAPA"]
    assert len(alone) == 1


def test_a_change_of_a_person_keeps_the_framework_and_counts(
    town: neo4j.Driver, tmp_path: Path, alone: list[str]
) -> None:
    imported(town, changed(employments=TOWN["employments"][1:], assignments=TOWN["assignments"][1:]), tmp_path)
    assert titles(town, "anna") == []
    assert alone == []


def test_a_rehearsal_leaves_nothing_behind(town: neo4j.Driver, tmp_path: Path) -> None:
    def without_grants(rehearsal: neo4j.Driver) -> list[str]:
        imported(rehearsal, changed(grants=[]), tmp_path)
        return [*titles(rehearsal, "anna"), *titles(rehearsal, "anna"), *titles(rehearsal, "anna")]

    assert rehearsed(town, without_grants) == []
    assert titles(town, "anna") == ["Sagsbehandler i SAPA", "Alle"]
    # The next change takes the number that the rehearsal gave back.
    imported(town, changed(grants=TOWN["grants"][1:]), tmp_path)
    assert titles(town, "anna") == ["Alle"]


def test_the_person_is_read_again_once_the_day_is_turned(town: neo4j.Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[str] = []
    read = reading.rows_of_person
    monkeypatch.setattr(
        reading,
        "rows_of_person",
        lambda session, day, at, person: (found.append(person), read(session, day, at, person))[1],
    )
    assert titles(town, "anna") == ["Sagsbehandler i SAPA", "Alle"]
    assert found == [], "in one message with the check"
    town.execute_query("MATCH (c:Clock) SET c.today = c.today - duration({days: 1})")
    assert titles(town, "anna") == ["Sagsbehandler i SAPA", "Alle"]
    assert len(found) == 1, "the copies are of another day now"
    assert titles(town, "anna") == ["Sagsbehandler i SAPA", "Alle"]
    assert len(found) == 1


def test_the_name_of_a_person_whom_a_grant_excepts_is_hidden_at_once(town: neo4j.Driver, tmp_path: Path) -> None:
    grants = [TOWN["grants"][0], {**TOWN["grants"][1], "except": ["person:anna"]}]
    imported(town, changed(grants=grants), tmp_path)
    for _ in range(2):
        titles(town, "anna")
    with town.session() as session:
        of = Asked(find(session, "Person", "bo").uuid)
        named = framework.with_framework(session, today(), of.person)
        assert named is not None
        assert "Anna Berg" in [each.title for grant in named.organisation.grants.values() for each in grant.exceptions]
    hidden = [{**TOWN["persons"][0], "address_protected": True}, *TOWN["persons"][1:]]
    imported(town, changed(grants=grants, persons=hidden), tmp_path)
    with town.session() as session:
        assert framework.with_framework(session, today(), of.person) is None


def test_another_graph_with_as_many_changes_is_another(town: neo4j.Driver, tmp_path: Path) -> None:
    empty(town)
    imported(town, changed(grants=TOWN["grants"][1:]), tmp_path)
    assert titles(town, "anna") == ["Alle"]


def test_warming_up_makes_a_framework(driver: neo4j.Driver, tmp_path: Path, alone: list[str]) -> None:
    empty(driver)
    ask_for_rights(driver)
    assert alone == [], "nothing grants anything"
    assert imported(driver, TOWN, tmp_path).problems == []
    ask_for_rights(driver)
    assert len(alone) == 1
    assert titles(driver, "anna") == ["Sagsbehandler i SAPA", "Alle"]
    assert len(alone) == 1


def test_what_is_kept_names_kinds_of_the_model() -> None:
    assert KINDS.keys() >= framework.OF_PERSONS
