"""What was believed on an earlier day (architecture.md §2): whatever is written afterwards, the answer is the same."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import neo4j
import pytest

from api.computed.types import FIELDS
from graph.as_of import superseded
from graph.change_log import Origin
from graph.corrections.joining import Joining
from graph.corrections.person_erasure import erase_person
from graph.cpr.keyring import Keyring
from graph.migrations.known_periods import fill
from graph.model import KINDS
from graph.statements.precedence import MANUAL, SourceOrder
from graph.statements.statement import Statement
from graph.time import Period
from graph.writing.graph_writer import GraphWriter
from importers.pipeline.import_run import run_import
from reconnect.embedded import Addresses
from tests.api.reads.asking import Asking, closed, open_asking
from tests.graph.organisation import START, Stating, employment, link, person, small, told, unit

RING = Keyring.generate()
BY = Origin(MANUAL, user="hanne", reason="it was wrong")
SEED = 7
FIRST = date(2026, 1, 1)
"""The day on which the first step is learnt; each next one is a day later."""

THING = "uuid kind label asOf active existsFrom existsTo"
TODAY = """
query($known: Date) {
  units(asKnownOn: $known) { nodes { label asOf active name parent { uuid } employments { uuid label } } }
  tree(asKnownOn: $known) { depth parent unit { uuid } }
}
"""
UNITS = f"""
query($at: Date, $known: Date) {{
  units(at: $at, asKnownOn: $known) {{
    totalCount
    nodes {{
      {THING} shortName childCount
      parent {{ uuid name }} children {{ uuid name }}
      ancestors {{ uuid }} descendants(depth: 2) {{ uuid }}
      parentPeriods(period: {{}}) {{ from to parent {{ uuid }} }}
      employmentCounts(below: true) {{ type count }}
      history {{ from to name shortName }}
      changes {{ number operation }}
    }}
  }}
  tree(at: $at, asKnownOn: $known) {{ depth parent unit {{ uuid name }} }}
  below: employments(at: $at, asKnownOn: $known, filter: {{ below: "root", role: "manager" }}) {{ nodes {{ uuid }} }}
  named: units(at: $at, asKnownOn: $known, order: NAME, filter: {{ nameContains: "n", root: false }}) {{
    edges {{ cursor node {{ uuid }} }}
  }}
  roots: units(at: $at, asKnownOn: $known, filter: {{ root: true, changedSince: 4 }}) {{ nodes {{ uuid }} }}
}}
"""
PERSONS = f"""
query($at: Date, $known: Date) {{
  persons(at: $at, asKnownOn: $known) {{
    nodes {{
      {THING} street formerUuids
      history {{ from to name street mobile }}
      employments {{
        {THING} number
        unit {{ uuid name }}
        unitPeriods(period: {{}}) {{ from to unit {{ uuid }} }}
        assignments {{ label role {{ key }} unit {{ uuid }} }}
        nearestManager {{ reason steps levelUnit {{ uuid }} holders {{ person {{ uuid label }} }} }}
      }}
    }}
  }}
}}
"""
PERIOD = f"""
query($known: Date) {{
  units(period: {{ from: "2021-01-01", to: "2025-01-01" }}, asKnownOn: $known) {{
    nodes {{ {THING} children {{ uuid label asOf }} employments {{ uuid }} ancestors {{ uuid }} }}
  }}
}}
"""
ONE = f"""
query($unit: String!, $one: ID!, $other: ID!, $named: String!, $at: Date, $known: Date) {{
  thing(uuid: $other, at: $at, asKnownOn: $known) {{ kind thing {{ {THING} }} }}
  one: person(uuid: $one, at: $at, asKnownOn: $known) {{ uuid formerUuids }}
  other: person(uuid: $other, at: $at, asKnownOn: $known) {{ uuid label }}
  nearest(role: "manager", unit: $unit, at: $at, asKnownOn: $known) {{
    reason path {{ uuid }} holders {{ person {{ uuid }} }}
  }}
  nearestManager(person: $named, at: $at, asKnownOn: $known) {{
    employment {{ uuid }} reason steps holders {{ person {{ uuid name }} assignment {{ uuid }} }}
  }}
}}
"""
DAYS = """
query($unit: ID!, $known: Date) {
  changeDays(unit: $unit, from: "2015-01-01", to: "2024-01-01", first: 10000, asKnownOn: $known) {
    day counts { kind things }
  }
}
"""


@dataclass
class History:
    """An organisation that is written step by step, each a day after the one before."""

    driver: neo4j.Driver
    asking: Asking
    chosen: random.Random
    payroll: dict[tuple[str, str], Statement] = field(default_factory=dict)
    joined: list[tuple[str, str]] = field(default_factory=list)
    by_hand: list[str] = field(default_factory=list)
    uuids: dict[str, str] = field(default_factory=dict)
    day: date = FIRST - timedelta(days=1)

    def begin(self) -> None:
        """What payroll tells first."""
        parts = [unit("deep", "north"), person("p4", "Alma T.", "7101575008"), employment("e4", "p4", "root")]
        manager = Statement("Role", "manager", values={"key": told("manager"), "title": told("Leder")})
        held = [_held("a1", "e1", "north"), _held("a2", "e4", "root")]
        self.tell(*small(), *parts, employment("e5", "p2", "deep"), manager, *held)
        self.uuids = {key: self.uuid(key) for key in ("root", "north", "deep", "p1", "p2", "p4")}

    def answers(self, at: str, known: date | None = None) -> dict[str, Any]:
        """What each question is answered: of a day, of today and of a period; as known on a day."""
        days = {"at": at, "known": None if known is None else str(known)}
        found = {"today": self.asking.data(TODAY, days), "period": self.asking.data(PERIOD, days)}
        found["units"], found["persons"] = self.asking.data(UNITS, days), self.asking.data(PERSONS, days)
        named = {"unit": self.uuids["deep"], "one": self.uuids["p1"], "other": self.uuids["p4"]}
        found["one"] = self.asking.data(ONE, {**named, "named": named["other"], **days})
        found["days"] = self.asking.data(DAYS, {"unit": named["unit"], "known": days["known"]})
        return found

    def recorded(self, *steps: Callable[["History"], object]) -> list[tuple[date, str, dict[str, Any]]]:
        """What is answered after each step: (the day on which it is known, the day asked about, the answers)."""
        found = []
        for step in (History.begin, *steps):
            day = self.step(partial(step, self))
            at = str(date(2019, 12, 1) + timedelta(days=self.chosen.randrange(2500)))
            found.append((day, at, self.answers(at)))
        return found

    def step(self, write: Callable[[], object]) -> date:
        """Write, and give what was learnt the next day as its day."""
        before = self._last()
        write()
        self.day += timedelta(days=1)
        self.driver.execute_query(
            "MATCH (c:Change) WHERE c.number > $before SET c.at = datetime($at)",
            before=before,
            at=f"{self.day}T20:00:00Z",
        )
        return self.day

    def _last(self) -> int:
        rows, _, _ = self.driver.execute_query("MATCH (log:ChangeLog) RETURN log.number AS number")
        return int(rows[0]["number"])

    def tell(self, *statements: Statement, source: str = "sd") -> None:
        """A source tells these, and what it told of others stays."""
        report = run_import(self.driver, Stating(*statements, name=source, whole=False), RING)
        assert (report.problems, report.brake) == ([], None)
        if source == "sd":
            self.payroll |= {(each.kind, each.key): each for each in statements}

    # -- what may happen, each with its own turn ------------------------------------------------------------------

    def begins(self) -> None:
        """A person and an employment, of some day before or after."""
        key = str(100 + len(self.payroll))
        new = employment(f"e{key}", f"p{key}", self._one("north", "south"), title=f"Title {key}")
        self.tell(person(f"p{key}", f"Person {key}"), replace(new, exists=(Period(self._day()),)))

    def is_named(self) -> None:
        """A unit has another name, from a day on or always."""
        unit_ = self._told("Unit")
        since = self._one(START, self._day())
        name = f"{unit_.key} {self.chosen.randrange(100)}"
        before = told(unit_.key, START, since) if since > START else ()
        self.tell(replace(unit_, values={"name": (*before, *told(name, since)), "short_name": told(name[:3], since)}))

    def moves(self) -> None:
        """A unit has been below another one, or an employment in another unit, since a day."""
        since = date(2020, 1, 1) + timedelta(days=self.chosen.randrange(1, 2500))
        if self.chosen.random() < 0.5:
            moved = replace(self._told("Unit", "deep"))
            moved.links = {"parent": (*link("Unit", "north", START, since), *link("Unit", "south", since))}
        else:
            moved = replace(self._told("Employment", "e1"))
            place = (*link("Unit", "north", START, since), *link("Unit", self._one("south", "deep"), since))
            moved.links = {**moved.links, "unit": place}
        self.tell(moved)

    def ends(self) -> None:
        """An employment, a unit without others below it, or an assignment has ended, or goes on after all."""
        kind, key = self._one(("Employment", "e3"), ("Employment", "e2"), ("Unit", "deep"), ("Assignment", "a2"))
        self.tell(replace(self.payroll[kind, key], exists=(Period(START, self._one(None, self._later())),)))

    def never_was(self) -> None:
        """An assignment, or an employment, is withdrawn; or it was there all the time."""
        kind, key = self._one(("Assignment", "a1"), ("Employment", "e5"))
        was = self.payroll[kind, key].exists
        self.tell(replace(self.payroll[kind, key], exists=() if was else (Period(START),)))

    def is_about_another(self) -> None:
        """The manager of one unit is another's, from now on or always."""
        held = replace(self._told("Assignment", "a1"))
        held.links = {**held.links, "unit": link("Unit", self._one("north", "south", "root"))}
        held.links["holder"] = link("Employment", self._one("e1", "e4"))
        self.tell(held)

    def is_told_by_another(self) -> None:
        """Another source tells of a person, with less or more rank."""
        number = self._one("1101575001", "0202575002")
        values = {"street": told(f"Street {self.chosen.randrange(50)}", self._day()), "name": told("Other Name")}
        other = Statement("Person", number[:3], None, values, cpr=number)
        self.tell(other, source=self._one("opus", "active_directory"))

    def is_set(self) -> None:
        """A value is set by hand, or released."""
        uuid = self.uuid("north")
        value = () if uuid in self.by_hand else told(f"By hand {self.chosen.randrange(50)}", self._day())
        (self.by_hand.remove if uuid in self.by_hand else self.by_hand.append)(uuid)

        def edit(kept: Statement) -> Statement:
            return replace(kept, values={**kept.values, "name": value})

        GraphWriter(self.driver, RING).amend("Unit", uuid, edit, BY)

    def are_one(self) -> None:
        """Two persons are joined; or parted, with all that was the one's."""
        joining = Joining(self.driver, RING, SourceOrder())
        keep, other = self.uuids["p1"], self.uuids["p4"]
        if self.joined:
            self.joined.clear()
            joining.split(keep, BY, into=other)
        else:
            self.joined.append((keep, other))
            joining.join(keep, other, BY)

    def says_the_same(self) -> None:
        """An import that is repeated."""
        self.tell(*self.payroll.values())

    def _one(self, *of: Any) -> Any:
        return self.chosen.choice(of)

    def _day(self) -> date:
        return date(2019, 6, 1) + timedelta(days=self.chosen.randrange(3000))

    def _later(self) -> date:
        return date(2020, 6, 1) + timedelta(days=self.chosen.randrange(3000))

    def _told(self, kind: str, key: str | None = None) -> Statement:
        return self.payroll[
            kind, key or self._one(*(each for of, each in self.payroll if of == kind and each != "root"))
        ]

    def uuid(self, key: str) -> str:
        rows, _, _ = self.driver.execute_query(
            "MATCH (r:SourceRecord {source: 'sd', key: $key})-[:TELLS]->(n) RETURN n.uuid AS uuid", key=key
        )
        return str(rows[0]["uuid"])


def _held(key: str, by: str, at: str) -> Statement:
    links = {"holder": link("Employment", by), "unit": link("Unit", at), "role": link("Role", "manager")}
    return Statement("Assignment", key, exists=(Period(START),), links=links)


@pytest.fixture
def history(clean_graph: neo4j.Driver, addresses: Addresses) -> Iterator[Callable[[int], History]]:
    opened = open_asking(addresses.bolt_uri, addresses.user, addresses.password, clean_graph, RING)
    yield lambda seed: History(clean_graph, opened, random.Random(seed))
    closed(opened)


STEPS = (
    History.begins, History.is_named, History.moves, History.ends, History.never_was, History.is_about_another,
    History.is_told_by_another, History.is_set, History.are_one, History.says_the_same,
)  # fmt: skip


def test_what_was_answered_then_is_answered_of_what_was_known_then(history: Callable[[int], History]) -> None:
    """Whatever is told, changed, joined, parted or taken back afterwards; and of a graph as it was before superseded
    periods were kept, after the migration."""
    organisation = history(SEED)
    steps = [*STEPS, History.are_one]
    organisation.chosen.shuffle(steps)
    recorded = organisation.recorded(*steps)
    _compare(organisation, recorded, steps)
    organisation.driver.execute_query("MATCH ()-[r]->() WHERE type(r) STARTS WITH 'WAS_' DELETE r")
    organisation.driver.execute_query("MATCH ()-[r]->() WHERE r.known_from IS NOT NULL REMOVE r.known_from")
    for kind in KINDS.values():
        organisation.driver.execute_query(f"MATCH (x:{superseded(kind.state)}) DELETE x")
    fill(organisation.driver)
    fill(organisation.driver)  # as after one that was killed
    _compare(organisation, recorded[::3], steps)


def _compare(organisation: History, recorded: list[tuple[date, str, dict[str, Any]]], steps: list[Any]) -> None:
    for day, at, then in recorded:
        for question, answer in organisation.answers(at, day).items():
            assert answer == then[question], (SEED, day, at, question, [each.__name__ for each in steps])


def test_the_answer_tells_the_day_and_a_cache_keeps_it_apart(history: Callable[[int], History]) -> None:
    organisation = history(3)
    day = organisation.step(organisation.begin)
    ask = '{ units(at: "2026-03-01"%s) { nodes { id asOf knownOn parent { id knownOn } } } }'
    then = organisation.asking.data(ask % f', asKnownOn: "{day}"')["units"]["nodes"]
    now = organisation.asking.data(ask % "")["units"]["nodes"]
    assert {each["knownOn"] for each in (*then, *(each["parent"] for each in then if each["parent"]))} == {str(day)}
    assert {each["knownOn"] for each in now} == {None}
    assert [each["id"] for each in then] == [f"{each['id']}@{day}" for each in now]
    assert {each["asOf"] for each in (*now, *then)} == {"2026-03-01"}


def test_what_is_kept_only_as_it_is_now_is_refused(history: Callable[[int], History]) -> None:
    """A root field that can't answer it has no ``asKnownOn``, and says why; a field within is refused."""
    organisation = history(4)
    day = organisation.step(organisation.begin)
    of_a_day = {name: field_ for name, field_ in FIELDS.items() if "at" in field_.arguments}
    without = {name for name, field_ in of_a_day.items() if "asKnownOn" not in field_.arguments}
    assert all(of_a_day[name].only_now in of_a_day[name].arguments["at"].doc for name in without)
    assert without == {
        "search", "provenance", "disagreements", "endedKle", "unmatchedPositions", "unmatchedPositionsConnection",
        "accountPlan", "accountRulePreview", "rightsSent", "processSimulation", "processGaps", "processGapsConnection",
    }  # fmt: skip
    for within, why in (
        ("cpr", "a person's number is kept as it is now"),
        ("version", "it serves to change the thing as it is known now"),
        ("keys", "the sources' records of a thing are kept as they are now"),
        ("sources { id }", "the sources' records of a thing are kept"),
        ("employments { sourcesConnection { totalCount } }", "the sources' records of a thing are kept"),
    ):
        question = f'{{ persons(asKnownOn: "{day}") {{ nodes {{ {within} }} }} }}'
        assert why in organisation.asking.refusal(question).message
        assert organisation.asking.code(question) == "known_only_now"
    filtered = f'{{ units(asKnownOn: "{day}", filter: {{ source: "sd" }}) {{ totalCount }} }}'
    assert organisation.asking.code(filtered) == "known_only_now"


@pytest.mark.parametrize(("day", "code"), [("2020-01-01", "nothing_known"), ("2999-01-01", "not_known_yet")])
def test_of_a_day_without_knowledge_it_says_so(history: Callable[[int], History], day: str, code: str) -> None:
    organisation = history(5)
    organisation.step(organisation.begin)
    assert organisation.asking.code("query($on: Date) { units(asKnownOn: $on) { totalCount } }", {"on": day}) == code
    nearest = f'{{ nearest(role: "manager", unit: "deep", asKnownOn: "{day}") {{ reason }} }}'
    assert organisation.asking.code(nearest) == code


def test_who_is_erased_is_not_there_on_any_day(history: Callable[[int], History]) -> None:
    organisation = history(8)
    day = organisation.step(organisation.begin)
    gone, left = organisation.uuids["p4"], date(2024, 1, 1)
    ended = [replace(organisation.payroll["Employment", "e4"], exists=(Period(START, left),))]
    ended += [replace(organisation.payroll["Assignment", "a2"], exists=(Period(START, left),))]
    organisation.step(lambda: organisation.tell(*ended, person("p4", "Alma Gift")))
    ask = 'query($on: Date, $uuid: ID!) { person(uuid: $uuid, at: "2022-01-01", asKnownOn: $on) { name } }'
    assert organisation.asking.data(ask, {"on": str(day), "uuid": gone})["person"] == {"name": "Alma T."}
    erase_person(organisation.driver, gone, BY)
    assert organisation.asking.data(ask, {"on": str(day), "uuid": gone})["person"] is None
    listed = f'{{ employments(at: "2022-01-01", asKnownOn: "{day}") {{ nodes {{ number }} }} }}'
    numbers = [each["number"] for each in organisation.asking.data(listed)["employments"]["nodes"]]
    assert sorted(numbers) == ["e1", "e2", "e3", "e5"]
