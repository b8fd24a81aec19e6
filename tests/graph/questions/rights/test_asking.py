"""Rights, why, why not, holders and what to look at, asked of a graph that a facts file has made."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import neo4j
import pytest

from graph.errors import Unknown
from graph.identity.lookup import find
from graph.questions.rights.asking import asked, evaluation, evaluation_of_all, find_right, rights_on, rights_over
from graph.questions.rights.held import HeldRight
from graph.questions.rights.holders import holders
from graph.questions.rights.review import review
from graph.questions.rights.why import because, heading, limits
from graph.questions.rights.why_not import Missing, why_not
from graph.time import Period
from tests.emptied import empty
from tests.graph.questions.rights.imported import imported
from tests.graph.questions.rights.town import TOWN

pytestmark = pytest.mark.slow
DAY = date(2026, 6, 15)


@pytest.fixture(scope="module")
def session(driver: neo4j.Driver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[neo4j.Session]:
    empty(driver)
    assert imported(driver, TOWN, tmp_path_factory.mktemp("town")).problems == []
    with driver.session() as opened:
        yield opened


def held(session: neo4j.Session, person: str, system: str, at: date = DAY) -> list[HeldRight]:
    return list(rights_on(session, asked(session, person, system=system), at).held)


def missing(session: neo4j.Session, person: str, right: str, at: date = DAY) -> list[Missing]:
    who, what = find(session, "Person", person).uuid, find_right(session, right)
    return why_not(evaluation(session, who, at, (what,)), who, what)


def test_one_role_gives_different_limits_in_two_units(session: neo4j.Session) -> None:
    (anna,), (bo,) = held(session, "anna", "sapa"), held(session, "bo", "sapa")
    assert anna.right == bo.right
    assert anna.included[0].limits[0].wire == ("15.20.*", "32.24.04")
    assert bo.included[0].limits[0].wire == ("27.*",)


def test_why_is_a_path_in_words(session: neo4j.Session) -> None:
    (anna,) = held(session, "anna", "sapa")
    assert heading(anna) == "Sagsbehandler i SAPA for Jobcenter since 2026-03-01"
    assert because(anna.why).startswith(
        "Sagsbehandlere → given to everyone with the role Sagsbehandler → "
        "Sagsbehandler for Jobcenter since 2026-03-01 → "
        "Sagsbehandler since 2020-01-01"
    )
    assert list(limits(anna.included[0])) == [
        "KLE: 15.20.* (Jobcenter performs 15.20), 32.24.04 (Center for Arbejde performs 32.24.04, "
        "Center for Arbejde, above Jobcenter, which passes its KLE down)",
        "Område: not limited, as nothing is set for it",
        "Enhed: not limited, as nothing is set for it",
    ]


def test_a_right_is_held_as_long_as_its_reasons(session: neo4j.Session) -> None:
    (bo,) = held(session, "bo", "sapa")
    assert (bo.since, bo.until) == (date(2026, 3, 1), date(2026, 9, 1))
    assert held(session, "bo", "sapa", date(2026, 9, 1)) == []
    of = asked(session, "bo", system="sapa")
    stretches = rights_over(session, of, Period(date(2026, 1, 1), date(2027, 1, 1)))
    assert [(each.period, len(each.rights.held)) for each in stretches] == [
        (Period(date(2026, 1, 1), date(2026, 3, 1)), 0),
        (Period(date(2026, 3, 1), date(2026, 9, 1)), 1),
        (Period(date(2026, 9, 1), date(2027, 1, 1)), 0),
    ]


def test_what_comes_to_nothing_is_left_out_and_says_so(session: neo4j.Session) -> None:
    rights = rights_on(session, asked(session, "carl", system="sapa"), DAY)
    assert rights.held == ()
    (left_out,) = rights.omitted
    assert (left_out.reason, left_out.constraint and left_out.constraint.key) == ("empty", "kle")
    assert left_out.text == "KLE comes to nothing; it needs KLE numbers that the unit performs"


def test_rights_through_one_employment(session: neo4j.Session) -> None:
    assert len(rights_on(session, asked(session, employment="e_anna"), DAY).held) == 2
    with pytest.raises(Unknown, match="exactly one"):
        asked(session, "anna", "e_anna")
    with pytest.raises(Unknown, match="ItSystem"):
        asked(session, "anna", system="nothing")


@pytest.mark.parametrize(
    ("person", "right", "step", "remedy"),
    [
        ("anna", "sapa_case_worker", "held", ""),
        ("anna", "sapa_read", "held", ""),
        ("carl", "sapa_case_worker", "left_out", "KLE numbers that the unit performs"),
        ("bo", "everyone", "condition", "facts for which the condition holds"),
        ("carl", "everyone", "condition", "an end of the exception"),
        ("dora", "sapa_case_worker", "person", "an employment or affiliation that is in force"),
        ("anna", "forgotten", "no_grant", "a grant that gives Glemt"),
    ],
)
def test_why_not(session: neo4j.Session, person: str, right: str, step: str, remedy: str) -> None:
    first = missing(session, person, right)[0]
    assert (first.step, first.remedy) == (step, remedy)


def test_why_not_says_whom_a_grant_names(session: neo4j.Session) -> None:
    first = missing(session, "bo", "sapa_case_worker", date(2026, 10, 1))[0]
    assert (first.step, first.remedy) == ("grantee", "the role Sagsbehandler for a unit")


def test_holders_in_a_unit_and_below(session: neo4j.Session) -> None:
    work = evaluation_of_all(session, DAY)
    right = find_right(session, "sapa_read")

    def named(unit: str | None) -> list[str]:
        where = None if unit is None else find(session, "Unit", unit).uuid
        return sorted(each.person.title for each in holders(work, right, where))

    assert named(None) == ["Anna Berg", "Bo Lund"]
    assert named("town") == ["Anna Berg", "Bo Lund"]
    assert named("center") == ["Anna Berg"]
    assert named("canteen") == []


def test_review(session: neo4j.Session) -> None:
    found = review(evaluation_of_all(session, date(2026, 7, 15)))
    assert {(each.finding, each.about.title) for each in found} == {
        ("ending", "Sagsbehandlere"),
        ("left_open", "Sagsbehandler i SAPA"),
        ("unreachable", "Glemt"),
    }
    later = review(evaluation_of_all(session, date(2026, 6, 1)))
    assert "ending" not in {each.finding for each in later}


def test_no_text_names_somebody_whose_name_is_protected(
    driver: neo4j.Driver, session: neo4j.Session, tmp_path: Path
) -> None:
    grant = {"gives": "system_role:mail_box", "given_to": ["person:eva"]}
    content = {
        **TOWN,
        "persons": [*TOWN["persons"], {"id": "eva", "name": "Eva Skjult", "address_protected": True}],
        "grants": [*TOWN["grants"], {"id": "g_eva", **grant}, {"id": "g_not", **grant, "except": ["person:eva"]}],
    }
    assert imported(driver, content, tmp_path).problems == []
    orphans = [each.text for each in review(evaluation_of_all(session, DAY)) if each.finding == "orphan"]
    assert any(find(session, "Person", "eva").uuid in each for each in orphans)
    told = [*orphans, *(f"{each.text} {each.remedy}" for each in missing(session, "anna", "mail_box"))]
    assert not [each for each in told if "Eva" in each]
