"""How lists are narrowed."""

from typing import Any

import pytest

from tests.api.reads.asking import Asking


def keys(asking: Asking, plural: str, kind: str, filter_: dict[str, Any], at: str = "2026-01-15") -> set[str]:
    question = (
        f"query($f: {kind}Filter, $at: Date) {{ {plural}(filter: $f, at: $at, first: 1000) {{ nodes {{ keys }} }} }}"
    )
    return {each["keys"][0] for each in asking.data(question, {"f": filter_, "at": at})[plural]["nodes"]}


@pytest.mark.parametrize(
    ("plural", "kind", "filter_", "expected"),
    [
        ("units", "Unit", {"name": "Jobcenter"}, {"jobcentre"}),
        ("units", "Unit", {"name": " Jobcenter\u00a0"}, {"jobcentre"}),
        ("units", "Unit", {"nameContains": "HJEMMEpleje"}, {"homecare_n", "homecare_s"}),
        ("units", "Unit", {"nameStarts": "børnehuset"}, {"sunflower", "milkyway"}),
        ("units", "Unit", {"keys": ["it", "hr", "no such"]}, {"it", "hr"}),
        ("units", "Unit", {"below": "jobcentre"}, {"jobcentre", "benefits", "business"}),
        ("units", "Unit", {"root": True}, {"root", "election"}),
        ("units", "Unit", {"below": "social", "nameContains": "nord"}, {"homecare_n"}),
        ("employments", "Employment", {"below": "jobcentre"}, {"e_jens", "e_mette", "e_lone", "e_ib", "e_karen"}),
        ("employments", "Employment", {"below": "jobcentre", "role": "case_worker"}, {"e_karen", "e_ib"}),
        ("persons", "Person", {"below": "hr"}, {"aksel", "jytte", "nina", "otto"}),
        ("persons", "Person", {"role": "union_rep"}, {"rosa"}),
        (
            "assignments",
            "Assignment",
            {"role": "case_worker", "below": "elderly"},
            {"a_cw_leif", "a_cw_maja", "a_cw_two"},
        ),
        ("assignments", "Assignment", {"kle": "27"}, {"a_cw_leif", "a_cw_maja"}),
    ],
    ids=lambda part: str(sorted(part) if isinstance(part, set) else part),  # the same in each process
)
def test_filter(asking: Asking, plural: str, kind: str, filter_: dict[str, Any], expected: set[str]) -> None:
    assert keys(asking, plural, kind, filter_) == expected


def test_filters_follow_the_day(asking: Asking) -> None:
    assert "business" not in keys(asking, "units", "Unit", {"below": "jobcentre"}, "2026-07-01")
    assert "business" in keys(asking, "units", "Unit", {"below": "citizen"}, "2026-07-01")


def test_null_is_no_filter_but_for_values_it_is_their_absence(asking: Asking) -> None:
    question = "query($f: UnitFilter) { units(filter: $f) { totalCount } }"
    whole = asking.data(question)["units"]["totalCount"]
    assert asking.data(question, {"f": {}})["units"]["totalCount"] == whole
    assert asking.data(question, {"f": {"name": None}})["units"]["totalCount"] == 0
    assert asking.data(question, {"f": {"number": None}})["units"]["totalCount"] == whole
    assert asking.code(question, {"f": {"below": None}}) == "null_filter"
    assert asking.code(question, {"f": {"uuids": None}}) == "null_filter"
    assert asking.data(question, {"f": {"uuids": []}})["units"]["totalCount"] == 0


def test_changed_since(asking: Asking) -> None:
    question = "query($f: UnitFilter) { units(filter: $f) { totalCount } }"
    whole = asking.data(question)["units"]["totalCount"]
    assert asking.data(question, {"f": {"changedSince": 0}})["units"]["totalCount"] == whole
    assert asking.data(question, {"f": {"changedSince": 1_000_000}})["units"]["totalCount"] == 0


def test_one_thing_by_uuid_or_key(asking: Asking) -> None:
    question = "query($uuid: ID, $key: String) { unit(uuid: $uuid, key: $key) { uuid keys } }"
    found = asking.data(question, {"key": "it"})["unit"]
    assert asking.data(question, {"uuid": found["uuid"]})["unit"] == found
    assert asking.data(question, {"key": "no such"}) == {"unit": None}
    assert asking.code(question) == "uuid_or_key"
    assert asking.code(question, {"key": "root"}) == "ambiguous"  # two sources call a unit so
    assert asking.data('{ role(key: "manager") { title } }') == {"role": {"title": "Leder"}}
