"""The nearest manager of everybody, in a list of employments: the same as asked one by one, in one look-up."""

from dataclasses import replace
from typing import Any

import neo4j
import pytest

from api.computed.managers_of_all import Everybody
from api.reads.limits import Limits
from tests.acceptance.cases import MANAGERS
from tests.api.reads.asking import Asking

ANSWER = "holders { person { keys } assignment { keys } via { keys } } levelUnit { keys } steps path { keys } reason"
OF_ALL = f"""
query($at: Date!) {{
  employments(at: $at, first: 1000) {{ nodes {{ uuid nearestManager {{ {ANSWER} }} }} }}
  affiliations(at: $at, first: 1000) {{ nodes {{ uuid nearestManager {{ {ANSWER} }} }} }}
  nearestManagers(at: $at) {{ employment {{ ... on Employment {{ uuid }} ... on Affiliation {{ uuid }} }} {ANSWER} }}
}}
"""
OF_ONE = f"""
query($employment: String!, $at: Date!) {{
  nearestManager(employment: $employment, at: $at) {{
    employment {{ ... on Employment {{ uuid }} ... on Affiliation {{ uuid }} }} {ANSWER}
  }}
}}
"""
DAYS = sorted({case["at"].isoformat() for case in MANAGERS})[::3]


def by_employment(answers: list[dict[str, Any]]) -> dict[str, Any]:
    return {each.pop("employment")["uuid"]: each for each in answers}


@pytest.mark.parametrize("at", DAYS)
def test_all_at_once_is_each_alone(asking: Asking, at: str) -> None:
    # Without a look at the graph a question for everybody is taken for one to a large municipality.
    unbounded = replace(asking, reader=replace(asking.reader, limits=Limits(cost=10**9)))
    data = unbounded.data(OF_ALL, {"at": at})
    listed = {
        each["uuid"]: each["nearestManager"]
        for each in data["employments"]["nodes"] + data["affiliations"]["nodes"]
        if each["nearestManager"] is not None
    }
    assert listed == by_employment(data["nearestManagers"])
    for uuid, answer in listed.items():
        (alone,) = asking.data(OF_ONE, {"employment": uuid, "at": at})["nearestManager"]
        assert alone == {"employment": {"uuid": uuid}, **answer}


@pytest.mark.parametrize("fields", ["holders { person { uuid } }", "steps", "levelUnit { uuid }", "path { uuid }"])
def test_it_may_be_all_that_is_asked_for(asking: Asking, fields: str) -> None:
    unbounded = replace(asking, reader=replace(asking.reader, limits=Limits(cost=10**9)))
    question = f"query($at: Date!) {{ employments(at: $at) {{ nodes {{ nearestManager {{ {fields} }} }} }} }}"
    data = unbounded.data(question, {"at": DAYS[0]})
    assert any(each["nearestManager"] is not None for each in data["employments"]["nodes"])


def test_of_today_it_is_the_same_within_other_lists(asking: Asking) -> None:
    unbounded = replace(asking, reader=replace(asking.reader, limits=Limits(cost=10**9)))
    answer = "levelUnit { uuid } path { uuid } holders { person { uuid } }"
    nested = unbounded.data(f"{{ persons {{ nodes {{ employments {{ uuid nearestManager {{ {answer} }} }} }} }} }}")
    all_ = unbounded.data(f"{{ nearestManagers {{ employment {{ uuid }} {answer} }} }}")["nearestManagers"]
    alone = by_employment(all_)
    listed = {
        each["uuid"]: each["nearestManager"] for person in nested["persons"]["nodes"] for each in person["employments"]
    }
    assert any(each["holders"] for each in listed.values())
    assert {uuid: alone[uuid] for uuid in listed} == listed


def test_of_a_period_it_is_refused(asking: Asking) -> None:
    question = '{ employments(period: {from: "2026-01-01"}) { nodes { nearestManager { steps } } } }'
    assert asking.code(question) == "at_or_period"


def test_what_was_found_is_kept_until_something_changes(graph: neo4j.Driver) -> None:
    from graph.time import today

    everybody = Everybody()
    first = everybody.on(graph, today())
    assert everybody.on(graph, today()) is first
    graph.execute_query("MATCH (log:ChangeLog) SET log.number = log.number + 1")
    assert everybody.on(graph, today()) is not first
    graph.execute_query("MATCH (log:ChangeLog) SET log.number = log.number - 1")


def test_a_manager_s_fields_are_of_the_day(asking: Asking) -> None:
    question = """
    query($at: Date!) { employments(at: $at, filter: {keys: ["e_otto"]}) { nodes {
        nearestManager { levelUnit { name } holders { person { name employments { unit { name } } } } } } } }
    """
    (otto,) = asking.data(question, {"at": "2026-06-01"})["employments"]["nodes"]
    assert otto["nearestManager"] == {
        "levelUnit": {"name": "It og Digitalisering"},
        "holders": [{"person": {"name": "Torben Elkjær", "employments": [{"unit": {"name": "It og Digitalisering"}}]}}],
    }


@pytest.mark.parametrize(
    "question",
    [
        'query($at: Date) { nearestManager(employment: "e_otto", at: $at) { things: employment { EVERY } } }',
        'query($at: Date) { assignments(at: $at, filter: {keys: ["a_job_jens"]})'
        " { nodes { things: holder { EVERY } } } }",
    ],
)
def test_it_stands_beside_the_label_of_what_may_be_of_several_kinds(asking: Asking, question: str) -> None:
    near = "nearestManager { levelUnit { name } holders { person { name } } }"
    at = {"at": "2026-06-01"}
    every = f"uuid label active ... on Employment {{ {near} }}"
    (answer,) = asking.data(question.replace("EVERY", every), at).values()
    (found,) = answer if isinstance(answer, list) else answer["nodes"]
    (alone,) = asking.data(
        f"query($at: Date, $uuid: ID!) {{ employments(at: $at, filter: {{uuids: [$uuid]}}) {{ nodes {{ {near} }} }} }}",
        {**at, "uuid": found["things"]["uuid"]},
    )["employments"]["nodes"]
    assert found["things"]["nearestManager"] == alone["nearestManager"]
    assert found["things"]["nearestManager"]["holders"]
