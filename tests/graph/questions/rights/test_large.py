"""A right that follows from very many units: the review warns, before a login can't carry it (kombit_access.md
pitfall 39)."""

from dataclasses import replace

import pytest

from graph.questions.rights.evaluate import Evaluation
from graph.questions.rights.held import IncludedRight, ItSystem, Limit, LimitValue, SystemRole
from graph.questions.rights.large import BYTES_OF_UNIT, LARGE, bytes_of, grown, in_words
from graph.questions.rights.organisation import OrganisationOnDay, Setting, Tie, Unit
from graph.questions.rights.review import review
from tests.graph.questions.rights.test_widening import UNIT, left_open, town

BELOW = Setting("set", "inner", "unit", derived="unit_and_below")
AT_TOP = {"tie": Tie("tie", "Employment", "anna", "Tie", unit="top")}


def with_units(count: int, *settings: Setting) -> OrganisationOnDay:
    """The town with Anna at the top of so many units."""
    units = {"top": Unit("top", "Top")}
    for number in range(count - 1):
        uuid = f"{number:08d}-0000-4000-8000-000000000000"
        units[uuid] = Unit(uuid, uuid, parent="top")
    return town(*settings, units=units, ties=AT_TOP)


@pytest.mark.parametrize(("count", "is_large"), [(LARGE // BYTES_OF_UNIT, False), (LARGE // BYTES_OF_UNIT + 2, True)])
def test_pitfall_39_very_many_units_are_listed_with_figures_and_a_remedy(count: int, is_large: bool) -> None:
    work = Evaluation(with_units(count, BELOW))
    (held,) = work.of("anna").held
    assert bytes_of(held) == (count - 1) * BYTES_OF_UNIT + len("top,")
    found = [each for each in review(work) if each.finding == "large"]
    assert bool(found) == is_large
    for each in found:
        assert (each.about.kind, each.about.uuid) == ("JobFunctionRole", "inner")
        assert each.text.startswith(f"1 person holds it with very many values: Unit has {count} values")
        assert (
            "of 65536 that a login carries" in each.text and "(unlimited), with another person's approval" in each.text
        )


def test_what_is_left_open_on_purpose_takes_nothing() -> None:
    (held,) = Evaluation(with_units(2_000, left_open())).of("anna").held
    assert (bytes_of(held), in_words(held)) == (0, "nothing limits it")


@pytest.mark.parametrize(
    ("common", "parameter", "systems", "times"),
    [(True, "urn:p", ("a", "a"), 1), (True, None, ("a", "a"), 2), (False, "urn:p", ("a", "a"), 2),
     (False, None, ("a", "b"), 1)],
)  # fmt: skip
def test_a_limit_counts_as_often_as_one_document_carries_it(
    common: bool, parameter: str | None, systems: tuple[str, str], times: int
) -> None:
    limit = Limit(replace(UNIT, common=common), (LimitValue("top"),), dynamic=True, parameter=parameter)
    roles = [
        SystemRole(str(place), "role", "Role", f"urn:{place}", ItSystem(each, each, each))
        for place, each in enumerate(systems)
    ]
    (held,) = Evaluation(with_units(1, BELOW)).of("anna").held
    assert bytes_of(held._replace(included=tuple(IncludedRight(each, (limit,)) for each in roles))) == times * 4


def test_only_what_takes_more_than_before_has_grown() -> None:
    smaller, larger = (Evaluation(with_units(count, BELOW)).of("anna").held for count in (2, 3))
    assert grown(larger, smaller) == list(larger)
    assert grown(larger, ()) == list(larger), "nothing was held by it"
    assert grown(smaller, larger) == [] == grown(larger, larger)
    assert grown(smaller, (*larger, *smaller)) == [], "the most that it took counts"
