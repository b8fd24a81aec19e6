"""Settings that leave nothing out: a misspelled level is told, with the levels that there are."""

import pytest

from importers.sd.organisation import LeftOut
from tests.importers.sd.pure import HERE, SETTINGS, organisation


@pytest.mark.parametrize(
    ("settings", "fields", "words"),
    [
        ({"left_out_levels": ["Afdelingsniveau"]}, ["left_out_levels"], "'Afdelingsniveau' leaves nothing out"),
        ({"left_out_levels": ["low", "Low"]}, ["left_out_levels"], "'Low'"),
        ({"left_out_names": ["^her", "^x"]}, ["left_out_names"], "'^x'"),
        ({"left_out_units": ["00000000-0000-4000-8000-000000000000"]}, ["left_out_units"], "no department"),
        ({"left_out_levels": ["low"], "left_out_names": [f"^{HERE[:4]}"]}, [], ""),
        ({}, [], ""),
    ],
)  # fmt: skip
def test_what_leaves_nothing_out_is_told(settings: dict[str, list[str]], fields: list[str], words: str) -> None:
    chosen = SETTINGS.model_validate({**SETTINGS.model_dump(), **settings})
    notices = list(LeftOut(chosen).matching_nothing([organisation(chosen)]))
    assert [each.field for each in notices] == fields
    assert all(each.severity == "notice" and words in each.text for each in notices)
