"""Which source's word holds on which day (architecture.md §4 "Merge")."""

from datetime import date
from itertools import permutations

import pytest

from graph.errors import ChangeRejected
from graph.model import KINDS
from graph.statements.merge import LinkRow, ResolvedStatement, State, check, merged
from graph.statements.precedence import SourceOrder
from graph.statements.statement import DatedLink, DatedValue, Ref, Statement
from graph.time import Period
from tests.graph.organisation import link, told

Y0, Y1, Y2, Y3 = (date(2020 + n, 1, 1) for n in range(4))


def candidate(source: str, statement: Statement) -> ResolvedStatement:
    refs = {each.to: f"uuid-{each.to.key}" for tolds in statement.links.values() for each in tolds}
    return ResolvedStatement(source, statement, refs)


def test_values_change_state_and_equal_neighbours_are_joined() -> None:
    unit = Statement(
        "Unit",
        "u",
        exists=(Period(Y0, Y3),),
        values={
            "name": (DatedValue(Period(Y0, Y1), "A"), DatedValue(Period(Y1, Y2), "B"), DatedValue(Period(Y2), "B"))
        },
    )
    thing = merged(KINDS["Unit"], [candidate("sd", unit)], SourceOrder())
    assert thing.states == [State(Period(Y0, Y1), {"name": "A"}), State(Period(Y1, Y3), {"name": "B"})]


def test_an_employment_with_a_gap_has_no_state_and_no_link_in_it() -> None:
    employment = Statement(
        "Employment",
        "e",
        exists=(Period(Y0, Y1), Period(Y2)),
        values={"number": told("7", Y0)},
        links={"unit": link("Unit", "u", Y0)},
    )
    thing = merged(KINDS["Employment"], [candidate("sd", employment)], SourceOrder())
    assert [each.period for each in thing.states] == [Period(Y0, Y1), Period(Y2)]
    assert [each.period for each in thing.links] == [Period(Y0, Y1), Period(Y2)]


def test_the_higher_source_wins_on_the_days_it_speaks_of_whatever_the_order_of_statements() -> None:
    payroll = Statement("Person", "a", values={"name": told("Payroll", Y0)})
    register = Statement("Person", "b", exists=None, values={"name": told("Register", Y1, Y2)})
    for both in permutations([candidate("sd", payroll), candidate("cpr", register)]):
        thing = merged(KINDS["Person"], both, SourceOrder())
        assert [(each.period, each.values.get("name")) for each in thing.states] == [
            (Period(date.min, Y0), None),
            (Period(Y0, Y1), "Payroll"),
            (Period(Y1, Y2), "Register"),
            (Period(Y2), "Payroll"),
        ]


def test_a_manual_value_outranks_every_source() -> None:
    payroll = Statement("Person", "a", values={"name": told("Payroll", date.min)})
    manual = Statement("Person", "b", exists=None, values={"name": told("By hand", date.min)})
    thing = merged(KINDS["Person"], [candidate("cpr", payroll), candidate("manual", manual)], SourceOrder())
    assert [each.values["name"] for each in thing.states] == ["By hand"]


def test_a_source_that_limits_a_kind_ends_what_a_person_has_stated_and_makes_nothing() -> None:
    first, day, last = date(2026, 1, 1), date(2026, 3, 1), date(2027, 1, 1)
    kind = KINDS["PlannedAccount"]
    by_hand = candidate("manual", Statement("PlannedAccount", "a", exists=(Period(first, last),)))

    def days(*allowed: Period) -> list[Period]:
        limit = candidate(str(kind.limited_by), Statement("PlannedAccount", "a", exists=allowed))
        return [each.period for each in merged(kind, [limit, by_hand], SourceOrder()).states]

    assert days(Period(end=day)) == [Period(first, day)]
    assert days(Period(end=day), Period(date(2026, 6, 1))) == [Period(first, day), Period(date(2026, 6, 1), last)]
    assert days() == days(Period(end=first)) == []
    alone = candidate(str(kind.limited_by), Statement("PlannedAccount", "a", exists=(Period(),)))
    assert merged(kind, [alone], SourceOrder()).states == []


def test_a_single_link_follows_the_higher_source_day_by_day_and_plural_links_are_joined() -> None:
    low = Statement("Unit", "a", links={"parent": link("Unit", "x", Y0), "performs": link("KleNode", "15", Y0)})
    high = Statement(
        "Unit", "b", exists=None, links={"parent": link("Unit", "y", Y1, Y2), "performs": link("KleNode", "27", Y0)}
    )
    thing = merged(KINDS["Unit"], [candidate("facts", low), candidate("sd", high)], SourceOrder())
    assert sorted(thing.links, key=lambda each: (each.name, each.period.start, each.to)) == [
        LinkRow("parent", Period(Y0, Y1), "Unit", "uuid-x"),
        LinkRow("parent", Period(Y1, Y2), "Unit", "uuid-y"),
        LinkRow("parent", Period(Y2), "Unit", "uuid-x"),
        LinkRow("performs", Period(Y0), "KleNode", "uuid-15"),
        LinkRow("performs", Period(Y0), "KleNode", "uuid-27"),
    ]


def test_a_link_to_what_nobody_knows_hides_no_other_sources() -> None:
    low = candidate("sd", Statement("Unit", "a", links={"parent": link("Unit", "x", Y0)}))
    high = Statement(
        "Unit", "b", exists=None, links={"parent": (*link("Unit", "lost", Y0, Y1), *link("Unit", "y", Y1, Y2))}
    )
    known = {each.to: None if each.to.key == "lost" else f"uuid-{each.to.key}" for each in high.links["parent"]}
    thing = merged(KINDS["Unit"], [low, ResolvedStatement("manual", high, known)], SourceOrder())
    assert sorted(thing.links, key=lambda each: each.period.start) == [
        LinkRow("parent", Period(Y0, Y1), "Unit", "uuid-x"),
        LinkRow("parent", Period(Y1, Y2), "Unit", "uuid-y"),
        LinkRow("parent", Period(Y2), "Unit", "uuid-x"),
    ]


LONG_BEFORE = (*link("Unit", "x"), *link("Unit", "x", Y1, Y2), *link("Unit", "y", Y3))
"""The one that holds is neither next to the last, nor of the same length as its neighbour."""


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        (Statement("Unit", "u", exists=(Period(Y1, Y1),)), "empty_period"),
        (Statement("Unit", "u", values={"name": (DatedValue(Period(Y1, Y0), "A"),)}), "empty_period"),
        (Statement("Unit", "u", values={"nmae": told("A")}), "unknown_property"),
        (Statement("Unit", "u", links={"parent": (*link("Unit", "x"), *link("Unit", "y", Y1, Y2))}), "two_parents"),
        (Statement("Unit", "u", links={"parent": LONG_BEFORE}), "two_parents"),
        (Statement("Employment", "e", links={"unit": (*link("Unit", "x"), *link("Unit", "y", Y1))}), "two_at_once"),
        (Statement("Unit", "u", links={"parent": (DatedLink(Period(), Ref("Person", "p")),)}), "wrong_value"),
        (Statement("Person", "p", values={"name": (*told("A"), *told("B"))}), "two_at_once"),
    ],
)
def test_a_statement_that_contradicts_itself_is_refused(statement: Statement, code: str) -> None:
    with pytest.raises(ChangeRejected) as refusal:
        check(statement)
    assert refusal.value.code == code


def test_a_protected_person_has_no_address_from_any_source() -> None:
    """cpr.md §7 and pitfall 8: of no day until it is over, not of the past either; then payroll's address is back."""
    payroll = Statement("Person", "a", values={"name": told("Alma", Y0), "street": told("Vej 1", Y0)})
    register = Statement("Person", "b", exists=None, values={"address_protected": told(True, Y1, Y2)})
    for both in permutations([candidate("opus", payroll), candidate("cpr", register)]):
        thing = merged(KINDS["Person"], both, SourceOrder())
        assert [(each.period, each.values.get("street")) for each in thing.states[1:]] == [
            (Period(Y0, Y1), None),
            (Period(Y1, Y2), None),
            (Period(Y2), "Vej 1"),
        ]
