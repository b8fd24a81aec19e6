"""Whole answers of a directory, by their recorded form; and the one thing of ldap3 that is replaced."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import ldap3
import pytest
from ldap3.core.exceptions import LDAPOperationResult, LDAPSessionTerminatedByServerError
from ldap3.core.results import DO_NOT_RAISE_EXCEPTIONS
from ldap3.utils.asn1 import decode_message_fast

from graph.retry import NEVER, NEXT, SOON
from protocols.ldap import errors
from protocols.ldap.connection import CUT_SHORT, DIRSYNC, PAGED, Directory, _only_bytes, _open
from protocols.ldap.errors import AnswerLost, ConnectionLost, RequestRejected, Unreadable, WriteRejected
from protocols.ldap.writing import Writing


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


def test_every_search_is_paged_and_asked_to_the_end() -> None:
    """The last page may be empty."""
    wire = Recorded(
        ([entry(f"CN=u{each},DC=x") for each in range(3)], page(b"more")),
        ([entry("CN=u3,DC=x")], page(b"more still")),
        ([], page()),
    )
    assert len(list(Directory(wire, "dc1", 3).search("DC=x", "(x=*)", ["cn"]))) == 4
    assert [each["paged_cookie"] for each in wire.asked] == [None, b"more", b"more still"]
    assert {(each["paged_size"], each["paged_criticality"]) for each in wire.asked} == {(3, True)}


def test_referrals_are_skipped() -> None:
    """active_directory.md pitfall 3."""
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
    """The whole reading is lost, not only the rest of it."""
    wire = Recorded(([entry("CN=u,DC=x")], page(b"more")), LDAPSessionTerminatedByServerError("gone"))
    with pytest.raises(ConnectionLost):
        list(Directory(wire, "dc1", 1).search("DC=x", "(x=*)", ["cn"]))


@pytest.mark.parametrize("before", [(), (([entry("CN=u,DC=x")], page(b"more")),)])
def test_an_answer_that_does_not_say_whether_there_is_more_is_not_the_whole(before: tuple[Any, ...]) -> None:
    wire = Recorded(*before, ([entry("CN=v,DC=x")], {"controls": {}}))
    with pytest.raises(Unreadable):
        list(Directory(wire, "dc1", 1).search("DC=x", "(x=*)", ["cn"]))


def test_one_entry_has_no_pages() -> None:
    wire = Recorded(([entry("CN=v,DC=x")], {"controls": {}}))
    (found,) = Directory(wire, "dc1", 1).search("CN=v,DC=x", "(x=*)", ["cn"], scope="BASE")
    assert found.dn == "CN=v,DC=x"


def test_dirsync_is_asked_until_there_is_no_more() -> None:
    """Only what has changed is in its entries; they say which entries to read, and nothing else."""

    def answered(more: bool, cookie: bytes) -> dict[str, Any]:
        return {"controls": {DIRSYNC: {"value": {"more_results": more, "cookie": cookie}}}}

    wire = Recorded(
        ([entry("CN=a,DC=x", cn=[b"a"])], answered(True, b"1")),
        ([entry("CN=b,DC=x", title=[])], answered(False, b"2")),
    )
    changed = Directory(wire, "dc1", 500).changed_since("DC=x", "(x=*)", ["title"], b"", own=True)
    assert (len(changed.found), changed.cookie) == (2, b"2")
    without = Recorded(([], {}))
    with pytest.raises(RequestRejected):
        Directory(without, "dc1", 500).changed_since("DC=x", "(x=*)", ["title"], b"", own=False)


@pytest.mark.parametrize(("code", "kind"), [(3, ConnectionLost), (4, RequestRejected), (10, RequestRejected)])
def test_a_search_that_is_cut_short_is_not_the_whole(code: int, kind: type[Exception]) -> None:
    """ldap3 raises nothing where a size or time limit has cut the answer, or the base has moved."""
    wire = Recorded(([entry("CN=u,DC=x")], {**page(), "result": code, "description": "limit"}))
    with pytest.raises(kind):
        list(Directory(wire, "dc1", 500).search("DC=x", "(x=*)", ["cn"]))
    wire = Recorded(([], {"result": code, "description": "limit"}))
    with pytest.raises(kind):
        Directory(wire, "dc1", 500).changed_since("DC=x", "(x=*)", ["cn"], b"", own=True)


def test_all_that_ldap3_keeps_to_itself_is_looked_at() -> None:
    yes_no_or_a_step_of_login = {0, 5, 6, 14}
    assert {*DO_NOT_RAISE_EXCEPTIONS} - yes_no_or_a_step_of_login == {*CUT_SHORT}


def test_a_range_that_is_not_answered_is_not_its_end() -> None:
    first = ([entry("CN=all,DC=x", member__0_to_1499=members(0, 1500))], page())
    for second in ([], [entry("CN=all,DC=x", cn=[b"all"])]):
        with pytest.raises(ConnectionLost):
            list(Directory(Recorded(first, (second, {})), "dc1", 500).search("DC=x", "(x=*)", ["member"]))


def test_the_rest_of_a_range_is_asked_by_the_objects_id() -> None:
    """A DN that comes with GUID and SID is no base that every controller takes."""
    dn = f"<GUID={UUID(int=7)}>;<SID=S-1-5-21>;CN=all,DC=x"
    first = ([entry(dn, member__0_to_1499=members(0, 1500))], page())
    wire = Recorded(first, ([entry(dn, member__1500_to_end=members(1500, 1600))], {}))
    (found,) = Directory(wire, "dc1", 500).search("DC=x", "(x=*)", ["member"], guids=True)
    assert (found.dn, len(found.values["member"])) == (dn, 1600)
    assert wire.asked[1]["base"] == f"<GUID={UUID(int=7)}>"


def ber(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return bytes([tag, 0x82, *len(content).to_bytes(2, "big")]) + content


def message(controls: bytes = b"") -> dict[str, Any]:
    """A search's entry as it comes over the wire (RFC 4511 §4.5.2), taken apart by ldap3."""
    attribute = ber(0x30, ber(0x04, b"cn"), ber(0x31, ber(0x04, "Åse".encode()), ber(0x04, b"\xff\x00")))
    entry = ber(0x64, ber(0x04, "CN=Åse,DC=x".encode()), ber(0x30, attribute, ber(0x30, ber(0x04, b"mail"), ber(0x31))))
    sent = ber(0x30, b"\x02\x01\x07", entry, controls)
    return decode_message_fast(sent)  # type: ignore[no-any-return]


def test_entries_are_decoded_as_ldap3_does_it_but_for_the_texts() -> None:
    """The patch takes hold of a function that ldap3 does not promise to keep."""
    strategy = ldap3.Connection(ldap3.Server("dc1")).strategy
    theirs = strategy.decode_response_fast(message())
    ours = _only_bytes(strategy.decode_response_fast)(message())
    assert (ours["type"], ours["dn"]) == (theirs["type"], theirs["dn"])
    # An attribute without values is None to ldap3, and no values to us.
    assert ours["raw_attributes"] == {name: each or [] for name, each in theirs["raw_attributes"].items()}
    assert ours["raw_attributes"] == {"cn": ["Åse".encode(), b"\xff\x00"], "mail": []}
    assert ours["dn"] == "CN=Åse,DC=x"


def test_a_message_with_controls_is_left_to_ldap3() -> None:
    strategy = ldap3.Connection(ldap3.Server("dc1")).strategy
    taken = message(ber(0xA0, ber(0x30, ber(0x04, b"1.2.3"))))
    assert _only_bytes(strategy.decode_response_fast)(taken).keys() == strategy.decode_response_fast(taken).keys()


def test_each_error_says_when_to_try_again() -> None:
    assert errors.LoginRejected("dc1", "data 52e").retry == NEVER
    assert errors.Untrusted("x").retry == errors.RequestRejected("x").retry == errors.Unreadable("x").retry == NEXT
    assert errors.ConnectionLost("x").retry == SOON


class Answering:
    """A connection whose writes and logins are answered with one result, of which ldap3 raises nothing."""

    def __init__(self, code: int) -> None:
        self.result = {"result": code, "description": "answer", "message": "0000202B: RefErr"}
        self.socket = self

    def __getattr__(self, name: str) -> Any:
        return lambda *given, **named: True


@pytest.mark.parametrize("code", [*CUT_SHORT])
@pytest.mark.parametrize(
    "write",
    [
        lambda at: at.add("CN=a,DC=x", ["user"], {"mail": ["a@x"]}),
        lambda at: at.modify("CN=a,DC=x", {"userAccountControl": [("replace", ["514"])]}),
        lambda at: at.move("CN=a,DC=x", "CN=b", "OU=c,DC=x"),
        lambda at: at.delete("CN=a,DC=x"),
    ],
)
def test_a_write_that_ldap3_raises_nothing_for_was_not_done(code: int, write: Callable[[Writing], None]) -> None:
    """A read-only controller answers every write with a referral: a closing would count as done."""
    with pytest.raises(AnswerLost if code == 3 else WriteRejected) as refused:
        write(Writing(Answering(code), "rodc1"))
    assert code == 3 or refused.value.code == code
    write(Writing(Answering(0), "dc1"))


@pytest.mark.parametrize("code", [*CUT_SHORT])
def test_a_login_that_was_not_accepted_is_none(code: int) -> None:
    _open(Answering(0), "dc1", secure=True)
    with pytest.raises(ConnectionLost, match="to the login"):
        _open(Answering(code), "dc1", secure=True)
