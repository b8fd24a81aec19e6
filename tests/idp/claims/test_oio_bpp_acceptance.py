"""Every case of oio_bpp.yaml from an organisation on a day to the exact bytes."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.questions.rights.evaluate import evaluate
from graph.questions.rights.organisation import OrganisationOnDay
from idp.claims.oio_bpp import Privileges, Receiver, privileges
from idp.claims.oio_bpp_reader import read
from tests.acceptance.rights_cases import CASES, PERSON, TOWN, named, omitted, organisation, uuid_of
from tests.idp.claims.rights import parsed


def receiver(case: dict[str, Any]) -> Receiver:
    return Receiver(case["profile"], TOWN["cvr"], uuid_of(case["system"]) if "system" in case else None)


def made(case: dict[str, Any], town: OrganisationOnDay) -> Privileges:
    return privileges(evaluate(town, uuid_of(PERSON)), receiver(case))


@pytest.mark.parametrize("case", CASES, ids=named)
def test_case(case: dict[str, Any]) -> None:
    town = organisation(case)
    found = made(case, town)
    expected = case["expect"]
    assert found.xml == expected["xml"]
    if found.encoded is not None:
        assert len(found.encoded) == expected["base64_length"]
        assert base64.b64decode(found.encoded).decode("utf-8") == expected["xml"]
        assert read(found.encoded) == found.groups
        assert all(len(names) == 1 for _, names, _ in parsed(expected["xml"]))
    names = {uuid_of(each["id"]): each["id"] for each in case["employments"]}
    left_out = omitted(evaluate(town, uuid_of(PERSON)), names)
    assert len(found.omitted) == len(left_out) == len(expected["omitted"])
    for one, other in zip(left_out, expected["omitted"], strict=True):
        assert {name: one[name] for name in other} == other


@given(st.sampled_from(CASES), st.randoms())
def test_the_order_of_employments_and_grants_changes_nothing(case: dict[str, Any], random: Any) -> None:
    shuffled = {**case, **{name: random.sample(case[name], len(case[name])) for name in ("employments", "grants")}}
    if "manages" not in case:
        assert made(case, organisation(shuffled)).xml == case["expect"]["xml"]


@given(st.sampled_from([case for case in CASES if "manages" not in case]), st.sampled_from(TOWN["job_roles"]))
def test_a_further_grant_keeps_every_privilege(case: dict[str, Any], role: dict[str, Any]) -> None:
    grant = {"job_role": role["id"], "employment": case["employments"][-1]["id"]}
    before = made(case, organisation(case))
    after = made(case, organisation({**case, "grants": [*case["grants"], grant]}))
    assert {group.privilege for group in before.groups} <= {group.privilege for group in after.groups}
