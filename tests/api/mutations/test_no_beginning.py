"""No beginning is null, in what is given and in what is answered."""

from tests.api.serving import Served

NAME = """
mutation($from: Date) { setValue(kind: Unit, thing: "school", property: "name", value: "Ny Skole", from: $from,
    reason: "x") { change } }
"""
SHOWN = """{
  unit(key: "school") { existsFrom history { from name } parentPeriods(period: {}) { from } }
  changeFeed(first: 1) { values { property from to } }
  provenance(kind: Unit, thing: "school") { property claims { source from } }
}"""


def test_null_is_no_beginning_both_ways(service: Served) -> None:
    service.data(NAME, "organisation", **{"from": None})
    shown = service.data(SHOWN, "auditor")
    assert "0001" not in str(shown)
    (changed,) = (each for each in shown["changeFeed"][0]["values"] if each["property"] == "name")
    assert changed["from"] is None or changed["from"] == shown["unit"]["existsFrom"]
    by_hand = [
        claim["from"]
        for each in shown["provenance"]
        if each["property"] == "name"
        for claim in each["claims"]
        if claim["source"] == "manual"
    ]
    assert by_hand == [None]


def test_the_form_of_before_is_the_same(service: Served) -> None:
    service.data(NAME, "organisation", **{"from": "0001-01-01"})
    again = service.data(NAME, "organisation", **{"from": None})
    assert again["setValue"]["change"] is None, "nothing has changed"


def test_it_must_be_said(service: Served) -> None:
    left_out = NAME.replace("($from: Date)", "").replace("from: $from,", "")
    (error,) = service.ask(left_out, "organisation")["errors"]
    assert error["message"].startswith("from: give the first day, or null")
    assert error["extensions"]["field"] == "from"
