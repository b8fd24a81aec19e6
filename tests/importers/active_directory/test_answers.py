"""Answers that only Windows gives, recorded by their form (active_directory.md §4, §9)."""

from typing import Any
from uuid import UUID

import pytest
from ldap3.core.exceptions import LDAPOperationResult, LDAPSessionTerminatedByServerError

from importers.active_directory import filters
from importers.active_directory.connection import DIRSYNC, PAGED, Directory
from importers.active_directory.entries import GROUP_ATTRIBUTES, group
from importers.active_directory.errors import ConnectionLost, RequestRejected
from importers.active_directory.reader import Cursor
from importers.active_directory.settings import ActiveDirectorySettings
from importers.school_ad.settings import SchoolAdSettings

GUID = bytes(range(16))
ACCESS: dict[str, Any] = {"controllers": ["dc1"], "user": "reader@x.test", "password": "not a secret", "base": "DC=x"}


class Recorded:
    """Gives the recorded answers one after the other, and keeps what was asked."""

    def __init__(self, *answers: tuple[list[dict[str, Any]], dict[str, Any]] | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []
        self.response: list[dict[str, Any]] = []
        self.result: dict[str, Any] = {}

    def search(self, base: str, what: str, **how: Any) -> bool:
        self.asked.append({"base": base, "filter": what, **how})
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        self.response, self.result = answer
        return True


def entry(dn: str, **raw: list[bytes]) -> dict[str, Any]:
    names = {name.replace("__", ";range=").replace("_to_", "-").replace("end", "*"): each for name, each in raw.items()}
    return {"type": "searchResEntry", "dn": dn, "raw_attributes": names}


def page(cookie: bytes = b"") -> dict[str, Any]:
    return {"controls": {PAGED: {"value": {"cookie": cookie}}}}


def members(start: int, end: int) -> list[bytes]:
    return [b"<GUID=%s>;CN=u%d,DC=x" % (str(UUID(int=each)).encode(), each) for each in range(start, end)]


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


def test_every_search_is_paged_and_asked_to_the_end() -> None:
    """Pitfall 1; the last page may be empty."""
    wire = Recorded(
        ([entry(f"CN=u{each},DC=x") for each in range(3)], page(b"more")),
        ([entry("CN=u3,DC=x")], page(b"more still")),
        ([], page()),
    )
    assert len(list(Directory(wire, "dc1", 3).search("DC=x", "(x=*)", ["cn"]))) == 4
    assert [each["paged_cookie"] for each in wire.asked] == [None, b"more", b"more still"]
    assert {(each["paged_size"], each["paged_criticality"]) for each in wire.asked} == {(3, True)}


def test_referrals_are_skipped() -> None:
    """Pitfall 3."""
    elsewhere = {"type": "searchResRef", "uri": ["ldaps://x/CN=Configuration,DC=x"]}
    wire = Recorded(([elsewhere, entry("CN=u,DC=x"), elsewhere], page()))
    assert [each.dn for each in Directory(wire, "dc1", 500).search("DC=x", "(x=*)", ["cn"])] == ["CN=u,DC=x"]


@pytest.mark.parametrize(
    ("code", "kind"), [(51, ConnectionLost), (52, ConnectionLost), (32, RequestRejected), (50, RequestRejected)]
)
def test_what_a_refusal_means(code: int, kind: type[Exception]) -> None:
    wire = Recorded(LDAPOperationResult(result=code, description="no", dn="", message="", response_type="x"))
    with pytest.raises(kind):
        list(Directory(wire, "dc1", 500).search("DC=x", "(x=*)", ["cn"]))


def test_a_connection_that_ends_between_pages() -> None:
    """Pitfall 4: the whole reading is lost, not only the rest of it."""
    wire = Recorded(([entry("CN=u,DC=x")], page(b"more")), LDAPSessionTerminatedByServerError("gone"))
    with pytest.raises(ConnectionLost):
        list(Directory(wire, "dc1", 1).search("DC=x", "(x=*)", ["cn"]))


def test_dirsync_is_asked_until_there_is_no_more() -> None:
    """Pitfall 15: only what has changed is in its entries; they say which entries to read, and nothing else."""

    def answered(more: bool, cookie: bytes) -> dict[str, Any]:
        return {"controls": {DIRSYNC: {"value": {"more_results": more, "cookie": cookie}}}}

    wire = Recorded(
        ([entry("CN=a,DC=x", objectGUID=[GUID])], answered(True, b"1")),
        ([entry("CN=b,DC=x", objectGUID=[GUID], title=[])], answered(False, b"2")),
    )
    told = Directory(wire, "dc1", 500).changed_since("DC=x", "(x=*)", ["title"], b"", own=True)
    assert (len(told.found), told.cookie) == (2, b"2")
    without = Recorded(([], {}))
    with pytest.raises(RequestRejected):
        Directory(without, "dc1", 500).changed_since("DC=x", "(x=*)", ["title"], b"", own=False)


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
