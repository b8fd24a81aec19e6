"""Counters that go when their name is free: one object holds up no other."""

from collections.abc import Callable
from typing import Any

import pytest

from exporters.active_directory.counters import Counters
from exporters.active_directory.entries import Seen
from exporters.objects.errors import Gone, ObjectError, Refused, Unanswered
from exporters.objects.target import Wanted
from protocols.ldap.errors import RequestRejected, WriteRejected

IDS = ("1", "2", "3")
WANTED = {each: Wanted("ou", f"unit{each}", {"ou": "Skole"}) for each in IDS}
RENAMED = [("unit1", "renamed"), ("unit2", "renamed"), ("unit3", "renamed")]
ONE_FAILS = [("unit1", "renamed"), ("unit2", "not_renamed"), ("unit3", "renamed")]


class _Objects:
    """OUs that are called Skole 2, each at a place of its own."""

    def __init__(self, fails: Exception | None = None) -> None:
        self.fails = fails

    def seen(self, kind: str, id_: str) -> Seen:
        return Seen(kind, f"OU=Skole 2,OU=Place{id_},DC=klit,DC=test", id_, f"unit{id_}", {})

    def barrier(self, seen: Seen) -> str:
        return ""

    def exists(self, dn: str) -> bool:
        if self.fails is not None and "Place2" in dn:
            raise self.fails
        return False


class _Session:
    def __init__(self, fails: WriteRejected | None = None) -> None:
        self.fails, self.written = fails, 0

    def write(self, ask: Callable[[Any], Any]) -> None:
        self.written += 1
        if self.fails is not None and self.written == 2:
            raise self.fails


def noted(session: _Session, objects: _Objects) -> Counters:
    counters = Counters(session, objects)  # type: ignore[arg-type]
    for each in IDS:
        counters.note(objects.seen("ou", each))
    return counters


def rejected(code: int) -> WriteRejected:
    return WriteRejected("dc1", code, "refused", "")


@pytest.mark.parametrize(
    "fails", [Refused("not_read", "Its place may not be read."), Gone("It is gone."), RequestRejected("A limit.")]
)
def test_one_that_cannot_be_read_holds_up_no_other(fails: Exception) -> None:
    told = noted(_Session(), _Objects(fails)).remove(WANTED, dry=False, begin=str)
    found = {(each.key, each.rule): each.text for each in told}
    assert list(found) == ONE_FAILS and found["unit2", "not_renamed"] == str(fails)


@pytest.mark.parametrize(("code", "expected"), [(50, ONE_FAILS), (32, ONE_FAILS), (68, [RENAMED[0], RENAMED[2]])])
def test_one_that_is_refused_holds_up_no_other(code: int, expected: list[tuple[str, str]]) -> None:
    """68: another was quicker, and has the name."""
    told = noted(_Session(rejected(code)), _Objects()).remove(WANTED, dry=False, begin=str)
    assert [(each.key, each.rule) for each in told] == expected


def test_a_domain_that_gives_no_answer_is_asked_no_further() -> None:
    told = noted(_Session(), _Objects(Unanswered("lost"))).remove(WANTED, dry=False, begin=str)
    assert next(told).key == "unit1"
    with pytest.raises(ObjectError, match="lost"):
        next(told)


@pytest.mark.parametrize("dry", [True, False])
def test_a_run_is_noted_before_the_first_name_and_only_where_one_is_written(dry: bool) -> None:
    session, begun = _Session(), list[int]()
    told = noted(session, _Objects()).remove(WANTED, dry=dry, begin=lambda: begun.append(session.written))
    assert [(each.key, each.rule) for each in told] == RENAMED
    assert begun == ([] if dry else [0, 1, 2])
