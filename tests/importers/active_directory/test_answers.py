"""Answers that only Windows gives, recorded by their form (active_directory.md §4, §9)."""

from typing import Any

import pytest

from importers.active_directory import filters
from importers.active_directory.entries import GROUP_ATTRIBUTES, group
from importers.active_directory.reader import Cursor
from importers.active_directory.settings import ActiveDirectorySettings
from importers.school_ad.settings import SchoolAdSettings
from protocols.ldap.connection import Directory
from tests.protocols.test_ldap import Recorded, entry, members, page

GUID = bytes(range(16))
ACCESS: dict[str, Any] = {"controllers": ["dc1"], "user": "reader@x.test", "password": "not a secret", "base": "DC=x"}


def test_members_that_come_in_ranges() -> None:
    """Pitfall 2: ``member`` is empty, ``member;range=0-1499`` is not, and there are 2,500."""
    wire = Recorded(
        ([entry("CN=all,DC=x", objectGUID=[GUID], member=[], member__0_to_1499=members(0, 1500))], page()),
        ([entry("CN=all,DC=x", member__1500_to_end=members(1500, 2500))], {}),
    )
    found = list(Directory(wire, "dc1", 500).search("DC=x", "(objectClass=group)", GROUP_ATTRIBUTES, guids=True))
    assert len(group(found[0]).members) == 2500
    assert wire.asked[1]["attributes"] == ["member;range=1500-*"]


def test_a_range_beyond_the_end_ends_it() -> None:
    """Pitfall 2: a start beyond the end gives the name with no values."""
    wire = Recorded(
        ([entry("CN=all,DC=x", objectGUID=[GUID], member__0_to_1499=members(0, 1500))], page()),
        ([entry("CN=all,DC=x", member__1500_to_end=[])], {}),
    )
    found = list(Directory(wire, "dc1", 500).search("DC=x", "(objectClass=group)", GROUP_ATTRIBUTES, guids=True))
    assert len(group(found[0]).members) == 1500


def test_who_is_left_out_is_left_out_by_the_request() -> None:
    """Pitfalls 16 and 17: by name, attribute and filter; signs that filters know are escaped, but for ``*``."""
    settings = ActiveDirectorySettings.model_validate(
        {
            **ACCESS,
            "excluded_names": ["svc-*", "a(b)"],
            "excluded_values": {"employeeType": ["STUDENT"]},
            "users_filter": "(company=Kommune)",
        }
    )
    asked = filters.users(settings)
    for part in (r"(!(sAMAccountName=svc-*))", r"(!(sAMAccountName=a\28b\29))", "(!(employeeType=STUDENT))"):
        assert part in asked
    assert asked.endswith("(company=Kommune))")
    assert filters.member("CN=Bo * (vikar),DC=x") == r"(member=CN=Bo \2a \28vikar\29,DC=x)"


def test_a_school_without_a_rule_for_pupils_is_refused() -> None:
    """Pitfall 16."""
    with pytest.raises(ValueError, match="pupils"):
        SchoolAdSettings.model_validate(ACCESS)


@pytest.mark.parametrize("user", ["", "  "])
def test_an_empty_user_is_refused_before_anything_is_sent(user: str) -> None:
    """Pitfall 6: the controller would take it for anonymous."""
    with pytest.raises(ValueError, match="user"):
        ActiveDirectorySettings.model_validate({**ACCESS, "user": user})


@pytest.mark.parametrize(
    "told", [{}, {"changes": "whole"}, {"changes": "usn", "controller": "a", "usn": "x", "cookie": ""}]
)
def test_a_mark_that_can_not_be_used(told: dict[str, str]) -> None:
    assert Cursor.of(told) is None


def test_a_mark_comes_back_as_it_was() -> None:
    cursor = Cursor("0a", 17, "dirsync own", b"\x00\xff")
    assert Cursor.of(cursor.as_texts()) == cursor
