"""What an IT department does beside REConnect, and what people are called: tried on a real domain."""

import pytest

from reconnect.embedded import Addresses
from tests.exporters.active_directory.killed_run import exported_with_another
from tests.exporters.active_directory.killed_run import town as town_of
from tests.exporters.active_directory.town import Domain, Town, uuid_of
from tests.forked import FORKING, telling


def test_7_an_account_that_others_renamed_and_moved_is_the_same(domain: Domain) -> None:
    town = Town().person("alma", title="Leder").person("bo", manager="alma")
    domain.export(town)
    before = domain.user("alma")
    domain.wire.modify_dn(before["dn"], "CN=Alma Efter", new_superior=f"OU=Groups,{domain.ou}")
    domain.set(f"CN=Alma Efter,OU=Groups,{domain.ou}", sAMAccountName="alma.ny", displayName="Alma Efter")
    report = domain.export(town.set("alma", title="Chef").set("bo", title="Vikar"))
    assert (report.error, report.parked) == ("", [])
    moved = domain.user("alma.ny")
    assert (moved["objectGUID"], moved["title"]) == (before["objectGUID"], ["Chef"])
    assert moved["dn"] == f"CN=Alma Efter,OU=Groups,{domain.ou}"
    report = domain.export(town, full=True, settings={"drift": "correct"})
    assert (report.error, report.parked) == ("", [])
    again = domain.user("alma")
    assert (again["dn"], again["objectGUID"]) == (before["dn"], before["objectGUID"])
    assert domain.user("bo")["manager"] == [again["dn"]]
    assert domain.export(town, full=True, settings={"drift": "correct"}).run is None


def test_a_leaver_whom_others_renamed_and_moved_is_closed(domain: Domain) -> None:
    town = Town().person("alma").person("bo")
    domain.export(town)
    domain.wire.modify_dn(domain.user("alma")["dn"], "CN=Alma Efter", new_superior=f"OU=Groups,{domain.ou}")
    report = domain.export(town.leave("alma"))
    assert (report.error, report.parked, domain.enabled("alma")) == ("", [], False)
    assert domain.user("alma")["dn"].endswith(f",OU=Closed,{domain.ou}")


def test_35_a_group_of_others_that_was_put_into_ours_stays(domain: Domain) -> None:
    groups = {"groups": {"kinds": ["unit"], "ou": f"OU=Groups,{domain.ou}"}, "drift": "correct"}
    town = Town().unit("north").person("alma", unit="north").person("bo", unit="north")
    domain.export(town, settings=groups)
    foreign = f"CN=Vikarer,{domain.ou}"
    domain.wire.add(foreign, "group", {"sAMAccountName": "vikarer", "groupType": -2147483646})
    (north,) = domain.found("(&(objectClass=group)(cn=Enhed North))")
    domain.wire.modify(north["dn"], {"member": [("MODIFY_ADD", [foreign])]})
    for full in (False, True):
        report = domain.export(town.set("alma", unit="root"), settings=groups, full=full)
        assert (report.error, report.parked) == ("", [])
        assert domain.members("Enhed North") == ["Bo Testrup", "Vikarer"]


@pytest.mark.parametrize("name", ["A\u030ase Bæk 😀", "Zoë " + "Ø" * 80, "Jens\u200b Ødegård", "ﬁnn ½"])
def test_29_two_of_an_unusual_name_in_one_ou(domain: Domain, name: str) -> None:
    town = Town().person("a", name).person("b", name)
    report = domain.export(town)
    assert (report.error, report.parked) == ("", [])
    assert domain.logins() == ["a", "b"]
    before = domain.state()
    again = domain.export(town, full=True, settings={"drift": "correct"})
    assert (again.run, domain.state(), again.objects[1].drift) == (None, before, 0)


def test_an_attribute_that_the_domain_lacks_stops_the_run_before_anything(domain: Domain) -> None:
    """A domain of an older schema: REConnect's key could not be kept there."""
    before = domain.state()
    report = domain.export(Town().person("alma"), settings={"key_attribute": "noSuchAttribute"})
    assert "noSuchAttribute" in report.error and "key_attribute" in report.error
    assert (domain.state(), report.parked) == (before, [])


def test_25_two_hosts_that_export_at_once_make_no_account_twice(domain: Domain, addresses: Addresses) -> None:
    """Two processes, as two hosts whose locks are not the same Redis's."""
    count, both = 30, FORKING.Barrier(2)
    hosts = [telling(exported_with_another, addresses, domain.settings(), count, both) for _ in range(2)]
    reports = [told.recv() for _, told in hosts]
    for process, _ in hosts:
        process.join()
    town = town_of(count, 0)
    final = domain.export(town)
    assert (final.error, final.parked) == ("", []), reports
    assert domain.logins() == sorted(town.people)
    assert {each[0] for each in (domain.user(short)["msDS-cloudExtensionAttribute1"] for short in town.people)} == {
        uuid_of(short) for short in town.people
    }
    domain.export(town, full=True)  # notes the names of what one host had created when the other took its run over
    again = domain.export(town, full=True)
    assert again.run is None, again.objects
