"""Every query of nearest.yaml, through GraphQL."""

from typing import Any

import pytest

from tests.acceptance.cases import HOLDERS, MANAGERS, expected_manager, named
from tests.api.reads.asking import Asking

ANSWER = "holders { person { keys } assignment { keys } via { keys } } levelUnit { keys } steps path { keys } reason"
NEAREST = f"""
query Nearest($role: String!, $responsibility: String, $unit: String!, $at: Date!) {{
  nearest(role: $role, responsibility: $responsibility, unit: $unit, at: $at) {{ {ANSWER} }}
}}
"""
MANAGER = f"""
query Manager($person: String!, $at: Date!) {{
  nearestManager(person: $person, at: $at) {{
    employment {{ ... on Employment {{ keys }} ... on Affiliation {{ keys }} }}
    {ANSWER}
  }}
}}
"""


def key(thing: dict[str, Any] | None) -> str | None:
    return None if thing is None else thing["keys"][0]


def in_form(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer in the form of ``expect``."""
    form = {
        "holders": [{name: key(each[name]) for name in ("person", "assignment", "via")} for each in answer["holders"]],
        "level_unit": key(answer["levelUnit"]),
        "steps": answer["steps"],
        "path": [key(each) for each in answer["path"]],
    }
    return form | ({"reason": answer["reason"]} if answer["reason"] else {})


@pytest.mark.parametrize("case", HOLDERS, ids=named)
def test_nearest(asking: Asking, case: dict[str, Any]) -> None:
    variables = {name: case.get(name) for name in ("role", "responsibility", "unit")} | {"at": case["at"].isoformat()}
    if "error" in case["expect"]:
        assert asking.code(NEAREST, variables) == case["expect"]["error"]
        return
    assert in_form(asking.data(NEAREST, variables)["nearest"]) == case["expect"]


@pytest.mark.parametrize("case", MANAGERS, ids=named)
def test_nearest_manager(asking: Asking, case: dict[str, Any]) -> None:
    variables = {"person": case["person"], "at": case["at"].isoformat()}
    if "error" in case["expect"]:
        assert asking.code(MANAGER, variables) == case["expect"]["error"]
        return
    answers = [
        expected_manager({"employment": key(each["employment"]), **in_form(each)})
        for each in asking.data(MANAGER, variables)["nearestManager"]
    ]
    assert answers == case["expect"]
