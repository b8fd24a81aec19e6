"""Accounts and their owners (active_directory.md §8, §9; numbers of the pitfalls in the docstrings)."""

from uuid import UUID

import pytest
from ldap3.core.exceptions import LDAPException

from graph.statements.statement import DatedLink, Ref, Statement
from graph.time import Period
from importers.active_directory.values import guid_filter
from importers.pipeline.import_run import run_import
from tests.graph.organisation import START, Stating, employment, person, told, unit
from tests.importers.active_directory.directory import BO, ENABLED, KAREN, NEVER, RING, Directory, ticks

pytestmark = pytest.mark.slow


def hyphened(number: str) -> str:
    return f"{number[:6]}-{number[6:]}"


def test_an_account_with_all_that_it_tells(directory: Directory) -> None:
    dn = directory.add(
        "kate", cn="Karen Testrup", employeeNumber=hyphened(KAREN), mail="kate@kommune.example", displayName="Karen T",
        givenName="Karen", sn="Pigenavn", telephoneNumber="1234 5678", mobile="8765 4321",
        userPrincipalName="kate@kommune.test",
    )  # fmt: skip
    report = directory.run()
    assert report.problems == []
    account = directory.account("kate")
    assert account["principal_name"] == "kate@kommune.test"
    assert (account["enabled"], account["primary"], account["distinguished_name"]) == (False, True, dn)
    assert directory.owner("kate") == "Karen Testrup", "payroll's name outranks the directory's"
    known = directory.rows("MATCH (p:Person {name: 'Karen Testrup'}) RETURN p.work_email, p.work_phone, p.mobile")
    assert known == [("kate@kommune.example", "1234 5678", "8765 4321")]
    said = directory.rows("MATCH (r:SourceRecord {source: 'active_directory', kind: 'Person'}) RETURN r.values")
    assert "Karen Pigenavn" in said[0][0]
    assert directory.rows("MATCH (:Account)-[:AT]->(s:ItSystem) RETURN s.key") == [("active_directory",)]


def test_object_guid_is_little_endian(directory: Directory) -> None:
    """Pitfall 14: the key in the graph is the uuid that the filter finds."""
    dn = directory.add("kate")
    directory.wire.search(dn, "(objectClass=*)", attributes=["objectGUID"])
    raw = directory.wire.response[0]["raw_attributes"]["objectGUID"][0]
    directory.run()
    key = directory.rows("MATCH (r:SourceRecord {kind: 'Account'}) RETURN r.key")[0][0]
    assert UUID(key).bytes_le == raw
    directory.wire.search(directory.ou, guid_filter(UUID(key)), attributes=["sAMAccountName"])
    assert [each["dn"] for each in directory.wire.response] == [dn]


def test_renamed_and_moved_is_the_same_account(directory: Directory) -> None:
    """Pitfall 7."""
    dn = directory.add("kate", employeeNumber=KAREN)
    directory.run()
    before = directory.account("kate")
    other = directory.unit("Andre")
    directory.wire.modify_dn(dn, "CN=Karen Ny", new_superior=other)
    directory.later().run()
    after = directory.account("kate")
    assert (after["uuid"], after["active"]) == (before["uuid"], True)
    assert after["distinguished_name"] == f"CN=Karen Ny,{other}"


@pytest.mark.parametrize("changes", ["dirsync", "usn"])
def test_an_ou_renamed_gives_its_accounts_another_dn(directory: Directory, changes: str) -> None:
    """Pitfall 8: no delta shows it of the accounts; a changed OU has everything read."""
    place = directory.unit("Social")
    directory.add("kate", place)
    directory.run(changes=changes)
    directory.wire.modify_dn(place, "OU=Velfaerd")
    directory.later().run(changes=changes)
    assert f"OU=Velfaerd,{directory.ou}" in directory.account("kate")["distinguished_name"]


@pytest.mark.parametrize("changes", ["dirsync", "usn", "whole"])
def test_deleted_and_made_anew_is_another_account(directory: Directory, changes: str) -> None:
    """Pitfall 9: one ends and another begins; the person stays."""
    dn = directory.add("kate", employeeNumber=KAREN)
    directory.run(changes=changes, least_share=0)
    directory.wire.delete(dn)
    directory.later().run(changes=changes, least_share=0)
    active = "MATCH (a:Account) RETURN a.active ORDER BY a.active"
    assert directory.rows(active) == [(False,)]
    directory.add("kate", employeeNumber=KAREN)
    directory.later().run(changes=changes, least_share=0)
    assert directory.rows(active) == [(False,), (True,)]
    assert directory.rows("MATCH (p:Person {name: 'Karen Testrup'}) RETURN p.active") == [(True,)]


def test_state_and_expiry(directory: Directory) -> None:
    """Pitfalls 10 and 11, as the controller keeps them; 544 is enabled and has no password: nobody can log in."""
    directory.set(directory.add("expiring", accountExpires=ticks(2027, 7, 1)), userAccountControl=66048)
    directory.set(directory.add("never", accountExpires=NEVER), userAccountControl=66050)
    open_dn = directory.add("open")
    directory.set(open_dn, userAccountControl=544)
    directory.run()
    states = {login: directory.account(login) for login in ("expiring", "never", "open")}
    assert {login: each["enabled"] for login, each in states.items()} == {
        "expiring": True,
        "never": False,
        "open": True,
    }
    assert {login: each.get("expires") for login, each in states.items()} == {
        "expiring": "2027-07-01",
        "never": None,
        "open": None,
    }
    with pytest.raises(LDAPException):
        directory.controller.connection(open_dn, "Any-Password-1")


def test_two_accounts_of_one_person_wait_for_a_rule(directory: Directory) -> None:
    """Pitfall 12: both are the person's, neither counts, and people are asked; a rule settles it."""
    directory.add("kate", employeeNumber=KAREN, mail="kate@kommune.example")
    directory.add("adm-kate", employeeNumber=KAREN, mail="admin@kommune.example")
    directory.run()
    assert {directory.owner("kate"), directory.owner("adm-kate")} == {"Karen Testrup"}
    assert [rule for _, rule in directory.problems()] == ["several_accounts"] * 2
    assert directory.rows("MATCH (p:Person {name: 'Karen Testrup'}) RETURN p.work_email") == [(None,)]
    rule = {"attribute": "sAMAccountName", "matches": "[a-z]{4}"}
    directory.later().run(primary=[rule])
    assert directory.account("kate")["primary"] is True
    assert "primary" not in directory.account("adm-kate")
    assert directory.problems() == []
    assert directory.rows("MATCH (p:Person {name: 'Karen Testrup'}) RETURN p.work_email") == [("kate@kommune.example",)]


def test_a_second_account_is_noticed_in_a_delta(directory: Directory) -> None:
    """Pitfall 12: which one counts is decided among all, though only one has changed."""
    directory.add("kate", employeeNumber=KAREN)
    directory.run()
    admin = directory.add("adm-kate", employeeNumber=KAREN)
    directory.later().run()
    assert [rule for _, rule in directory.problems()] == ["several_accounts"] * 2
    directory.wire.delete(admin)
    directory.later().run()
    assert directory.problems() == []
    assert directory.account("kate")["primary"] is True


def test_a_cpr_attribute_is_normalised_or_left_out(directory: Directory, capfd: pytest.CaptureFixture[str]) -> None:
    """Pitfall 13: never matched wrongly, never logged."""
    directory.add("kate", employeeNumber=f" {hyphened(KAREN)} ")
    directory.add("zero", employeeNumber="000000-0000")
    directory.add("word", employeeNumber="skjult-tal-1234")
    report = directory.run()
    assert [directory.owner(each) for each in ("kate", "zero", "word")] == ["Karen Testrup", None, None]
    assert [rule for _, rule in directory.problems()] == ["malformed", "unmatched_account", "unmatched_account"]
    shown = repr(report) + str(capfd.readouterr()) + str(directory.rows("MATCH (n) RETURN properties(n)"))
    for secret in (KAREN, hyphened(KAREN), "skjult-tal"):
        assert secret not in shown


def test_by_employment_number(directory: Directory) -> None:
    directory.add("bopr", employeeID="10002")
    directory.run(employment_attribute="employeeID", institution="XX")
    assert directory.owner("bopr") == "Bo Prøvesen"
    used = directory.rows("MATCH (:Account {login: 'bopr'})-[:USED_FOR]->(e:Employment) RETURN e.number")
    assert used == [("10002",)]


@pytest.mark.parametrize("how", ["email", "uuid"])
def test_by_match_keys(directory: Directory, how: str) -> None:
    uuid = directory.rows("MATCH (p:Person {name: 'Bo Prøvesen'}) RETURN p.uuid")[0][0]
    directory.add("bopr", userPrincipalName="BO@kommune.example", extensionAttribute1=f"{{{uuid.upper()}}}")
    attribute = "userPrincipalName" if how == "email" else "extensionAttribute1"
    directory.run(match_keys=[{"attribute": attribute, "property": how}])
    assert directory.owner("bopr") == "Bo Prøvesen"


def test_a_school_account_by_the_uni_login(school: Directory) -> None:
    """unilogin.md §6: CPR number, then UNI-Login, exactly as it is written (§4); one of two people's is nobody's."""

    def uni_login(login: str, *owners: str) -> list[Statement]:
        return [
            Statement(
                "Account",
                f"{login}-{owner}",
                exists=(Period(START),),
                values={"login": told(login)},
                links={
                    "owner": (DatedLink(Period(START), Ref("Person", RING.hash(owner), by="cpr")),),
                    "system": (DatedLink(Period(START), Ref("ItSystem", "unilogin", by="natural")),),
                },
            )
            for owner in owners
        ]

    system = Statement("ItSystem", "unilogin", values={"key": told("unilogin"), "title": told("UNI-Login")})
    accounts = uni_login("boxx276q", BO) + uni_login("1000013b36", KAREN) + uni_login("both1234", BO, KAREN)
    run_import(school.driver, Stating(system, *accounts, name="unilogin", whole=False), RING)
    school.add("boxx276q")
    school.add("BOXX276Q-2", extensionAttribute1="BOXX276Q")
    school.add("karen", extensionAttribute1="1000013b36")
    school.add("other", employeeNumber=BO, extensionAttribute1="1000013b36")
    school.add("both1234")
    keys = [{"attribute": each, "property": "login"} for each in ("sAMAccountName", "extensionAttribute1")]
    school.run(match_keys=keys)
    owned = school.rows(
        "MATCH (p:Person)-[:OWNS]->(a:Account)-[:AT]->(:ItSystem {key: 'school_ad'}) RETURN a.login, p.name"
    )
    assert sorted(owned) == [("boxx276q", "Bo Prøvesen"), ("karen", "Karen Testrup"), ("other", "Bo Prøvesen")]


def test_who_is_hired_later_gets_the_account(directory: Directory) -> None:
    """Nothing changes in the directory, and yet the account gets its owner and is off the list."""
    directory.add("cill", employeeNumber="0303575003")
    directory.run()
    assert directory.problems() == [("owner", "unmatched_account")]
    hired = (unit("root"), person("cille", "Cille Eksempel", "0303575003"), employment("10003", "cille", "root"))
    run_import(directory.driver, Stating(*hired, whole=False), RING)
    directory.later().run()
    assert directory.owner("cill") == "Cille Eksempel"
    assert directory.problems() == []


def test_without_mail_and_names(directory: Directory) -> None:
    """Pitfall 18."""
    directory.add("service", userAccountControl=ENABLED)
    report = directory.run()
    assert [each.severity for each in report.problems] == ["notice"]
    assert "email" not in directory.account("service")


def test_names_with_signs_that_filters_know(directory: Directory) -> None:
    """Pitfall 17: exactly that one is looked up, in its groups too."""
    directory.group("plain", [directory.add("a1", cn="Bo (vikar)")])
    directory.group("starred", [directory.add("a2", cn="Bo *")])
    directory.group("both", [directory.add("a3", cn='Bo , + "q" \\ #1')])
    directory.run()
    for login, group in (("a1", "plain"), ("a2", "starred"), ("a3", "both")):
        assert directory.groups(login) == [group]
    late = directory.add("a4", cn="Bo **")
    directory.group("late", [late])
    directory.later().run()
    assert directory.groups("a4") == ["late"]


def test_external_people_are_placed_by_an_attribute(directory: Directory) -> None:
    """§8: an affiliation, until the date in its attribute; the person is not of payroll."""
    directory.add(
        "x-ida", givenName="Ida", sn="Konsulent", extensionAttribute2="care", extensionAttribute3="30-06-2027"
    )
    settings = {
        "external": {
            "unit_attribute": "extensionAttribute2",
            "unit_source": "sd",
            "end_attribute": "extensionAttribute3",
        }
    }
    report = directory.run(**settings)
    assert report.problems == []
    rows = directory.rows(
        "MATCH (p:Person)-[:HAS]->(a:Affiliation)-[:IN]->(u:Unit) RETURN p.name, u.name, toString(a.to), a.type"
    )
    assert rows == [("Ida Konsulent", "Care", "2027-07-01", "external")]
    assert directory.owner("x-ida") == "Ida Konsulent"
    assert directory.later().run(**settings).counts.total() == 0


def test_an_ou_that_stands_for_a_unit(directory: Directory) -> None:
    uuid = directory.rows("MATCH (u:Unit {name: 'Care'}) RETURN u.uuid")[0][0]
    dn = directory.unit("Pleje", adminDescription=uuid)
    directory.run(unit_attribute="adminDescription")
    assert directory.rows("MATCH (u:Unit {name: 'Care'}) RETURN u.distinguished_name") == [(dn,)]
