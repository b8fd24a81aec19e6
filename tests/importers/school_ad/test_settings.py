"""Pupils are left out whatever else is set: settings that do not separate them from staff are refused."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from importers.active_directory.filters import users
from importers.school_ad import Settings

NEEDED = {"controllers": ["dc1.skole.example"], "user": "svc@skole.example", "password": "x", "base": "DC=skole"}
SEPARATING: dict[str, st.SearchStrategy[Any]] = {
    "users_in": st.lists(st.just("OU=Personale,DC=skole"), max_size=2),
    "excluded_units": st.lists(st.just("OU=Elever,DC=skole"), max_size=2),
    "excluded_values": st.dictionaries(st.just("extensionAttribute10"), st.lists(st.just("STUDENT"), max_size=1)),
    "users_filter": st.sampled_from(["", "  ", "(employeeType=staff)"]),
}
WHOLE = NEEDED | {"excluded_units": ["OU=Elever,DC=skole"]}
"""Of these, nothing is in the filter itself."""
OTHERS: dict[str, st.SearchStrategy[Any]] = {
    "excluded_names": st.lists(st.sampled_from(["svc-*", "*"]), max_size=2),
    "groups_in": st.lists(st.just("OU=Grupper,DC=skole"), max_size=1),
    "groups_filter": st.sampled_from(["", "(cn=*)"]),
    "match_keys": st.just([{"attribute": "sAMAccountName", "property": "login"}]),
    "cpr_attribute": st.sampled_from([None, "employeeID"]),
}


def separates(value: Any) -> bool:
    """Whether a setting says anything: an attribute without values excludes nobody."""
    if isinstance(value, dict):
        return any(value.values())
    return bool(value.strip() if isinstance(value, str) else value)


@given(st.fixed_dictionaries({}, optional=SEPARATING | OTHERS))
@settings(max_examples=200)
def test_only_what_separates_pupils_from_staff_is_accepted(given_: dict[str, Any]) -> None:
    if any(separates(given_[name]) for name in SEPARATING if name in given_):
        made = Settings.model_validate(NEEDED | given_)
        assert made.users_in or made.excluded_units or users(made) != users(Settings.model_validate(WHOLE))
    else:
        with pytest.raises(ValidationError, match="distinguishes pupils from staff"):
            Settings.model_validate(NEEDED | given_)
