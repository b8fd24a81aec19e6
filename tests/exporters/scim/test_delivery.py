"""What is sent to a real server, and what is not (scim.md §4)."""

from datetime import timedelta

import neo4j

from tests.exporters.scim.peer import ENTERPRISE, Peer
from tests.exporters.scim.town import AT, Town, export, settings

MANAGER = f"{ENTERPRISE}:manager"


def circle() -> Town:
    return Town().person("a", manager="b").person("b", manager="c").person("c", manager="a")


def test_1_three_users_with_managers_in_a_circle(clean_graph: neo4j.Driver, peer: Peer) -> None:
    report = export(clean_graph, circle(), settings(peer.url))
    assert report.error == "" and report.parked == []
    assert peer.told() == ["POST /Users"] * 3 + ["PATCH /Users"] * 3
    ids = {each["externalId"]: each["id"] for each in peer.all()}
    managers = {each["externalId"]: each[ENTERPRISE]["manager"]["value"] for each in peer.all()}
    assert managers == {"a": ids["b"], "b": ids["c"], "c": ids["a"]}


def test_2_a_repeat_writes_nothing(clean_graph: neo4j.Driver, peer: Peer) -> None:
    town = circle().unit("north").person("d", unit="north")
    chosen = settings(peer.url, image={"groups": ["unit"]})
    assert export(clean_graph, town, chosen).error == ""
    peer.forget()
    again = export(clean_graph, town, chosen)
    assert (peer.writes, again.run) == ([], None)


def test_12_a_department_that_is_emptied_is_removed(clean_graph: neo4j.Driver, peer: Peer) -> None:
    town = Town().unit("north", "Nord").person("a", unit="north")
    export(clean_graph, town, settings(peer.url))
    assert peer.all()[0][ENTERPRISE]["department"] == "Nord"
    peer.forget()
    town.units["north"]["name"] = None
    export(clean_graph, town, settings(peer.url))
    (patch,) = peer.writes
    assert patch.json["Operations"] == [{"op": "remove", "path": f"{ENTERPRISE}:department"}]
    assert "department" not in peer.all()[0].get(ENTERPRISE, {})


def test_13_of_a_large_group_only_differences_are_sent(clean_graph: neo4j.Driver, peer: Peer) -> None:
    town = Town().unit("north")
    people = [f"p{n:03}" for n in range(150)]
    for each in people:
        town.person(each, unit="north")
    town.person("x").person("y")
    chosen = settings(peer.url, image={"groups": ["unit"]})
    export(clean_graph, town, chosen)
    assert len(peer.group("North")["members"]) == 150
    members = [each for each in peer.writes if each.method == "PATCH" and "/Groups/" in each.path]
    assert [len(each.json["Operations"][0]["value"]) for each in members if len(members) > 2] == [100, 50, 2]
    peer.forget()
    town.set("p001", unit="root").set("p002", unit="root").set("p003", unit="root")
    town.set("x", unit="north").set("y", unit="north")
    town.units["north"] |= {"parent": "root"}
    export(clean_graph, town, chosen)
    sent = [each for each in peer.writes if "/Groups/" in each.path]
    assert {each.method for each in sent} == {"PATCH"}
    north = next(each["id"] for each in peer.all("Groups") if each["displayName"] == "North")
    operations = [one for each in sent if north in each.path for one in each.json["Operations"]]
    assert sum(len(each.get("value", [None])) for each in operations) == 5
    assert len(peer.group("North")["members"]) == 149


def test_15_who_leaves_is_disabled_first_and_taken_out_of_groups(clean_graph: neo4j.Driver, peer: Peer) -> None:
    town = circle()
    chosen = settings(peer.url, image={"groups": ["unit"]})
    export(clean_graph, town, chosen)
    peer.forget()
    gone = peer.user("b@klit.example")["id"]
    town.leave("b").set("a", name="Alma Nygift", manager="c").set("c", manager="a").person("d")
    export(clean_graph, town, chosen)
    first, *after = peer.writes
    assert (first.method, first.path) == ("PATCH", f"/Users/{gone}")
    assert first.json["Operations"] == [{"op": "replace", "path": "active", "value": False}]
    assert "POST /Users" in peer.told() and "PATCH /Groups" in peer.told()
    assert peer.user("b@klit.example")["active"] is False
    assert gone not in {each["value"] for each in peer.group("Rådhuset")["members"]}
    assert not [each for each in after if each.path == first.path]


def test_who_is_stopped_is_disabled_whatever_the_brake_says(clean_graph: neo4j.Driver, peer: Peer) -> None:
    town = circle()
    chosen = settings(peer.url, brake={"share": 0, "count": 0, "at_least": 0}, on_close="delete")
    export(clean_graph, town, settings(peer.url))
    town.set("b", stopped=True).leave("c")
    stopped = export(clean_graph, town, chosen)
    assert stopped.brake is not None, "the leaver waits for an approval"
    assert [each["active"] for each in (peer.user("b@klit.example"), peer.user("c@klit.example"))] == [False, True]
    peer.forget()
    export(clean_graph, town, chosen)
    assert peer.writes == []
    export(clean_graph, town.set("b", stopped=False), settings(peer.url))
    assert peer.user("b@klit.example")["active"] is True


def test_who_is_stopped_without_an_employment_waits_for_no_brake(clean_graph: neo4j.Driver, peer: Peer) -> None:
    town = circle()
    export(clean_graph, town, settings(peer.url))
    town.leave("a", "b").stopped.add("b")
    report = export(clean_graph, town, settings(peer.url, brake={"share": 0, "count": 0, "at_least": 0}))
    assert report.brake is not None
    assert [peer.user(f"{each}@klit.example")["active"] for each in "abc"] == [True, False, True]


def test_after_a_restore_only_disabling_is_sent(clean_graph: neo4j.Driver, peer: Peer) -> None:
    """Who was made and stopped after the back-up is unknown to the ledger, and open again in the graph."""
    town = circle()
    export(clean_graph, town, settings(peer.url))
    changed = town.person("d").set("a", name="Anna Ny").set("b", stopped=True).leave("c")
    shown = export(clean_graph, changed, settings(peer.url), dry_run=True, only_disable=lambda: "It was restored.")
    assert shown.held == "2 changes wait. It was restored." and "d" in str(shown.objects)
    held = export(clean_graph, changed, settings(peer.url), full=True, only_disable=lambda: "It was restored.")
    assert held.held == shown.held
    assert [peer.user(f"{each}@klit.example")["active"] for each in "abc"] == [True, False, False]
    peer.forget()
    assert export(clean_graph, changed, settings(peer.url), only_disable=lambda: "It was restored.").held
    assert peer.writes == []
    after = export(clean_graph, changed, settings(peer.url))
    assert after.held == "" and peer.user("d@klit.example")["active"] is True


def test_17_who_comes_back_is_the_same_user(clean_graph: neo4j.Driver, peer: Peer) -> None:
    town = Town().person("a").person("b")
    export(clean_graph, town, settings(peer.url))
    before = peer.user("b@klit.example")["id"]
    export(clean_graph, town.leave("b"), settings(peer.url))
    assert peer.user("b@klit.example")["active"] is False
    export(clean_graph, town.person("b", "Birk Nytnavn"), settings(peer.url))
    again = peer.user("b@klit.example")
    assert (again["id"], again["active"], again["displayName"]) == (before, True, "Birk Nytnavn")
    assert len(peer.all()) == 2


def test_20_composed_and_decomposed_letters_are_the_same(clean_graph: neo4j.Driver, peer: Peer) -> None:
    town = Town().person("a", "Åse Ørsted")
    export(clean_graph, town, settings(peer.url))
    sent = peer.writes[0].body
    assert "Åse Ørsted".encode() in sent
    peer.forget()
    again = export(clean_graph, town.set("a", name="Åse Ørsted"), settings(peer.url))
    assert (peer.writes, again.run) == ([], None)


def test_27_a_first_mail_and_a_new_department_arrive_together(clean_graph: neo4j.Driver, peer: Peer) -> None:
    account = {"login": "a", "principalName": "a@klit.example", "primary": True, "system": {"key": "active_directory"}}
    town = Town().unit("north", "Nord").person("a", email=None, accounts=[account])
    export(clean_graph, town, settings(peer.url))
    assert "emails" not in peer.all()[0]
    report = export(clean_graph, town.set("a", email="alma@klit.example", unit="north"), settings(peer.url))
    (user,) = peer.all()
    assert (user["emails"][0]["value"], user[ENTERPRISE]["department"]) == ("alma@klit.example", "Nord")
    assert report.parked == []


def test_28_before_deletion_a_user_is_taken_out_of_everything(clean_graph: neo4j.Driver, peer: Peer) -> None:
    town = Town().person("a", manager="b").person("b").person("c")
    chosen = settings(peer.url, on_close="disable_then_delete", retention_days=30)
    export(clean_graph, town, chosen)
    gone = peer.user("b@klit.example")["id"]
    export(clean_graph, town.leave("b").set("a", manager=None), chosen)
    # By hand, at the server: a group of others, and the manager of somebody.
    by_hand = peer.make("Groups", displayName="Kantine", members=[{"value": gone}])
    peer.patch(f"Users/{peer.user('c@klit.example')['id']}", {"op": "add", "path": MANAGER, "value": {"value": gone}})
    assert export(clean_graph, town, chosen, at=AT + timedelta(days=29)).run is None
    peer.forget()
    report = export(clean_graph, town, chosen, at=AT + timedelta(days=30))
    assert report.error == "" and peer.told()[-1] == "DELETE /Users"
    assert sorted(peer.told()[:-1]) == ["PATCH /Groups", "PATCH /Users"]
    assert not next(each for each in peer.all("Groups") if each["id"] == by_hand["id"]).get("members")
    assert gone not in str(peer.all())
    peer.forget()
    assert export(clean_graph, town, chosen, at=AT + timedelta(days=31)).run is None


def test_29_two_units_of_one_name_are_two_groups(clean_graph: neo4j.Driver, peer: Peer) -> None:
    town = Town().unit("n1", "Dagplejen").unit("n2", "Dagplejen").person("a", unit="n1").person("b", unit="n2")
    report = export(clean_graph, town, settings(peer.url, image={"groups": ["unit"]}))
    named = [each for each in peer.all("Groups") if each["displayName"] == "Dagplejen"]
    assert sorted(each["externalId"] for each in named) == ["n1", "n2"]
    assert [len(each["members"]) for each in named] == [1, 1] and report.parked == []


def test_a_closed_unit_s_group_is_deleted_and_one_that_cannot_be_made_is_shown(
    clean_graph: neo4j.Driver, peer: Peer
) -> None:
    town = Town().unit("north").person("a", unit="north")
    chosen = settings(peer.url, image={"groups": ["unit"]})
    export(clean_graph, town, chosen)
    del town.units["north"]
    export(clean_graph, town.set("a", unit="root"), chosen)
    assert [each["displayName"] for each in peer.all("Groups")] == ["Rådhuset"]


def test_who_begins_later_is_made_disabled_and_enabled_on_the_first_day(clean_graph: neo4j.Driver, peer: Peer) -> None:
    town = Town().person("a", start=AT + timedelta(days=10))
    chosen = settings(peer.url, image={"groups": ["unit"], "days_ahead": 14})
    export(clean_graph, town, chosen)
    assert peer.all()[0]["active"] is False and not peer.group("Rådhuset").get("members")
    export(clean_graph, town, chosen, at=AT + timedelta(days=10))
    assert peer.all()[0]["active"] is True and len(peer.group("Rådhuset")["members"]) == 1


def test_an_object_that_waits_for_another_gets_its_link_when_that_is_there(
    clean_graph: neo4j.Driver, peer: Peer
) -> None:
    made = peer.make(userName="b@klit.example")
    town = Town().person("a", manager="b").person("b")
    report = export(clean_graph, town, settings(peer.url))
    assert [each.key for each in report.parked] == ["b"]
    assert "manager" not in peer.user("a@klit.example").get(ENTERPRISE, {})
    peer.delete(f"Users/{made['id']}")
    report = export(clean_graph, town, settings(peer.url), full=True)
    assert report.parked == []
    assert peer.user("a@klit.example")[ENTERPRISE]["manager"]["value"] == peer.user("b@klit.example")["id"]
