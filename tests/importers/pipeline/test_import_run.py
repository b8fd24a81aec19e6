"""Import: the difference and nothing but the difference; the brake; bad records (architecture.md §4 "Merge")."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import neo4j
import pytest

from graph.cpr.keyring import Keyring
from graph.runs.brakes import StaleApproval, approve
from graph.runs.problems import kept_problems
from graph.statements.statement import BadRecord, Problem, Statement
from graph.time import Period, today
from importers.pipeline.brake import BrakeSettings
from importers.pipeline.comparing import Compared
from importers.pipeline.import_run import run_import
from importers.pipeline.report import ImportReport, text_of
from importers.pipeline.writing import Writing
from importers.source import Known, Mapped, RawRecord, Reading, SourceError
from rules.roles import RoleRule
from tests.graph.organisation import START, Stating, employment, link, person, small, told, unit
from tests.graph.snapshot import change_numbers, last_write, snapshot

RING = Keyring.generate()
MANAGERS = RoleRule(name="managers", role="manager", title="Leder", covers_all=True, position_codes=frozenset({"1010"}))


def test_the_same_input_again_writes_nothing(clean_graph: neo4j.Driver) -> None:
    first = run_import(clean_graph, Stating(*small()), RING, rules=[MANAGERS])
    assert first.as_counts() == {
        "Assignment": {"created": 1},
        "Employment": {"created": 3},
        "Person": {"created": 3},
        "Role": {"created": 1},
        "Unit": {"created": 3},
    }
    before = last_write(clean_graph)
    again = run_import(clean_graph, Stating(*small()), RING, rules=[MANAGERS])
    assert (again.changes, again.unchanged, again.run) == (0, 9, None)
    assert last_write(clean_graph) == before


def test_a_dry_run_shows_the_difference_and_writes_nothing(clean_graph: neo4j.Driver) -> None:
    run_import(clean_graph, Stating(*small()), RING)
    before = last_write(clean_graph)
    changed = [replace(each, values={"name": told("Nord")}) if each.key == "north" else each for each in small()]
    report = run_import(clean_graph, Stating(*changed), RING, dry_run=True)
    differences = [*report.differences.each()]
    assert [(each.record.key, each.operation) for each in differences] == [("north", "changed")]
    assert last_write(clean_graph) == before
    assert [s.values for s in differences[0].gained_states] == [{"name": "Nord"}]


def test_what_a_source_no_longer_states_ends_on_the_day_of_the_import(clean_graph: neo4j.Driver) -> None:
    run_import(clean_graph, Stating(*small()), RING)
    left = [each for each in small() if each.key != "e3"]
    report = run_import(clean_graph, Stating(*left, day=date(2026, 3, 5)), RING)
    assert report.as_counts() == {"Employment": {"ended": 1}}
    rows, _, _ = clean_graph.execute_query(
        "MATCH (:SourceRecord {key: 'e3'})-[:TELLS]->(e)-[s:STATE]->() RETURN s.to AS to, e.active AS active"
    )
    assert (rows[0]["to"].to_native(), rows[0]["active"]) == (date(2026, 3, 5), False)
    before = last_write(clean_graph)
    run_import(clean_graph, Stating(*left, day=date(2026, 3, 6)), RING)
    assert last_write(clean_graph) == before
    back = run_import(clean_graph, Stating(*small(), day=date(2026, 3, 7)), RING)
    assert back.as_counts() == {"Employment": {"changed": 1}}


def test_a_timeline_that_is_withdrawn_disappears_from_what_holds_and_stays_in_the_log(
    clean_graph: neo4j.Driver,
) -> None:
    run_import(clean_graph, Stating(*small()), RING)
    withdrawn = [replace(each, exists=()) if each.key == "e3" else each for each in small()]
    assert run_import(clean_graph, Stating(*withdrawn), RING).as_counts() == {"Employment": {"withdrawn": 1}}
    rows, _, _ = clean_graph.execute_query(
        """
        MATCH (:SourceRecord {key: 'e3'})-[:TELLS]->(e)<-[:CONCERNS]-(c:Change {operation: 'withdrawn'})
        RETURN COUNT { (e)-[:STATE]->() } AS states, c.before AS before
        """
    )
    assert rows[0]["states"] == 0
    assert '"number":"e3"' in rows[0]["before"]


def test_a_person_known_by_cpr_number_from_another_source_is_the_same_person(clean_graph: neo4j.Driver) -> None:
    run_import(clean_graph, Stating(person("x", "A", "1101575001"), name="sd"), RING)
    run_import(clean_graph, Stating(person("y", "B", "1101575001"), name="opus"), RING)
    rows, _, _ = clean_graph.execute_query("MATCH (p:Person) RETURN p.name AS name")
    assert [row["name"] for row in rows] == ["A"]  # sd comes before opus


def test_a_reference_to_what_comes_later_is_tied_when_it_comes(clean_graph: neo4j.Driver) -> None:
    early = run_import(clean_graph, Stating(employment("e1", "p1", "north"), person("p1", "A")), RING)
    assert [(each.field, each.rule, each.severity) for each in early.problems] == [
        ("unit", "unknown_reference", "notice")
    ]
    late = run_import(clean_graph, Stating(employment("e1", "p1", "north"), person("p1", "A"), unit("north")), RING)
    assert late.problems == []
    rows, _, _ = clean_graph.execute_query("MATCH (:Employment)-[:IN]->(u:Unit) RETURN u.name AS name")
    assert [row["name"] for row in rows] == ["North"]
    rows, _, _ = clean_graph.execute_query("MATCH (b:BadRecord) RETURN b")
    assert rows == []


# -- bad records ----------------------------------------------------------------------------------------------------


def test_who_is_refused_is_not_imported_and_has_no_employment(clean_graph: neo4j.Driver) -> None:
    """A person counts as told once taken: an employment without anybody would hold, and be given to systems."""
    wrong = person("p4", "Dorte Prøve", "0404575004")
    wrong = replace(wrong, values={**wrong.values, "no_such_property": told("x")})
    told_of = (*small(), wrong, employment("e4", "p4", "south", position_code="1010"))
    report = run_import(clean_graph, Stating(*told_of), RING, rules=[MANAGERS])
    assert {(each.kind, each.key): each.rule for each in report.problems} == {
        ("Person", "p4"): "unknown_property",
        ("Employment", "e4"): "owner_not_taken",
    }
    assert report.counts["Employment", "created"] == 3
    assert report.counts["Assignment", "created"] == 1, "nor is anybody made a leader by it"
    mended = (*small(), person("p4", "Dorte Prøve", "0404575004"), told_of[-1])
    report = run_import(clean_graph, Stating(*mended), RING, rules=[MANAGERS])
    assert report.as_counts() == {
        "Assignment": {"created": 1}, "Employment": {"created": 1}, "Person": {"created": 1},
    }  # fmt: skip
    assert report.problems == []
    # Who is known keeps an employment, whatever is wrong with the person now.
    report = run_import(clean_graph, Stating(*small(), wrong, told_of[-1]), RING, rules=[MANAGERS])
    assert [(each.key, each.rule) for each in report.problems] == [("p4", "unknown_property")]
    assert report.changes == 0


class WithBad:
    """States the small organisation and one record that can't be understood until it is mended, or has gone (None)."""

    name = "sd"

    def __init__(self, hours: str | None) -> None:
        self.hours = hours

    def readings(self, known: Known) -> Iterator[Reading]:
        def to_employment(previous: Statement | None) -> Mapped:
            if self.hours is None or not self.hours.isdigit():
                raise BadRecord(Problem("Employment", "e9", "hours", "sd.md §2.7", f"{self.hours!r} is no number"))
            return Mapped(employment("e9", "p1", "north", weekly_hours=float(self.hours)))

        good = Stating(*small())
        records = [*next(iter(good.readings(known))).records]
        if self.hours is not None:
            records.append(RawRecord("Employment", "e9", known.fingerprint(self.hours.encode()), to_employment))
        yield Reading("with a bad one", date(2026, 3, 2), records, complete_kinds=frozenset({"Employment"}))


def test_a_bad_record_is_kept_and_shown_and_the_rest_goes_on_and_it_is_taken_in_once_mended(
    clean_graph: neo4j.Driver,
) -> None:
    report = run_import(clean_graph, WithBad("many"), RING)
    assert report.as_counts()["Employment"] == {"created": 3}
    rows, _, _ = clean_graph.execute_query(
        "MATCH (b:BadRecord) RETURN b.key AS k, b.field AS f, b.rule AS r, b.text AS t"
    )
    assert [tuple(row) for row in rows] == [("e9", "hours", "sd.md §2.7", "'many' is no number")]
    before = last_write(clean_graph)
    assert len(run_import(clean_graph, WithBad("many"), RING).problems) == 1
    assert last_write(clean_graph) == before
    assert run_import(clean_graph, WithBad("32"), RING).as_counts() == {"Employment": {"created": 1}}
    assert bad_records(clean_graph) == []


def bad_records(driver: neo4j.Driver) -> list[str]:
    rows, _, _ = driver.execute_query("MATCH (b:BadRecord) RETURN b.key AS key")
    return [row["key"] for row in rows]


def test_a_bad_record_is_mended_where_it_is_again_as_it_was_before(clean_graph: neo4j.Driver) -> None:
    run_import(clean_graph, WithBad("32"), RING)
    run_import(clean_graph, WithBad("many"), RING)
    assert bad_records(clean_graph) == ["e9"]
    assert run_import(clean_graph, WithBad("32"), RING).changes == 0
    assert bad_records(clean_graph) == []


def test_a_bad_record_that_is_gone_is_shown_no_longer(clean_graph: neo4j.Driver) -> None:
    run_import(clean_graph, WithBad("many"), RING)
    run_import(clean_graph, WithBad(None), RING)
    assert bad_records(clean_graph) == []


def test_units_in_a_cycle_are_refused_together_and_the_rest_goes_on(clean_graph: neo4j.Driver) -> None:
    run_import(clean_graph, Stating(*small()), RING)
    before = snapshot(clean_graph)
    crossed = [
        replace(each, links={"parent": link("Unit", "south" if each.key == "north" else "north")})
        if each.key in ("north", "south")
        else each
        for each in small()
    ]
    report = run_import(clean_graph, Stating(*crossed), RING)
    assert sorted((each.key, each.rule) for each in report.problems) == [("north", "cycle"), ("south", "cycle")]
    assert snapshot(clean_graph) == before


def test_a_new_unit_below_itself_is_left_out_and_what_points_to_it_is_shown(clean_graph: neo4j.Driver) -> None:
    loop = replace(unit("loop"), links={"parent": link("Unit", "loop")})
    report = run_import(clean_graph, Stating(*small(), loop, unit("leaf", "loop")), RING)
    assert {(each.key, each.rule) for each in report.problems} == {("loop", "cycle"), ("leaf", "unknown_reference")}
    assert report.as_counts()["Unit"] == {"created": 4}


# -- the brake ------------------------------------------------------------------------------------------------------


def many(count: int, name: str = "x") -> list[Statement]:
    people = [person(f"p{n}", f"{name} {n}") for n in range(count)]
    return [
        unit("root"),
        unit("north", "root"),
        *people,
        *(employment(f"e{n}", f"p{n}", "north") for n in range(count)),
    ]


def test_the_brake_stops_a_difference_that_ends_too_much_until_exactly_it_is_approved(
    clean_graph: neo4j.Driver,
) -> None:
    run_import(clean_graph, Stating(*many(30)), RING)
    before = snapshot(clean_graph)
    half = run_import(clean_graph, Stating(*many(15)), RING)
    assert half.brake is not None
    assert "15 of 30 Employment" in half.reasons[0]
    assert snapshot(clean_graph) == before

    other = run_import(clean_graph, Stating(*many(10)), RING, approve=half.brake)
    assert other.brake not in (None, half.brake)
    assert other.approval.startswith(f"{half.brake}: this approval is for a different set of changes")
    assert snapshot(clean_graph) == before

    let_through = run_import(clean_graph, Stating(*many(15)), RING, approve=half.brake)
    assert (let_through.brake, let_through.approval) == (None, "")
    rows, _, _ = clean_graph.execute_query("MATCH (e:Employment {active: true}) RETURN count(e) AS count")
    assert rows[0]["count"] == 15


def test_the_brake_holds_anew_what_comes_back_after_its_approval_was_spent(clean_graph: neo4j.Driver) -> None:
    def ends() -> ImportReport:
        return run_import(clean_graph, Stating(*many(15)), RING)

    def brakes() -> list[tuple[str, str | None]]:
        rows, _, _ = clean_graph.execute_query("MATCH (b:Brake) RETURN b.state AS state, b.approved_by AS by")
        return [(row["state"], row["by"]) for row in rows]

    run_import(clean_graph, Stating(*many(30)), RING)
    held = ends().brake
    assert held is not None
    assert approve(clean_graph, held, "Inge", "the home has closed")
    assert ends().brake is None
    assert brakes() == [("used", "Inge")]

    run_import(clean_graph, Stating(*many(30)), RING)
    assert ends().brake == held
    assert brakes() == [("waiting", None)]
    assert approve(clean_graph, held, "Inge", "it has closed again")
    assert ends().brake is None


def test_what_ends_a_little_in_each_run_waits_too(clean_graph: neo4j.Driver) -> None:
    """A source that is broken a little more each hour empties no department."""
    limits = BrakeSettings(share=0.1, at_least=2)

    def left(count: int, **options: Any) -> ImportReport:
        return run_import(clean_graph, Stating(*many(30 - count)), RING, brake=limits, **options)

    left(0)
    assert [left(count).brake for count in (1, 2, 3)] == [None, None, None]
    reasons = tuple(
        f"1 of 30 {kind} would end, move or be withdrawn, after 3 in the last 24 hours"
        for kind in ("Employment", "Person")
    )
    assert left(4, dry_run=True).reasons == reasons
    stopped = left(4)
    assert stopped.reasons == reasons
    assert run_import(clean_graph, Stating(*many(27), name="other"), RING, brake=limits).brake is None
    assert left(4, approve=stopped.brake).brake is None
    assert [left(count).brake for count in (5, 6)] == [None, None], "what was approved, and before it, is over"
    assert left(7).brake is not None, "3 of the 26 that were left"
    clean_graph.execute_query("MATCH (r:Run) SET r.ended = r.ended - duration('PT25H')")
    assert left(7).brake is None, "nor does what is older than the window"
    one_by_one = BrakeSettings(share=0.1, at_least=2, hours=0)
    for count in range(8, 13):
        assert run_import(clean_graph, Stating(*many(30 - count)), RING, brake=one_by_one).brake is None


def test_a_run_that_catches_up_on_many_days_counts_with_its_largest(clean_graph: neo4j.Driver) -> None:
    limits = BrakeSettings(share=0.1, at_least=2)
    run_import(clean_graph, Stating(*many(30)), RING, brake=limits)

    class Days(Stating):
        def readings(self, known: Known) -> Iterator[Reading]:
            for gone in range(1, 7):
                yield from Stating(*many(30 - gone)).readings(known)

    caught_up = run_import(clean_graph, Days(), RING, brake=limits)
    assert (caught_up.brake, caught_up.counts["Employment", "ended"]) == (None, 6)
    assert run_import(clean_graph, Stating(*many(23)), RING, brake=limits).brake is None


def test_the_share_is_of_what_is_there(clean_graph: neo4j.Driver) -> None:
    """The longer a source has run, the more of its things have ended: they make the brake no weaker."""
    open_ = BrakeSettings(count=1000, share=1, hours=0)
    for count in (40, 20):
        run_import(clean_graph, Stating(*many(count)), RING, brake=open_)
    stopped = run_import(clean_graph, Stating(*many(14)), RING, brake=BrakeSettings(share=0.2, at_least=0, hours=0))
    assert stopped.reasons[0].startswith("6 of 20 Employment would end")


def test_what_is_away_from_today_on_and_comes_back_counts_as_ended(clean_graph: neo4j.Driver) -> None:
    def postponed(first: int) -> list[Statement]:
        back = (Period(START, today()), Period(date(2099, 1, 1)))
        return [replace(each, exists=back) if each.kind == "Employment" else each for each in many(30)[first:]]

    run_import(clean_graph, Stating(*many(30)), RING)
    stopped = run_import(clean_graph, Stating(*postponed(0)), RING)
    assert stopped.brake is not None and "30 of 30 Employment" in stopped.reasons[0]


def test_a_run_that_broke_off_counts_with_what_it_wrote(
    clean_graph: neo4j.Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Persons are written, then the graph is gone: employments, which were to end too, are still there."""
    limits = BrakeSettings(share=0.1, at_least=2)
    run_import(clean_graph, Stating(*many(30)), RING, brake=limits)

    def breaks(writing: Writing, compared: Compared) -> None:
        if compared.kind == "Employment":
            raise SourceError("the graph is gone")
        apply(writing, compared)

    apply = Writing.apply
    with monkeypatch.context() as broken:
        broken.setattr(Writing, "apply", breaks)
        with pytest.raises(SourceError, match="gone"):
            run_import(clean_graph, Stating(*many(27)), RING, brake=limits)
    for state in ("failed", "killed"):
        clean_graph.execute_query("MATCH (r:Run {state: 'failed'}) SET r.state = $state", state=state)
        found = run_import(clean_graph, Stating(*many(26)), RING, brake=limits, dry_run=True)
        assert found.reasons == (
            "4 of 30 Employment would end, move or be withdrawn",
            "1 of 30 Person would end, move or be withdrawn, after 3 in the last 24 hours",
        )


@pytest.mark.parametrize("dry_run", [True, False])
def test_an_approval_that_stands_for_nothing_is_refused_before_anything_is_done(
    clean_graph: neo4j.Driver, dry_run: bool
) -> None:
    run_import(clean_graph, Stating(*many(30)), RING)
    held = run_import(clean_graph, Stating(*many(15)), RING).brake
    assert held is not None
    run_import(clean_graph, Stating(*many(30), name="other"), RING)
    others = run_import(clean_graph, Stating(*many(15), name="other"), RING, brake=BrakeSettings(share=0)).brake
    assert approve(clean_graph, held, "Inge", "the home has closed")
    run_import(clean_graph, Stating(*many(15)), RING)
    before = last_write(clean_graph)
    for stale, why in (
        ("sd-000000000000", "There is no stopped run with id sd-000000000000"),
        (str(others), "is a stopped run of other, not of sd"),
        (held, rf"{held} was approved by Inge on 20\d\d-\d\d-\d\d and has been used"),
    ):
        with pytest.raises(StaleApproval, match=why):
            run_import(clean_graph, Stating(*many(5)), RING, approve=stale, dry_run=dry_run)
    assert last_write(clean_graph) == before


def test_an_unneeded_approval_is_reported(clean_graph: neo4j.Driver) -> None:
    run_import(clean_graph, Stating(*many(30)), RING)
    held = run_import(clean_graph, Stating(*many(15)), RING).brake
    mended = run_import(clean_graph, Stating(*many(29)), RING, approve=held)
    assert (mended.brake, mended.approval) == (
        None,
        f"{held}: this approval was not needed. The run did not exceed the brake.",
    )
    rows, _, _ = clean_graph.execute_query("MATCH (b:Brake) RETURN b.state AS state")
    assert [row["state"] for row in rows] == ["waiting"]


def test_a_dry_run_of_what_was_approved_says_that_nothing_would_stop_it(clean_graph: neo4j.Driver) -> None:
    run_import(clean_graph, Stating(*many(30)), RING)
    held = run_import(clean_graph, Stating(*many(15)), RING).brake
    assert held is not None
    assert run_import(clean_graph, Stating(*many(15)), RING, dry_run=True).reasons
    approve(clean_graph, held, "Inge", "the home has closed")
    assert run_import(clean_graph, Stating(*many(15)), RING, dry_run=True).reasons == ()


# -- readings one after the other -------------------------------------------------------------------------------------


class Daily:
    """A reading a day. ``unreadable``: the day on which the source fails; ``breaks``: the one in which it does."""

    name = "sd"

    def __init__(self, days: int, *, unreadable: int | None = None, breaks: int | None = None) -> None:
        self.days, self.unreadable, self.breaks = days, unreadable, breaks

    def readings(self, known: Known) -> Iterator[Reading]:
        for day in range(1, self.days + 1):
            if day == self.unreadable:
                raise SourceError(f"day {day} can't be read")
            yield Reading(f"day {day}", date(2026, 3, day), self._records(day, known))

    def _records(self, day: int, known: Known) -> Iterator[RawRecord]:
        stated = unit(f"u{day}")
        yield RawRecord("Unit", stated.key, known.fingerprint(stated.key.encode()), lambda previous: Mapped(stated))
        if day == self.breaks:
            raise SourceError(f"the answer of day {day} broke off")


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (Daily(3, unreadable=3), "day 3 can't be read\nApplied before that: day 1, day 2. The next run goes on from"),
        (
            Daily(3, breaks=2),
            "the answer of day 2 broke off\nApplied before that: day 1. Not applied, or only in part: day 2. The next",
        ),
        (Daily(3, breaks=1), "the answer of day 1 broke off\nNot applied, or only in part: day 1. The next run"),
    ],
)
def test_a_run_that_fails_says_which_readings_were_applied(clean_graph: neo4j.Driver, source: Daily, told: str) -> None:
    with pytest.raises(SourceError) as failed:
        run_import(clean_graph, source, RING)
    assert text_of(failed.value).startswith(told)
    rows, _, _ = clean_graph.execute_query("MATCH (r:Run) RETURN r.error AS error")
    assert all(told in row["error"] for row in rows)


class Interrupted(Daily):
    """Somebody presses Ctrl-C while its last day is read."""

    def _records(self, day: int, known: Known) -> Iterator[RawRecord]:
        if day == self.days:
            raise KeyboardInterrupt
        return super()._records(day, known)


def test_a_run_that_is_interrupted_says_how_far_it_came(clean_graph: neo4j.Driver) -> None:
    with pytest.raises(KeyboardInterrupt) as stopped:
        run_import(clean_graph, Interrupted(3), RING)
    assert text_of(stopped.value).strip() == "Applied before that: day 1, day 2. The next run goes on from there."


def test_a_failed_dry_run_has_applied_nothing_and_says_nothing_of_it(clean_graph: neo4j.Driver) -> None:
    with pytest.raises(SourceError) as failed:
        run_import(clean_graph, Daily(3, unreadable=3), RING, dry_run=True)
    assert text_of(failed.value) == "day 3 can't be read"


def test_the_brake_lets_few_pass_and_does_not_count_what_is_new(clean_graph: neo4j.Driver) -> None:
    assert run_import(clean_graph, Stating(*many(30)), RING).brake is None
    assert run_import(clean_graph, Stating(*many(28)), RING).brake is None
    tight = BrakeSettings(share=1, count=1, at_least=1)
    assert run_import(clean_graph, Stating(*many(20)), RING, brake=tight).brake is not None


# -- role rules -------------------------------------------------------------------------------------------------------


def test_a_rule_makes_assignments_for_just_the_days_on_which_it_holds(clean_graph: neo4j.Driver) -> None:
    moved = replace(
        employment("e1", "p1", "north"),
        values={"position_code": (*told("2020", end=date(2024, 1, 1)), *told("1010", date(2024, 1, 1)))},
        links={
            "person": link("Person", "p1"),
            "unit": (*link("Unit", "north", end=date(2025, 1, 1)), *link("Unit", "south", date(2025, 1, 1))),
        },
    )
    statements = [each for each in small() if each.key != "e1"] + [moved]
    run_import(clean_graph, Stating(*statements), RING, rules=[MANAGERS])
    rows, _, _ = clean_graph.execute_query(
        """
        MATCH (a:Assignment)-[f:FOR]->(u:Unit), (a)-[:OF]->(:Role {key: 'manager'})
        RETURN u.name AS unit, f.from AS from, f.to AS to, a.active AS active ORDER BY f.from
        """
    )
    found = [(row["unit"], row["from"].to_native(), row["to"] and row["to"].to_native()) for row in rows]
    assert found == [("North", date(2024, 1, 1), date(2025, 1, 1)), ("South", date(2025, 1, 1), None)]
    assert rows[0]["active"]


def test_a_rule_that_changes_or_goes_is_applied_to_all_that_is_known(clean_graph: neo4j.Driver) -> None:
    run_import(clean_graph, Stating(*small()), RING)
    more = RoleRule(name="managers", role="manager", title="Leder", position_codes=frozenset({"1010", "2020"}))
    assert run_import(clean_graph, Stating(*small()), RING, rules=[more]).as_counts() == {
        "Assignment": {"created": 3},
        "Role": {"created": 1},
    }
    fewer = run_import(clean_graph, Stating(*small()), RING, rules=[MANAGERS])
    assert fewer.as_counts()["Assignment"] == {"withdrawn": 2}
    assert run_import(clean_graph, Stating(*small()), RING).as_counts() == {"Assignment": {"withdrawn": 1}}


def test_a_rule_without_a_condition_is_refused() -> None:
    with pytest.raises(ValueError, match="no condition"):
        RoleRule(name="all", role="manager")


def test_numbers_run_without_gaps_over_imports(clean_graph: neo4j.Driver) -> None:
    run_import(clean_graph, Stating(*small()), RING, rules=[MANAGERS])
    run_import(clean_graph, Stating(*small()[:-1]), RING, rules=[MANAGERS])
    numbers = change_numbers(clean_graph)
    assert numbers == list(range(1, len(numbers) + 1))


def test_several_rules_may_give_the_same_role(clean_graph: neo4j.Driver) -> None:
    rules = [
        RoleRule(name=f"case-{code}", role="case_worker", title="Sagsbehandler", position_codes=frozenset({code}))
        for code in ("1010", "2020", "3030")
    ]
    report = run_import(clean_graph, Stating(*small()), RING, rules=rules)
    assert report.as_counts()["Assignment"] == {"created": 3}
    rows, _, _ = clean_graph.execute_query("MATCH (r:Role) RETURN r.key AS key, r.title AS title")
    assert [tuple(row) for row in rows] == [("case_worker", "Sagsbehandler")]
    before = last_write(clean_graph)
    run_import(clean_graph, Stating(*small()), RING, rules=rules)
    assert last_write(clean_graph) == before


def test_two_statements_of_one_new_person_in_one_reading_make_one_person(clean_graph: neo4j.Driver) -> None:
    both = Stating(person("a", "Alma", "1101575001"), person("b", "Alma T.", "1101575001"))
    run_import(clean_graph, both, RING)
    rows, _, _ = clean_graph.execute_query(
        "MATCH (p:Person) RETURN p.name AS name, COUNT { (p)-[:STATE]->() } AS states"
    )
    assert [row["name"] for row in rows] == ["Alma"]  # by key, so that repeated runs do not flip
    before = last_write(clean_graph)
    run_import(clean_graph, both, RING)
    assert last_write(clean_graph) == before


def test_a_role_rule_that_matches_nothing_is_noticed_until_it_does(clean_graph: neo4j.Driver) -> None:
    known = next(iter(MANAGERS.position_codes))
    wrong = RoleRule(name="heads", role="manager", position_codes=frozenset({known, "no-such-code"}))
    report = run_import(clean_graph, Stating(*small()), RING, rules=[MANAGERS, wrong])
    told = [(each.kind, each.key, each.field, each.rule, each.severity) for each in report.problems]
    assert told == [("RoleRule", "heads", "position_codes", "matches_nothing", "notice")]
    assert "no-such-code" in report.problems[0].text
    assert [each.key for each in kept_problems(clean_graph, "sd").values()] == ["heads"]
    only_adds = [replace(each, exists=None, values={}) for each in small() if each.kind == "Employment"]
    added = run_import(clean_graph, Stating(*only_adds, name="unilogin", whole=False), RING, rules=[MANAGERS, wrong])
    assert "matches_nothing" not in {each.rule for each in added.problems}, (
        "a source that only adds knows no rule's codes"
    )
    assert run_import(clean_graph, Stating(*small()), RING, rules=[MANAGERS, wrong]).problems == []
    mended = run_import(clean_graph, Stating(*small()), RING, rules=[MANAGERS])
    assert mended.problems == []
    assert not kept_problems(clean_graph, "sd")
