"""A right says until when it is held: until the first thing that it hangs on ends: a grant, role, limit, unit …"""

from copy import deepcopy
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import neo4j
import pytest

from graph.errors import PeriodTooLong
from graph.identity.lookup import find
from graph.questions.rights import asking
from graph.questions.rights.asking import asked, coming, evaluation, find_right, rights_on, rights_over
from graph.questions.rights.evaluate import Evaluation
from graph.questions.rights.held import HeldRight, Thing
from graph.questions.rights.organisation import (
    Assignment,
    Days,
    Grant,
    Mark,
    OrganisationOnDay,
    Place,
    Responsibility,
    Role,
    Setting,
    Unit,
)  # fmt: skip
from graph.questions.rights.why_not import Missing, why_not
from graph.time import Period
from tests.emptied import empty
from tests.graph.questions.rights.imported import imported
from tests.graph.questions.rights.test_widening import BUNDLE, GRANT, INNER, KLE, SYSTEM, UNIT, S, X, left_open, town
from tests.graph.questions.rights.town import TOWN

END, LATER = date(2999, 9, 1), date(2999, 12, 1)
NUMBERED = {"system_roles": {"s": replace(S, optional=(), required=(KLE,))}}
LOW = Unit("low", "Low", parent="top")


def one(organisation: OrganisationOnDay) -> HeldRight:
    (held,) = Evaluation(organisation).of("anna").held
    return held


def units(**low: Any) -> dict[str, Unit]:
    return {"top": Unit("top", "Top"), "low": replace(LOW, **low), "b": Unit("b", "B", until=END)}


@pytest.mark.parametrize(
    ("settings", "more"),
    [
        ((), {"grants": {"g": replace(GRANT, gives_until=END)}}),
        ((), {"job_function_roles": {"bundle": BUNDLE, "inner": replace(INNER, until=END)}}),
        ((), {"job_function_roles": {"bundle": replace(BUNDLE, until=END), "inner": INNER}}),
        ((), {"include_ends": {("bundle", "inner"): END}}),
        ((), {"include_ends": {("inner", "s"): END}}),
        ((), {"system_roles": {"s": replace(S, until=END)}}),
        ((), {"system_roles": {"s": replace(S, system=replace(SYSTEM, until=END))}}),
        ((Setting("set", "inner", "unit", derived="unit", days=Days(None, END)),), {}),
        ((left_open(days=Days(None, END)),), {}),
        ((replace(left_open(), approved=Days(None, END)),), {}),
        ((Setting("set", "inner", "unit", fixed=("low",)),), 
         {"system_roles": {"s": replace(S, optional=(replace(UNIT, until=END),))}}),
        ((Setting("set", "inner", "unit", fixed=("b",)),), {"units": units()}),
        ((Setting("set", "inner", "unit", derived="unit"),), {"units": units(until=END)}),
        ((Setting("set", "inner", "unit", derived="unit_and_below"),), {"units": units(until=END)}),
        ((Setting("set", "inner", "unit", derived="payout_unit"),), {"units": units(paid_out_by="b")}),
        ((Setting("set", "inner", "unit", derived="selected_units", units=("b",)),), {"units": units()}),
        ((Setting("set", "inner", "kle", fixed=("27",)),),
         {**NUMBERED, "kle": frozenset({"27"}), "kle_ends": {"27": END}}),
        ((Setting("set", "inner", "kle", derived="kle_performs"),),
         {**NUMBERED, "units": units(performs=(Mark("k", "27", Days(None, END)),))}),
    ],
)  # fmt: skip
def test_it_ends_with_what_it_hangs_on(settings: tuple[Setting, ...], more: dict[str, Any]) -> None:
    assert one(town(*settings, **more)).until == END


def test_a_role_for_a_unit_ends_with_the_unit_and_with_what_it_is_about() -> None:
    about = (Responsibility("KleNode", "k27", "27", until=LATER),)
    more: dict[str, Any] = {
        **NUMBERED,
        "grants": {"g": Grant("g", "inner", (Thing("Role", "r"),))},
        "roles": {"r": Role("r", "r", "R")},
        "assignments": {"a": Assignment("a", "tie", "r", (Place("low"),), about)},
        "kle": frozenset({"27"}),
    }
    limit = Setting("set", "inner", "kle", derived="kle_of_responsibility")
    assert one(town(limit, **more)).until == LATER
    assert one(town(limit, **more, units=units(until=END))).until == END


def test_a_limit_ends_with_the_last_of_its_values_and_a_role_with_the_last_of_its_parts() -> None:
    both = units(performs=(Mark("k", "27", Days(None, END)), Mark("l", "32", Days(None, LATER))))
    limit = Setting("set", "inner", "kle", derived="kle_performs")
    assert one(town(limit, **NUMBERED, units=both)).until == LATER
    endless = units(performs=(Mark("k", "27", Days(None, END)), Mark("l", "32")))
    assert one(town(limit, **NUMBERED, units=endless)).until is None
    parts = {"includes": {"bundle": ("inner",), "inner": ("s", "x")}, "include_ends": {("inner", "s"): END}}
    assert one(town(**parts)).until is None
    assert one(town(**parts, system_roles={"s": S, "x": replace(X, until=LATER)})).until == LATER


@pytest.mark.parametrize(
    ("grant", "of", "until"),
    [
        ({"within_units": ("low",)}, units(until=END), END),
        ({"within_units": ("top",)}, {**units(), "top": Unit("top", "Top", until=END)}, END),
        ({"within_units": ("top",)}, units(part=Days(None, END)), END),
        # It holds in the other until then.
        ({"within_units": ("low", "top")}, {**units(until=END), "top": Unit("top", "Top", until=LATER)}, LATER),
        ({"within_units": ("low", "top")}, units(until=END), None),
        ({"within_units": ("low", "b")}, units(until=LATER), LATER),
        ({"within_units": ("low",), "inherit": False}, units(part=Days(None, END)), None),
    ],
    ids=["own", "above", "moved", "the last", "without end", "elsewhere", "not inherited"],
)
def test_a_grant_that_only_holds_in_units_ends_with_them(
    grant: dict[str, Any], of: dict[str, Unit], until: date | None
) -> None:
    # The tie lies in the unit without an end of its own: what the grant asks for is all that ends.
    assert one(town(grants={"g": replace(GRANT, **{"inherit": True, **grant})}, units=of)).until == until


# -- in the graph ------------------------------------------------------------------------------------------------------


def content(**more: Any) -> dict[str, Any]:
    return {**deepcopy(TOWN), **more}


@pytest.fixture
def session(driver: neo4j.Driver) -> Any:
    empty(driver)
    with driver.session() as opened:
        yield opened


def held(session: neo4j.Session, person: str, at: date) -> list[HeldRight]:
    return list(rights_on(session, asked(session, person, system="sapa"), at).held)


@pytest.mark.slow
@pytest.mark.parametrize(
    "ending",
    [
        {"kle": {**TOWN["kle"], "27": {"to": "2999-09-01"}}},
        {
            "system_roles": {
                **TOWN["system_roles"],
                "sapa_read": {**TOWN["system_roles"]["sapa_read"], "to": "2999-09-01"},
            }
        },
        {"systems": {**TOWN["systems"], "sapa": {"title": "SAPA", "to": "2999-09-01"}}},
        {"constraint_settings": [{**TOWN["constraint_settings"][0], "to": "2999-09-01"}]},
        {"units": [{**each, "to": "2999-09-01"} if each["id"] == "citizen" else each for each in TOWN["units"]]},
    ],
    ids=["number", "system role", "system", "limit", "unit"],
)
def test_it_is_read_so(driver: neo4j.Driver, session: neo4j.Session, tmp_path: Path, ending: dict[str, Any]) -> None:
    town_ = content(**ending)
    town_["assignments"] = [{**each, "to": None} for each in town_["assignments"]]
    assert [each for each in imported(driver, town_, tmp_path).problems if each.severity == "bad"] == []
    (bo,) = held(session, "bo", date(2999, 6, 15))
    assert bo.until == END
    assert held(session, "bo", END) == []


@pytest.mark.slow
def test_a_period_with_too_many_days_of_change_is_refused_before_it_is_worked_out(
    driver: neo4j.Driver, session: neo4j.Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert imported(driver, content(), tmp_path).problems == []
    of = asked(session, "bo", system="sapa")
    period = Period(date(2026, 1, 1), date(2027, 1, 1))
    assert len(rights_over(session, of, period)) == 3
    monkeypatch.setattr(asking, "MOST_BORDERS", 2)
    monkeypatch.setattr(asking, "rights_on", None)  # nothing is worked out
    with pytest.raises(PeriodTooLong, match="more than 2 days") as refused:
        rights_over(session, of, period)
    assert refused.value.until == date(2026, 9, 1)
    monkeypatch.undo()
    assert len(rights_over(session, of, Period(period.start, refused.value.until))) == 2


def missing(session: neo4j.Session, person: str, at: date) -> list[Missing]:
    who, what = find(session, "Person", person).uuid, find_right(session, "sapa_case_worker")
    return why_not(evaluation(session, who, at, (what,)), who, what, coming(session, who, what, at))


@pytest.mark.slow
def test_why_not_says_from_when_it_is_held(driver: neo4j.Driver, session: neo4j.Session, tmp_path: Path) -> None:
    later = content(grants=[{**TOWN["grants"][0], "from": "2026-08-01"}, TOWN["grants"][1]])
    assert imported(driver, later, tmp_path).problems == []
    first = missing(session, "bo", date(2026, 6, 15))[0]
    assert (first.step, first.remedy) == ("begins", "to wait until 2026-08-01")
    assert first.text == "Sagsbehandlere gives it from 2026-08-01 on: Sagsbehandlere begins then"
    assert [each.step for each in missing(session, "carl", date(2026, 6, 15))] == ["no_grant"], "left out then, too"
    assert missing(session, "bo", date(2026, 8, 1))[0].step == "held"
    first = missing(session, "bo", date(2026, 1, 1))[0]
    assert first.step == "begins"
    first = missing(session, "bo", date(2026, 10, 1))[0]
    assert (first.step, first.remedy) == ("grantee", "the role Sagsbehandler for a unit")
