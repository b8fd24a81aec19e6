"""What closes accounts, what keeps them from being closed, and what counts as closing (active_directory.md §9)."""

import json
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from exporters.active_directory.channel import DirectoryChannel
from exporters.active_directory.closing import closings
from exporters.active_directory.domain_objects import DomainObjects
from exporters.errors import DeliveryError
from exporters.objects.closing import Lookout
from exporters.objects.delivery import close
from exporters.objects.drift import accept
from exporters.objects.ledger import ObjectLedger
from exporters.objects.target import Closing, Ref
from graph.runs.brakes import approve
from graph.runs.orders import orders
from graph.runs.run_log import end_run, start_run
from tests.exporters.active_directory.town import AT, Domain, Town, uuid_of

ALMA = Ref("user", uuid_of("alma"))


def _ten(domain: Domain) -> Town:
    town = Town()
    for n in range(10):
        town.person(f"p{n}")
    domain.export(town)
    return town


def test_42_ends_of_many_wait_as_closings_do(domain: Domain) -> None:
    town, before = _ten(domain), domain.state()
    brake = {"settings": {"brake": {"share": 0.2, "at_least": 0}}}
    for n in (1, 2, 3):
        town.set(f"p{n}", expires="2026-03-03")
    dry = domain.export(town, dry_run=True, **brake)
    report = domain.export(town, **brake)
    assert "3 of 10 would be disabled, deleted, or expire" in report.reasons[0] and dry.reasons == report.reasons
    assert domain.state() == before
    assert domain.export(town, approve=report.brake, **brake).brake is None
    for n in (1, 2, 3):
        town.set(f"p{n}", expires="2026-12-01")
    assert domain.export(town, **brake).brake is None, "a later end closes nobody"
    town.leave("p0")
    for n in (1, 2):
        town.set(f"p{n}", expires="2026-03-04")
    assert "3 of 10" in domain.export(town, **brake).reasons[0], "leavers and ends count together"


def test_ends_that_trickle_in_wait_too(domain: Domain) -> None:
    town = _ten(domain)
    brake = {"settings": {"brake": {"share": 0.2, "at_least": 0}}}
    for n in (1, 2):
        assert domain.export(town.set(f"p{n}", expires="2026-03-03"), **brake).brake is None
    assert domain.export(town.set("p3", expires="2026-03-03"), **brake).brake is not None


def test_who_is_to_be_open_again_is_neither_closed_nor_deleted(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    deletes = {"settings": {"delete": True, "retention_days": 0}}
    town = Town().person("alma").person("bo").person("ida")
    domain.export(town, **deletes)
    domain.export(town.leave("alma", "bo", delete_on=AT.isoformat()), **deletes)
    assert (domain.enabled("alma"), domain.enabled("bo")) == (False, False)
    reopened = frozenset({ALMA, Ref("user", uuid_of("ida"))})

    def look(self: Lookout, at: Any) -> bool:
        self.open |= reopened
        return False

    monkeypatch.setattr(Lookout, "look", look)
    report = domain.export(town.leave("ida"), **deletes)
    assert domain.logins() == ["alma", "ida"] and domain.enabled("ida")
    assert {each.key for each in report.notices if each.rule == "opened_meanwhile"} == {each.key for each in reopened}


def test_the_lookout_keeps_who_is_to_be_open(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    target, number = domain.target(), iter((1, 2, 3))
    found = iter([Closing(open=frozenset({ALMA})), Closing(), Closing(ended=frozenset({ALMA}))])
    monkeypatch.setattr("exporters.objects.closing.last_number", lambda driver: next(number))
    monkeypatch.setattr("exporters.objects.closing.changed_since", lambda *given: {"PlannedAccount": ["x"]})
    monkeypatch.setattr("exporters.objects.closing.Lookout._image", lambda *given: {})
    monkeypatch.setattr(type(target), "closing", lambda *given: next(found))
    lookout = Lookout(domain.driver, target, Town().read, 0)
    kept = [lookout.look(AT) or lookout.open for _ in range(2)]
    assert kept == [{ALMA}, {ALMA}]
    lookout.look(AT)
    assert (lookout.open, lookout.due) == (set(), {ALMA: "ended"})


def test_who_can_not_be_seen_is_not_taken_for_deleted(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where others have moved an account to an OU that the service account may not list."""
    town = Town().person("alma").person("bo")
    domain.export(town)
    seen = DomainObjects.seen
    monkeypatch.setattr(
        DomainObjects,
        "seen",
        lambda self, kind, id_: None if kind == "user" else seen(self, kind, id_),
    )
    monkeypatch.setattr(DomainObjects, "having", lambda *given, **named: [])
    report = domain.export(town.leave("alma"))
    assert [(each.key, each.problem) for each in report.parked] == [(ALMA.key, "not_seen")]
    entry = ObjectLedger(domain.driver, domain.name).entries()[ALMA]
    assert (entry.state, entry.enabled) == ("parked", True)
    monkeypatch.undo()
    assert domain.export(town, full=True).parked == [] and not domain.enabled("alma")


def test_who_was_deleted_is_settled(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    town = Town().person("alma").person("bo")
    domain.export(town)
    for login in ("alma", "bo"):
        domain.wire.delete(domain.user(login)["dn"])
    assert domain.export(town.leave("alma")).parked == [], "it lies among the deleted objects"
    monkeypatch.setattr(DirectoryChannel, "is_deleted", lambda *given: False)  # where the account may not look
    assert [each.problem for each in domain.export(town.leave("bo")).parked] == ["not_seen"]
    bo = Ref("user", uuid_of("bo"))
    accept(domain.driver, domain.target(), bo, "gone", "deleted by hand", "anna")
    assert domain.export(town).parked == []
    entries = ObjectLedger(domain.driver, domain.name).entries()
    assert {entries[each].state for each in (ALMA, bo)} == {"deleted"}


def test_settings_of_passwords_keep_no_account_open(domain: Domain, tmp_path: Path) -> None:
    lacking = {"delivery": "sealed", "folder": tmp_path, "certificate_file": tmp_path / "nowhere.pem"}
    town = Town().person("alma").person("bo")
    domain.export(town)
    report = domain.export(town.leave("alma").set("bo", title="Leder").person("ny"), settings={"passwords": lacking})
    assert [(each.key, each.problem) for each in report.parked] == [(uuid_of("ny"), "not_set_up")]
    assert (domain.enabled("alma"), domain.user("bo")["title"]) == (False, ["Leder"])
    assert [each.rule for each in report.notices] == ["not_set_up"]


HOOK = """
import json, os, pathlib, sys
event = json.load(sys.stdin)
event["secret"] = os.environ.get("RECONNECT__TARGETS__X")
with pathlib.Path(sys.argv[1]).open("a") as file:
    file.write(json.dumps(event) + "\\n")
"""


@pytest.fixture
def hook(tmp_path: Path) -> dict[str, Any]:
    script = tmp_path / "hook.py"
    script.write_text(HOOK)
    return {"kind": "command", "program": [sys.executable, str(script), str(tmp_path / "notes")]}


def events(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "notes").read_text().splitlines()]


def test_52_a_hook_gets_the_names_that_the_account_got(
    domain: Domain, hook: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECONNECT__TARGETS__X", "secret")
    domain.add("anbe", displayName="Another Berg", ou=domain.ou)
    domain.export(Town().person("anbe", "Anna Berg"), settings={"hook": hook})
    (event,) = events(tmp_path)
    assert (event["event"], event["values"]["sAMAccountName"]) == ("created", "anbe2")
    assert event["values"]["userPrincipalName"] == "anbe2@kommune.test"
    assert event["secret"] is None, "the worker's environment is not the script's"


def test_52_a_hook_of_a_stop_waits_for_no_brake(domain: Domain, hook: dict[str, Any], tmp_path: Path) -> None:
    town = _ten(domain)
    town.set("p0", stopped=True).leave("p1", "p2", "p3")
    report = domain.export(town, settings={"brake": {"share": 0.2, "at_least": 0}, "hook": hook})
    assert report.brake is not None
    assert [(each["event"], each["key"]) for each in events(tmp_path)] == [("closed", uuid_of("p0"))]


def test_an_approval_is_used_up_by_the_run_that_needs_it_no_more(domain: Domain) -> None:
    town = _ten(domain)
    brake = {"settings": {"brake": {"share": 0.2, "at_least": 0}}}
    values = dict(town.people)
    report = domain.export(town.leave("p1", "p2", "p3"), **brake)
    from graph.runs.brakes import approve

    approve(domain.driver, str(report.brake), "anna", "checked")
    town.people = dict(values)  # meanwhile the source was mended
    assert domain.export(town.set("p0", title="Leder"), **brake).brake is None
    assert domain.export(town.leave("p1", "p2", "p3"), **brake).brake is not None, "it was for another day"


def test_of_a_person_who_was_stopped_only_what_is_open_is_to_be_open() -> None:
    """Anna's STOP has ended, one of her accounts has ended too, and now her name has changed."""
    system = {"key": "ad"}
    ended, here = ({"uuid": each, "system": system} for each in ("ended", "here"))
    anna = {"stopped": False, "plannedAccounts": [ended, here], "open": [here]}
    asked: dict[str, list[str]] = {"Person_stopped": ["anna"], "PlannedAccount": []}
    found = closings({"Person_stopped": [anna], "PlannedAccount": []}, asked, "ad")
    assert (found.open, found.stopped, found.ended) == ({Ref("user", "here")}, frozenset(), frozenset())
    anna["stopped"] = True
    found = closings({"Person_stopped": [anna], "PlannedAccount": []}, asked, "ad")
    assert found.stopped == {Ref("user", "here"), Ref("user", "ended")}


def test_who_has_left_waits_for_the_import_where_that_decides(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    """As at SCIM: a new employment may come with the import's next batch."""
    target = domain.target()
    monkeypatch.setattr(type(target), "waits_for_imports", True)
    town = Town().person("alma").person("bo")
    domain.export(town)
    town.leave("alma")
    importing = start_run(domain.driver, "import", "sd", dry=False)
    number, found = iter((1, 2)), iter([Closing(ended=frozenset({ALMA})), Closing(stopped=frozenset({ALMA}))])
    monkeypatch.setattr("exporters.objects.closing.last_number", lambda driver: next(number, 2))
    monkeypatch.setattr("exporters.objects.closing.changed_since", lambda *given: {"PlannedAccount": ["x"]})
    monkeypatch.setattr("exporters.objects.closing.Lookout._image", lambda *given: {})
    monkeypatch.setattr(type(target), "closing", lambda *given: next(found))
    lookout = Lookout(domain.driver, target, town.read, 0)
    assert not lookout.look(AT) and (lookout.due, lookout.held) == ({}, {ALMA})
    report = domain.export(town)
    assert ([each.rule for each in report.notices], domain.enabled("alma")) == (["import_at_work"], True)
    assert lookout.look(AT) and lookout.due == {ALMA: "stopped"}, "a STOP waits for nothing"
    lookout.due, lookout.held = {}, {ALMA}
    end_run(domain.driver, importing, "done", {})
    assert lookout.look(AT) and lookout.due == {ALMA: "ended"}
    monkeypatch.undo()
    assert domain.export(town).notices == [] and not domain.enabled("alma")


def test_an_approval_outlasts_a_run_that_an_import_held_up(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does whoever has left lose a group, or stop being a manager, in that run."""
    monkeypatch.setattr(type(domain.target()), "waits_for_imports", True)
    chosen = {
        "brake": {"share": 0.2, "at_least": 0},
        "groups": {"kinds": ["unit"], "ou": f"OU=Groups,{domain.ou}"},
    }
    town = Town().person("alma").person("bo", manager="alma").person("ida")
    domain.export(town, settings=chosen)
    before = domain.members("Enhed Rådhuset"), domain.user("bo")["manager"]
    stopped = domain.export(town.leave("alma").set("bo", manager=None), settings=chosen)
    assert stopped.brake and approve(domain.driver, stopped.brake, "ida", "Aftalt")
    importing = start_run(domain.driver, "import", "sd", dry=False)
    assert domain.export(town.set("ida", title="Leder"), settings=chosen).brake is None
    assert (domain.members("Enhed Rådhuset"), domain.user("bo")["manager"]) == before
    assert domain.enabled("alma") and domain.user("ida")["title"] == ["Leder"]
    end_run(domain.driver, importing, "done", {})
    domain.driver.execute_query("MATCH (r:Run {type: 'import'}) SET r.ended = r.ended - duration('PT1H')")
    assert domain.export(town, settings=chosen).brake is None and not domain.enabled("alma")
    assert domain.members("Enhed Rådhuset") == ["Bo Testrup", "Ida Testrup"]
    assert "manager" not in domain.user("bo")


def test_a_run_that_goes_on_over_midnight_looks_at_the_new_day(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who had a last day yesterday gets no account, although the image has one."""
    days = iter((date(2026, 5, 1), date(2026, 5, 1)))
    monkeypatch.setattr("exporters.objects.meanwhile.today", lambda: next(days, date(2026, 5, 2)))
    monkeypatch.setattr("exporters.objects.meanwhile.LOOK_EVERY", -1.0)
    looked: list[date] = []

    def look(self: Lookout, at: date) -> bool:
        looked.append(at)
        if at > AT:
            self.due[ALMA] = "ended"
        return False

    monkeypatch.setattr(Lookout, "look", look)
    report = domain.export(Town().person("alma").person("bo"))
    assert {*looked} == {AT, AT + timedelta(days=1)}
    assert (domain.logins(), report.parked) == (["bo"], [])


def test_one_that_gets_no_answer_holds_up_no_other_closing() -> None:
    """Unless several in turn get none: then the target counts as away."""
    tried: list[str] = []

    class Work:
        silent = frozenset[str]()

        def send(self, differences: list[Any], act: object) -> None:
            for each in differences:
                tried.append(each)
                if each in self.silent:
                    raise DeliveryError(each)

    work: Any = Work()
    work.silent = frozenset({"a", "c"})
    with pytest.raises(DeliveryError, match="a"):
        close(work, ["a", "b", "c", "d"])  # type: ignore[list-item]
    assert tried == ["a", "b", "c", "d"]
    work.silent = frozenset({"a", "b"})
    with pytest.raises(DeliveryError, match="b"):
        close(work, ["a", "b", "c"])  # type: ignore[list-item]
    assert tried[4:] == ["a", "b"]


def test_a_run_notes_how_long_its_closings_took(domain: Domain) -> None:
    """An hour after the STOP, such as where the domain was away."""
    town = Town().person("alma").person("bo")
    domain.export(town)
    domain.driver.execute_query(
        """
        CREATE (:PlannedAccount {uuid: $uuid})-[:OF_PERSON]->(:Person {uuid: 'p', stopped: true}),
            (:Change {uuid: 'p', number: 900000001, after: '{"stopped":true}', at: datetime() - duration('PT1H')})
        """,
        uuid=ALMA.key,
    )
    domain.export(town.leave("alma"))
    (made,) = (each for each in orders(domain.driver) if each.target == domain.name)
    assert made.closing_seconds is not None and 3600 <= made.closing_seconds < 7200
    domain.export(town.set("bo", title="Leder"))
    (after,) = (each for each in orders(domain.driver) if each.target == domain.name)
    assert after.closing_seconds == made.closing_seconds, "it closed nothing"
