"""Values by hand: a blank is none, "there is none" is said with null, and a release is another thing."""

from typing import Any

import pytest

from api.mutations.property_values import parsed
from graph.errors import ChangeRejected
from tests.api.serving import Served
from tests.graph.snapshot import change_numbers, snapshot

SET = """
mutation($kind: Kind!, $thing: String!, $property: String!, $value: String,
         $from: Date = "0001-01-01", $to: Date) {
  setValue(kind: $kind, thing: $thing, property: $property, value: $value, from: $from, to: $to, reason: "x") {
    change notice } }
"""
RELEASE = """
mutation($kind: Kind!, $thing: String!, $property: String!) {
  releaseValue(from: "0001-01-01", kind: $kind, thing: $thing, property: $property, reason: "x") { change notice } }
"""


@pytest.fixture
def service(shared_service: Served) -> Served:
    return shared_service


def refusal(answer: dict[str, Any]) -> tuple[str, str]:
    (error,) = answer["errors"]
    return error["extensions"]["code"], error["extensions"]["field"]


@pytest.mark.parametrize("blank", ["", "   ", "\u00a0", "\u2028", "\t"])
def test_a_blank_value_is_refused_wherever_it_is_given(service: Served, blank: str) -> None:
    before, numbers = snapshot(service.driver), change_numbers(service.driver)
    mine = {"kind": "Unit", "thing": "school", "property": "name"}
    assert refusal(service.ask(SET, value=blank, **mine)) == ("wrong_value", "name")
    assert refusal(service.ask(SET, value=f"{blank}|{blank}", **{**mine, "property": "tags"})) == (
        "wrong_value",
        "tags",
    )
    for field, mutation in {
        "name": 'createUnit(from: "0001-01-01", name: $blank, parent: "root", reason: "x")',
        "number": 'createUnit(from: "0001-01-01", name: "A", number: $blank, reason: "x")',
        "title": 'createAffiliation(from: "2026-01-01", person: "karen", unit: "it", to: "2030-01-01", '
        'title: $blank, reason: "x")',
        "key": 'createRole(key: $blank, title: "A", reason: "x")',
    }.items():
        answer = service.ask(f"mutation($blank: String!) {{ {mutation} {{ uuid }} }}", blank=blank)
        assert refusal(answer) == ("wrong_value", field)
    person = service.ask('mutation($n: String!) { createPerson(name: $n, reason: "x") { uuid } }', n=blank)
    assert refusal(person) == ("wrong_value", "name")
    assert (snapshot(service.driver), change_numbers(service.driver)) == (before, numbers)


def test_a_list_is_set_text_by_text(service: Served) -> None:
    """A text may have the sign that parts the texts of a value."""
    ask = """mutation($property: String!, $texts: [String!]) {
        setValue(kind: Unit, thing: "school", property: $property, texts: $texts, from: "2026-01-01", reason: "x") {
            thing { ... on Unit { tags } } } }"""
    found = service.data(ask, property="tags", texts=["a|b", "c"])["setValue"]
    assert found["thing"] == {"tags": ["a|b", "c"]}
    both = ask.replace("texts: $texts", 'texts: $texts, value: "a"')
    assert refusal(service.ask(ask, property="tags")) == ("wrong_value", "value")
    assert refusal(service.ask(both, property="tags", texts=["a"])) == ("wrong_value", "value")
    assert refusal(service.ask(ask, property="tags", texts=[])) == ("wrong_value", "tags")
    assert refusal(service.ask(ask, property="tags", texts=["a", " "])) == ("wrong_value", "tags")
    assert refusal(service.ask(ask, property="name", texts=["a"])) == ("wrong_value", "name")
    service.data(RELEASE, kind="Unit", thing="school", property="tags")


def test_null_is_none_by_hand_and_a_release_lets_the_sources_say_it_again(service: Served) -> None:
    thing = {"kind": "Unit", "thing": "school", "property": "name"}
    asked = '{ unit(key: "school") { name history { from to name } } provenance(kind: Unit, thing: "school") {'
    asked += " property rule disagree claims { source value effective } } }"
    before = service.data(asked)["unit"]
    assert before["name"] == "Bakkeskolen"
    service.data(SET, value=None, **thing, **{"from": "2026-05-01", "to": "2026-06-01"})
    history = service.data(asked)["unit"]["history"]
    assert {"from": "2026-05-01", "to": "2026-06-01", "name": None} in history
    service.data(SET, value=None, **thing)
    found = service.data(asked)
    assert found["unit"]["name"] is None
    (name,) = [each for each in found["provenance"] if each["property"] == "name"]
    assert name["rule"] == "stated by hand, until it is released"
    assert name["claims"] == [
        {"source": "manual", "value": None, "effective": True},
        {"source": "facts", "value": "Bakkeskolen", "effective": False},
    ]
    # Another import does not bring it back, and the same words again change nothing.
    assert service.data(SET, value=None, **thing)["setValue"] == {
        "change": None,
        "notice": "No change: it already had this value.",
    }
    service.data(RELEASE, **thing)
    assert service.data(asked)["unit"] == before
    assert service.data(RELEASE, **thing)["releaseValue"]["notice"] == "No change: it already had this value."


def test_what_a_source_says_already_is_kept_by_hand_and_that_is_told(service: Served) -> None:
    thing = {"kind": "Unit", "thing": "it", "property": "name"}
    name = service.data('{ unit(key: "it") { name } }')["unit"]["name"]
    told = service.data(SET, value=name, **thing)["setValue"]
    assert told["change"] is None
    assert "outranks the sources from now on" in told["notice"]


def test_what_a_thing_is_known_by_and_a_value_left_out(service: Served) -> None:
    assert refusal(service.ask(SET, kind="Role", thing="manager", property="key", value=None)) == ("wrong_value", "key")
    without = (
        'mutation { setValue(from: "0001-01-01", kind: Unit, thing: "it", property: "name", reason: "x") { change } }'
    )
    assert refusal(service.ask(without)) == ("wrong_value", "value")


def test_somebody_who_is_not_away_is_not_away_whatever_a_source_says(service: Served) -> None:
    say = """
    mutation($absent: Boolean!) { setAbsence(from: "0001-01-01",
      person: "karen", absent: $absent, reason: "x") { change } }
    """
    asked = '{ person(key: "karen") { absent } }'
    service.data(say, absent=True)
    assert service.data(asked)["person"]["absent"] is True
    service.data(say, absent=False)
    assert service.data(asked)["person"]["absent"] is False


@pytest.mark.parametrize(
    ("property", "value"),
    [
        ("level", "٣"),
        ("level", "1_0"),
        ("level", "99999999999999999999"),
        ("level", "9223372036854775808"),
        ("level", " 3"),
    ],
)
def test_a_number_is_in_range_and_in_digits(property: str, value: str) -> None:
    with pytest.raises(ChangeRejected) as refused:
        parsed("Position", property, value)
    assert refused.value.code == "wrong_value"
    assert parsed("Position", "level", "-9223372036854775807") == -9223372036854775807


@pytest.mark.parametrize("value", ["nan", "inf", "1e999", "٠.٥", "0,5", ""])
def test_a_decimal_is_a_number(value: str) -> None:
    with pytest.raises(ChangeRejected) as refused:
        parsed("Employment", "fraction", value)
    assert refused.value.code == "wrong_value"
    assert parsed("Employment", "fraction", "0.5") == 0.5
