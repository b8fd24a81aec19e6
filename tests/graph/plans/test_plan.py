"""What a plan says: its digest, its references, and what is refused when it is saved."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from graph.errors import ChangeRejected
from graph.plans.plan import Draft, PlannedChange, checked, filled, mentions

DAY = date(2027, 1, 1)
ROOT = Path(__file__).parents[3]
MOVE = PlannedChange("placeUnits", {"units": [{"unit": "job", "parents": [{"unit": "@new", "from": "@day"}]}]})
NEW = PlannedChange("createUnit", {"parent": "town", "name": "Center for Job"}, "new")
PLAN = Draft("Jobcenter flytter", DAY, "Ny struktur", (NEW, MOVE))

DIGEST = """
from datetime import date
from graph.plans.plan import Draft, PlannedChange
names = {"unit", "name", "parent", "from", "to"}
told = {name: {each: 1 for each in names} for name in names}
print(Draft("Æ", date(2027, 1, 1), "ø", (PlannedChange("createUnit", told, "a"),)).digest)
"""


def test_the_same_content_has_the_same_digest_in_every_process() -> None:
    digests = set()
    for seed in ("1", "2", "77"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", DIGEST], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
        )
        digests.add(done.stdout)
    assert len(digests) == 1


def test_whatever_is_different_has_another_digest() -> None:
    others = [
        replace(PLAN, day=date(2027, 1, 2)),
        replace(PLAN, reason="andet"),
        replace(PLAN, name="andet"),
        replace(PLAN, changes=(MOVE, NEW)),
        replace(PLAN, changes=(NEW,)),
        replace(PLAN, changes=(replace(NEW, name="ny"), MOVE)),
        replace(PLAN, changes=(replace(NEW, arguments={**NEW.arguments, "parent": "x"}), MOVE)),
    ]
    assert len({PLAN.digest, *(each.digest for each in others)}) == len(others) + 1


def test_references_are_filled_in_at_any_depth() -> None:
    told = filled(MOVE.arguments, DAY, {"new": "u-1"})
    assert told == {"units": [{"unit": "job", "parents": [{"unit": "u-1", "from": "2027-01-01"}]}]}
    assert filled("unit:@new", DAY, {"new": "u-1"}) == "unit:u-1"
    assert filled(["a@b.dk", "@", "@A", True, 1, None], DAY, {}) == ["a@b.dk", "@", "@A", True, 1, None]


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"name": " "}, "wrong_value", "name"),
        ({"name": "Om 010190-1234"}, "cpr_in_text", "name"),
        ({"reason": "\x00"}, "wrong_value", "reason"),
        ({"changes": ()}, "wrong_value", "changes"),
        ({"changes": (MOVE, NEW)}, "unknown_reference", "changes[1]"),
        ({"changes": (replace(NEW, name="day"),)}, "wrong_value", "changes[1].name"),
        ({"changes": (replace(NEW, name="A b"),)}, "wrong_value", "changes[1].name"),
        ({"changes": (NEW, NEW)}, "wrong_value", "changes[2].name"),
        ({"changes": (replace(NEW, name="om-010190-1234"),)}, "cpr_in_text", "changes[1].name"),
        ({"changes": (replace(NEW, arguments={"a": [{"b": "0101901234"}]}),)}, "cpr_in_text", "changes[1]"),
    ],
)
def test_what_is_wrong_with_a_plan_is_told_with_its_field(changed: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(ChangeRejected) as refused:
        checked(replace(PLAN, **changed))
    assert (refused.value.code, refused.value.field) == (code, field)


def test_a_change_mentions_a_thing_by_uuid_or_key_also_behind_a_kind() -> None:
    uuid = "0b5ff3a5-54a4-4c30-9a31-0f5fbd0a2f11"
    for text in ("e1", "employment:e1", uuid, uuid.upper(), f"person:{uuid}", f"person:{uuid.upper()}", f"for {uuid}."):
        assert mentions(PlannedChange("createGrant", {"givenTo": [text]}), frozenset({"e1", uuid}))
    assert not mentions(PlannedChange("createGrant", {"givenTo": ["e12"], "e1": 1}), frozenset({"e1", uuid}))
    assert mentions(PlannedChange("createUnit", {}, f"e-{uuid}"), frozenset({uuid}))
