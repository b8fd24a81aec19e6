"""Every case of processes.yaml is played, and every step holds; and what a wrong file is refused for."""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import neo4j
import pytest
import yaml

from processes.play.errors import PlayRejected
from processes.play.playing import PlayedThrough
from reconnect.playing import play_file
from tests.emptied import empty

pytestmark = pytest.mark.slow
FILE = Path(__file__).resolve().parents[2] / "acceptance" / "processes.yaml"
CONTENT: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
CASES: list[dict[str, Any]] = CONTENT["cases"]


@pytest.fixture(scope="module")
def played(driver: neo4j.Driver) -> Iterator[dict[str, PlayedThrough]]:
    empty(driver)
    yield {each.case.id: each for each in play_file(driver, FILE)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['id']}: {case['why']}")
def test_a_case_holds(played: dict[str, PlayedThrough], case: dict[str, Any]) -> None:
    found = played[case["id"]]
    assert len(found.steps) == len(case["steps"])
    assert [(each.step.number, each.expected, each.got) for each in found.steps if not each.holds] == []


STEPS = """
- {at: 2027-01-11T09:00, start: approval, by: sif, with: {unit: nursing, person: tage}}
- at: 2027-01-11T09:00
  look: approve
  expect: {candidates: [{person: otto, as: holder}], level_unit: nursing, steps: 2}
- {at: 2027-01-11T09:00, look: keys, expect: {candidates: []}}
- {at: 2027-01-11T09:01, complete: approve, by: nora, with: {decision: "yes"}, error: x}
- {at: 2027-01-11T09:02, complete: keys, by: nora}
- {at: 2027-01-11T09:03, look: keys, expect: {candidates: [{person: tage, as: fallback}]}}
- {at: 2027-01-11T09:04, complete: keys, by: tage, log: {by: pia}}
- {at: 2027-01-11T09:04, look: keys, error: already_done, told: {by: tage, at: 2027-01-11T09:04}}
- {at: 2027-01-11T09:05, complete: keys, by: pia, error: already_done, told: {by: tage, at: 2027-01-11T09:06}}
"""


def test_a_step_that_does_not_hold_is_shown(driver: neo4j.Driver, tmp_path: Path) -> None:
    empty(driver)
    content = deepcopy(CONTENT)
    content["cases"] = [{"id": "wrong", "steps": yaml.safe_load(STEPS)}]
    file = tmp_path / "wrong.yaml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    (case,) = play_file(driver, file)
    found = {each.step.number: (each.expected, each.got) for each in case.steps}
    assert found[1] == ({}, {})
    nora = [{"person": "nora", "as": "holder"}]
    assert found[2] == (
        {"candidates": [{"person": "otto", "as": "holder"}], "steps": 2}, {"candidates": nora, "steps": 0},
    )  # fmt: skip
    assert found[3][1]["error"] == "not_open"
    assert found[4] == ({"error": "x"}, {"error": None})
    assert found[5][1]["error"] == "not_candidate" and "look at it again" in found[5][1]["text"]
    assert found[6] == ({"fault": None}, {"fault": "no_holder"})
    assert found[7] == ({"log": {"by": "pia"}}, {"log": {"by": "tage"}})
    assert found[8] == ({}, {})
    told = {name: found[9][side]["told"]["at"].minute for side, name in ((0, "expected"), (1, "got"))}
    assert told == {"expected": 6, "got": 4}


@pytest.mark.parametrize(
    ("place", "value", "text"),
    [
        (("format",), 2, "format: it is 2, and 1 can be played"),
        (("case",), [], "case: it is not known; allowed: cases, facts, format, processes"),
        (("cases", 0, "steps", 1, "expects"), {}, "case t01, step 2, expects: look has no such field"),
        (("cases", 0, "steps", 1, "look"), "aprove", "case t01, step 2, look: the process has no task 'aprove'"),
        (("cases", 0, "steps", 2, "by"), "piaa", "case t01, step 3, by: facts have no person 'piaa'"),
        (("cases", 0, "steps", 2, "at"), "2027-01-11T08:59", "case t01, step 3, at: it is before the step above"),
        (("cases", 0, "steps", 2, "at"), "later", "case t01, step 3, at: it is not a moment"),
        (("cases", 0, "steps", 1, "claim"), "approve", "case t01, step 2: a step has one of"),
        (("cases", 0, "steps", 1, "expect", "level"), "care", "case t01, step 2, expect, level: it is not known"),
        (("cases", 0, "steps", 1, "expect", "candidates", 0, "as"), "boss", "expect, candidates[1], as: 'boss' is not"),
        (("cases", 0, "steps", 3, "told"), {"by": "nora"}, "case t01, step 4, told: only who is refused"),
        (("cases", 0, "steps", 1, "expect"), {}, "case t01, step 2, expect: it expects nothing"),
        (("cases", 0, "steps", 3, "log"), {}, "case t01, step 4, log: it expects nothing"),
        (("cases", 9, "steps", 3, "told"), {}, "case t10, step 4, told: it expects nothing"),
        (("cases", 1, "id"), "t01", "case t01: another case has this id"),
        (("processes", "approval", "tasks", "keys", "rolle"), "x", "task keys, rolle: it is not known"),
        (("processes", "approval", "tasks", "keys", "unit"), "x", "task keys, unit: 'x' is neither a field"),
        (("processes", "approval", "tasks", "keys", "role"), "x", "process approval, keys: there is no role 'x'"),
        (("processes", "approval", "tasks", "report", "about"), "function:x", "report: there is no responsibility"),
        (("processes", "approval", "tasks", "approve", "escalate", "after"), "soon", "task approve, escalate, after"),
        (("processes", "approval", "start", "form", "unit"), "place", "start, form, unit: 'place' is not one of"),
        (("processes", "approval", "flow"), "start → approve → end", "task report: the flow does not lead to it"),
        (("facts", "units", 1, "from"), "2010-13-01", "facts, "),
        (("facts", "substitues"), [], "facts, File substitues: no section 'substitues'"),
        (("facts", "assignments", 2, "holder"), {"employment": "e_nroa"}, "facts, Assignment a_nora"),
        (("facts", "substitutes", 0, "scope"), {"units": ["nurisng"]}, "facts, Substitution s_otto"),
    ],
)  # fmt: skip
def test_what_is_not_known_is_refused(
    driver: neo4j.Driver, tmp_path: Path, place: tuple[str | int, ...], value: Any, text: str
) -> None:
    empty(driver)
    content = deepcopy(CONTENT)
    within: Any = content
    for step in place[:-1]:
        within = within[step]
    within[place[-1]] = value
    file = tmp_path / "wrong.yaml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(PlayRejected) as refused:
        play_file(driver, file)
    assert text in str(refused.value)


def test_a_number_of_a_form_is_one_and_a_code_of_facts_stays_as_it_is_written(
    driver: neo4j.Driver, tmp_path: Path
) -> None:
    empty(driver)
    text = FILE.read_text(encoding="utf-8").replace("{id: tage,", "{id: 00417,").replace("person: e_tage", "person: x")
    facts = text[text.index("facts:") : text.index("processes:")].replace("person: tage,", "person: 00417,")
    process = """
processes:
  approval:
    start: {form: {unit: unit, amount: number}}
    tasks: {approve: {role: manager, unit: unit, not: [starter]}}
    flow: "start → approve → end"
cases:
- id: numbers
  steps:
  - {at: 2027-01-11T09:00, start: approval, by: 00417, with: {unit: nursing, amount: 37.50}}
  - {at: 2027-01-11T09:00, look: approve, expect: {candidates: [{person: nora, as: holder}]}}
"""
    file = tmp_path / "numbers.yaml"
    file.write_text(f"format: 1\n{facts}{process}", encoding="utf-8")
    (case,) = play_file(driver, file)
    assert case.holds, [(each.expected, each.got) for each in case.steps]


MORE = """
processes:
  p:
    start: {form: {unit: unit, note: text}}
    tasks: {a: {role: manager, unit: unit, escalate: {after: 3 working days}}}
    flow: "start → a → end"
  q:
    start: {form: {unit: unit}}
    tasks: {q: {role: manager, unit: unit}}
    flow: "start → q → end"
cases:
- id: more
  steps:
  - {at: 2027-04-05T09:00, start: p, by: sif, with: {unit: rehab}}
  - {at: 2027-04-05T09:00, start: q, by: sif, with: {unit: rehab}}
  - {at: 2027-04-05T09:00, start: p, by: sif, with: {unit: nowhere}, error: unknown_unit}
  - {at: 2027-04-05T10:00, delegate: p, by: carla, to: pia,  from: 2027-04-06, until: 2027-04-10}
  - {at: 2027-04-05T10:00, delegate: p, by: carla, to: otto, from: 2027-04-06, until: 2027-04-10}
  - {at: 2027-04-05T10:00, delegate: p, by: carla, to: nora, from: 2027-04-06, until: 2027-04-10}
  - {at: 2027-04-06T09:00, look: q, expect: {candidates: [{person: carla, as: holder, for: null}]}}
  - at: 2027-04-06T09:00
    look: a
    expect: {candidates: &delegated [{person: carla, as: holder}, {person: pia, as: delegate, for: carla},
      {person: otto, as: delegate, for: carla}, {person: nora, as: delegate, for: carla}], fault: null}
  - {at: 2027-04-06T09:01, claim: a, by: nobody, error: unknown_person}
  - {at: 2027-04-06T09:01, claim: a, by: pia, log: {by: pia, for: carla}}
  - {at: 2027-04-06T09:02, look: a, expect: {claimed: pia}}
  - {at: 2027-04-06T09:02, look: a, expect: {claimed: null}}
  - {at: 2027-04-06T09:03, give_back: a, by: pia, log: {by: pia, for: carla}}
  - {at: 2027-04-06T09:04, look: a, expect: {claimed: null, lapsed: null}}
  - {at: 2027-04-08T08:59, look: a, expect: {candidates: *delegated}}
  - {at: 2027-04-08T09:00, hand: a, by: carla, to: sif, log: {by: carla, for: null}}
  - at: 2027-04-08T09:00
    look: a
    expect: {claimed: sif, candidates: [{person: carla, as: holder}, {person: pia, as: delegate, for: carla},
      {person: otto, as: delegate, for: carla}, {person: nora, as: delegate, for: carla},
      {person: sif, as: delegate, for: carla}, {person: dan, as: escalated}]}
"""


def test_two_processes_delegates_of_one_moment_and_what_is_nobody(driver: neo4j.Driver, tmp_path: Path) -> None:
    empty(driver)
    text = FILE.read_text(encoding="utf-8")
    file = tmp_path / "more.yaml"
    file.write_text(text[text.index("format:") : text.index("processes:")] + MORE, encoding="utf-8")
    (case,) = play_file(driver, file)
    differing = {each.step.number: (each.expected, each.got) for each in case.steps if not each.holds}
    assert differing == {12: ({"claimed": None}, {"claimed": "pia"})}
    assert case.steps[10].answer["candidates"][1] == {"person": "pia", "as": "delegate", "for": "carla"}
    assert case.steps[8].answer["error"] == "unknown_person"
