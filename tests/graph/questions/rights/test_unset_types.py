"""A type that is left open on purpose, and one for which nothing is set, limit nothing: each is said as what it is."""

from dataclasses import replace

from graph.questions.preview.standing import UNLIMITED, _rights
from graph.questions.rights.evaluate import Evaluation
from graph.questions.rights.organisation import OrganisationOnDay, Setting
from graph.questions.rights.review import review
from graph.questions.rights.why import limits
from idp.claims.person_claims import _system_roles
from tests.graph.questions.rights.test_widening import UNIT, left_open, town


def told(organisation: OrganisationOnDay) -> tuple[list[str], dict[str, str]]:
    """In words: of the right itself, and of a preview by value."""
    work = Evaluation(organisation)
    (held,) = work.of("anna").held
    values = {each.about[-1]: text for each, text in _rights(work, "anna", True) if each.what == "value"}
    return list(limits(held.included[0])), values


def test_nothing_set() -> None:
    shown, values = told(town())
    assert shown == ["Unit: not limited, as nothing is set for it"]
    assert values == {UNLIMITED: "inner for Low: S, Unit not limited, as nothing is set for it"}
    (found,) = [each for each in review(Evaluation(town())) if each.finding == "left_open"]
    assert (found.about.uuid, found.text) == ("inner", "S is not limited by Unit")


def test_open_on_purpose() -> None:
    organisation = town(left_open())
    shown, values = told(organisation)
    assert shown == ["Unit: not limited, on purpose"]
    assert values == {UNLIMITED: "inner for Low: S, Unit not limited, on purpose"}
    assert [each for each in review(Evaluation(organisation)) if each.finding == "left_open"] == []


def test_a_limit() -> None:
    shown, values = told(town(Setting("set", "inner", "unit", derived="unit")))
    assert shown == ["Unit: low (Low)"]
    assert values == {"low": "inner for Low: S, Unit low (Low)"}


def test_claims_call_only_what_is_limited_a_data_role() -> None:
    """The peer's receivers read a data role as one with constraint values."""
    for organisation, data_roles in (
        (town(), ()),
        (town(left_open()), ()),
        (town(Setting("set", "inner", "unit", derived="unit")), ("urn:s",)),
    ):
        held = Evaluation(organisation).of("anna").held
        assert _system_roles(held, limited=None) == ("urn:s",)
        assert _system_roles(held, limited=True) == data_roles


def test_a_further_optional_type_is_seen_beside_a_limit() -> None:
    kle = town().types["kle"]
    role = replace(town().system_roles["s"], optional=(UNIT, kle))
    organisation = town(Setting("set", "inner", "unit", derived="unit"), system_roles={"s": role})
    shown, _ = told(organisation)
    assert shown == ["Unit: low (Low)", "KLE: not limited, as nothing is set for it"]
