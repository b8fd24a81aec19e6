"""The preview of a change says whose planned accounts would differ: as the rules plan them once it is made."""

from collections.abc import Callable
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import neo4j
import pytest

from graph.change_log import Origin
from graph.questions.preview.consequences import Consequence, Preview, preview
from graph.statements.precedence import MANUAL
from graph.statements.statement import Ref
from graph.time import Period, since, today, union, without
from graph.writing.graph_writer import GraphWriter
from graph.writing.stopping import stopped
from rules.accounts.consequences import account_consequences
from rules.accounts.run import Limits, apply
from tests.graph.questions.rights.imported import RING, imported
from tests.rules.accounts.account_town import ACCOUNT_TOWN, day, town
from tests.rules.accounts.test_run import Place, extra

pytestmark = pytest.mark.slow
NO_LIMIT = Limits(at_least=1_000)


SCHOOL = {
    "title": "Skole", "system": "school", "unit": "job", "per": "employment", "lead_days": 5, "after_days": 10,
    "needs": "ad",
}  # fmt: skip
MORE = {
    "id": "e_more", "person": "aase", "from": "2021-01-01", "units": [{"unit": "job"}], "type": "monthly_part",
}  # fmt: skip


def _town(**more: Any) -> dict[str, Any]:
    """With a system in which each employment has an account, and which needs one in another system."""
    rules = {"per_job": SCHOOL, **more.pop("account_rules", {})}
    return town(account_rules=rules, employments=[MORE, *more.pop("employments", [])], **more)


CHANGES: dict[str, dict[str, Any]] = {
    "somebody leaves, one gets another pay, and one is excepted": {
        "employments": [
            {"id": "e_more", "to": day(20)},
            {"id": "e_bo", "to": day(25)},
            {"id": "e_bo2", "person": "bo", "from": day(25), "units": [{"unit": "desk"}], "type": "monthly_full"},
        ],
        "account_exceptions": [
            {"id": "x", "person": "carl", "system": "ad", "effect": "give", "reason": "A test", "from": day(3),
             "to": day(9)},
        ],
    },
    "a unit moves for a while to where another rule withholds": {
        "units": [
            {"id": "job", "parents": [
                {"unit": "town", "to": day(30)},
                {"unit": "canteen", "from": day(30), "to": day(75)},
                {"unit": "town", "from": day(75)},
            ]},
        ],
    },
    "a rule gives another licence, and one is made": {
        "account_rules": {
            "everyone": {**ACCOUNT_TOWN["account_rules"]["everyone"], "licence": "F3"},
            "kitchen": {"title": "Køkken", "system": "school", "unit": "canteen", "from": day(40)},
        },
    },
}  # fmt: skip
"""The entries by which the next town differs."""


@pytest.fixture
def graph(clean_graph: neo4j.Driver, tmp_path: Path) -> neo4j.Driver:
    assert imported(clean_graph, _town(), tmp_path).problems == []
    plan(clean_graph)
    return clean_graph


def plan(driver: neo4j.Driver) -> None:
    apply(driver, GraphWriter(driver, RING), limits=NO_LIMIT)


Days = dict[tuple[str, str], tuple[Period, ...]]


def planned(driver: neo4j.Driver) -> Days:
    """From today on: person and account, or licence of one → its days, as the rules have planned them."""
    rows, _, _ = driver.execute_query(
        """
        MATCH (s:ItSystem)<-[:AT]-(a:PlannedAccount)-[:OF_PERSON]->(p:Person)
        WHERE NOT coalesce(p.stopped, false)
        MATCH (a)-[l:STATE]->(v)
        RETURN p.name AS person, s.title AS system, a.extra AS extra, toString(l.from) AS start,
            toString(l.to) AS end, v.licence AS licence,
            head(COLLECT { MATCH (e:Employment {uuid: split(a.key, ':')[2]}) RETURN e.number }) AS alone
        """
    )
    found: Days = {}
    for row in rows:
        end = None if row["end"] is None else date.fromisoformat(row["end"])
        days = since((Period(date.fromisoformat(row["start"]), end),), today())
        alone = f" (employment {row['alone']})" if row["alone"] else ""
        text = f"{row['system']}{alone}{', extra account' if row['extra'] else ''}"
        for each in (text, *([f"{text}, licence {row['licence']}"] if row["licence"] else ())):
            found[row["person"], each] = union((*found.get((row["person"], each), ()), *days))
    return found


def differing(before: Days, after: Days) -> set[tuple[str, str, str, date, date | None]]:
    changes = (("lost", before, after), ("gained", after, before))
    return {
        (person, change, text, each.start, each.end)
        for change, here, there in changes
        for (person, text), days in here.items()
        for each in without(days, there.get((person, text), ()))
    }


def of_accounts(found: Preview[Any]) -> list[Consequence]:
    return [each for each in found.consequences if each.what == "account"]


def told(found: Preview[Any]) -> set[tuple[str, str, str, date, date | None]]:
    return {(each.name, each.change, each.text, each.since, each.until) for each in of_accounts(found)}


def assert_is_what_comes(driver: neo4j.Driver, change: Callable[[neo4j.Driver], Any]) -> None:
    """The preview of a change, and then the change itself and what the rules make of it."""
    before = planned(driver)
    found = preview(driver, change, follow=account_consequences)
    assert planned(driver) == before, "nothing of it stays"
    change(driver)
    plan(driver)
    expected = differing(before, planned(driver))
    assert expected
    assert told(found) == expected
    assert {each.person for each in of_accounts(found)} <= found.people


@pytest.mark.parametrize("more", CHANGES.values(), ids=CHANGES)
def test_it_is_what_the_rules_plan_once_the_change_is_made(
    graph: neo4j.Driver, tmp_path: Path, more: dict[str, Any]
) -> None:
    content = _town(**deepcopy(more))
    assert_is_what_comes(graph, lambda driver: imported(driver, content, tmp_path))


def test_the_end_of_a_unit_reaches_those_with_a_role_for_it(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    managers = {**ACCOUNT_TOWN["account_rules"]["everyone"], "condition": "roles.exists(each, each.key == 'manager')"}
    pool = {"id": "pool", "name": "Vikarkorps", "parents": [{"unit": "town"}]}
    held = {"id": "m", "holder": {"employment": "e_anna"}, "role": "manager", "for": [{"unit": "pool"}]}
    content = town(account_rules={"everyone": managers}, units=[pool], assignments=[held])
    assert imported(clean_graph, content, tmp_path).problems == []
    plan(clean_graph)
    ended = town(account_rules={"everyone": managers}, units=[{**pool, "to": day(10)}], assignments=[held])
    assert_is_what_comes(clean_graph, lambda driver: imported(driver, ended, tmp_path))


def test_extra_accounts_end_with_their_owners_and_stops_close_all(graph: neo4j.Driver, tmp_path: Path) -> None:
    place = Place(graph, tmp_path)
    uuids = dict(graph.execute_query("MATCH (n:Person|ItSystem) RETURN coalesce(n.name, n.key), n.uuid").records)
    links = {"owner": Ref("Person", uuids["Anna Marie Berg"], "uuid"), "system": Ref("ItSystem", uuids["ad"], "uuid")}
    extra(place, "adm", day(4), links)
    content = _town(employments=[{"id": "e_anna", "to": day(12)}])
    found = preview(graph, lambda driver: imported(driver, content, tmp_path), follow=account_consequences)
    ends, days = date.fromisoformat(day(12)), date.fromisoformat(day(30))
    assert ("Anna Marie Berg", "lost", "AD, extra account", ends, days) in told(found)
    one_day = preview(graph, lambda driver: imported(driver, content, tmp_path), ends, follow=account_consequences)
    assert ("Anna Marie Berg", "lost", "AD, extra account", ends, None) in told(one_day)

    def stop(driver: neo4j.Driver) -> None:
        why = Origin(MANUAL, user="ida", reason="A test")
        edit = stopped(Period(today(), date.fromisoformat(day(8))), "A test")
        GraphWriter(driver, RING).amend("Person", uuids["Anna Marie Berg"], edit, why)

    again = date.fromisoformat(day(8))
    assert told(preview(graph, stop, follow=account_consequences)) == {
        ("Anna Marie Berg", "lost", "AD", today(), again),
        ("Anna Marie Berg", "lost", "AD, licence E3", today(), again),
        ("Anna Marie Berg", "lost", "AD, extra account", date.fromisoformat(day(4)), again),
        ("Anna Marie Berg", "lost", "Skole-AD (employment e_anna)", today(), again),
    }
