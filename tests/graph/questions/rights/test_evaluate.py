"""Every case of oio_bpp.yaml on the evaluator alone."""

from typing import Any

import pytest

from graph.questions.rights.evaluate import evaluate
from tests.acceptance.rights_cases import (
    CASES,
    MERGED,
    PERSON,
    expected_groups,
    groups,
    named,
    omitted,
    organisation,
    uuid_of,
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=named)
def test_case(case: dict[str, Any]) -> None:
    rights = evaluate(organisation(case), uuid_of(PERSON))
    names = {uuid_of(each["id"]): each["id"] for each in case["employments"]}
    left_out = omitted(rights, names)
    assert len(left_out) == len(case["expect"]["omitted"])
    for found, expected in zip(left_out, case["expect"]["omitted"], strict=True):
        assert {name: found[name] for name in expected} == expected
    found = groups(case, rights)
    if case["id"] not in MERGED:
        assert found == sorted(expected_groups(case))
    else:
        assert {uri for uri, _ in found} == {uri for uri, _ in expected_groups(case)}
        told = {value for _, limits in expected_groups(case) for _, text in limits for value in text.split(",")}
        mine = {value for _, limits in found for _, text in limits for value in text.split(",")}
        assert told <= mine  # joining takes the higher of single values, and adds none
