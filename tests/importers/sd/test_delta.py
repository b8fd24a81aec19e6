"""Windows of registration, repeats, opening hours and events (sd.md §6, pitfalls 59 to 70)."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import neo4j
import pytest

from importers.pipeline.brake import BrakeSettings
from importers.pipeline.import_run import run_import
from importers.sd.errors import OutsideOpeningHours, Unavailable
from importers.sd.source import Hint, SdHints, SdSource, _Run, hint_of
from sample.sd_service.state import Contact, ParentPeriod, Status
from tests.graph.snapshot import last_write, snapshot
from tests.importers.known import KEYRING, InMemory
from tests.importers.sd.answering import Parameters, answers, fault
from tests.importers.sd.klit import (
    B110,
    B190,
    BO,
    BU00,
    BUAB,
    DORTE,
    EVA,
    OPEN,
    TODAY,
    UNKNOWN_START,
    Payroll,
    day,
    employment,
    person,
    place,
    unit,
    working,
)

KEY = employment(BO, "81200")
CHANGED_AT = "GetEmploymentChangedAtDate20111201"


def windows(payroll: Payroll) -> list[tuple[str, str]]:
    return [
        (
            f"{asked['ActivationDate']} {asked['ActivationTime']}",
            f"{asked['DeactivationDate']} {asked['DeactivationTime']}",
        )
        for operation, asked in payroll.service.calls
        if operation == CHANGED_AT
    ]


def test_pitfall_59_windows_have_no_gap_and_the_last_minute_is_inside(payroll: Payroll) -> None:
    payroll.read()
    payroll.at("2026-03-02 08:20:30")
    payroll.change(BO, "81200", lambda each: replace(each, departments=(place(B110, day("2024-02-15")),)))
    applied = payroll.read()
    assert [each.key for each in applied.changed] == [KEY]
    payroll.at("2026-03-02 08:20:59")
    payroll.change(BO, "81200", lambda each: replace(each, departments=(place(B190, day("2024-02-15")),)))
    payroll.at("2026-03-02 09:00")
    assert [each.key for each in payroll.read().changed] == [KEY]
    payroll.at("2026-03-02 09:00:40")
    assert payroll.read().changed == []
    assert windows(payroll) == [
        ("02.03.2026 08:09", "02.03.2026 08:20"),
        ("02.03.2026 08:19", "02.03.2026 09:00"),
        ("02.03.2026 08:59", "02.03.2026 09:00"),
    ]


def test_pitfall_59_an_overlap_writes_nothing_twice(payroll: Payroll, clean_graph: neo4j.Driver) -> None:
    run_import(clean_graph, payroll.source(), KEYRING)
    payroll.at("2026-03-02 08:20")
    payroll.change(BO, "81200", lambda each: replace(each, departments=(place(B110, day("2024-02-15")),)))
    first = run_import(clean_graph, payroll.source(), KEYRING)
    assert first.counts["Employment", "moved"] == 1
    before = last_write(clean_graph)
    payroll.at("2026-03-02 08:21")
    again = run_import(clean_graph, payroll.source(), KEYRING)
    assert (again.changes, again.unchanged > 0) == (0, True)
    assert last_write(clean_graph) == before


def test_pitfall_60_a_run_that_dies_moves_no_mark_and_is_repeated_without_extra_writes(
    payroll: Payroll, clean_graph: neo4j.Driver
) -> None:
    run_import(clean_graph, payroll.source(), KEYRING)
    payroll.at("2026-03-02 10:00")
    payroll.change(BO, "81200", lambda each: replace(each, departments=(place(B110, day("2024-02-15")),)))
    payroll.hire(EVA, working("00533", EVA, registered=datetime(2026, 3, 2, 9)))
    before = snapshot(clean_graph)
    payroll.wrong.only, payroll.wrong.closed = "GetEmploymentChanged20111201", 3
    with pytest.raises(Unavailable):
        run_import(clean_graph, payroll.source(), KEYRING)
    assert snapshot(clean_graph) == before
    payroll.wrong.closed = 0
    payroll.at("2026-03-02 10:30")
    report = run_import(clean_graph, payroll.source(), KEYRING)
    assert "registered from 2026-03-02 08:09" in report.readings[0]
    assert report.as_counts() == {"Employment": {"created": 1, "moved": 1}, "Person": {"created": 1}}


def test_pitfall_61_after_30_days_everything_is_read_and_the_reason_is_shown(payroll: Payroll) -> None:
    payroll.read()
    payroll.at("2026-03-31 08:00")
    assert "registered from" in payroll.read().readings[0]
    payroll.at("2026-05-04 08:00")
    applied = payroll.read()
    assert applied.readings == [
        "SD, whole: the last window ended 34 days ago, and SD sends the changes of 30 days only"
    ]
    payroll.at("2026-05-04 09:00")
    assert "registered from 2026-05-04 07:59" in payroll.read().readings[0]


def test_a_window_from_a_clock_that_was_ahead_counts_for_nothing(payroll: Payroll) -> None:
    payroll.at("2026-03-20 08:00")
    payroll.read()
    payroll.at("2026-03-02 09:00")
    payroll.change(BO, "81200", lambda each: replace(each, departments=(place(B110, day("2024-02-15")),)))
    payroll.at("2026-03-02 10:00")
    applied = payroll.read()
    assert applied.readings == ["SD, whole: the last window lies in the future, so the clock was ahead"]
    assert [each.key for each in applied.changed] == [KEY]
    payroll.at("2026-03-02 10:30")
    assert "registered from 2026-03-02 09:59" in payroll.read().readings[0], "the mark was mended"


def test_what_is_too_much_to_look_up_one_by_one_is_read_whole(payroll: Payroll, monkeypatch: Any) -> None:
    payroll.read()
    payroll.at("2026-03-02 10:00")
    monkeypatch.setattr("importers.sd.again._MOST", 1)
    for cpr, number in ((BO, "81200"), (BO, "00417"), (DORTE, "E0042")):
        payroll.change(cpr, number, lambda each: replace(each, departments=(place(B110, day("2024-02-15")),)))

    def replaced(operation: str, asked: Parameters, told: str) -> str:
        return fault("Error 17") if operation == "GetDepartment20111201" else told

    with answers(replaced):
        assert "no_answer" in payroll.read().rules()
    payroll.at("2026-03-02 14:00")
    applied = payroll.read()
    assert applied.readings == ["SD, whole: more than 1 employments had to be looked up again"]
    assert applied.problems == []
    payroll.at("2026-03-02 14:30")
    assert "registered from" in payroll.read().readings[0]


def test_other_settings_lead_to_a_whole_reading_too(payroll: Payroll) -> None:
    payroll.read()
    assert payroll.read(full_time_hours=37.0).readings == ["SD, whole: the settings have changed"]


@pytest.mark.parametrize(
    ("now", "is_open"),
    [
        ("2026-01-15T21:30+00:00", False),  # 22:30
        ("2026-01-15T05:02+00:00", False),  # 06:02
        ("2026-01-15T05:05+00:00", True),
        ("2026-01-15T20:30+00:00", True),  # 21:30 in winter, 22:30 in summer
        ("2026-07-15T20:30+00:00", False),
        ("2026-07-15T04:30+00:00", True),  # 06:30 in summer, 05:30 in winter
        ("2026-03-29T04:06+00:00", True),  # the day on which summer time begins
        ("2026-10-25T04:06+00:00", False),  # the day on which it ends
    ],
)
def test_pitfall_62_outside_opening_hours_no_call_is_made(payroll: Payroll, now: str, is_open: bool) -> None:
    moment = datetime.fromisoformat(now).astimezone(UTC)
    source = SdSource(payroll.settings(), now=lambda: moment, sleep=payroll.pauses.append)
    if is_open:
        payroll.known.take(source)
        assert payroll.service.calls
    else:
        with pytest.raises(OutsideOpeningHours, match="postponed"):
            payroll.known.take(source)
        assert not payroll.service.calls
        SdSource(payroll.settings(opening_hours=False), now=lambda: moment)


def test_pitfall_62_the_service_closes_while_it_is_read_and_nothing_is_changed(payroll: Payroll) -> None:
    payroll.read()
    moments = iter([datetime(2026, 3, 2, 21, 54)] * 6 + [datetime(2026, 3, 2, 21, 56)] * 60)
    source = SdSource(
        payroll.settings(), whole=True, now=lambda: next(moments).astimezone(), sleep=payroll.pauses.append
    )
    with pytest.raises(OutsideOpeningHours):
        payroll.known.take(source)


def test_pitfall_63_today_and_tomorrow_on_tell_each_period_once(payroll: Payroll) -> None:
    """A timeline from the two calls is the whole one without what ended before today."""
    payroll.read()
    whole = {key: payroll.known.of("Employment", key) for key in payroll.known.keys("Employment")}
    other = InMemory()
    other.take(payroll.source(history="from_today"))
    for key, stated in whole.items():
        for name, tolds in stated.values.items():
            assert other.of("Employment", key).values[name] == tuple(
                each for each in tolds if each.period.last > TODAY
            ), name
        for name, links in stated.links.items():
            assert other.of("Employment", key).links[name] == tuple(
                each for each in links if each.period.last > TODAY
            ), name


def test_pitfall_63_what_was_known_of_the_past_stays(payroll: Payroll) -> None:
    payroll.read()
    before = {key: payroll.known.of("Employment", key) for key in payroll.known.keys("Employment")}
    payroll.read(history="from_today")
    for key, stated in before.items():
        assert payroll.known.of("Employment", key) == stated
    payroll.at("2026-03-03 10:00")
    payroll.change(BO, "81200", lambda each: replace(each, departments=(*cut_in_march(each.departments[0]),)))
    payroll.read(history="from_today")
    days = ("2025-01-01", "2026-03-02", "2026-03-03")
    assert [payroll.known.link("Employment", KEY, "unit", day(each)) for each in days] == [
        unit(B190),
        unit(B190),
        unit(B110),
    ]


def cut_in_march(old: Any) -> tuple[Any, Any]:
    return old._replace(last=day("2026-03-02")), place(B110, day("2026-03-03"))


@pytest.mark.parametrize("whole", [True, False])
def test_pitfall_64_the_same_answers_twice_write_nothing(
    payroll: Payroll, clean_graph: neo4j.Driver, whole: bool
) -> None:
    run_import(clean_graph, payroll.source(), KEYRING)
    before = last_write(clean_graph)
    payroll.at("2026-03-02 18:00")
    report = run_import(clean_graph, payroll.source(whole=whole), KEYRING)
    assert (report.changes, report.run) == (0, None)
    assert last_write(clean_graph) == before


def test_a_whole_reading_after_a_delta_finds_nothing_new(payroll: Payroll) -> None:
    """The same record has the same fingerprint, however it was read."""
    payroll.read()
    payroll.at("2026-03-02 10:00")
    payroll.change(BO, "00417", lambda each: replace(each, departments=(place(B190),)))
    payroll.hire(EVA, working("00533", EVA, registered=datetime(2026, 3, 2, 9)))
    assert payroll.read().mapped == 3
    assert payroll.read(whole=True).mapped == 1, "the record that carries what is wrong with the settings"


def test_pitfall_65_two_events_for_one_employment_are_handled_one_after_the_other(
    payroll: Payroll, clean_graph: neo4j.Driver
) -> None:
    """Twice in one batch it is asked for once; from two workers at once, the graph takes one after the other."""
    run_import(clean_graph, payroll.source(), KEYRING)
    payroll.at("2026-03-02 10:00")
    payroll.change(BO, "81200", lambda each: replace(each, departments=(place(B110, day("2024-02-15")),)))
    payroll.service.calls.clear()
    hint = Hint("XA", BO, "81200")
    payroll.known.take(SdHints(payroll.source(), [hint, hint]))
    assert payroll.service.operations_asked().count("GetEmploymentChanged20111201") == 1
    with ThreadPoolExecutor(2) as workers:
        runs = [
            workers.submit(run_import, clean_graph, payroll.source().refetch("XA", BO, "81200"), KEYRING)
            for _ in range(2)
        ]
        counts = [run.result().counts["Employment", "moved"] for run in runs]
    assert sorted(counts) == [0, 1]
    rows, _, _ = clean_graph.execute_query(
        "MATCH (:SourceRecord {key: $key})-[:TELLS]->(:Employment)-[r:IN]->() RETURN count(r) AS units", key=KEY
    )
    assert rows[0]["units"] == 1


def test_pitfall_66_nothing_of_an_answer_that_is_cut_off_is_applied(
    payroll: Payroll, clean_graph: neo4j.Driver
) -> None:
    payroll.wrong.only, payroll.wrong.cut = "GetEmploymentChanged20111201", 100
    with pytest.raises(Unavailable, match="cut off"):
        run_import(clean_graph, payroll.source(), KEYRING)
    assert snapshot(clean_graph) == []
    payroll.wrong.cut = 0
    assert run_import(clean_graph, payroll.source(), KEYRING).counts["Employment", "created"] == 3


def test_pitfall_67_half_of_the_employments_missing_is_for_the_brake(
    payroll: Payroll, clean_graph: neo4j.Driver
) -> None:
    for number in range(30):
        cpr = f"{number + 1:02d}0457{number + 2000:04d}"
        payroll.hire(cpr, working(f"{number + 500:05d}", cpr), f"Prøve {number}")
    run_import(clean_graph, payroll.source(), KEYRING)
    before = snapshot(clean_graph)
    payroll.wrong.missing = {"GetEmploymentChanged20111201": 0.5}
    report = run_import(clean_graph, payroll.source(whole=True, verify_absent=3), KEYRING, brake=BrakeSettings())
    assert report.brake is not None
    assert "Employment would end" in report.reasons[0]
    assert snapshot(clean_graph) == before


def test_pitfall_70_an_event_of_an_unknown_type_leads_to_one_refetch(payroll: Payroll) -> None:
    payroll.read()
    payroll.at("2026-03-02 10:00")
    payroll.change(BO, "81200", lambda each: replace(each, departments=(place(B110, day("2024-02-15")),)))
    event = {"id": "7f0c", "eventType": "SOMETHING_NEW", "instCode": "XA", "tjnr": "81200", "cpr": BO}
    applied = payroll.known.take(SdHints(payroll.source(), [hint_of(event)]))
    assert [each.key for each in applied.changed] == [KEY]
    moved = payroll.home.departments[B190]
    parents = (ParentPeriod(UNKNOWN_START, day("2026-03-31"), BU00), ParentPeriod(day("2026-04-01"), OPEN, BUAB))
    payroll.home.put_department(replace(moved, parents=parents))
    event = {"eventType": "?", "instCode": "XA", "orgUnitUuid": B190.upper()}
    applied = payroll.known.take(SdHints(payroll.source(), [hint_of(event)]))
    assert [(each.kind, each.key) for each in applied.changed] == [("Unit", unit(B190))]
    person_event = {"eventType": "?", "instCode": "XA", "cpr": DORTE}
    assert hint_of(person_event) == Hint("XA", DORTE)


def test_a_name_that_changes_keeps_the_old_one_until_the_day_of_the_reading(payroll: Payroll) -> None:
    payroll.read()
    payroll.at("2026-03-05 10:00")
    payroll.home.put_person(replace(payroll.home.persons[BO], surname="Nytnavn", registered=datetime(2026, 3, 5, 9)))
    applied = payroll.read()
    assert [each.kind for each in applied.changed] == ["Person"]
    found = [payroll.known.value("Person", person(BO), "surname", date(2026, 3, each)) for each in (4, 5)]
    assert found == ["Klitmose", "Nytnavn"]


def test_a_contact_that_changes_is_read_with_its_person(payroll: Payroll) -> None:
    payroll.read()
    payroll.at("2026-03-05 10:00")
    payroll.change(BO, "81200", lambda each: replace(each, contact=Contact("88776655")))
    payroll.home.put_person(replace(payroll.home.persons[BO], registered=datetime(2026, 3, 5, 9)))
    assert [each.key for each in payroll.read().changed] == [KEY]
    assert payroll.known.value("Employment", KEY, "phone", date(2026, 3, 5)) == "88776655"
    assert payroll.known.value("Employment", KEY, "phone", TODAY) is None


def test_a_status_that_is_told_late_ends_an_employment(payroll: Payroll) -> None:
    payroll.read()
    payroll.at("2026-03-05 10:00")
    left = (Status(day("2024-02-15"), day("2026-02-28"), "1"), Status(day("2026-03-01"), OPEN, "8"))
    payroll.change(BO, "81200", lambda each: replace(each, statuses=left))
    payroll.read()
    assert not payroll.known.exists("Employment", KEY, TODAY)


@pytest.mark.parametrize(
    ("window", "now", "begins"),
    [
        ("2026-10-25T02:50", datetime(2026, 10, 25, 2, 10, fold=1), datetime(2026, 10, 25, 1, 50)),
        ("2026-10-25T02:10", datetime(2026, 10, 25, 2, 30, fold=1), datetime(2026, 10, 25, 1, 10)),
        ("2026-10-25T02:50", datetime(2026, 10, 25, 3, 5), datetime(2026, 10, 25, 1, 50)),
        ("2026-10-25T01:55", datetime(2026, 10, 25, 2, 10, fold=1), datetime(2026, 10, 25, 1, 55)),
        ("2026-10-25T03:00", datetime(2026, 10, 25, 3, 5), datetime(2026, 10, 25, 3, 0)),
        ("2026-03-02T02:50", datetime(2026, 3, 2, 3, 0), datetime(2026, 3, 2, 2, 50)),
        ("2026-10-25T03:30", datetime(2026, 10, 25, 2, 10, fold=1), None),
    ],
)
def test_the_hour_that_a_night_has_twice_is_asked_for_wholly(
    window: str, now: datetime, begins: datetime | None
) -> None:
    """SD's windows are Copenhagen's wall clock, so nothing tells the two apart. It is no clock that was ahead."""
    known = InMemory()
    known.cursor = {"window": window}
    missing: Any = None
    run = _Run(known, missing, now, missing, missing, missing, missing)
    assert run._last_window() == begins
