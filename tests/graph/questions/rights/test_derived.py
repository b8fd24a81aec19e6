"""Values that follow from the organisation, one rule each: what a mistake in it would give or take."""

from dataclasses import replace
from typing import Any

import pytest

from graph.questions.rights.evaluate import Evaluation
from graph.questions.rights.held import HeldRight, SystemRole, Thing
from graph.questions.rights.organisation import Assignment, Mark, OrganisationOnDay, Place, Role, Setting, Tie, Unit
from tests.graph.questions.rights.test_widening import GRANT, KLE, SYSTEM, town

TOP = Unit("top", "Top", performs=(Mark("k15", "15"),), passes_kle_down=True)
LOW = Unit("low", "Low", parent="top", performs=(Mark("k32", "32.24"),))
WORKER = Role("worker", "worker", "Sagsbehandler")
PERFORMED = Setting("set", "inner", "kle", derived="kle_performs", parameter="urn:kle")
WITH_KLE = SystemRole("s", "s", "S", "urn:s", SYSTEM, required=(KLE,))
TO_ROLE = replace(GRANT, given_to=(Thing("Role", "worker"),))


def case_workers(*assignments: Assignment, **more: Any) -> OrganisationOnDay:
    """Anna is case worker for Low in two employments; what Low performs, and Top passes down, limits her right."""
    told: dict[str, Any] = {
        "units": {"top": TOP, "low": LOW},
        "ties": {each: Tie(each, "Employment", "anna", each, unit="low") for each in ("one", "two")},
        "roles": {"worker": WORKER},
        "assignments": {each.uuid: each for each in assignments},
        "grants": {"g": TO_ROLE},
        "system_roles": {"s": WITH_KLE},
        "types": {"kle": KLE},
    }
    return town(PERFORMED, **{**told, **more})


def values(organisation: OrganisationOnDay) -> dict[str, tuple[str, ...]]:
    """Of each tie its values."""
    held: tuple[HeldRight, ...] = Evaluation(organisation).of("anna").held
    return {each.subject.uuid: each.included[0].limits[0].wire for each in held}


@pytest.mark.parametrize("of_grant", [False, True])
def test_pitfall_11_own_kle_only_concerns_that_assignment_and_no_other(of_grant: bool) -> None:
    one = Assignment("a", "one", "worker", (Place("low"),), own_kle_only=not of_grant)
    two = Assignment("b", "two", "worker", (Place("low"),))
    grant = replace(TO_ROLE, own_kle_only=of_grant)
    own, inherited = ("32.24.*",), ("15.*", "32.24.*")
    assert values(case_workers(one, two, grants={"g": grant})) == {"one": own, "two": own if of_grant else inherited}
