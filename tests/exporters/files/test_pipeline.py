"""The export pipeline: only differences, brake, resumption. ``files_NN``: pitfalls of files_and_rest.md."""

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import neo4j
import pytest

from exporters.brake import ExportBrake, FileBrake
from exporters.errors import Overtaken
from exporters.files import pipeline
from exporters.files.pipeline import run_export
from exporters.files.table import TableForm
from exporters.report import ExportReport
from graph.cpr.keyring import Keyring
from graph.runs.brakes import StaleApproval
from graph.runs.run_log import end_run, start_run
from tests.exporters.staff_list import StaffList
from tests.graph.snapshot import last_write

RING = Keyring.generate()
AT = date(2026, 3, 2)
LOOSE = ExportBrake(at_least=0, files={"unit": FileBrake(empty="allow", at_least=0)})
MANY = {f"p{number:03}": f"Person {number}" for number in range(100)}


def export(driver: neo4j.Driver, target: StaffList, at: date = AT, **options: object) -> ExportReport:
    return run_export(driver, target, target.read, RING, at=at, sleep=lambda pause: None, **options)  # type: ignore[arg-type]


def test_a_repeat_sends_nothing_and_writes_nothing(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    first = export(clean_graph, StaffList(tmp_path))
    assert first.sent == ["units.csv", "people.csv"]
    assert (tmp_path / "people.csv").read_bytes() == b'"Id";"Navn"\r\n"p1";"Alma"\r\n"p2";"Birk"\r\n'
    before, written = last_write(clean_graph), (tmp_path / "people.csv").stat().st_mtime_ns
    again = export(clean_graph, StaffList(tmp_path))
    assert (again.sent, again.run, again.is_complete) == ([], None, True)
    assert last_write(clean_graph) == before
    assert (tmp_path / "people.csv").stat().st_mtime_ns == written


def test_only_the_file_that_differs_is_sent(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    export(clean_graph, StaffList(tmp_path))
    report = export(clean_graph, StaffList(tmp_path, {"p1": "Alma", "p2": "Bo", "p3": "Cille"}))
    assert report.sent == ["people.csv"]
    difference = report.files[1].difference
    assert (difference.added, difference.changed, difference.gone) == (("p3",), ("p2",), ())


def test_nothing_is_delivered_until_a_restore_is_confirmed(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    export(clean_graph, StaffList(tmp_path))
    assert export(clean_graph, StaffList(tmp_path), hold=lambda: "It was restored.").held == "", "nothing waits"
    changed = StaffList(tmp_path, {"p1": "Alma", "p3": "Cille"}, brake=ExportBrake(share=1, count=9))
    before = last_write(clean_graph)
    shown = export(clean_graph, changed, hold=lambda: "It was restored.", dry_run=True)
    assert shown.held == "It was restored." and shown.files[1].changes
    held = export(clean_graph, changed, hold=lambda: "It was restored.")
    assert (held.held, held.sent, held.run) == ("It was restored.", [], None)
    assert last_write(clean_graph) == before
    assert export(clean_graph, changed).sent == ["people.csv"]


def test_the_ledger_knows_each_object(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    export(clean_graph, StaffList(tmp_path))
    report = export(clean_graph, StaffList(tmp_path, {"p1": "Alma", "p3": ""}, brake=ExportBrake(share=1, count=9)))
    rows, _, _ = clean_graph.execute_query(
        """
        MATCH (e:LedgerEntry {target: 'staff', object: 'person'})
        RETURN e.key AS key, e.state AS state, e.reason AS reason ORDER BY key
        """
    )
    assert [tuple(row.values()) for row in rows] == [
        ("p1", "delivered", None),
        ("p2", "closed", None),
        ("p3", "parked", "no name"),
    ]
    assert [each.key for each in report.parked] == ["p3"]
    runs, _, _ = clean_graph.execute_query("MATCH (r:Run {type: 'export'}) RETURN r.name AS name, r.state AS state")
    assert [tuple(row.values()) for row in runs] == [("staff", "done")] * 2
    mended = export(clean_graph, StaffList(tmp_path, {"p1": "Alma", "p3": "Cille"}))
    assert (mended.sent, mended.parked) == (["people.csv"], [])


def test_a_dry_run_is_the_same_path_and_sends_and_writes_nothing(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    before = last_write(clean_graph)
    report = export(clean_graph, StaffList(tmp_path / "out"), dry_run=True)
    assert [(each.name, each.outcome, each.rows) for each in report.files] == [
        ("units.csv", "would be sent", 1),
        ("people.csv", "would be sent", 2),
    ]
    assert not (tmp_path / "out").exists()
    assert last_write(clean_graph) == before


def differences(report: ExportReport) -> dict[str, tuple[str, ...]]:
    return {f"{change.key} {change.what}": change.lines for each in report.files for change in each.changes}


@pytest.mark.parametrize("guard", [True, False])
@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("quote", ["all", "needed"])
def test_a_dry_run_tells_old_and_new_values_by_row_and_field(
    clean_graph: neo4j.Driver, tmp_path: Path, guard: bool, header: bool, quote: str
) -> None:
    form = TableForm.model_validate({"encoding": "utf-8-bom", "guard": guard, "header": header, "quote": quote})
    people = {"p1": 'Alma; "A"', "p2": "=Birk", "p3": "Cille"}
    export(clean_graph, StaffList(tmp_path, people, form=form))
    later = StaffList(tmp_path, {"p1": "Alma", "p2": "Bo", "p4": "Dan"}, form=form)
    assert differences(export(clean_graph, later, dry_run=True)) == {
        "p3 gone": ("Id: p3; Navn: Cille",),
        "p1 changed": ('Navn: Alma; "A" → Alma',),
        "p2 changed": ("Navn: =Birk → Bo",),
        "p4 new": ("Id: p4; Navn: Dan",),
    }
    assert differences(export(clean_graph, later)) == {}


def test_of_a_row_that_was_altered_to_be_written_the_old_values_are_told_too(
    clean_graph: neo4j.Driver, tmp_path: Path
) -> None:
    form = TableForm(encoding="windows-1252")
    export(clean_graph, StaffList(tmp_path, {"p1": "Łukasz", "p2": "Łucja"}, {}, form=form, brake=LOOSE))
    later = StaffList(tmp_path, {"p1": "Łukasz Ny", "p2": "Łucja"}, {}, form=form, brake=LOOSE)
    assert differences(export(clean_graph, later, dry_run=True)) == {"p1 changed": ("Navn: Lukasz → Łukasz Ny",)}


def test_a_dry_run_shows_no_column_that_is_not_said_to_be_open(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    closed = {"shown": frozenset({"Id"}), "form": TableForm(encoding="iso-8859-1")}
    export(clean_graph, StaffList(tmp_path, {"p1": "0101571234", "p2": "0202571234"}, **closed))
    later = StaffList(tmp_path, {"p1": "0303571234", "p3": "Łukasz"}, **closed)
    told = export(clean_graph, later, dry_run=True)
    assert differences(told) == {
        "p2 gone": ("Id: p2; Navn: (private)",),
        "p1 changed": ("Navn: differs (private)",),
        "p3 new": ("Id: p3; Navn: (private)",),
    }
    assert [(each.rule, each.text) for each in told.notices] == [("transliterated", "a value (private)")]


def test_of_people_who_are_gone_only_those_known_to_be_unprotected_are_named(
    clean_graph: neo4j.Driver, tmp_path: Path
) -> None:
    clean_graph.execute_query(
        """
        CREATE (:Person {uuid: 'p1'})-[:STATE]->(:PersonState {name: 'Alma'})
        CREATE (:Person {uuid: 'p2'})-[:STATE]->(:PersonState {address_protected: true})
        """
    )
    people, name = {f"p{n}": f"Navn {n}" for n in range(1, 5)}, frozenset({"Navn"})
    export(clean_graph, StaffList(tmp_path, people, identifying=name))
    told = export(clean_graph, StaffList(tmp_path, {"p4": "Navn 4"}, identifying=name), dry_run=True)
    assert differences(told) == {
        "p1 gone": ("Id: p1; Navn: Navn 1",),
        "p2 gone": ("Id: p2; Navn: (protected)",),
        "p3 gone": ("Id: p3; Navn: (protected)",),
    }


def test_old_values_that_are_not_at_the_target_are_told_as_unknown(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    export(clean_graph, StaffList(tmp_path))
    for content in (b"", b'"Id";"Navn"\r\n"p2";"Somebody else"\r\n', None):
        if content is None:
            (tmp_path / "people.csv").unlink()
        else:
            (tmp_path / "people.csv").write_bytes(content)
        told = export(clean_graph, StaffList(tmp_path, {"p2": "Bo"}), dry_run=True)
        unknown = "what was delivered before can't be read at the target"
        assert differences(told) == {"p1 gone": (unknown,), "p2 changed": (f"{unknown}; now Id: p2; Navn: Bo",)}
    (tmp_path / "people.csv").mkdir()
    told = export(clean_graph, StaffList(tmp_path, {"p2": "Bo"}), dry_run=True)
    assert "people.csv" in told.unread


def test_rows_that_go_a_few_in_each_run_wait_too(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    brake = ExportBrake(share=0.05, at_least=2)

    def without(count: int, **options: object) -> ExportReport:
        left = dict(list(MANY.items())[count:])
        return export(clean_graph, StaffList(tmp_path, left, brake=brake), **options)

    without(0)
    assert [without(count).brake for count in (3, 5)] == [None, None]
    stopped = without(6)
    assert stopped.reasons == ("people.csv: 1 of 100 rows would be gone, after 5 in the last 24 hours",)
    assert without(6, approve=stopped.brake).sent == ["people.csv"]
    assert without(9).sent == ["people.csv"], "what was approved counts no more, nor what came before"
    assert without(0).sent == ["people.csv"], "rows that come take nothing away"


def test_17_an_empty_image_stops_all_files_and_yesterdays_stay(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    export(clean_graph, StaffList(tmp_path, MANY))
    kept = {each.name: each.read_bytes() for each in tmp_path.iterdir()}
    report = export(clean_graph, StaffList(tmp_path, {}, {}))
    assert report.brake is not None
    assert report.sent == []
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == kept


def test_files_15_the_first_file_is_not_empty_either(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_bytes(b"from before REConnect")
    report = export(clean_graph, StaffList(tmp_path, {}))
    assert report.reasons == ("people.csv would be empty; 0 rows were delivered last",)
    assert (tmp_path / "people.csv").read_bytes() == b"from before REConnect"
    allowed = ExportBrake(at_least=0, files={"person": FileBrake(empty="allow", at_least=0)})
    assert export(clean_graph, StaffList(tmp_path, {}, brake=allowed)).sent == ["units.csv", "people.csv"]


def test_21_the_brake_holds_back_until_exactly_that_difference_is_approved(
    clean_graph: neo4j.Driver, tmp_path: Path
) -> None:
    export(clean_graph, StaffList(tmp_path, MANY))
    fewer = dict(list(MANY.items())[:80])
    stopped = export(clean_graph, StaffList(tmp_path, fewer))
    assert stopped.reasons == ("people.csv: 20 of 100 rows would be gone",)
    assert (tmp_path / "people.csv").read_bytes().count(b"\r\n") == 101
    another = dict(list(MANY.items())[:79])
    other = export(clean_graph, StaffList(tmp_path, another), approve=stopped.brake)
    assert other.brake not in (None, stopped.brake)
    assert other.approval.startswith(f"{stopped.brake}: this approval is for a different set of changes")
    assert export(clean_graph, StaffList(tmp_path, fewer), approve=stopped.brake).sent == ["people.csv"]
    with pytest.raises(StaleApproval, match="has been used"):
        export(clean_graph, StaffList(tmp_path, fewer), approve=stopped.brake)
    back = export(clean_graph, StaffList(tmp_path, MANY))
    assert back.sent == ["people.csv"]
    once = export(clean_graph, StaffList(tmp_path, fewer))
    assert (once.sent, once.brake) == ([], stopped.brake)


def test_the_approval_of_a_delivery_that_broke_off_covers_the_rest_and_nothing_else(
    clean_graph: neo4j.Driver, tmp_path: Path
) -> None:
    units = {f"u{number}": f"Unit {number}" for number in range(20)}
    export(clean_graph, StaffList(tmp_path, MANY, units))

    def left(people: int, more: str = "", **options: object) -> ExportReport:
        kept = dict(list(MANY.items())[:people]) | ({more: "Ny"} if more else {})
        return export(clean_graph, StaffList(tmp_path, kept, dict(list(units.items())[:10])), **options)

    stopped = left(80).brake
    (tmp_path / "people.csv").rename(tmp_path / "aside.csv")
    (tmp_path / "people.csv").mkdir()
    broken = left(80, approve=stopped)
    assert [each.outcome for each in broken.files] == ["sent", "failed"]
    (tmp_path / "people.csv").rmdir()
    (tmp_path / "aside.csv").rename(tmp_path / "people.csv")
    assert left(79).brake not in (None, stopped), "one more would be gone than was approved"
    rest = left(80, "p200")
    assert (rest.brake, rest.is_complete) == (None, True), "somebody new was hired meanwhile"
    export(clean_graph, StaffList(tmp_path, MANY, units))
    assert left(80).brake is not None, "the approval is used up"


def test_21_who_leaves_is_gone_from_the_file(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    export(clean_graph, StaffList(tmp_path, MANY))
    left = {key: name for key, name in MANY.items() if key != "p050"}
    assert export(clean_graph, StaffList(tmp_path, left)).sent == ["people.csv"]
    assert b"p050" not in (tmp_path / "people.csv").read_bytes()


def test_the_brake_sees_that_everybody_was_replaced(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    export(clean_graph, StaffList(tmp_path, MANY))
    others = {f"x{key}": name for key, name in MANY.items()}
    assert export(clean_graph, StaffList(tmp_path, others)).reasons == ("people.csv: 100 of 100 rows would be gone",)


def test_files_14_a_changed_definition_is_said_and_asked_about_once(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    export(clean_graph, StaffList(tmp_path, MANY))
    upper = StaffList(tmp_path, MANY, change=str.upper, rules="2")
    reasons = export(clean_graph, upper, dry_run=True).reasons
    assert "people.csv: definition changed: 100 rows" in reasons
    stopped = export(clean_graph, upper)
    assert stopped.brake
    assert export(clean_graph, upper, approve=stopped.brake).is_complete
    assert export(clean_graph, upper).run is None


def test_files_24_another_order_of_columns_is_sent_without_brake(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    export(clean_graph, StaffList(tmp_path, MANY))
    report = export(clean_graph, StaffList(tmp_path, MANY, columns=("Navn", "Id")))
    assert report.sent == ["units.csv", "people.csv"]
    assert (tmp_path / "people.csv").read_bytes().startswith(b'"Navn";"Id"\r\n"Person 0";"p000"')


def test_18_all_files_show_the_day_on_which_the_run_began(
    clean_graph: neo4j.Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = iter([date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 3)])
    monkeypatch.setattr(pipeline, "today", lambda: next(days))
    target = StaffList(tmp_path)
    report = run_export(clean_graph, target, target.read, RING)
    assert report.at == date(2026, 3, 2)
    assert [each["at"] for each in target.asked] == ["2026-03-02", "2026-03-02"]


def test_files_16_a_past_day_gives_the_bytes_of_that_day(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    export(clean_graph, StaffList(tmp_path))
    kept = (tmp_path / "people.csv").read_bytes()
    export(clean_graph, StaffList(tmp_path, {"p1": "Alma", "p2": "Bo"}), at=date(2026, 3, 3))
    past = export(clean_graph, StaffList(tmp_path), dry_run=True)
    assert past.files[1].content == kept


def test_files_22_the_manifest_is_last_and_tells_the_bytes(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    export(clean_graph, StaffList(tmp_path, manifest="manifest.json", ready="ready.txt"))
    told = json.loads((tmp_path / "manifest.json").read_bytes())
    assert [(each["name"], each["rows"]) for each in told["files"]] == [("units.csv", 1), ("people.csv", 2)]
    for each in told["files"]:
        assert each["sha256"] == hashlib.sha256((tmp_path / each["name"]).read_bytes()).hexdigest()
    order = sorted(tmp_path.iterdir(), key=lambda path: path.stat().st_mtime_ns)
    assert [each.name for each in order] == ["units.csv", "people.csv", "manifest.json", "ready.txt"]
    assert export(clean_graph, StaffList(tmp_path, manifest="manifest.json", ready="ready.txt")).run is None


def test_files_26_a_name_from_data_leads_nowhere_else(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export(clean_graph, StaffList(out, ready="../../etc/ready"))
    assert sorted(each.name for each in out.iterdir()) == ["_.._etc_ready", "people.csv", "units.csv"]


def test_always_sends_every_file_on_every_run(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    export(clean_graph, StaffList(tmp_path, always=True))
    assert export(clean_graph, StaffList(tmp_path, always=True)).sent == ["units.csv", "people.csv"]


def test_another_place_gets_everything_and_the_old_one_too_when_the_target_comes_back(
    clean_graph: neo4j.Driver, tmp_path: Path
) -> None:
    old, new, announced = tmp_path / "old", tmp_path / "new", {"manifest": "m.json", "ready": "ready.txt"}
    export(clean_graph, StaffList(old))
    told = export(clean_graph, StaffList(new, **announced), dry_run=True)
    assert [(each.outcome, each.note) for each in told.files] == [
        ("would be sent", f"delivered to folder {old} before")
    ] * 2
    moved = export(clean_graph, StaffList(new, **announced))
    assert moved.sent == ["units.csv", "people.csv"]
    listed = json.loads((new / "m.json").read_bytes())["files"]
    assert {each["name"] for each in listed} | {"m.json", "ready.txt"} == {each.name for each in new.iterdir()}
    assert export(clean_graph, StaffList(new, **announced)).run is None
    (old / "people.csv").unlink()
    assert export(clean_graph, StaffList(old, **announced)).sent == ["units.csv", "people.csv"]
    assert (old / "ready.txt").exists()


def test_a_move_hides_nothing_from_the_brake(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    export(clean_graph, StaffList(tmp_path / "old", MANY))
    fewer = dict(list(MANY.items())[:80])
    stopped = export(clean_graph, StaffList(tmp_path / "new", fewer))
    assert stopped.reasons == ("people.csv: 20 of 100 rows would be gone",)


@pytest.mark.parametrize("announced", ["manifest", "ready"])
def test_what_announces_the_set_is_sent_under_its_new_name(
    clean_graph: neo4j.Driver, tmp_path: Path, announced: str
) -> None:
    export(clean_graph, StaffList(tmp_path, **{announced: "one"}))
    export(clean_graph, StaffList(tmp_path, **{announced: "two"}))
    assert (tmp_path / "two").exists()


def test_a_new_form_is_delivered_although_these_rows_look_the_same_in_it(
    clean_graph: neo4j.Driver, tmp_path: Path
) -> None:
    export(clean_graph, StaffList(tmp_path, form=TableForm(encoding="utf-8")))
    latin = StaffList(tmp_path, form=TableForm(encoding="windows-1252"))
    assert export(clean_graph, latin).sent == ["units.csv", "people.csv"]
    assert export(clean_graph, latin).run is None


def test_a_file_that_was_delivered_before_places_were_noted_is_sent_again(
    clean_graph: neo4j.Driver, tmp_path: Path
) -> None:
    export(clean_graph, StaffList(tmp_path))
    clean_graph.execute_query("MATCH (e:LedgerEntry {object: 'file'}) REMOVE e.place")
    assert export(clean_graph, StaffList(tmp_path)).sent == ["units.csv", "people.csv"]


class Killed(BaseException):
    """The process ends here."""


def test_a_run_that_is_killed_between_two_files_resumes(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    def die(stage: str, done: int, total: int | None) -> None:
        if (stage, done) == ("delivery", 1):
            raise Killed

    with pytest.raises(Killed):
        export(clean_graph, StaffList(tmp_path, manifest="m.json"), progress=die)
    report = export(clean_graph, StaffList(tmp_path, manifest="m.json"))
    assert [each.outcome for each in report.files] == ["unchanged", "sent"]
    assert (tmp_path / "m.json").exists()


def test_files_06_killed_between_rename_and_ledger_is_confirmed_by_content_not_sent_again(
    clean_graph: neo4j.Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("exporters.ledger.Ledger.rows_delivered", lambda *given: (_ for _ in ()).throw(Killed()))
        with pytest.raises(Killed):
            export(clean_graph, StaffList(tmp_path))
    written = (tmp_path / "units.csv").stat().st_mtime_ns
    report = export(clean_graph, StaffList(tmp_path))
    assert [each.outcome for each in report.files] == ["confirmed", "sent"]
    assert (tmp_path / "units.csv").stat().st_mtime_ns == written
    assert export(clean_graph, StaffList(tmp_path)).run is None


def test_files_08_a_run_that_another_has_overtaken_stops(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    begun, go_on = threading.Event(), threading.Event()
    caught: list[BaseException] = []

    def wait(stage: str, done: int, total: int | None) -> None:
        if (stage, done) == ("delivery", 1):
            begun.set()
            go_on.wait(30)

    def slow() -> None:
        try:
            export(clean_graph, StaffList(tmp_path, {"p1": "Slow"}), progress=wait)
        except Overtaken as overtaken:
            caught.append(overtaken)

    thread = threading.Thread(target=slow)
    thread.start()
    assert begun.wait(30)
    assert export(clean_graph, StaffList(tmp_path, {"p1": "Quick"})).is_complete
    go_on.set()
    thread.join(30)
    assert len(caught) == 1
    assert b"Quick" in (tmp_path / "people.csv").read_bytes()


def test_a_folder_that_can_not_be_written_is_told_and_all_is_sent_next_time(
    clean_graph: neo4j.Driver, tmp_path: Path
) -> None:
    export(clean_graph, StaffList(tmp_path, manifest="m.json"))
    (tmp_path / "people.csv").unlink()
    (tmp_path / "people.csv").mkdir()
    changed = StaffList(tmp_path, {"p1": "Alma", "p2": "Bo"}, manifest="m.json")
    kept = (tmp_path / "m.json").read_bytes()
    failed = export(clean_graph, changed)
    assert "people.csv" in failed.error
    assert [(each.outcome, each.attempts) for each in failed.files] == [("unchanged", 0), ("failed", 2)]
    assert (tmp_path / "m.json").read_bytes() == kept
    (tmp_path / "people.csv").rmdir()
    assert export(clean_graph, changed).sent == ["units.csv", "people.csv"]


def test_no_cpr_number_and_no_plain_hash_of_one_is_kept(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    export(clean_graph, StaffList(tmp_path, {"p1": "1101575001"}, form=TableForm(encoding="utf-8", header=False)))
    rows, _, _ = clean_graph.execute_query("MATCH (n) WHERE n:LedgerEntry OR n:Run RETURN properties(n) AS kept")
    text = repr([row["kept"] for row in rows])
    assert "1101575001" not in text
    content = (tmp_path / "people.csv").read_bytes()
    assert hashlib.sha256(content).hexdigest() not in text


def test_rows_are_not_removed_while_an_import_is_between_two_of_its_transactions(
    clean_graph: neo4j.Driver, tmp_path: Path
) -> None:
    loose = {"brake": ExportBrake(share=1, count=9)}
    export(clean_graph, StaffList(tmp_path))
    importing = start_run(clean_graph, "import", "sd", dry=False)
    fewer = StaffList(tmp_path, {"p1": "Alma"}, **loose)
    more = StaffList(tmp_path, {"p1": "Alma", "p2": "Birk", "p3": "Cille"})
    assert [each.rule for each in export(clean_graph, fewer, dry_run=True).notices] == ["import_at_work"]
    waits = export(clean_graph, fewer)
    assert (waits.sent, waits.brake, waits.error) == (
        [], None, "1 rows would be removed while an import is at work (sd). Nothing was delivered.",
    )  # fmt: skip
    assert waits.retry is not None and waits.retry.when == "at", "it counts as no attempt"
    assert b"Birk" in (tmp_path / "people.csv").read_bytes()
    assert export(clean_graph, more).sent == ["people.csv"], "what takes nothing away goes on"

    class Meanwhile(StaffList):
        def read(self, *asked: Any) -> Iterator[Mapping[str, Any]]:
            yield from super().read(*asked)
            end_run(clean_graph, importing, "done", {}, "")

    assert export(clean_graph, Meanwhile(tmp_path, {"p1": "Alma"}, **loose)).sent == [], (
        "it was at work as the image was read"
    )
    assert export(clean_graph, fewer).sent == ["people.csv"]


def test_a_share_that_is_not_mounted_gets_nothing_and_keeps_its_place_in_the_ledger(
    clean_graph: neo4j.Driver, tmp_path: Path
) -> None:
    share = tmp_path / "share" / "in"
    export(clean_graph, StaffList(share))
    share.rename(tmp_path / "away")
    changed = StaffList(share, {"p1": "Alma", "p2": "Bo"})
    for _ in range(2):
        failed = export(clean_graph, changed)
        assert "is the share mounted?" in failed.error and not share.exists()
    (tmp_path / "away").rename(share)
    assert export(clean_graph, changed).sent == ["units.csv", "people.csv"]


def test_yesterdays_ready_file_goes_before_a_file_is_replaced(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    export(clean_graph, StaffList(tmp_path, ready="ready.txt"))
    (tmp_path / "people.csv").unlink()
    (tmp_path / "people.csv").mkdir()
    changed = StaffList(tmp_path, {"p1": "Alma", "p2": "Bo"}, ready="ready.txt")
    assert export(clean_graph, changed).error and not (tmp_path / "ready.txt").exists()
    (tmp_path / "people.csv").rmdir()
    assert export(clean_graph, changed).is_complete and (tmp_path / "ready.txt").exists()
