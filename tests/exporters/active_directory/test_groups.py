"""Groups, their members, and OUs of units (active_directory.md §9)."""

from pathlib import Path
from typing import Any

import ldap3
import neo4j
import pytest

from exporters.active_directory.settings import Groups
from protocols.ldap.writing import Writing
from tests.exporters.active_directory.town import Domain, Town, uuid_of


def _groups(domain: Domain, **more: object) -> dict[str, object]:
    return {"groups": {"kinds": ["unit", "role"], "ou": f"OU=Groups,{domain.ou}", **more}}


def test_who_moves_gets_the_new_groups_and_loses_the_old_ones(domain: Domain) -> None:
    town = Town().unit("north", "Nord").unit("south", "Syd").person("alma", unit="north").person("bo", unit="north")
    town.roles = [("leader", "alma")]
    domain.export(town, settings=_groups(domain))
    assert domain.members("Enhed Nord") == ["Alma Testrup", "Bo Testrup"]
    assert domain.members("Rolle Leader") == ["Alma Testrup"]
    town.set("alma", unit="south")
    town.roles, town.former_roles = [], {"leader"}
    domain.export(town, settings=_groups(domain))
    assert (domain.members("Enhed Nord"), domain.members("Enhed Syd")) == (["Bo Testrup"], ["Alma Testrup"])


@pytest.mark.parametrize("kind", ["role", "position"])
def test_a_group_stays_as_long_as_its_role_or_position(domain: Domain, kind: str) -> None:
    """File rights lead to its SID, and others have added members."""
    chosen = _groups(domain, kinds=[kind])
    name = {"role": "Rolle Leader", "position": "Stilling Leader"}[kind]
    leader = {"uuid": "p-leader", "title": "Leader"}
    town = Town().person("alma", position=leader).person("bo")
    town.roles, town.positions = [("leader", "alma")], [leader, {"uuid": "p-cook", "title": "Cook"}]
    town.former_roles = {"cook"}
    domain.export(town, settings=chosen)
    (group,) = domain.found("(objectClass=group)")
    domain.set(group["dn"], member=[domain.user("alma")["dn"], domain.add("theirs")["dn"]])
    town.set("alma", position=None).roles, town.former_roles = [], {"leader", "cook"}
    assert domain.export(town, settings=chosen).parked == []
    assert domain.members(name) == ["theirs"]
    assert domain.found(f"(cn={name})")[0]["objectGUID"] == group["objectGUID"]
    assert domain.export(town, settings=chosen, full=True).run is None
    town.set("bo", position=leader).roles = [("leader", "bo")]
    domain.export(town, settings=chosen)
    assert domain.members(name) == ["Bo Testrup", "theirs"]
    town.set("bo", position=None)
    town.roles, town.former_roles, town.positions = [], {"cook"}, []
    domain.export(town, settings=chosen)
    assert not domain.found("(objectClass=group)"), "the role, or the position, is gone"


def test_34_35_members_that_others_added_stay(domain: Domain) -> None:
    town = Town().person("alma").person("bo").person("ida")
    domain.export(town, settings=_groups(domain))
    (group,) = domain.found("(cn=Enhed Rådhuset)")
    theirs = domain.add("theirs")["dn"]
    domain.set(group["dn"], member=[theirs, domain.user("bo")["dn"], domain.user("ida")["dn"]])
    # alma was removed and theirs was added by hand; bo leaves, and per is new.
    town.leave("bo").person("per")
    report = domain.export(town, settings=_groups(domain))
    assert report.parked == []
    assert domain.members("Enhed Rådhuset") == ["Ida Testrup", "Per Testrup", "theirs"]
    domain.export(town, full=True, settings={**_groups(domain), "drift": "correct"})
    assert domain.members("Enhed Rådhuset") == ["Alma Testrup", "Ida Testrup", "Per Testrup", "theirs"]


def test_34_a_member_that_is_there_already_is_no_problem(domain: Domain) -> None:
    town = Town().person("alma").person("bo")
    domain.export(town, settings=_groups(domain))
    (group,) = domain.found("(cn=Enhed Rådhuset)")
    new = domain.add("ny")["dn"]
    domain.set(group["dn"], member=[new])
    report = domain.export(town.person("ida").leave("bo"), settings=_groups(domain))
    assert (report.parked, domain.members("Enhed Rådhuset")) == ([], ["Ida Testrup", "ny"])


@pytest.mark.parametrize("others", ["add", "remove"])
def test_34_a_member_whom_others_add_or_remove_meanwhile_is_no_problem(
    domain: Domain, monkeypatch: pytest.MonkeyPatch, others: str
) -> None:
    """The group is read, others are quicker, and the domain refuses what is there already, or is there no longer."""
    town = Town().person("alma").person("bo").person("ida")
    domain.export(town, settings=_groups(domain))
    (group,) = domain.found("(cn=Enhed Rådhuset)")
    modify, left = Writing.modify, [others]

    def meanwhile(self: Writing, dn: str, changes: Any) -> None:
        if "member" in changes and left:
            left.clear()
            logins = ("alma", "bo", "ida", "per") if others == "add" else ("alma", "ida")
            domain.set(group["dn"], member=[domain.user(each)["dn"] for each in logins])
        modify(self, dn, changes)

    monkeypatch.setattr(Writing, "modify", meanwhile)
    report = domain.export(town.person("per") if others == "add" else town.leave("bo"), settings=_groups(domain))
    assert (report.parked, left) == ([], [])
    expected = ["Alma Testrup", *(["Bo Testrup"] if others == "add" else []), "Ida Testrup"]
    assert domain.members("Enhed Rådhuset") == [*expected, *(["Per Testrup"] if others == "add" else [])]
    assert domain.export(town, settings=_groups(domain)).run is None


def test_a_member_that_is_gone_keeps_no_other_out(domain: Domain) -> None:
    town = Town().person("alma").person("bo").person("ida").person("per")
    town.roles = [("leader", "per")]
    domain.export(town, settings=_groups(domain))
    domain.wire.delete(domain.user("bo")["dn"])
    town.roles = [("leader", each) for each in ("alma", "bo", "ida")]
    report = domain.export(town, settings=_groups(domain))
    assert [each.object for each in report.parked] == ["group"]
    assert domain.members("Rolle Leader") == ["Alma Testrup", "Ida Testrup"]
    # The next run looks for the account that is gone: a person decides.
    report = domain.export(town, settings=_groups(domain))
    assert ("user", uuid_of("bo")) in {(each.object, each.key) for each in report.parked}


def test_nested_groups_without_a_circle(domain: Domain) -> None:
    town = Town().unit("a", "A").unit("b", "B", parent="a").person("alma", unit="b")
    town.units["root"]["parent"] = "b"
    domain.export(town, settings=_groups(domain, nested=True))
    assert domain.members("Enhed B") == ["Alma Testrup"]
    town.units["root"]["parent"] = None
    domain.export(town, settings=_groups(domain, nested=True))
    assert domain.members("Enhed A") == ["Enhed B"]
    assert domain.members("Enhed Rådhuset") == ["Enhed A"]


def test_groups_of_rights_follow_who_holds_them(domain: Domain) -> None:
    chosen = {"groups": {"kinds": ["right"], "rights": ["nurse", "read"], "ou": f"OU=Groups,{domain.ou}"}}
    nested = {"groups": {**chosen["groups"], "nested": True}}
    town = Town().person("alma").person("bo").person("ida")
    town.rights = {"nurse": (["alma", "bo"], []), "read": (["alma", "bo", "ida"], ["nurse"])}
    domain.export(town, settings=chosen)
    assert domain.members("Rettighed Nurse") == ["Alma Testrup", "Bo Testrup"]
    assert domain.members("Rettighed Read") == ["Alma Testrup", "Bo Testrup", "Ida Testrup"]
    (group,) = domain.found("(cn=Rettighed Read)")
    domain.set(group["dn"], member=[*group["member"], domain.add("theirs")["dn"]])
    domain.export(town, settings=nested)
    assert domain.members("Rettighed Read") == ["Ida Testrup", "Rettighed Nurse", "theirs"]
    # Bo holds the role, but a limit takes the right within it from him: nobody gets it through the other group.
    town.rights["read"] = (["alma", "ida"], ["nurse"])
    domain.export(town, settings=nested)
    assert domain.members("Rettighed Read") == ["Alma Testrup", "Ida Testrup", "theirs"]
    town.rights = {"nurse": ([], ["read"]), "read": ([], ["nurse"])}  # each includes the other
    domain.export(town.set("ida", stopped=True), settings=nested)
    assert (domain.members("Rettighed Read"), domain.members("Rettighed Nurse")) == (["theirs"], [])
    assert domain.found("(cn=Rettighed Read)")[0]["objectGUID"] == group["objectGUID"], "it stays without members"


def test_groups_of_rights_are_named() -> None:
    with pytest.raises(ValueError, match="name the rights"):
        Groups.model_validate({"kinds": ["right"]})


def test_45_46_ous_follow_the_tree(domain: Domain) -> None:
    tree = {"units": {"below": f"OU=Units,{domain.ou}", "closed": f"OU=ClosedUnits,{domain.ou}"}}
    town = Town().unit("a", "Skole, A").unit("b", "B").person("alma", unit="a").person("bo", unit="b")
    assert domain.export(town, settings=tree).parked == []
    assert domain.user("alma")["dn"] == f"CN=Alma Testrup,OU=Skole\\, A,OU=Rådhuset,OU=Units,{domain.ou}"
    before = domain.user("alma")["uSNChanged"]
    town.units["a"]["parent"] = "b"
    domain.export(town, settings=tree)
    assert domain.user("alma")["dn"] == f"CN=Alma Testrup,OU=Skole\\, A,OU=B,OU=Rådhuset,OU=Units,{domain.ou}"
    assert domain.user("alma")["uSNChanged"] == before, "the OU was moved, not each user"
    del town.units["a"]
    domain.export(town.set("alma", unit="b"), settings=tree)
    assert domain.user("alma")["dn"] == f"CN=Alma Testrup,OU=B,OU=Rådhuset,OU=Units,{domain.ou}"
    (closed,) = domain.found("(ou=Skole, A)")
    assert closed["dn"] == f"OU=Skole\\, A,OU=ClosedUnits,{domain.ou}"
    town.leave("alma")
    domain.export(town, settings=tree)
    assert domain.user("alma")["dn"].endswith(f"OU=Closed,{domain.ou}")
    town.person("alma", unit="b")
    domain.export(town, settings=tree)
    assert domain.user("alma")["dn"] == f"CN=Alma Testrup,OU=B,OU=Rådhuset,OU=Units,{domain.ou}"


def test_45_units_that_turn_over_are_moved_from_the_top(domain: Domain) -> None:
    """Whoever is below becomes the one above, whatever is between them, and in whichever order they are listed."""
    settings = {"units": {"below": f"OU=Units,{domain.ou}"}}
    town = Town().person("alma", unit="c")
    for line in ("abc", "cab", "bca", "cba", "abc", "bca"):
        for above, unit in zip(("root", *line), line, strict=False):
            town.unit(unit, unit.upper(), above)
        assert domain.export(town, settings=settings).parked == [], line
        (lowest,) = domain.found(f"(ou={line[-1].upper()})")
        a, b, c = line.upper()
        assert lowest["dn"] == f"OU={c},OU={b},OU={a},OU=Rådhuset,OU=Units,{domain.ou}"
    assert domain.user("alma")["dn"].startswith("CN=Alma Testrup,OU=C,OU=B,")


def test_units_that_swap_names_need_no_counter(domain: Domain) -> None:
    """When the first of two is named, the other still has its name; so has one that is to be closed."""
    settings = {
        "units": {"below": f"OU=Units,{domain.ou}", "closed": f"OU=ClosedUnits,{domain.ou}"},
        "groups": {"kinds": ["unit"], "ou": f"OU=Groups,{domain.ou}", "prefixes": {"unit": ""}},
    }
    town = Town().unit("a", "Borgerservice").unit("b", "Bibliotek").person("alma", unit="a").person("bo", unit="b")
    domain.export(town, settings=settings)

    def named() -> dict[str, tuple[str, ...]]:
        found = domain.found("(adminDescription=*)", "adminDescription", "cn")
        return {
            f"{each['adminDescription'][0]} {login}": (each["dn"].split(",")[0][3:], login)
            for each in found
            for login in each.get("sAMAccountName", ("",))
        }

    before = named()
    town.unit("a", "Bibliotek").unit("b", "Borgerservice")
    assert domain.export(town, settings=settings).parked == []
    assert sorted(named().values()) == sorted(before.values())
    assert domain.user("alma")["dn"].startswith("CN=Alma Testrup,OU=Bibliotek,")
    assert domain.members("Bibliotek") == ["Alma Testrup"]
    del town.units["a"]
    domain.export(town.unit("c", "Bibliotek").set("alma", unit="c"), settings=settings)
    assert domain.user("alma")["dn"] == f"CN=Alma Testrup,OU=Bibliotek,OU=Rådhuset,OU=Units,{domain.ou}"
    assert sorted(named().values()) == sorted([*before.values(), ("Bibliotek", "")]), "the closed one, at its place"
    # A run that was killed in between, or in which the name was not free yet.
    (made,) = domain.found("(&(ou=Borgerservice)(adminDescription=b))")
    domain.wire.modify_dn(made["dn"], "OU=Borgerservice 2")
    assert domain.export(town, settings=settings).run is None and "Borgerservice 2" in str(named())
    theirs = made["dn"]
    domain.wire.add(theirs, "organizationalUnit")
    domain.export(town, settings=settings, full=True)
    assert "Borgerservice 2" in str(named()), "others have the name"
    domain.wire.delete(theirs)
    held = domain.export(town, settings=settings, full=True, only_disable=lambda: "It was restored.")
    assert held.run is None and "Borgerservice 2" in str(named()), "nobody has confirmed the restore"
    reports = [domain.export(town, settings=settings, full=True, dry_run=dry) for dry in (True, False, False)]
    told = [[(each.key, each.text) for each in report.notices if each.rule == "renamed"] for report in reports]
    assert told == [[("b", "its name is free now: Borgerservice")]] * 2 + [[]]
    assert [(report.run is not None, report.counts.get("renamed")) for report in reports] == [
        (False, 1), (True, 1), (False, None),
    ], "what is written is in a run"  # fmt: skip
    assert sorted(named().values()) == sorted([*before.values(), ("Bibliotek", "")])


def test_46_what_others_have_in_the_ou_of_a_closed_unit_is_never_deleted(
    domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = {"units": {"below": f"OU=Units,{domain.ou}", "closed": f"OU=ClosedUnits,{domain.ou}"}}
    town = Town().unit("a", "Skole").person("alma", unit="a")
    domain.export(town, settings=tree)
    theirs = domain.add("theirs", ou=f"OU=Skole,OU=Rådhuset,OU=Units,{domain.ou}")
    deleted, delete = [], ldap3.Connection.delete
    monkeypatch.setattr(
        ldap3.Connection, "delete", lambda self, *given, **named: deleted.append(given) or delete(self, *given, **named)
    )
    del town.units["a"]
    town.leave("alma")
    report = domain.export(town, settings={**tree, "delete": True, "retention_days": 0})
    domain.export(town, settings={**tree, "delete": True, "retention_days": 0}, full=True)
    assert report.parked == [] and domain.user("theirs")["objectGUID"] == theirs["objectGUID"]
    assert domain.user("theirs")["dn"] == f"CN=theirs,OU=Skole,OU=ClosedUnits,{domain.ou}"
    assert len(deleted) <= 1, "alma at most; an OU is never deleted, and nothing with what is below it"
    home = Path(__file__).parents[3]
    files = [*(home / "protocols").rglob("*.py"), *(home / "exporters").rglob("*.py")]
    source = "".join(each.read_text(encoding="utf-8") for each in files)
    assert "1.2.840.113556.1.4.805" not in source, "the tree delete control"


def test_two_domains_at_the_same_time(domain: Domain, school: Domain, clean_graph: neo4j.Driver) -> None:
    town = Town().person("alma").person("teacher", system="school_ad", account="t")
    assert domain.export(town).error == "" and school.export(town, settings={"system": "school_ad"}).error == ""
    assert (domain.logins(), school.logins()) == (["alma"], ["teacher"])
    town.leave("alma")
    domain.export(town)
    assert (domain.enabled("alma"), school.enabled("teacher")) == (False, True)
    assert uuid_of("t") == school.user("teacher")["msDS-cloudExtensionAttribute1"][0]
