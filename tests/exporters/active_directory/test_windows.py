"""What Windows answers otherwise than Samba (README, "What Windows does otherwise"): Samba's answers are changed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import pytest

from exporters.active_directory import session
from exporters.active_directory.domain_checks import _clock
from exporters.active_directory.domain_objects import DomainObjects
from exporters.active_directory.entries import CLASSES
from exporters.active_directory.session import READ_ONLY, connected
from exporters.active_directory.settings import ActiveDirectorySettings
from exporters.errors import DeliveryError
from exporters.objects.errors import Unanswered
from protocols.ldap.connection import Directory, Found
from protocols.ldap.errors import Unreadable, WriteRejected
from protocols.ldap.writing import Modification, Writing
from tests.exporters.active_directory.town import KEY, Domain, Town, uuid_of

SMALLEST = {
    "user": "svc", "password": "not a secret", "base": "DC=x", "within": ["OU=a,DC=x"], "users_ou": "OU=a,DC=x",
}  # fmt: skip
OF_ACCOUNT_MANAGER = {"userAccountControl", "accountExpires", "sAMAccountName", "userPrincipalName"}


def _refuse_conditions(monkeypatch: pytest.MonkeyPatch, code: int, said: str, names: set[str]) -> list[str]:
    """Changes of these attributes that depend on the old value are refused; the list gets the refused attributes."""
    modify, refused = Writing.modify, []

    def modified(self: Writing, dn: str, changes: Mapping[str, Sequence[Modification]]) -> None:
        conditional = [name for name in names & {*changes} if changes[name][0][0] == "delete"]
        if conditional:
            refused.extend(conditional)
            raise WriteRejected("dc1", code, "refused", said)
        modify(self, dn, changes)

    monkeypatch.setattr(Writing, "modify", modified)
    return refused


def test_a_domain_that_takes_no_conditions_is_sent_whole_values(
    domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "00002077: SvcErr: DSID-031903A0, problem 5003 (WILL_NOT_PERFORM), data 0"
    refused = _refuse_conditions(monkeypatch, 53, said, OF_ACCOUNT_MANAGER)
    town = Town().person("alma", expires="2026-07-01", title="Leder")
    domain.export(town)
    guid = domain.user("alma")["objectGUID"]
    reports = [
        domain.export(town.set("alma", expires="2026-08-01", title="Chef", principal_name="alma@klit.example")),
        domain.export(town.leave("alma")),
    ]
    assert (domain.enabled("alma"), domain.user("alma")["title"]) == (False, ["Chef"])
    reports.append(domain.export(town.person("alma", title="Chef")))
    assert [each.parked for each in reports] == [[], [], []]
    assert (domain.enabled("alma"), domain.user("alma")["objectGUID"]) == (True, guid)
    assert {"userAccountControl", "accountExpires", "userPrincipalName"} <= {*refused}


def test_a_closing_comes_through_whatever_others_change(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    town = Town().person("alma", title="Leder").person("bo")
    domain.export(town)
    _refuse_conditions(monkeypatch, 16, "00002085: AtrErr", {"userAccountControl", "title"})
    report = domain.export(town.set("alma", title="Chef").leave("bo"))
    assert not domain.enabled("bo"), "safety comes first"
    assert [each.problem for each in report.parked] == ["changed_meanwhile"]
    assert domain.user("alma")["title"] == ["Leder"], "what others write again and again is not overwritten"


@pytest.mark.parametrize(
    ("code", "said", "field", "got"),
    [
        (68, "00000524: UpdErr: DSID-031A11E2, problem 6005 (ENTRY_EXISTS), data 0", "sAMAccountName", "alma2"),
        (68, "00000563: UpdErr: DSID-031A11E2, problem 6005 (ENTRY_EXISTS), data 0", "sAMAccountName", "alma2"),
        (
            19,
            "000021C8: AtrErr: DSID-03200E2A, #1:\n\t0: 000021C8: DSID-03200E2A, problem 1005 (CONSTRAINT_ATT_TYPE), "
            "data 0, Att 90290 (userPrincipalName)",
            "userPrincipalName",
            "alma2@kommune.test",
        ),
    ],
)
def test_24_a_name_of_what_can_not_be_seen_is_taken(
    domain: Domain, monkeypatch: pytest.MonkeyPatch, code: int, said: str, field: str, got: str
) -> None:
    """It is in another domain of the forest, or hidden from the service account."""
    add, modify = Writing.add, Writing.modify

    def refuse(given: Sequence[Any]) -> None:
        if [str(each).partition("@")[0] for each in given] == ["alma"]:
            raise WriteRejected("dc1", code, "refused", said)

    def added(self: Writing, dn: str, classes: Sequence[str], attributes: Mapping[str, Sequence[Any]]) -> None:
        refuse(attributes.get(field, ()))
        add(self, dn, classes, attributes)

    def modified(self: Writing, dn: str, changes: Mapping[str, Sequence[Modification]]) -> None:
        refuse(changes[field][-1][1] if field in changes else ())
        modify(self, dn, changes)

    monkeypatch.setattr(Writing, "add", added)
    monkeypatch.setattr(Writing, "modify", modified)
    town = Town().person("alma", "Alma Testrup", email="x@klit.example").person("bo", email="bo@klit.example")
    report = domain.export(town)
    assert (report.parked, [(each.field, each.rule) for each in report.notices]) == ([], [(field, "taken")])
    (made,) = domain.found(f"({KEY}={uuid_of('alma')})")
    assert (made[field], made["dn"].split(",")[0]) == ([got], "CN=Alma Testrup"), "the CN is free"
    again = domain.export(town.set("alma", title="Leder"))
    assert (again.parked, domain.found(f"({KEY}={uuid_of('alma')})")[0][field]) == ([], [got])


def test_an_account_with_objects_below_it_stays_closed(domain: Domain) -> None:
    """Exchange keeps mobile devices there."""
    town, deleting = Town().person("alma").person("bo"), {"settings": {"delete": True}}
    domain.export(town, **deleting)
    domain.wire.add(f"CN=Phones,{domain.user('alma')['dn']}", "classStore")
    domain.export(town.leave("alma"), **deleting)
    town.former["alma"] = "2026-01-01"
    report = domain.export(town, **deleting)
    assert [each.problem for each in report.parked] == ["not_empty"]
    assert domain.enabled("alma") is False


def test_a_controllers_clock_that_is_wrong_is_told() -> None:
    now = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

    def told(apart: timedelta) -> list[str]:
        root = {"currenttime": [f"{now + apart:%Y%m%d%H%M%S}.0Z".encode()]}
        return [each.text for each in _clock(root, "dc1", now)]

    assert told(timedelta(minutes=-5)) == told(timedelta(minutes=5)) == list(_clock({}, "dc1", now)) == []
    assert "dc1 is 6 minutes ahead of this machine's" in told(timedelta(minutes=6))[0]
    assert "dc1 is 60 minutes behind this machine's" in told(timedelta(hours=-1))[0]


def test_a_read_only_controller_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """(W) It answers reads, and every write with a referral."""
    monkeypatch.setattr(session, "opened", lambda access, controller: nullcontext())
    capabilities = {"rodc1": [READ_ONLY], "dc1": [b"1.2.840.113556.1.4.800"], "dc2": None}

    def read(self: Directory, base: str, names: Sequence[str]) -> Mapping[str, Sequence[bytes]]:
        if (has := capabilities[self.name]) is None:
            raise Unreadable(f"{self.name} does not answer with its root")
        return {"supportedcapabilities": has}

    monkeypatch.setattr(Directory, "read", read)

    def used(*controllers: str) -> str:
        with connected(ActiveDirectorySettings.model_validate({**SMALLEST, "controllers": controllers})) as open_:
            return open_.controller

    assert (used("rodc1", "dc1"), used("dc2", "rodc1", "dc1"), used("dc1", "rodc1")) == ("dc1", "dc1", "dc1")
    with pytest.raises(DeliveryError, match="rodc1 is a read-only controller: name another"):
        used("rodc1")


def test_what_was_read_in_part_is_read_again() -> None:
    """The connection breaks off between OUs and users. Whoever is not found would be created a second time."""
    key, lost = uuid_of("alma"), [True]

    class Broken:
        def read(self, ask: Callable[[Any], Any]) -> Any:
            return ask(self)

        def search(self, base: str, what: str, *given: Any, **named: Any) -> Iterator[Found]:
            if "805306368" in what and lost:
                lost.pop()
                raise Unanswered("dc1 broke off")
            if "805306368" in what:
                raw = {"objectguid": [UUID(int=7).bytes_le], KEY.lower(): [key.encode()]}
                yield Found("CN=alma,OU=a,DC=x", raw)

    settings = ActiveDirectorySettings.model_validate({**SMALLEST, "controllers": ["dc1"]})
    objects = DomainObjects(cast(Any, Broken()), settings, dict.fromkeys(CLASSES, ()))
    with pytest.raises(Unanswered):
        objects.having("user", key)
    found = objects.having("user", key)
    assert [each.id for each in found] == [str(UUID(int=7))]
