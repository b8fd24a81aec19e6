"""The image's answers as typed things. Numbers are those of plan2learn.md's pitfalls."""

from datetime import date
from typing import Any

import pytest

from exporters.errors import ImageError
from exporters.plan2learn.image import Organisation, organisation
from exporters.plan2learn.shape import shaped
from graph.time import Period
from tests.exporters.plan2learn.andeby import AT, rows, settings

VALUES: dict[str, Any] = {
    "number": "1",
    "institution": "899",
    "positionCode": "500",
    "type": "monthly_full",
    "typeName": "Månedslønnet",
    "title": None,
    "onLeave": None,
    "fraction": 1.0,
    "email": "alma@andeby.dk",
    "emailHidden": None,
    "phone": "12345678",
    "phoneHidden": None,
}
NAME: dict[str, Any] = {
    "name": "Alma",
    "addressProtected": None,
    "workEmail": None,
    "workPhone": None,
    "mobile": None,
    "privateEmail": None,
    "privatePhone": None,
}
PERSON = {"uuid": "p1", "cpr": "1101575001", "history": [{"from": "0001-01-01", "to": None, **NAME}]}
UNIT = {
    "uuid": "u1",
    "name": "Nord",
    "number": "1",
    "level": None,
    "street": None,
    "postalCode": None,
    "city": None,
    "parent": None,
}


POSITIONS = [
    {"code": "500", "institution": "899", "title": "Pædagog"},
    {"code": "500", "institution": "898", "title": "Kok"},
    {"code": "12", "institution": None, "title": "Pædagogisk medarbejder"},  # of the list
]


def state(start: str, end: str | None = None, **values: Any) -> dict[str, Any]:
    return {"from": start, "to": end, **VALUES, **values}


def seen(
    *history: dict[str, Any], person: dict[str, Any] = PERSON, position: dict[str, str] | None = None
) -> Organisation:
    node = {"uuid": "e1", "unit": {"uuid": "u1"}, "position": position, "history": list(history), "person": person}
    return organisation({"Units": [UNIT], "Employments": [node], "Positions": POSITIONS, "Leaders": []}, AT)


def test_03_who_left_yesterday_is_not_delivered() -> None:
    over = seen(state("2020-01-01", AT.isoformat()))
    assert over.employments == ()
    made = rows(shaped(over, settings(), AT))
    assert (made["person"], made["employment"]) == ([], [])
    assert len(seen(state("2020-01-01", "2026-03-03")).employments) == 1


def test_02_a_future_employment_has_the_values_of_its_first_day() -> None:
    coming = seen(
        state("2026-05-01", None, title="Overlæge"),
        state("2026-04-01", "2026-05-01", title="Læge"),
        state("2015-08-01", "2019-01-01", title="Studentermedhjælp"),
    ).employments[0]
    assert (coming.title, coming.is_ahead) == ("Læge", True)
    assert (coming.period, coming.first_start) == (Period(date(2026, 4, 1)), date(2015, 8, 1))


def test_the_values_are_those_of_the_day() -> None:
    held = seen(
        state("2020-01-01", "2026-03-02", title="before"),
        state("2026-03-02", "2026-03-03", title="on the day"),
        state("2026-03-03", None, title="after"),
    ).employments[0]
    assert (held.title, held.is_ahead, held.period.start) == ("on the day", False, date(2020, 1, 1))


def test_11_a_hidden_address_and_a_hidden_number_are_not_read() -> None:
    told = seen(state("2020-01-01", emailHidden=True, phoneHidden=True))
    row = rows(shaped(told, settings(), AT))["person"][0]
    assert (row["E-mail"], row["Mobil"]) == ("", "")
    shown = rows(shaped(seen(state("2020-01-01")), settings(), AT))["person"][0]
    assert (shown["E-mail"], shown["Mobil"]) == ("alma@andeby.dk", "12345678")


def directory(**values: Any) -> dict[str, Any]:
    """The person, with what a directory tells."""
    return {**PERSON, "history": [{"from": "0001-01-01", "to": None, **NAME, **values}]}


def test_mail_and_phones_of_the_directory_are_given_where_payroll_has_none() -> None:
    person = directory(workEmail="at@andeby.dk", workPhone="22222222", mobile="33333333")
    told = seen(state("2020-01-01", email=None, phone=None), person=person)
    row = rows(shaped(told, settings(), AT))["person"][0]
    assert (row["E-mail"], row["Mobil"]) == ("at@andeby.dk", "33333333")
    only_work = rows(shaped(told, settings(phone_types=["work"]), AT))["person"][0]
    assert only_work["Mobil"] == "22222222"
    both = rows(shaped(seen(state("2020-01-01"), person=person), settings(phone_types=["work"]), AT))["person"][0]
    assert (both["E-mail"], both["Mobil"]) == ("alma@andeby.dk", "12345678")


def test_11_what_payroll_hides_is_not_given_because_the_directory_tells_it_too() -> None:
    person = directory(workEmail="ALMA@andeby.dk", mobile="+45 12 34 56 78", workPhone="22222222")
    told = seen(state("2020-01-01", emailHidden=True, phoneHidden=True), person=person)
    row = rows(shaped(told, settings(), AT))["person"][0]
    assert (row["E-mail"], row["Mobil"]) == ("", "22222222")


def test_of_a_protected_person_the_directorys_phones_are_not_given_either() -> None:
    person = directory(addressProtected=True, workEmail="at@andeby.dk", workPhone="22222222", mobile="33333333")
    row = rows(shaped(seen(state("2020-01-01", email=None, phone=None), person=person), settings(), AT))["person"][0]
    assert (row["E-mail"], row["Mobil"]) == ("at@andeby.dk", "")


@pytest.mark.parametrize(
    ("title", "shown"),
    [("Pædagog", "Pædagogisk medarbejder"), (None, "Pædagogisk medarbejder"), ("Vikar", "Vikar"), ("Kok", "Kok")],
)
def test_17_payrolls_name_of_the_position_is_nobodys_own_title(title: str | None, shown: str) -> None:
    """positions.md §6. Opus tells the position's words on each employment, SD where they are the person's own."""
    of_the_list = {"uuid": "x1", "title": "Pædagogisk medarbejder"}
    made = rows(shaped(seen(state("2020-01-01", title=title), position=of_the_list), settings(), AT))
    assert made["person"][0]["Stilling"] == shown
    assert [each["Stillingskode"] for each in made["position"]] == ["Pædagogisk medarbejder"]


def test_leaders_of_every_kind() -> None:
    node = {
        "uuid": "a1",
        "unit": [{"uuid": "u1"}, {"uuid": "u2"}],
        "responsibilities": [{"title": "B"}, {"title": "A"}],
    }
    leaders = [
        {**node, "holder": {"person": {"uuid": "p1"}}},
        {**node, "holder": {"uuid": "p2"}},
        {**node, "holder": None},
    ]
    made = organisation({"Units": [], "Employments": [], "Positions": [], "Leaders": leaders}, AT).leaders
    assert [(each.person, each.unit, each.responsibilities) for each in made] == [
        (person, unit, ("A", "B")) for person in ("p1", "p2") for unit in ("u1", "u2")
    ]


def test_an_answer_that_lacks_a_field_is_reported() -> None:
    with pytest.raises(ImageError, match="'parent'"):
        organisation({"Units": [{"uuid": "u1"}], "Employments": [], "Positions": [], "Leaders": []}, AT)
