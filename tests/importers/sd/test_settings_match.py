"""Settings that leave nothing out: a misspelled level is told, with the levels that there are."""

import pytest

from importers.sd.answers import NO_ADDRESS, NO_CONTACT, DepartmentPeriod
from importers.sd.organisation import LeftOut
from importers.sd.settings import SdSettings
from tests.importers.sd.klit import Payroll
from tests.importers.sd.pure import HERE, SETTINGS, organisation, since


@pytest.mark.parametrize(
    ("settings", "fields", "words"),
    [
        ({"excluded_levels": ["Afdelingsniveau"]}, ["excluded_levels"], "'Afdelingsniveau' excludes nothing"),
        ({"excluded_levels": ["low", "Low"]}, ["excluded_levels"], "'Low'"),
        ({"excluded_names": ["^her", "^x"]}, ["excluded_names"], "'^x'"),
        ({"excluded_units": ["00000000-0000-4000-8000-000000000000"]}, ["excluded_units"], "no department"),
        ({"excluded_levels": ["low"], "excluded_names": [f"^{HERE[:4]}"]}, [], ""),
        ({}, [], ""),
    ],
)  # fmt: skip
def test_a_setting_that_excludes_nothing_is_listed(
    settings: dict[str, list[str]], fields: list[str], words: str
) -> None:
    chosen = SETTINGS.model_validate({**SETTINGS.model_dump(), **settings})
    notices = list(LeftOut(chosen).matching_nothing([organisation(chosen)]))
    assert [each.field for each in notices] == fields
    assert all(each.severity == "notice" and words in each.text for each in notices)


@pytest.mark.parametrize(("set_", "sent"), [("A\u030aben", "Åben skole"), ("Åben", "A\u030aben skole")])
def test_letters_are_compared_composed(set_: str, sent: str) -> None:
    settings = SdSettings(**SETTINGS.model_dump() | {"excluded_names": (set_,), "excluded_levels": {f"{set_}-niveau"}})
    days, letter = since("2020-01-01"), sent.partition(" ")[0]
    named = DepartmentPeriod(days, "B1", "low", sent, "", NO_ADDRESS, NO_CONTACT)
    levelled = DepartmentPeriod(days, "B1", f"{letter}-niveau", "Skole", "", NO_ADDRESS, NO_CONTACT)
    assert LeftOut(settings).from_line("u", named).startswith("name")
    assert LeftOut(settings).from_line("u", levelled).startswith("level")


def test_hours_of_a_position_that_is_not_there_are_listed(payroll: Payroll) -> None:
    """Codes are compared as they are: 731 is not 0731."""
    hours = {"0731": 37.0, "731": 40.0}
    (notice,) = payroll.read(full_time_hours_by_position=hours).problems
    assert (notice.field, notice.rule) == ("full_time_hours_by_position", "matches_nothing") and "'731'" in notice.text
    assert payroll.read(whole=True, full_time_hours_by_position={"0731": 37.0}).problems == []
