"""Full comparison, what a server does not keep, and the brake (scim.md §4)."""

from dataclasses import replace

import neo4j
import orjson
import pytest

from exporters.objects.closing import Closer, Lookout, Why
from exporters.objects.drift import NotAccepted, accept
from exporters.objects.export import run_object_export
from exporters.objects.ledger import ObjectLedger
from exporters.objects.target import Ref
from exporters.scim.target import Scim
from graph.change_log import last_number
from graph.runs.brakes import StaleApproval
from tests.answering import Reply, Request
from tests.exporters.scim.peer import Peer
from tests.exporters.scim.town import AT, RING, Town, export, settings


@pytest.mark.parametrize("drift", ["report", "correct"])
def test_16_what_was_changed_at_the_server_is_told_and_mended_where_that_is_set(
    clean_graph: neo4j.Driver, peer: Peer, drift: str
) -> None:
    town = Town().person("a").person("b").person("c")
    chosen = settings(peer.url, drift=drift, image={"groups": ["unit"]})
    export(clean_graph, town, chosen)
    ids = {each["externalId"]: each["id"] for each in peer.all()}
    peer.patch(f"Users/{ids['a']}", {"op": "replace", "path": "active", "value": False})
    peer.patch(f"Users/{ids['b']}", {"op": "replace", "path": "displayName", "value": "En Anden"})
    peer.delete(f"Users/{ids['c']}")
    stranger = peer.make(userName="stranger")
    group = peer.group("Rådhuset")["id"]
    peer.patch(f"Groups/{group}", {"op": "remove", "path": f'members[value eq "{ids["b"]}"]'})
    peer.patch(f"Groups/{group}", {"op": "add", "path": "members", "value": [{"value": stranger["id"]}]})
    peer.forget()
    report = export(clean_graph, town, chosen, full=True)
    assert report.error == ""
    lines = {change.key: change.lines for each in report.objects for change in each.changes}
    assert lines["a"] == ("enabled: no at the target, yes was sent",)
    assert lines["b"] == ("displayName: En Anden at the target, B Testrup was sent",)
    assert lines["c"] == ("the target no longer has it",)
    assert lines["root"] == ("members: 1 lacking at the target",)
    if drift == "report":
        assert peer.writes == [] and report.run is not None, "what was found is kept"
        assert export(clean_graph, town, chosen, full=True).run is None, "once"
        return
    assert peer.user("a@klit.example")["active"] is False, "who was disabled by hand stays so"
    assert peer.user("b@klit.example")["displayName"] == "B Testrup"
    ours = {each["id"] for each in peer.all() if each.get("externalId")}
    assert len(ours) == 3 and {each["value"] for each in peer.group("Rådhuset")["members"]} >= {stranger["id"], *ours}
    peer.forget()
    assert export(clean_graph, town, chosen, full=True).run is None


BRAKE = {"share": 0.05, "at_least": 0}


def test_somebody_who_was_enabled_by_hand_is_disabled_again_behind_the_brake(
    clean_graph: neo4j.Driver, peer: Peer
) -> None:
    town = Town().person("a").person("b")
    export(clean_graph, town, settings(peer.url))
    export(clean_graph, town.leave("b"), settings(peer.url))
    peer.patch(f"Users/{peer.user('b@klit.example')['id']}", {"op": "replace", "path": "active", "value": True})
    stopped = export(clean_graph, town, settings(peer.url, drift="correct", brake={**BRAKE, "share": 0}), full=True)
    assert stopped.brake is not None and peer.user("b@klit.example")["active"] is True
    export(clean_graph, town, settings(peer.url, drift="correct"), full=True)
    assert peer.user("b@klit.example")["active"] is False


def test_25_what_a_server_takes_and_does_not_keep_is_reported_once(clean_graph: neo4j.Driver, peer: Peer) -> None:
    def drops_title(request: Request, on: object) -> Reply | None:
        if request.method == "POST" and b'"title"' in request.body:
            kept = {name: value for name, value in request.json.items() if name != "title"}
            return peer.front_passes(replace(request, body=orjson.dumps(kept)))
        return None

    peer.disturb = drops_title
    town = Town().person("a", title="Chef").person("b")
    chosen = settings(peer.url, verify_every=1, drift="correct")
    report = export(clean_graph, town, chosen)
    assert [(each.key, each.field, each.rule) for each in report.notices] == [("a", "title", "not_kept")]
    peer.forget()
    assert export(clean_graph, town, chosen).run is None
    again = export(clean_graph, town, chosen, full=True)
    assert peer.writes == [] and sum(each.drift for each in again.objects) == 0


def organisation() -> Town:
    town = Town().unit("north").unit("south")
    for number in range(40):
        town.person(f"p{number}", unit="north" if number < 10 else "south")
    return town


def test_30_a_unit_that_is_lost_disables_nobody_until_that_is_approved(clean_graph: neo4j.Driver, peer: Peer) -> None:
    chosen = settings(peer.url, brake=BRAKE)
    town = organisation()
    export(clean_graph, town, chosen)
    peer.forget()
    for number in range(10):
        town.leave(f"p{number}")
    town.person("new")
    stopped = export(clean_graph, town, chosen)
    assert stopped.brake is not None and peer.writes == []
    assert stopped.reasons == ("user: 10 of 40 would be disabled or deleted",)
    with pytest.raises(StaleApproval):
        export(clean_graph, town, chosen, approve="export:scim-nothing")
    # It is killed after four of them; what is left needs no new approval.
    done: list[int] = []

    class Killed(BaseException):
        pass

    def progress(stage: str, number: int, total: int | None) -> None:
        if stage == "user" and number == 4:
            raise Killed

    with pytest.raises(Killed):
        export(clean_graph, town, chosen, approve=stopped.brake, progress=progress)
    assert sum(not each["active"] for each in peer.all()) == 4 and done == []
    report = export(clean_graph, town, chosen)
    assert report.brake is None and report.error == ""
    assert sum(not each["active"] for each in peer.all()) == 10 and peer.user("new@klit.example")
    # It is used now: the same loss again waits anew.
    for number in range(10, 20):
        town.leave(f"p{number}")
    assert export(clean_graph, town, chosen).brake not in (None, stopped.brake)


def test_a_small_organisation_closes_its_leavers_without_an_approval(clean_graph: neo4j.Driver, peer: Peer) -> None:
    town = Town()
    for number in range(8):
        town.person(f"p{number}")
    export(clean_graph, town, settings(peer.url, brake={}))
    report = export(clean_graph, town.leave("p1", "p2"), settings(peer.url, brake={}))
    assert report.brake is None and sum(not each["active"] for each in peer.all()) == 2


def test_closings_that_trickle_wait_too_until_they_are_approved(clean_graph: neo4j.Driver, peer: Peer) -> None:
    """A source that is broken a little more in each run: one leaver a run."""
    chosen = settings(peer.url, brake={"share": 0.1, "at_least": 1})
    town = organisation()

    def closed() -> int:
        return sum(not each["active"] for each in peer.all())

    export(clean_graph, town, chosen)
    for number in range(4):
        assert export(clean_graph, town.leave(f"p{number}"), chosen).brake is None
    town.set("p9", stopped=True)  # a STOP neither waits nor counts
    stopped = export(clean_graph, town.leave("p4"), chosen)
    assert stopped.reasons == ("user: 1 of 40 would be disabled or deleted, after 4 in the last 24 hours",)
    assert closed() == 5 and not peer.user("p9@klit.example")["active"]
    rows, _, _ = clean_graph.execute_query("MATCH (b:Brake {id: $id}) RETURN b.summary AS lines", id=stopped.brake)
    assert "user p0 was disabled or deleted before" in rows[0]["lines"]
    # Who comes back is not lost.
    for number in range(4):
        town.person(f"p{number}")
    assert export(clean_graph, town, chosen).brake is None and closed() == 2
    for number in range(3):
        assert export(clean_graph, town.leave(f"p{number}"), chosen).brake is None
    stopped = export(clean_graph, town.leave("p5"), chosen)
    assert export(clean_graph, town, chosen, approve=stopped.brake).brake is None
    # What was approved, and what came before it, counts no more; nor does what is older than the window.
    for number in range(10, 13):
        assert export(clean_graph, town.leave(f"p{number}"), chosen).brake is None
    assert export(clean_graph, town.leave("p14"), chosen).brake is not None
    clean_graph.execute_query("MATCH (e:LedgerEntry) SET e.counts_from = e.counts_from - duration('PT25H')")
    assert export(clean_graph, town, chosen).brake is None


def test_closings_beside_a_run_count_as_well(clean_graph: neo4j.Driver, peer: Peer) -> None:
    """The worker closes who leaves while runs go on: one after the other, within the same window."""
    town = organisation()
    target = Scim("scim-intranet", settings(peer.url, brake={"share": 0.1, "at_least": 1}))
    export(clean_graph, town, target.settings)
    closer = Closer(clean_graph, target, Lookout(clean_graph, target, town.read, last_number(clean_graph)))

    def leaves(key: str, why: Why) -> int:
        closer.lookout.due[Ref("user", key)] = why
        with target.open() as channel:
            return sum(closer.close(channel, each) for each in closer.due(AT))

    assert [leaves(f"p{number}", "ended") for number in range(6)] == [1, 1, 1, 1, 0, 0]
    assert leaves("p9", "stopped") == 1
    town.leave(*(f"p{number}" for number in range(5)))
    report = export(clean_graph, town, target.settings)
    assert report.reasons == ("user: 5 of 40 would be disabled or deleted",), "those that it has disabled count once"


def test_a_change_of_others_to_active_is_accepted_with_a_reason(clean_graph: neo4j.Driver, peer: Peer) -> None:
    town, chosen = Town().person("a", title="Chef").person("b"), settings(peer.url, drift="correct")
    target, ref = Scim("scim-intranet", chosen), Ref("user", "a")
    export(clean_graph, town, chosen)
    peer.patch(f"Users/{peer.user('a@klit.example')['id']}", {"op": "replace", "path": "active", "value": False})
    for _ in range(2):
        export(clean_graph, town, chosen, full=True)
        assert not peer.user("a@klit.example")["active"]
    assert ObjectLedger(clean_graph, target.name).entries()[ref].drift == {"enabled": "found"}
    export(clean_graph, town.set("a", title="Leder"), chosen)
    clean_graph.execute_query("MATCH (e:LedgerEntry) SET e.unsure = true")  # as a killed run leaves it
    export(clean_graph, town, chosen)
    assert (peer.user("a@klit.example")["title"], peer.user("a@klit.example")["active"]) == ("Leder", False)
    accept(clean_graph, target, ref, "enabled", "under investigation", "anna")
    assert export(clean_graph, town, chosen, full=True).run is None
    export(clean_graph, town.leave("a"), chosen)
    with pytest.raises(NotAccepted):
        accept(clean_graph, target, ref, "enabled", "x", "anna")
    export(clean_graph, town.person("a"), chosen)
    assert peer.user("a@klit.example")["active"] is True, "who comes back is enabled: that was decided anew"


def test_an_approval_of_less_lets_nothing_through(clean_graph: neo4j.Driver, peer: Peer) -> None:
    chosen = settings(peer.url, brake=BRAKE)
    town = organisation()
    export(clean_graph, town, chosen)
    stopped = export(clean_graph, town.leave("p1", "p2", "p3"), chosen)
    assert stopped.brake
    report = export(clean_graph, town.leave("p4"), chosen, approve=stopped.brake)
    assert report.brake not in (None, stopped.brake)
    assert "this approval is for a different set of changes" in report.approval
    assert all(each["active"] for each in peer.all())


def test_a_group_that_would_lose_its_members_stops_the_run(clean_graph: neo4j.Driver, peer: Peer) -> None:
    chosen = settings(peer.url, brake={**BRAKE, "share": 0.2}, image={"groups": ["role"]})
    town = Town()
    for number in range(10):
        town.person(f"p{number}")
        town.roles.append(("caretaker", f"p{number}", "root"))
    export(clean_graph, town, chosen)
    assert len(peer.group("Rolle: Caretaker")["members"]) == 10
    town.roles = town.roles[:4]
    assert export(clean_graph, town, chosen).reasons == ("group: 6 of 10 links would be removed",)


def test_members_that_trickle_away_wait_too(clean_graph: neo4j.Driver, peer: Peer) -> None:
    chosen = settings(peer.url, brake={"share": 0.2, "at_least": 1}, image={"groups": ["role"]})
    town = Town()
    for number in range(20):
        town.person(f"p{number}")
        town.roles.append(("caretaker", f"p{number}", "root"))
    export(clean_graph, town, chosen)
    for count in (18, 16):
        town.roles = town.roles[:count]
        assert export(clean_graph, town, chosen).brake is None
    export(clean_graph, town.leave("p15"), chosen)  # the membership of a closed account is no removal
    town.roles = town.roles[:14]
    stopped = export(clean_graph, town, chosen)
    assert stopped.reasons == ("group: 1 of 19 links would be removed, after 4 in the last 24 hours",)
    assert export(clean_graph, town, chosen, approve=stopped.brake).brake is None
    town.roles = town.roles[:12]
    assert export(clean_graph, town, chosen).brake is None and len(peer.group("Rolle: Caretaker")["members"]) == 12


def test_another_definition_that_changes_all_stops_the_run_once(clean_graph: neo4j.Driver, peer: Peer) -> None:
    town = organisation()
    export(clean_graph, town, settings(peer.url, brake=BRAKE))
    peer.forget()
    chosen = settings(peer.url, brake=BRAKE, add={"userType": "Ansat"})
    stopped = export(clean_graph, town, chosen)
    assert stopped.reasons == ("user: definition changed: 40 of 40 would be changed",) and peer.writes == []
    assert export(clean_graph, town, chosen, approve=stopped.brake).brake is None
    assert {each["userType"] for each in peer.all()} == {"Ansat"}


def test_a_dry_run_tells_old_and_new_and_sends_nothing(clean_graph: neo4j.Driver, peer: Peer) -> None:
    town = Town().person("a", mobile="40 40 40 40").person("b").person("c", "Hemmelig Person", protected=True)
    chosen = settings(peer.url, image={"groups": ["unit"]})
    export(clean_graph, town, chosen)
    peer.forget()
    town.set("a", name="Alma Nygift").leave("b").person("d").set("c", name="Meget Hemmelig")
    report = export(clean_graph, town, chosen, dry_run=True)
    assert peer.writes == [] and report.run is None
    told = {change.key: (change.what, change.lines) for each in report.objects for change in each.changes}
    assert "displayName: A Testrup → Alma Nygift" in told["a"][1]
    assert told["b"] == ("gone", ("would be disabled",)) and told["d"][0] == "new"
    assert told["root"] == ("changed", ("members: +1", "members: −1"))
    assert told["c"][1] and all("protected" in line for line in told["c"][1]) and "Hemmelig" not in str(told)


def test_26_of_a_protected_person_nothing_private_is_sent(clean_graph: neo4j.Driver, peer: Peer) -> None:
    town = Town().unit("north", street="Torvet 1", postalCode="9999", city="Klit")
    town.person("a", unit="north", protected=True, mobile="40404040", phone="20202020")
    town.person("b", unit="north", mobile="50505050", number="0101570001")
    export(clean_graph, town, settings(peer.url))
    protected, other = peer.user("a@klit.example"), peer.user("b@klit.example")
    assert "addresses" not in protected and "phoneNumbers" not in protected
    assert other["addresses"][0]["streetAddress"] == "Torvet 1"
    assert other["phoneNumbers"][0]["value"] == "+4550505050"


def test_two_servers_have_ledgers_of_their_own(clean_graph: neo4j.Driver, peer: Peer) -> None:
    town = Town().person("a")
    for name in ("scim-one", "scim-two"):
        assert export(clean_graph, town, settings(peer.url), name=name).error == ""
    rows, _, _ = clean_graph.execute_query("MATCH (e:LedgerEntry) RETURN e.target AS target ORDER BY target")
    assert [row["target"] for row in rows] == ["scim-one", "scim-two"] and len(peer.all()) == 1


def test_the_ledger_keeps_no_values(clean_graph: neo4j.Driver, peer: Peer) -> None:
    target = Scim("scim-intranet", settings(peer.url))
    town = Town().person("a", "Alma Testrup", mobile="40404040")
    run_object_export(clean_graph, target, town.read, RING, at=AT)
    rows, _, _ = clean_graph.execute_query("MATCH (e:LedgerEntry) RETURN properties(e) AS kept")
    kept = str([row["kept"] for row in rows])
    assert "displayName=" in kept
    for value in ("Alma", "40404040", "klit.example", "t0ken"):
        assert value not in kept
