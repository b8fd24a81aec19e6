"""The demo's two releases: what happens between them, to numbers that the sample's facts use."""

from datetime import date

from sample import classification
from sample.facts import KLE, Keys, facts
from sample.municipality import Municipality
from sample.role_rules import ROLE_RULES

FIRST, SECOND = date(2026, 8, 1), date(2026, 11, 1)


def test_one_number_in_use_ends_and_one_has_a_successor() -> None:
    before, after = (
        {each.number: each for each in release.rows} for release in classification.releases(KLE, FIRST, SECOND)
    )
    assert after[classification.ENDED].ended == SECOND and not after[classification.ENDED].moved
    (successor,) = after[classification.MOVED].successors
    assert successor in after and successor not in before
    assert {number for number in before if before[number].ended is not None} == set()


def test_every_number_of_the_facts_is_in_force_before() -> None:
    before, _ = classification.releases(KLE, FIRST, SECOND)
    assert set(KLE) <= {each.number for each in before.rows}


def test_assignments_units_and_a_role_rule_use_what_ends() -> None:
    keys = Keys(unit=lambda unit: str(unit.number), employment=lambda each: str(each.number), person=lambda each: "p")
    told = facts(Municipality("S", 42, SECOND), keys)
    about = {each for assignment in told["assignments"] for each in assignment["about"]}
    assert {f"kle:{classification.ENDED}", f"kle:{classification.MOVED}"} <= about
    of_units = {
        how: [number for unit in told["units"] for number in unit.get(how, ())]
        for how in ("performs", "responsible_for", "interested_in")
    }
    assert classification.MOVED in of_units.pop("performs")
    assert of_units == {
        "responsible_for": [classification.ENDED],
        "interested_in": [classification.ENDED],
    }
    assert f"kle:{classification.MOVED}" in {each for rule in ROLE_RULES for each in rule.about}
