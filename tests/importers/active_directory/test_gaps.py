"""What a directory does not tell is not what it tells that there is none of (architecture.md §4 "Merge")."""

from typing import Any

import pytest

from tests.importers.active_directory.peer import Peer, Reading, changed, members

NUMBERS = [f"01018{each:05d}" for each in range(1, 11)]
PERSONS = {cpr: f"00000000-0000-4000-8000-{each:012d}" for each, cpr in enumerate(NUMBERS)}
UUIDS = list(PERSONS.values())


def town() -> Peer:
    """Ten accounts with owners, all of them in group 100, one in another as well."""
    users = {
        each + 1: {
            "employeeNumber": cpr,
            "mail": f"n{each}@x.test",
            "userAccountControl": 512,
            "displayName": f"N {each}",
        }
        for each, cpr in enumerate(NUMBERS)
    }
    return Peer(users, {100: {"member": members(*users)}, 101: {"member": members(1)}})


def read_once(**settings: Any) -> Reading:
    reading = Reading(town(), PERSONS, **settings)
    assert reading.read().problems == []
    return reading


def test_an_entry_that_cannot_be_read_stays_and_is_listed() -> None:
    reading = read_once()
    reading.peer.groups[101] = {"member": [b"CN=n1,DC=x"]}  # without the GUIDs that were asked for
    problems = reading.read().problems
    assert [(each.rule, each.severity) for each in problems] == [("malformed", "bad")]
    assert reading.goes_on("DirectoryGroup", 101)
    assert len(reading.groups(1)) == 2


def test_an_entry_without_a_key_ends_nothing() -> None:
    """It may be any that is known."""
    reading = read_once()
    del reading.peer.users[3]
    reading.peer.users[99] = {"objectGUID": b"short"}
    assert [each.rule for each in reading.read().problems] == ["malformed"]
    assert reading.goes_on("Account", 3)
    assert reading.person(3, UUIDS[2], "work_email") == "n2@x.test"


@pytest.mark.parametrize(
    ("attribute", "name", "value"),
    [("mail", "email", "n0@x.test"), ("displayName", "display_name", "N 0"), ("sAMAccountName", "login", "n1")],
)
def test_a_value_that_cannot_be_read_stays(attribute: str, name: str, value: str) -> None:
    reading = read_once()
    reading.peer = changed(reading.peer, 1, **{attribute: b"\xff\xfe"})
    assert [(each.field, each.rule) for each in reading.read().problems] == [(attribute, "malformed")]
    assert reading.account(1, name) == value
    assert reading.owner(1) is not None


def test_a_number_that_cannot_be_read_keeps_its_owner() -> None:
    reading = read_once()
    reading.peer = changed(reading.peer, 1, employeeNumber="12x")
    assert [each.rule for each in reading.read().problems] == ["malformed"]
    assert reading.owner(1) is not None
    assert reading.account(1, "primary") is True
    assert reading.person(1, UUIDS[0], "work_email") == "n0@x.test"


def test_whether_it_is_enabled_stays_where_nothing_tells_it() -> None:
    reading = read_once()
    reading.peer = changed(reading.peer, 1, userAccountControl=None)
    assert [each.rule for each in reading.read().problems] == ["unknown_state"]
    assert reading.account(1, "enabled") is True


@pytest.mark.parametrize("attribute", ["mail", "employeeNumber", "displayName"])
def test_an_attribute_that_all_have_lost_stays_and_is_listed(attribute: str) -> None:
    """A directory shows no error for what the service account may not read."""
    reading = read_once()
    for each in reading.peer.users.values():
        each[attribute] = None
    for _ in range(2):  # and it stays so, as long as nothing is set otherwise
        assert [(each.field, each.rule, each.severity) for each in reading.read().problems] == [
            (attribute, "lost_by_many", "bad")
        ]
        assert all(reading.owner(each) for each in reading.peer.users)
        assert reading.account(1, "email") == "n0@x.test"
        assert reading.person(1, UUIDS[0], "work_email") == "n0@x.test"


def test_an_attribute_that_some_have_lost_is_lost() -> None:
    reading = read_once()
    reading.peer = changed(reading.peer, 1, mail=None)
    assert reading.read().problems == []
    assert reading.account(1, "email") is None


def test_groups_that_tell_no_members_keep_them() -> None:
    reading = read_once()
    reading.peer.groups[100] = reading.peer.groups[101] = {}
    for _ in range(2):
        assert [(each.field, each.rule) for each in reading.read().problems] == [("member", "lost_by_many")]
        assert all(reading.groups(each) for each in reading.peer.users)
