"""What is refused when conflicts, requests and sensitive grants are saved, and what an approval in a file covers."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import neo4j
import pytest

from graph.questions.rights.asking import asked, rights_on
from graph.time import today
from tests.emptied import empty
from tests.graph.questions.rights.care_town import CARE_TOWN
from tests.graph.questions.rights.imported import imported

pytestmark = pytest.mark.slow
BOTH = ["system_role:pay_make", "system_role:pay_release"]
REQUEST = {"given_to": "person:carl", "requested_by": "carl", "gives": "system_role:mail_box", "reason": "Ferie"}
SIDES = {"first": "system_role:pay_make", "second": "system_role:pay_release"}
WRONG: dict[str, dict[str, tuple[dict[str, Any], str, str, str]]] = {
    "job_function_roles": {
        "holds_both": ({"includes": BOTH}, "includes", "conflict", "would hold both Opret udbetaling and Godkend"),
        "bundles_both": (
            {"includes": ["job_function_role:clerk", "job_function_role:chief"]}, "includes", "conflict", "To hænder",
        ),
    },
    "rights_conflicts": {
        "itself": ({**SIDES, "second": SIDES["first"]}, "second", "wrong_value", "scope overlap"),
        "its_part": ({**SIDES, "second": "job_function_role:clerk"}, "second", "wrong_value", "includes the other"),
        "no_side": ({"first": SIDES["first"]}, "second", "second", "needs second"),
        "no_mode": ({**SIDES, "mode": "warn"}, "mode", "wrong_value", "allowed: refuse, approve"),
    },
    "rights_requests": {
        "own": ({**REQUEST, "state": "approved", "decided_by": "carl"}, "decided_by", "own_approval", "themselves"),
        "of_tie": (
            {**REQUEST, "given_to": "employment:e_anna", "state": "approved", "decided_by": "anna"},
            "decided_by", "own_approval", "themselves",
        ),
        "asker": (
            {**REQUEST, "requested_by": "bo", "state": "approved", "decided_by": "bo"},
            "decided_by", "own_approval", "of their own",
        ),
        "undecided": ({**REQUEST, "state": "approved"}, "decided_by", "wrong_value", "missing"),
        "endless": (
            {"given_to": "person:carl", "requested_by": "carl", "exception_to": "two_hands"},
            "to", "wrong_value", "must have an end",
        ),
        "unlimited": (
            {**REQUEST, "gives": "system_role:sapa_read"}, "gives", "mandatory_not_configured", "needs a limit of KLE",
        ),
        "for_nothing": ({"given_to": "person:carl", "requested_by": "carl"}, "gives", "wrong_value", "for a right"),
        "begun_refused": ({**REQUEST, "state": "withdrawn"}, "state", "wrong_state", "begins as waiting"),
    },
    "grants": {
        "no_level": (
            {"gives": "system_role:mail_box", "given_to": ["unit:job"], "sensitivity": "HIGH"},
            "sensitivity", "wrong_value", "allowed: LOW, MIDDLE",
        ),
    },
}  # fmt: skip


def held(driver: neo4j.Driver, person: str) -> list[str]:
    with driver.session() as session:
        return sorted(each.right.key for each in rights_on(session, asked(session, person), today()).held)


def changed(**grant: Any) -> dict[str, Any]:
    content = deepcopy(CARE_TOWN)
    next(each for each in content["grants"] if each["id"] == "g_all_pay").update(grant)
    return content


@pytest.fixture(scope="module")
def town(driver: neo4j.Driver, tmp_path_factory: pytest.TempPathFactory) -> neo4j.Driver:
    empty(driver)
    content = deepcopy(CARE_TOWN)
    content["constraint_types"]["level"] = {
        "title": "Følsomhed", "uri": "urn:level", "content": "sensitivity", "levels": ["LOW=1", "MIDDLE=2"],
    }  # fmt: skip
    assert imported(driver, content, tmp_path_factory.mktemp("town")).problems == []
    return driver


def test_wrong_entries_are_shown_and_the_rest_is_written(town: neo4j.Driver, tmp_path: Path) -> None:
    content = deepcopy(CARE_TOWN)
    content["constraint_types"]["level"] = {
        "title": "Følsomhed", "uri": "urn:level", "content": "sensitivity", "levels": ["LOW=1", "MIDDLE=2"],
    }  # fmt: skip
    content["rights_requests"] = [{"id": "right", **REQUEST, "state": "approved", "decided_by": "dora"}]
    for section, entries in WRONG.items():
        for key, (entry, *_) in entries.items():
            if isinstance(content[section], dict):
                content[section][key] = entry
            else:
                content[section].append({"id": key, **entry})
    problems = {each.key: each for each in imported(town, content, tmp_path).problems if each.severity == "bad"}
    for entries in WRONG.values():
        for key, (_, field, rule, text) in entries.items():
            assert (problems[key].field, problems[key].rule) == (field, rule), key
            assert text in problems[key].text, key
    assert len(problems) == sum(map(len, WRONG.values()))
    assert held(town, "carl") == ["mail_box"]


def test_a_role_that_gets_the_other_side_through_one_that_it_includes_is_refused(
    town: neo4j.Driver, tmp_path: Path
) -> None:
    content = deepcopy(CARE_TOWN)
    content["job_function_roles"]["outer"] = {"title": "Ydre", "includes": ["job_function_role:clerk"]}
    assert [each for each in imported(town, content, tmp_path).problems if each.severity == "bad"] == []
    content["job_function_roles"]["outer"]["includes"].append("job_function_role:everyone")
    content["job_function_roles"]["everyone"]["includes"].append("system_role:pay_release")
    found = {each.key for each in imported(town, content, tmp_path).problems if each.severity == "bad"}
    assert found & {"outer", "everyone"}
    rows, _, _ = town.execute_query(
        """
        MATCH (outer:JobFunctionRole {key: 'outer'})-[:INCLUDES*]->(right:SystemRole)
        RETURN collect(DISTINCT right.key) AS keys
        """
    )
    assert not {"pay_make", "pay_release"} <= set(rows[0]["keys"])


def test_an_approval_in_a_file_covers_the_entry_as_it_was_then(driver: neo4j.Driver, tmp_path: Path) -> None:
    empty(driver)
    assert imported(driver, CARE_TOWN, tmp_path).problems == []
    assert "pay_all" in held(driver, "anna")
    assert "pay_all" not in held(driver, "bo"), "no approver is named"
    imported(driver, changed(title="Andet navn"), tmp_path)
    assert "pay_all" in held(driver, "anna")
    more = ["employment:e_anna", "employment:e_bo"]
    imported(driver, changed(given_to=more), tmp_path)
    assert "pay_all" not in held(driver, "anna"), "the same approver and day: the approval was of another entry"
    imported(driver, changed(given_to=more), tmp_path)
    assert "pay_all" not in held(driver, "anna")
    imported(driver, changed(given_to=more, approved_on="2026-11-01"), tmp_path)
    assert "pay_all" in held(driver, "anna")
    assert "pay_all" in held(driver, "bo")
    imported(driver, changed(given_to=more, approved_on="2026-11-02", approved_by="bo"), tmp_path)
    assert "pay_all" in held(driver, "anna")
    assert "pay_all" not in held(driver, "bo"), "nobody gets what they approved"


def test_a_limit_left_open_in_a_file_counts_once_it_names_who_approved_it(driver: neo4j.Driver, tmp_path: Path) -> None:
    empty(driver)
    setting = {"id": "c_open", "of": "job_function_role:sapa_case_worker", "system_role": "sapa_read", "type": "unit",
               "unlimited": True}  # fmt: skip

    def settings(*entries: dict[str, Any]) -> dict[str, Any]:
        return {**CARE_TOWN, "constraint_settings": [*CARE_TOWN["constraint_settings"], *entries]}

    assert imported(driver, settings(setting), tmp_path).problems == []
    assert "sapa_case_worker" not in held(driver, "anna"), "no approver is named"
    by_dora = {**setting, "approved_by": "dora", "to": "2999-01-01"}
    imported(driver, settings(by_dora), tmp_path)
    assert "sapa_case_worker" in held(driver, "anna")
    imported(driver, settings({**by_dora, "to": None}), tmp_path)
    assert "sapa_case_worker" not in held(driver, "anna"), "the approval had an end"
    imported(driver, settings({**by_dora, "to": None, "approved_on": "2026-11-02"}), tmp_path)
    assert "sapa_case_worker" in held(driver, "anna")
    imported(driver, settings({**setting, "approved_by": "anna", "approved_on": "2026-11-03"}), tmp_path)
    assert "sapa_case_worker" not in held(driver, "anna"), "nobody gets what they approved"
    required = {**setting, "id": "c_kle_open", "type": "kle", "system_role": None}
    (bad,) = [each for each in imported(driver, settings(required), tmp_path).problems if each.key == "c_kle_open"]
    assert (bad.field, "needs a limit of KLE" in bad.text) == ("unlimited", True)


def test_the_same_file_again_writes_nothing(driver: neo4j.Driver, tmp_path: Path) -> None:
    empty(driver)
    imported(driver, CARE_TOWN, tmp_path)
    rows, _, _ = driver.execute_query("MATCH (log:ChangeLog) RETURN log.number AS number")
    imported(driver, CARE_TOWN, tmp_path)
    again, _, _ = driver.execute_query("MATCH (log:ChangeLog) RETURN log.number AS number")
    assert again[0]["number"] == rows[0]["number"]


def test_a_limit_that_comes_with_the_grant_is_part_of_what_is_approved(driver: neo4j.Driver, tmp_path: Path) -> None:
    empty(driver)
    content = changed()
    content["system_roles"]["pay_all"]["optional"] = ["area"]
    limit = {"id": "c_pay", "of": "grant:g_all_pay", "type": "area", "fixed": ["N"]}
    content["constraint_settings"].append(limit)
    assert imported(driver, content, tmp_path).problems == []
    assert "pay_all" in held(driver, "anna")
    limit["fixed"] = ["S"]
    imported(driver, content, tmp_path)
    assert "pay_all" not in held(driver, "anna")
