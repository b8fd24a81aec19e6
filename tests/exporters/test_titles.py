"""The position list's title outranks payroll's name of the position; a person's own outranks both (positions.md §6)."""

from datetime import date
from typing import Any

import pytest

from exporters.active_directory import image as directory_image
from exporters.scim import image as scim_image
from exporters.titles import payroll_names, shown_title

AT = date(2026, 3, 2)
POSITIONS = [
    {"uuid": "p1", "code": "10034", "institution": "899", "title": "Pæd.medhj."},
    {"uuid": "p2", "code": "B12", "institution": None, "title": "Pædagogmedhjælper"},
]
LISTED = {"uuid": "p2", "title": "Pædagogmedhjælper"}
CASES = [
    ("Pæd.medhj.", LISTED, "Pædagogmedhjælper"),
    ("Souschef", LISTED, "Souschef"),
    ("", LISTED, "Pædagogmedhjælper"),
    ("Pæd.medhj.", None, "Pæd.medhj."),
    ("", None, ""),
]


def _values(title: str) -> dict[str, Any]:
    """As Opus states an employment: with payroll's code of the position."""
    return {"title": title or None, "institution": "899", "positionCode": "10034"}


@pytest.mark.parametrize(("title", "position", "shown"), CASES)
def test_whose_title_is_shown(title: str, position: dict[str, Any] | None, shown: str) -> None:
    assert shown_title(_values(title), position, payroll_names(POSITIONS)) == shown


def test_an_affiliations_title_is_its_own() -> None:
    assert shown_title({"title": "Vikar"}, None, payroll_names(POSITIONS)) == "Vikar"


@pytest.mark.parametrize(("title", "position", "shown"), CASES)
def test_a_scim_server_and_a_directory_get_that_title(title: str, position: dict[str, Any] | None, shown: str) -> None:
    since = {"from": "2020-01-01", "to": None}
    own = {"number": "1", "type": "monthly_full", "onLeave": False, "fraction": 1.0, "email": None, "phone": None}
    person = {"name": "A", "givenName": None, "surname": None, "workEmail": None, "workPhone": None, "mobile": None}
    person |= {"addressProtected": None, "stopped": None}
    node = {
        "uuid": "e1",
        "unit": None,
        "position": position,
        "history": [{**since, **own, **_values(title)}],
        "person": {"uuid": "a", "accounts": [], "history": [{**since, **person}]},
    }
    names = "Units Affiliations Managers ComingManagers Roles KnownRoles Stopped Accounts Coming Former Rights"
    image: dict[str, Any] = {name: [] for name in names.split()}
    image |= {"Employments": [node], "Positions": POSITIONS}
    (tie,) = scim_image.organisation(image, AT).ties
    assert tie.title == shown
    assert directory_image.organisation(image, "ad", AT).ties["e1"].title == shown
