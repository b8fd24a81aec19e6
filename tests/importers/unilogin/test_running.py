"""How it is read (unilogin.md §7; numbers of §8's pitfalls in the docstrings)."""

from typing import Any

import pytest

from graph.runs.brakes import approve
from importers.pipeline.import_run import run_import
from importers.source import SourceError
from importers.unilogin.errors import RequestRejected, Unavailable
from importers.unilogin.graph_lookup import GraphMemory
from sample.unilogin_service.state import Group, Institution, Member, Person
from tests.graph.organisation import unit
from tests.importers.unilogin.school import BAKKE, RING, STRAND, Schools, alma, birk, cille, managing, payroll, teacher


def crowd(count: int) -> list[Member]:
    """Externals whom payroll does not know; their numbers fail modulus 11 or not, and belong to nobody here."""
    return [
        teacher(
            f"x{place:05d}",
            "Gæst",
            f"Nummer {place}",
            f"{2 + place % 27:02d}0257{5000 + place:04d}",
            kind="Extern",
            roles=("Ekstern",),
        )
        for place in range(count)
    ]


# -- the filter -------------------------------------------------------------------------------------------------------


def test_the_filters_are_always_sent(schools: Schools) -> None:
    schools.bakke.members = [alma(), Member(Person("elev0001", "Ida", "Barn", cpr_type=None), "L7", "Student")]
    schools.run()
    sent = schools.service.requests[-1].decode()
    for name, value in {
        "Elever": "false",
        "Medarbejdere": "true",
        "Eksterne": "true",
        "Kontaktpersoner": "false",
        "Cpr": "true",
    }.items():
        assert f"inkluder{name}>{value}<" in sent
    assert "elev0001" not in schools.service.answers[-1].decode()
    assert schools.problems() == []


def test_pupils_in_the_answer_despite_the_filter(schools: Schools, caplog: pytest.LogCaptureFixture) -> None:
    """Pitfall 10: dropped, an error to operations, no name anywhere."""
    pupil = Member(Person("elev0001", "Idamaria", "Barnesen", "0506155005", email="i@x.example"), "L7", "Student")
    schools.bakke.members = [alma(), pupil, pupil]
    schools.wrong.pupils = {BAKKE}
    report = schools.run()
    assert [(each.rule, each.severity) for each in report.problems if each.key == BAKKE] == [("pupils", "bad")]
    everything = str(schools.rows("MATCH (n) RETURN properties(n)")) + caplog.text
    for text in ("Idamaria", "Barnesen", "elev0001", "0506155005"):
        assert text not in everything
    assert [each[0] for each in schools.accounts()] == ["alma417k"]


# -- empty, half, a new year ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["empty", "no_institution", "pupils only"])
def test_an_empty_export_states_nothing(schools: Schools, how: str) -> None:
    """Pitfall 13."""
    schools.bakke.members = [alma(), cille()]
    schools.run()
    before = schools.affiliations(), schools.accounts()
    if how == "pupils only":
        schools.bakke.members = [Member(Person("elev0001", "Ida", "Barn", cpr_type=None), "L7", "Student")]
        schools.wrong.pupils = {BAKKE}
    else:
        setattr(schools.wrong, how, {BAKKE})
    report = schools.later().run()
    assert report.brake is None
    assert (schools.affiliations(), schools.accounts()) == before
    assert (BAKKE, "", "empty_export") in schools.problems()


def test_half_of_the_people_is_held_until_approved(schools: Schools) -> None:
    """Pitfall 13: the brake shows who would go; on the next day it is still the same difference."""
    schools.bakke.members = crowd(7)
    schools.run()
    schools.bakke.members = schools.bakke.members[:3]
    report = schools.later().run()
    assert report.brake is not None
    assert "of 7 people known before, the export has 3" in report.reasons[0]
    held = schools.rows("MATCH (b:Brake) RETURN b.summary")[0][0]
    assert sum("Affiliation" in line and "ended" in line for line in held) == 4
    assert len(schools.affiliations()) == 7
    assert schools.later().run().brake == report.brake
    assert approve(schools.driver, report.brake, "hanne", "the school has shrunk")
    assert schools.later().run().brake is None
    assert len(schools.affiliations()) == 3


def test_what_the_brakes_own_settings_hold_stays_the_same_difference_too(schools: Schools) -> None:
    schools.bakke.members = crowd(20)
    schools.run()
    schools.bakke.members = schools.bakke.members[:12]
    schools.later().run(dry_run=True)
    brake = schools.later().run().brake
    assert brake is not None
    assert schools.later().run(dry_run=True).brake is None
    assert schools.later(0.3).run().brake == brake
    assert schools.later().run(approve=brake).brake is None
    ended = schools.rows("MATCH (a:Affiliation) WHERE a.to IS NOT NULL RETURN DISTINCT toString(a.to)")
    assert ended == [("2026-11-26",)], "the day on which it was held first"
    schools.bakke.members = schools.bakke.members[1:]
    schools.later().run()
    assert len(schools.affiliations()) == 11
    assert schools.rows("MATCH (a:Affiliation) RETURN max(a.to) = $day") == [(True,)]


def test_just_half_goes_through(schools: Schools) -> None:
    schools.bakke.members = crowd(8)
    schools.run()
    schools.bakke.members = schools.bakke.members[:4]
    assert schools.later().run().brake is None
    assert len(schools.affiliations()) == 4


def test_a_new_school_year_is_held(schools: Schools) -> None:
    """Pitfall 13: with a reason of its own, however little would end; another school goes on."""
    schools.strand.agreed = True
    schools.bakke.members = [alma(), birk(), *crowd(6)]
    schools.strand.members = [cille()]
    schools.run()
    schools.bakke.leave("x00000")
    schools.bakke.new_year(2027)
    schools.strand.members = [cille(roles=("TAP",))]
    report = schools.later().run()
    assert ["school year 2027-2028 has begun" in each for each in report.reasons] == [True]
    assert ("Cille Eksempel", "Strand", "school staff", ["TAP"]) in schools.affiliations()
    assert report.brake is not None
    schools.later().run(approve=report.brake)
    assert len(schools.accounts()) == 9
    assert schools.later().run().brake is None


def test_a_new_school_year_that_ends_nothing_is_taken(schools: Schools) -> None:
    schools.bakke.groups = [Group("T7", "Team", "Team")]
    schools.bakke.members = [alma()]
    schools.run()
    schools.bakke.new_year(2027)
    assert schools.later().run().brake is None


def test_a_new_school_year_waits_until_it_is_approved_whenever_people_leave(schools: Schools) -> None:
    """Pitfall 13: a reading that changes nothing, one of nobody, and one with somebody new don't let the year begin."""
    schools.bakke.members = crowd(6)
    schools.run()
    schools.bakke.new_year(2027)
    assert schools.later().run().brake is None, "there is nothing to approve"
    staff, schools.bakke.members = schools.bakke.members, []
    assert schools.later().run().brake is None, "it states nothing"
    schools.bakke.members = [*staff, alma()]
    newcomer = schools.later().run()
    assert newcomer.brake is not None
    assert len(schools.affiliations()) == 6
    schools.bakke.members = staff[1:]
    left = schools.later().run()
    assert left.brake not in (None, newcomer.brake)
    assert schools.later().run(approve=left.brake).brake is None
    assert len(schools.affiliations()) == 5
    schools.bakke.leave("x00001")
    assert schools.later().run().brake is None, "the year has begun"


@pytest.mark.parametrize("sources", [{}, {"A": 2025, "B": 2026}, {"A": 2026, "B": 2026}])
def test_no_year_several_years_several_sources(schools: Schools, sources: dict[str, int]) -> None:
    schools.bakke.members = crowd(3)
    schools.run()
    schools.bakke.sources = sources
    schools.bakke.leave("x00000")
    assert schools.later().run().brake is None
    assert len(schools.affiliations()) == 2


# -- leaving ----------------------------------------------------------------------------------------------------------


def test_the_account_ends_after_the_grace_period(schools: Schools) -> None:
    schools.bakke.members = [alma(), cille(), birk()]
    schools.run(grace_days=30)
    schools.bakke.leave("cill226q")
    schools.later().run(grace_days=30)
    assert schools.accounts()[2] == ("cill226q", "Cille Eksempel", None, "2026-12-25")
    schools.bakke.members = [alma(), cille(), birk()]
    schools.later().run(grace_days=30)
    assert schools.accounts()[2] == ("cill226q", "Cille Eksempel", [BAKKE], None)
    exists = schools.rows("MATCH (a:Account {login: 'cill226q'})-[s:STATE]->() RETURN count(s)")
    assert exists == [(3,)], "held, not held, held again: without a gap"


def test_a_person_who_comes_back_after_it_has_a_gap(schools: Schools) -> None:
    schools.bakke.members = [alma(), cille(), birk()]
    schools.run(grace_days=0)
    schools.bakke.leave("cill226q")
    schools.later().run(grace_days=0)
    schools.bakke.members = [alma(), cille(), birk()]
    schools.later(10).run(grace_days=0)
    spells = schools.rows(
        "MATCH (:Person {name: 'Cille Eksempel'})-[:OWNS]->(a)-[s:STATE]->() "
        "RETURN DISTINCT toString(s.from) AS start, toString(s.to) ORDER BY start"
    )
    assert spells == [("2026-11-24", "2026-11-25"), ("2026-12-05", None)]


# -- one institution's trouble ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 500])
@pytest.mark.parametrize("soap", ["1.1", "1.2"])
def test_a_fault_for_one_of_ten_institutions(schools: Schools, status: int, soap: str) -> None:
    """Pitfall 14: faults come with HTTP 400; the other nine go on."""
    more = [unit(f"s{place}", "root", institution_number=f"B{place:05d}") for place in range(8)]
    run_import(schools.driver, payroll(*more), RING)
    schools.strand.agreed = True
    schools.bakke.members, schools.strand.members = [alma()], [cille()]
    for place in range(8):
        schools.service.state.add(Institution(f"B{place:05d}", f"Skole {place}", [birk()]))
    schools.wrong.status = status
    schools.wrong.refused = {STRAND: "Rettigheder"}
    schools.run(soap=soap)
    assert schools.problems() == [(STRAND, "", "no_rights")]
    numbers = [BAKKE, *(f"B{place:05d}" for place in range(8))]
    assert [each[2] for each in schools.accounts()] == [numbers[1:], [BAKKE]]
    schools.wrong.refused = {}
    schools.later().run(soap=soap)
    assert schools.problems() == []


@pytest.mark.parametrize(
    ("how", "rule"),
    [
        ({"cut": {BAKKE}}, "unreadable"),
        ({"other": {BAKKE: "B99999"}}, "unreadable"),
        ({"spoiled": {'exportDateTime="2026': 'exportDateTime="2027'}}, "unreadable"),
        ({"down": {BAKKE}}, "unavailable"),
        ({"refused": {BAKKE: "Signatur"}}, "refused"),
        ({"spoiled": {"<?xml version='1.0' encoding='UTF-8'?>": '<!DOCTYPE x [<!ENTITY e "x">]>'}}, ""),
    ],
)
def test_what_was_known_stays(schools: Schools, how: dict[str, object], rule: str) -> None:
    schools.strand.agreed = True
    schools.bakke.members, schools.strand.members = [alma()], [cille()]
    schools.run()
    before = schools.accounts(), schools.affiliations(), schools.employment("e-alma")
    schools.bakke.members = [birk()]
    for name, value in how.items():
        setattr(schools.wrong, name, value)
    if rule:
        schools.later().run()
        assert (BAKKE, "", rule) in schools.problems()
    else:
        with pytest.raises(SourceError, match="document type"):
            schools.later().run()
    assert (schools.accounts(), schools.affiliations(), schools.employment("e-alma")) == before


def test_after_three_institutions_without_an_answer_the_run_is_given_up(schools: Schools) -> None:
    more = [unit(f"s{place}", "root", institution_number=f"B{place:05d}") for place in range(5)]
    run_import(schools.driver, payroll(*more), RING)
    for place in range(5):
        schools.service.state.add(Institution(f"B{place:05d}", f"Skole {place}", [birk()]))
    schools.wrong.down = {f"B{place:05d}" for place in range(5)}
    with pytest.raises(Unavailable):
        schools.run()
    assert exports(schools) == 1 + 3


@pytest.mark.parametrize(
    ("how", "kind"), [("no certificate", "Signatur"), ("provider", "Signatur"), ("signed", "Signatur")]
)
def test_what_stil_refuses_altogether_is_the_runs_error(schools: Schools, how: str, kind: str) -> None:
    more: dict[str, Any] = {}
    if how == "no certificate":
        schools.service.state.certificates.clear()
    elif how == "provider":
        more = {"provider": "somebody-else"}
    else:
        more = {"signed": ("timestamp",)}
    with pytest.raises(RequestRejected) as refused:
        schools.run(**more)
    assert refused.value.kind == kind


# -- agreements and units ---------------------------------------------------------------------------------------------


def test_agreements_and_units_that_do_not_fit(schools: Schools) -> None:
    schools.service.state.add(Institution("C00001", "Ukendt skole", [birk()]))
    schools.service.state.add(Institution("C00002", "To enheder", [birk()]))
    more = [unit("c1", "root", institution_number="C00002"), unit("c2", "root", institution_number="C00002")]
    run_import(schools.driver, payroll(*more), RING)
    schools.bakke.members = [alma()]
    schools.run()
    assert schools.of_agreements() == [(STRAND, "no_agreement"), ("C00001", "no_unit"), ("C00002", "several_units")]
    schools.strand.agreed = True
    del schools.service.state.institutions["C00001"]
    run_import(schools.driver, payroll(more[0]), RING)
    schools.later().run()
    assert schools.of_agreements() == []


def test_an_agreement_that_ends_keeps_what_is_known(schools: Schools) -> None:
    schools.bakke.members = [cille()]
    schools.run()
    schools.bakke.agreed = False
    schools.later().run()
    assert len(schools.affiliations()) == 1
    assert (BAKKE, "no_agreement") in schools.of_agreements()


def test_only_the_institutions_of_the_settings(schools: Schools) -> None:
    schools.strand.agreed = True
    schools.bakke.members, schools.strand.members = [alma()], [cille()]
    schools.run(institutions=[STRAND])
    assert [each[0] for each in schools.accounts()] == ["cill226q"]
    assert schools.of_agreements() == [(BAKKE, "not_configured")]


def test_the_schools_unit_changes(schools: Schools) -> None:
    schools.bakke.members = [cille()]
    schools.run()
    run_import(schools.driver, payroll(unit("new", "root", institution_number=BAKKE), without="bakke"), RING)
    schools.later().run()
    assert schools.affiliations() == [("Cille Eksempel", "New", "school staff", ["Lærer"])]


def test_the_head_is_another_than_the_manager(schools: Schools) -> None:
    """Pitfall 9: a hint, nothing changes."""
    run_import(schools.driver, managing(), RING)
    before = schools.rows("MATCH (a:Assignment) RETURN count(a)")
    schools.bakke.members = [alma(roles=("Leder",)), birk(roles=("Lærer",))]
    schools.run()
    assert schools.problems() == [(BAKKE, "alma417k", "other_manager")]
    assert schools.rows("MATCH (a:Assignment) RETURN count(a)") == before
    schools.bakke.members = [alma(), birk(roles=("Leder",))]
    schools.later().run()
    assert schools.problems() == []


# -- how often --------------------------------------------------------------------------------------------------------


def exports(schools: Schools) -> int:
    return sum(operation == "eksporterXmlFuldMyndighed" for operation, _ in schools.service.calls)


def test_the_fifth_call_of_a_day_is_not_made(schools: Schools) -> None:
    """Pitfall 17: also after a restart (each run here is a new source), and also where no call has succeeded."""
    schools.bakke.members = [alma()]
    schools.wrong.cut = {BAKKE}
    for _ in range(7):
        schools.later(0.01).run()
    assert exports(schools) == 4
    assert (BAKKE, "calls_used_up") in schools.of_agreements()
    schools.wrong.cut = set()
    schools.later().run()
    assert exports(schools) == 5
    assert (BAKKE, "calls_used_up") not in schools.of_agreements()


def test_at_most_every_six_hours(schools: Schools) -> None:
    schools.bakke.members = [alma()]
    for hours in (0, 5.9, 0.2, 5.9):
        schools.later(hours / 24).run()
    assert exports(schools) == 2


def test_a_dry_run_calls_and_changes_nothing(schools: Schools) -> None:
    schools.bakke.members = [alma(), cille()]
    report = schools.run(dry_run=True)
    assert len(report.differences) > 4
    assert schools.accounts() == []
    schools.run()
    assert len(schools.accounts()) == 2


def test_a_doubtful_export_with_nothing_to_write_waits_for_the_pause_too(schools: Schools) -> None:
    """Pitfall 17: its cursor is not stored, and it would use up the calls of the day."""
    schools.bakke.members = [alma(), birk()]
    schools.run()
    schools.bakke.new_year(2027)
    schools.later().run(dry_run=True)
    for hours in (0, 0.1, 5.8):
        assert schools.later(hours / 24).run().brake is None
    assert exports(schools) == 3
    assert (BAKKE, "calls_used_up") not in schools.of_agreements()
    schools.bakke.leave("alma417k")
    held = schools.later(0.2 / 24).run()
    assert held.brake is not None, "it is still doubtful"
    assert schools.later(0.1 / 24).run(approve=held.brake).brake is None
    assert exports(schools) == 5, "what waits for approval is read without a pause"


@pytest.mark.parametrize("stopped", [BAKKE, STRAND])
def test_a_school_that_is_stopped_holds_no_other_one(schools: Schools, stopped: str) -> None:
    """Whichever is read first: the other one is doubtful, and has nothing to write."""
    schools.strand.agreed = True
    schools.bakke.members, schools.strand.members = [alma(), birk()], [cille(), birk()]
    schools.run()
    for each in (schools.bakke, schools.strand):
        each.new_year(2027)
    if stopped == BAKKE:
        schools.bakke.leave("alma417k")
    else:
        schools.strand.leave("cill226q")
    assert schools.later().run().brake is not None
    memory = GraphMemory(schools.driver)
    other = STRAND if stopped == BAKKE else BAKKE
    assert (memory.held_since(stopped), memory.held_since(other)) == (schools.day, None)
    assert memory.read_at(other) is not None


def test_a_reading_of_a_clock_that_was_ahead_holds_up_no_later_one(schools: Schools) -> None:
    schools.bakke.members = [alma()]
    schools.later(40).run()
    schools.later(-40).run()
    assert exports(schools) == 2
