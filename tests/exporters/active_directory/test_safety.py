"""What is never written, lost answers, and the login (active_directory.md §9)."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from exporters.active_directory import session
from exporters.active_directory.channel import DirectoryChannel
from exporters.active_directory.domain_objects import DomainObjects
from exporters.active_directory.entries import by_id
from exporters.errors import DeliveryError
from exporters.objects.errors import Refused
from exporters.objects.ledger import ObjectLedger
from exporters.objects.target import Change
from graph.retry import NEVER
from protocols.ldap.connection import Access, opened
from protocols.ldap.errors import AnswerLost, ConnectionLost, RequestRejected, WriteRejected
from protocols.ldap.writing import Writing
from tests.exporters.active_directory.town import KEY, Domain, Town, uuid_of

ALMA = uuid_of("alma")


@contextmanager
def _open(domain: Domain) -> Iterator[DirectoryChannel]:
    with domain.target().open() as channel:
        yield channel


def test_43_what_is_not_ours_is_not_written(domain: Domain) -> None:
    domain.wire.add(f"OU=Inner,OU=Users,{domain.ou}", "organizationalUnit")
    town = Town().person("out").person("admin").person("unmarked").person("excluded").person("bo")
    domain.export(town)
    base = f"CN=Users,{domain.controller.base}"
    domain.wire.modify_dn(domain.user("out")["dn"], "CN=Out Testrup", new_superior=base)
    domain.wire.modify_dn(
        domain.user("excluded")["dn"], "CN=Excluded Testrup", new_superior=f"OU=Inner,OU=Users,{domain.ou}"
    )
    domain.set(domain.user("admin")["dn"], adminCount=1)
    domain.set(domain.user("unmarked")["dn"], **{KEY: []})
    logins = ("out", "admin", "unmarked", "excluded")
    before = {each: domain.user(each)["uSNChanged"] for each in logins}
    chosen = {"excluded": [f"OU=Inner,OU=Users,{domain.ou}"]}
    report = domain.export(town.leave(*logins).set("bo", title="Leder"), settings=chosen)
    assert sorted(each.problem for each in report.parked) == ["outside", "outside", "protected", "unmarked"]
    assert {each: domain.user(each)["uSNChanged"] for each in logins} == before
    assert domain.user("bo")["title"] == ["Leder"], "the others are delivered"
    domain.wire.delete(domain.user("out")["dn"])


def test_43_settings_outside_the_included_ous_are_refused(domain: Domain) -> None:
    with pytest.raises(ValueError, match="not in any OU of within"):
        domain.settings(users_ou=f"CN=Users,{domain.controller.base}")


def test_a_controller_of_another_domain_says_nothing_about_accounts(domain: Domain) -> None:
    with (
        domain.target(base="DC=other,DC=test").open() as channel,
        pytest.raises(DeliveryError, match="has no DC=other,DC=test"),
    ):
        channel.read("user", uuid_of("nobody"))
    with domain.target().open() as channel:
        assert channel.read("user", uuid_of("nobody")) is None
    town = Town().person("alma")
    domain.export(town)
    report = domain.export(town.leave("alma"), settings={"base": "DC=other,DC=test"})
    assert report.brake is not None and "another system" in report.reasons[0]


def test_an_account_of_others_is_neither_changed_nor_deleted(domain: Domain) -> None:
    theirs = domain.add("theirs")
    with _open(domain) as channel:
        with pytest.raises(Refused):
            channel.change(Change("user", theirs["objectGUID"], enabled=False, owner="ours"))
        with pytest.raises(Refused):
            channel.delete("user", theirs["objectGUID"], "ours")
    assert domain.user("theirs")["uSNChanged"] == theirs["uSNChanged"]


@pytest.mark.parametrize("done", [True, False])
def test_23_a_lost_answer_makes_no_second_account(domain: Domain, monkeypatch: pytest.MonkeyPatch, done: bool) -> None:
    add, lost = Writing.add, []

    def losing(self: Writing, dn: str, *rest: Any) -> None:
        if not lost:
            lost.append(dn)
            if done:
                add(self, dn, *rest)
            raise AnswerLost("gone")
        add(self, dn, *rest)

    monkeypatch.setattr(Writing, "add", losing)
    report = domain.export(
        Town().person("alma", manager="bo").person("bo"), settings={"passwords": {"delivery": "none"}}
    )
    assert (report.error, report.parked, lost != []) == ("", [], True)
    assert domain.logins() == ["alma", "bo"]


def test_23_a_run_that_ended_after_an_add_is_continued(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    town = Town().person("alma", manager="bo").person("bo")
    mail = {"settings": {"passwords": {"delivery": "mail", "recipient": "it@klit.example"}}}
    monkeypatch.setattr(Writing, "add", _ending(Writing.add))
    with pytest.raises(_Ended):
        domain.export(town, **mail)
    monkeypatch.undo()
    assert len(domain.logins()) == 1
    report = domain.export(town, **mail)
    assert (report.parked, domain.logins()) == ([], ["alma", "bo"])
    assert sorted(mail[0] for mail in domain.mails) == ["bo@klit.example", "it@klit.example"]


class _Ended(BaseException):
    """The process ends here."""


def _ending(add: Any) -> Any:
    def ended(self: Writing, *given: Any) -> None:
        add(self, *given)
        raise _Ended

    return ended


def test_a_value_that_others_changed_meanwhile_is_read_again(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    town = Town().person("alma", title="Leder")
    domain.export(town)
    modify, done = Writing.modify, []

    def meanwhile(self: Writing, *given: Any) -> None:
        if not done:
            done.append(True)
            domain.set(domain.user("alma")["dn"], title="By hand")
        modify(self, *given)

    monkeypatch.setattr(Writing, "modify", meanwhile)
    report = domain.export(town.set("alma", title="Chef"))
    assert (report.parked, domain.user("alma")["title"]) == ([], ["Chef"])


def test_48_a_wrong_password_is_tried_once(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    import ldap3

    binds, bind = [], ldap3.Connection.bind

    def counted(self: Any, *given: Any, **named: Any) -> Any:
        binds.append(self.server.host)
        return bind(self, *given, **named)

    monkeypatch.setattr(ldap3.Connection, "bind", counted)
    two = [domain.controller.address, f"{domain.controller.address}:636"]
    report = domain.export(Town().person("alma"), settings={"password": "wrong", "controllers": two})
    assert (len(binds), report.retry) == (1, NEVER)
    assert "refused the service account" in report.error


def test_50_a_certificate_of_others_gets_no_password(domain: Domain, tmp_path: Path) -> None:
    report = domain.export(Town().person("alma"), settings={"ca_file": None})
    assert "certificate" in report.error and domain.logins() == []


def test_49_a_run_goes_on_with_the_next_controller(domain: Domain) -> None:
    two = ["127.0.0.1:1", domain.controller.address]
    assert domain.export(Town().person("alma"), settings={"controllers": two}).error == ""
    assert domain.logins() == ["alma"]


def test_49_a_controller_with_fresh_changes_is_waited_for(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another one may not have them yet, and would be given the same account again."""
    first, second = domain.controller.address, f"{domain.controller.address}:636"
    asked, down = [], set[str]()

    def noted(access: Access, controller: str) -> AbstractContextManager[Any]:
        asked.append(controller)
        if controller in down:
            raise ConnectionLost(f"{controller} can't be reached")
        return opened(access, controller)

    monkeypatch.setattr(session, "opened", noted)
    town = Town().person("alma")
    domain.export(town, settings={"controllers": [first, second]})
    swapped = {"settings": {"controllers": [second, first]}}
    domain.export(town.person("bo"), **swapped)
    assert asked == [first, first]
    down.add(first)
    report = domain.export(town.person("ida"), **swapped)
    assert "no other is asked" in report.error and domain.logins() == ["alma", "bo"]
    monkeypatch.setattr("exporters.objects.export.INSISTS", timedelta(0))  # an hour later
    assert domain.export(town, **swapped).error == "" and domain.logins() == ["alma", "bo", "ida"]
    assert asked[2:] == [first, second]


def test_44_a_missing_right_is_listed_and_the_others_are_delivered(domain: Domain) -> None:
    """A service account with full control below one OU of two (README "The service account's rights")."""
    domain.add("svc", ou=domain.ou)
    service = domain.user("svc")["dn"]
    domain.set(service, unicodePwd='"Hest-4711-kat"'.encode("utf-16-le"))
    domain.set(service, userAccountControl=512)
    domain.delegate("svc", f"OU=Users,{domain.ou}")
    mine = {
        "user": f"svc@{domain.controller.realm}", "password": "Hest-4711-kat", "closed_ou": "",
        "places": {f"OU=Closed,{domain.ou}": "employment.title == 'x'"},
    }  # fmt: skip
    town = Town().person("alma").person("bo", title="x").person("ida", title="x")
    report = domain.export(town, settings=mine)
    assert sorted(each.problem for each in report.parked) == ["no_right", "no_right"]
    assert domain.logins() == ["alma", "svc"]
    domain.export(town.set("alma", name="Alma Ny", title="Leder"), settings=mine)
    domain.export(town.leave("alma"), settings=mine)
    assert (domain.enabled("alma"), domain.user("alma")["title"]) == (False, ["Leder"])


def test_22_a_refused_password_is_tried_again_longer(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    from exporters.active_directory.passwords import FirstPasswords

    made = FirstPasswords.make
    monkeypatch.setattr(FirstPasswords, "make", lambda self, longer=0: made(self, longer) if longer else "kort")
    report = domain.export(Town().person("alma"))
    assert (report.parked, domain.logins()) == ([], ["alma"])
    monkeypatch.setattr(FirstPasswords, "make", lambda self, longer=0: "kort")
    report = domain.export(Town().person("alma").person("bo"))
    assert ([each.problem for each in report.parked], domain.logins()) == (["password_policy"], ["alma"])
    assert "kort" not in repr(report)


def test_an_id_is_a_base_that_survives_renames(domain: Domain) -> None:
    made = domain.add("alma")
    assert by_id(made["objectGUID"]) == f"<GUID={made['objectGUID']}>"
    with _open(domain) as channel:
        domain.wire.modify_dn(made["dn"], "CN=Another")
        found = channel.read("user", made["objectGUID"])
    assert found is not None and found.values["cn"] == "Another"
    assert uuid_of("a") != uuid_of("b")


def test_a_closed_ou_that_is_missing_does_not_make_an_account_gone(domain: Domain) -> None:
    missing = {"settings": {"closed_ou": f"OU=Nowhere,{domain.ou}"}}
    town = Town().person("alma").person("bo")
    domain.export(town, **missing)
    report = domain.export(town.leave("alma"), **missing)
    assert [each.problem for each in report.parked] == ["no_place"]
    assert not domain.enabled("alma"), "it is closed, wherever it lies"
    (entry,) = (each for each in ObjectLedger(domain.driver, domain.name).entries().values() if each.key == ALMA)
    assert (entry.state, entry.is_there) == ("parked", True)
    domain.wire.add(f"OU=Nowhere,{domain.ou}", "organizationalUnit")
    domain.export(town, full=True, **missing)
    assert f"OU=Nowhere,{domain.ou}" in domain.user("alma")["dn"]


def test_an_ou_that_is_missing_stops_only_those_who_are_to_be_in_it(domain: Domain) -> None:
    places = {"settings": {"places": {f"OU=Nowhere,{domain.ou}": "employment.title == 'x'"}}}
    town = Town().person("alma").person("bo", title="x")
    domain.export(Town().person("alma"), **places)
    report = domain.export(town.set("alma", title="x"), **places)
    assert sorted((each.key, each.problem) for each in report.parked) == sorted(
        [(ALMA, "no_place"), (uuid_of("bo"), "no_place")]
    )
    assert domain.enabled("alma")


def test_44_a_right_that_lacks_for_one_object_holds_up_no_other(
    domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where an administrator has ended the inheritance of rights on one account."""
    domain.export(Town().person("alma", title="Leder"))
    own, modify = by_id(domain.user("alma")["objectGUID"]), Writing.modify

    def refusing(self: Writing, dn: str, *given: Any) -> None:
        if dn == own:
            raise WriteRejected("dc1", 50, "insufficientAccessRights", "00002098")
        modify(self, dn, *given)

    monkeypatch.setattr(Writing, "modify", refusing)
    town = Town().person("alma", title="Chef")
    for n in range(6):  # some of them come after her
        town.person(f"p{n}")
    report = domain.export(town)
    assert [(each.key, each.problem) for each in report.parked] == [(ALMA, "no_right")]
    assert domain.logins() == ["alma", *(f"p{n}" for n in range(6))]


def test_43_accounts_that_the_domain_needs_are_nobodys(domain: Domain) -> None:
    everything = {"settings": {"within": [domain.controller.base]}}
    report = domain.export(Town().person("gu", login="Guest").person("kr", login="krbtgt"), **everything)
    assert (report.parked, domain.logins()) == ([], ["Guest2", "krbtgt2"])
    with domain.target(within=[domain.controller.base]).open() as channel:
        barred = {each.id: each.barred for each in channel.listing("user")}
    assert "domain itself" in barred[domain.user("Guest")["objectGUID"]]


def test_a_controller_that_takes_no_writes_parks_nobody(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    def referring(self: Writing, *given: Any) -> None:
        raise WriteRejected("rodc1", 10, "referral", "0000202B")

    monkeypatch.setattr(Writing, "add", referring)
    report = domain.export(Town().person("alma").person("bo"))
    assert "can be written to" in report.error and report.parked == []
    monkeypatch.undo()
    assert (domain.export(Town().person("alma").person("bo")).error, domain.logins()) == ("", ["alma", "bo"])


def test_a_limit_of_the_controller_fails_the_run_and_no_account(
    domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    def limited(self: DomainObjects) -> None:
        raise RequestRejected("dc1 answered with its size limit (4) when asked for (mail=*): it is not whole", 4)

    monkeypatch.setattr(DomainObjects, "addresses_of_all", limited)
    report = domain.export(Town().person("alma"))
    assert ("size limit" in report.error, report.parked, domain.logins()) == (True, [], [])
    monkeypatch.undo()
    assert (domain.export(Town().person("alma")).error, domain.logins()) == ("", ["alma"])
