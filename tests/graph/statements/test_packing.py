"""Statements come back from their small form as they were, types of values and numbers of persons included."""

from datetime import date

from graph.statements.packing import packed, unpacked
from graph.statements.statement import DatedLink, DatedValue, Former, Ref, Statement, Value
from graph.time import Period

EVER = Period()
DAYS = Period(date(2020, 2, 29), date(2026, 1, 1))
SINCE = Period(date(2026, 1, 1))
VALUES: list[Value | None] = [1, True, 1.0, 37, 37.0, "", "Ø", None, ("a",), (), ("a", "b")]


def _whole() -> Statement:
    return Statement(
        "Person",
        "k",
        exists=(DAYS, SINCE),
        values={f"v{place}": (DatedValue(EVER, each),) for place, each in enumerate(VALUES)}
        | {f"d{place}": (DatedValue(DAYS, each), DatedValue(SINCE, each)) for place, each in enumerate(VALUES)}
        | {"none": ()},
        links={
            "one": (DatedLink(EVER, Ref("Unit", "u")),),
            "other": (DatedLink(EVER, Ref("Unit", "sd:u", "other")),),
            "with": (DatedLink(EVER, Ref("Unit", "u"), (("share", 1.0), ("primary", True))),),
            "days": (DatedLink(DAYS, Ref("Unit", "u")), DatedLink(SINCE, Ref("Unit", "x", "uuid"))),
            "none": (),
        },
        cpr="0101901234",
        about=Ref("Unit", "u", "natural"),
        among=("a", "b"),
        former_cprs=(Former("0202901234", DAYS), Former("0303901234", EVER)),
        erased=frozenset({"street"}),
    )


def test_everything_of_a_statement_comes_back() -> None:
    told = [_whole(), Statement("Unit", "u"), Statement("Unit", "w", exists=()), Statement("Unit", "n", exists=None)]
    told += [Statement("Unit", "a", among=()), Statement("Person", "e", erased=frozenset({"street"}))]
    back = unpacked(packed(told))
    assert back == told
    # 1, True and 1.0 are equal, and not the same to the graph.
    assert repr(back[0].values) == repr(told[0].values)
    assert back[0].former_cprs == told[0].former_cprs
    assert back[0].cpr == told[0].cpr
