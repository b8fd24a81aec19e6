"""What a file to play is read as: whose tasks may be named, what is nobody, how codes are written, what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from processes.play.errors import PlayRejected
from processes.play.file import PlayFile, read_file
from reconnect import playing
from reconnect.commands import process_play
from reconnect.exits import CommandFailed

HEAD: dict[str, Any] = {
    "format": 1,
    "facts": {
        "units": [{"id": "care"}, {"id": "00417"}],
        "persons": [{"id": "carla"}, {"id": "sif"}, {"id": 1001}],
    },
    "processes": {
        "p": {"start": {"form": {"unit": "unit", "amount": "number", "day": "date", "note": "text"}},
              "tasks": {"a": {"role": "manager", "unit": "unit"}}, "flow": "start → a; yes → end; no → end"},
        "q": {"start": {"form": {"unit": "unit"}},
              "tasks": {"z": {"role": "manager", "unit": "unit"}}, "flow": "start → z → end"},
    },
}  # fmt: skip


def read(steps: str, **more: Any) -> PlayFile:
    """``more``: the same steps with numbers as numbers."""
    content = {**HEAD, "cases": [{"id": "x", "steps": yaml.safe_load(steps)}]}
    figures = {"cases": [{"steps": more["figures"]}]} if more else None
    return read_file(content, figures)


def faults(steps: str) -> str:
    with pytest.raises(PlayRejected) as refused:
        read(steps)
    return "\n".join(refused.value.faults)


STARTED = "- {at: 2027-01-11T09:00, start: p, by: sif, with: {unit: care}}\n"


def test_a_task_is_of_the_case_started_last_whose_process_has_it() -> None:
    also = "- {at: 2027-01-11T09:00, start: q, by: sif, with: {unit: care}}\n"
    for task in ("a", "z"):
        read(f"{STARTED}{also}- {{at: 2027-01-11T09:00, claim: {task}, by: sif}}")
    text = faults(f"{STARTED}{also}- {{at: 2027-01-11T09:00, claim: b, by: sif}}")
    assert "step 3, claim: the process has no task 'b'; it has: a, z" in text


def test_a_refused_start_changes_nothing() -> None:
    refused = "- {at: 2027-01-11T09:00, start: q, by: sif, with: {unit: nowhere}, error: unknown_unit}\n"
    read(f"{STARTED}{refused}- {{at: 2027-01-11T09:00, claim: a, by: sif}}")
    assert "no case has been started yet" in faults(f"{refused}- {{at: 2027-01-11T09:00, claim: z, by: sif}}")


def test_nobody_is_expected_by_null() -> None:
    look = """- {at: 2027-01-11T09:00, look: a, expect: {claimed: null, lapsed: null, fault: null, level_unit: null,
        candidates: [{person: carla, as: holder, for: null}]}}"""
    step = read(STARTED + look).cases[0].steps[1]
    assert step.fields["expect"] == {
        "claimed": None, "lapsed": None, "fault": None, "level_unit": None,
        "candidates": [{"person": "carla", "as": "holder"}],
    }  # fmt: skip


def test_a_person_who_is_not_there_is_named_only_where_the_step_is_refused_for_it() -> None:
    step = "- {at: 2027-01-11T09:00, claim: a, by: nobody, error: %s}"
    assert read(STARTED + step % "unknown_person").cases[0].steps[1].fields["by"] == "nobody"
    assert "step 2, by: facts have no person 'nobody'" in faults(STARTED + step % "not_candidate")


def test_a_name_stays_as_it_is_written_and_a_number_of_a_form_is_one() -> None:
    start = "{at: 2027-01-11T09:00, start: p, by: %s, with: {unit: %s, amount: %s, day: 2027-02-01, note: 12}}"
    figures = yaml.safe_load(f"[{start % (1001, '00417', '37.50')}]")
    written = start % (1001, '"00417"', '"37.50"')
    fields = read(f"- {written}", figures=figures).cases[0].steps[0].fields
    assert fields == {"by": "1001", "with": {"unit": "00417", "amount": 37.5, "day": "2027-02-01", "note": "12"}}


def test_what_was_left_empty_is_nothing() -> None:
    assert read("- {at: 2027-01-11T09:00, start: p, with: }").cases[0].steps[0].fields == {"with": {}}


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        ("claim: a, by: [sif]", "step 2, by: facts have no person ['sif']"),
        ("delegate: [p], by: sif, to: carla, from: 2027-01-12, until: 2027-02-01", "there is no process ['p']"),
        ("look: [a], expect: {steps: 0}", "step 2, look: ['a'] is not the name of a task"),
        ("look: a, expect: {level_unit: [care]}", "step 2, expect, level_unit: facts have no unit ['care']"),
        ("look: a, expect: {candidates: [{person: {}, as: [holder]}]}", "person: facts have no person {}"),
        ("complete: a, by: sif, with: [1]", "step 2, with: it is not a mapping"),
        ("claim: a, by: [], error: unknown_person", "step 2, by: facts have no person []"),
        ("hand: a, by: sif, to: true", "step 2, to: facts have no person True"),
        ("claim: a, by: sif, error: [x]", "step 2, error: ['x'] is not a text"),
    ],
)  # fmt: skip
def test_what_is_no_name_is_refused_with_its_place(step: str, fault: str) -> None:
    assert fault in faults(f"{STARTED}- {{at: 2027-01-11T09:00, {step}}}")


def test_a_clock_stays_within_years_that_can_be_played() -> None:
    assert "step 2, at: the year 9999 can't be played" in faults(f"{STARTED}- {{at: 9999-12-31, claim: a, by: sif}}")


def test_what_is_wrong_with_a_file_is_told_before_a_server_is_started(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(playing, "_in_scratch", lambda: pytest.fail("a server was started"))
    file = tmp_path / "wrong.yaml"
    cases = [{"id": "x", "steps": yaml.safe_load(f"{STARTED}- {{at: 2027-01-11T09:00, claim: b, by: '010190-1234'}}")}]
    for content, place in ((yaml.safe_dump({**HEAD, "cases": cases}), "case x, step 2, by"), ("a: [", "can't be read")):
        file.write_text(content, encoding="utf-8")
        with pytest.raises(CommandFailed, match=place) as refused:
            process_play.play(file, as_json=True)
        told = json.loads(capsys.readouterr().out)["faults"]
        assert refused.value.code == 2 and place in told[0] and "010190-1234" not in str(told)
