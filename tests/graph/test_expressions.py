"""CEL: what is refused when it is saved, with what is allowed; what it gives; and that it always ends soon."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.expressions import NO_MEMBERS, ExpressionFailed, ExpressionRejected, Names, compile_expression

NAMES: Names = {
    "employment": {
        "hours": NO_MEMBERS,
        "type": NO_MEMBERS,
        "start": NO_MEMBERS,
        "position": {"code": NO_MEMBERS, "title": NO_MEMBERS},
    },
    "unit": {"name": NO_MEMBERS, "tags": NO_MEMBERS},
    "assignments": {"role": NO_MEMBERS, "unit": {"name": NO_MEMBERS}},
    "at": NO_MEMBERS,
}
VALUES: dict[str, Any] = {
    "employment": {
        "hours": Decimal("37.0"),
        "type": "monthly",
        "start": date(2024, 1, 1),
        "position": {"code": "1045", "title": "Sagsbehandler"},
    },
    "unit": {"name": "Jobcenter", "tags": ["it", "børn"]},
    "assignments": [
        {"role": "manager", "unit": {"name": "Jobcenter"}},
        {"role": "deputy", "unit": {"name": "Kantine"}},
    ],
    "at": date(2026, 6, 15),
}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("employment.hours >= 18.5", True),
        ("employment.hours > 37", False),
        ("employment.start < at && at < '2027-01-01'", True),
        ("unit.name in ['Jobcenter', 'Kantine']", True),
        ("'børn' in unit.tags", True),
        ("unit.tags.exists(tag, tag.startsWith('b'))", True),
        ("assignments.exists(a, a.role == 'manager' && a.unit.name == unit.name)", True),
        ("assignments.all(a, a.role == 'manager')", False),
        ("assignments.filter(a, a.role == 'deputy')[0].unit.name == 'Kantine'", True),
        ("employment['position'].code.matches('^10[0-9]{2}$')", True),
        ("employment.position.title.contains('sags') ? true : false", False),
        ("size(assignments) == 2 // how many", True),
        ("!has(employment.hours) || 'a.b' != \"unit.nowhere\"", True),
    ],
)
def test_a_condition_holds_or_not(text: str, holds: bool) -> None:
    assert compile_expression(text, NAMES).holds(VALUES) is holds


@pytest.mark.parametrize(
    ("text", "problem", "allowed"),
    [
        ("employer.hours > 1", "employer is not known", "assignments, at, employment, unit"),
        ("employment.hurs > 1", "employment.hurs is not known", "employment.hours"),
        ("unit.name == 'a' || employment.hurs > 1", "employment.hurs is not known", "employment.hours"),
        ("employment.position.kode == '1'", "employment.position.kode is not known", "employment.position.code"),
        ("employment['hurs'] > 1", "employment.hurs is not known", "employment.hours"),
        ("assignments.exists(a, a.rolle == 'x')", "a.rolle is not known", "a.role"),
        ("assignments.exists(a, a.role == 'x') && a.role == 'y'", "a is not known", "employment"),
        ("assignments[0].rolle == 'x'", "rolle is not known", "role"),
        (".employer == 1", "employer is not known", "employment"),
        ("unit.name.first == 'a'", "unit.name is a value and has no first", ""),
        ("unit.name.lowerAscii() == 'a'", "lowerAscii is not a function", "startsWith"),
        ("lists.range(1000000000).size() > 1", "lists is not known", "employment"),
        ("Unit{name: 'a'} == unit", "Unit is not a function", "size"),
        ("assignments.exists(unit, true)", "unit has a meaning already", ""),
        ("unit.name.matches(unit.name)", "the pattern of matches is written out", ""),
        ("unit.name.matches('(')", "is not usable: it does not compile", ""),
        ("unit.name.matches('(?=a)(a|aa)+$')", "more than 50 ms", ""),
        ("1 +", "it is not a CEL expression: at character 4: it ends too early", ""),
        ("1 2", "it is not a CEL expression: at character 3: '2' is not expected here", ""),
        ("", "an expression is missing", ""),
        (" ", "an expression is missing", ""),
        ("[0].all(a, [0].all(b, [0].all(c, true)))", "loops are nested more than 2 deep", ""),
        (
            r"r'\' == '' || [0].all(a, [0].all(b, [0].all(c, true))) || '' == r'\'",
            "loops are nested more than 2 deep",
            "",
        ),
        (r'''r"""\""" == "" || employer == r"""\"""''', "employer is not known", ""),
        (r"'\'' == employer || '\'' == ''", "employer is not known", ""),
        (r"b'\'' == employer || '' == ''", "employer is not known", ""),
        ("(" * 31 + "true" + ")" * 31, "brackets are nested more than 30 deep", ""),
        ("true" + " || true" * 200, "characters; 1000 are allowed", ""),
    ],
)
def test_what_is_wrong_is_refused_when_it_is_compiled(text: str, problem: str, allowed: str) -> None:
    with pytest.raises(ExpressionRejected) as refused:
        compile_expression(text, NAMES)
    assert problem in str(refused.value)
    assert allowed in str(refused.value)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("employment.hours > 20", {}),
        ("employment.type > 20", VALUES),
        ("unit.name", VALUES),
        ("1 / 0 == 1", VALUES),
        ("assignments[7].role == 'x'", VALUES),
        ("unit.tags.all(t, true)", {"unit": {"tags": ["x"] * 301}}),
    ],
)
def test_what_cannot_be_evaluated_says_so_and_never_holds(text: str, values: dict[str, Any]) -> None:
    with pytest.raises(ExpressionFailed, match=r": ."):
        compile_expression(text, NAMES).holds(values)


def test_a_value_that_is_missing_is_null() -> None:
    assert compile_expression("employment.hours == null && employment.position.code == null", NAMES).holds({})


def test_the_names_used_are_listed() -> None:
    used = compile_expression("employment.hours > 1 && assignments.exists(a, a.role == unit.name)", NAMES).references
    assert used == ("assignments", "employment.hours", "unit.name")


def test_the_longest_loop_within_a_loop_ends() -> None:
    many = [{"role": "x", "unit": {"name": "y"}}] * 300
    text = "assignments.all(a, assignments.all(b, a.role == b.role))"
    assert compile_expression(text, NAMES).holds({"assignments": many})


def test_a_list_is_as_long_as_it_likes_unless_a_loop_runs_over_it() -> None:
    many = {"assignments": [{"role": "x"}] * 301}
    assert compile_expression("assignments[0].role", NAMES).evaluate(many) == "x"
    assert compile_expression("size(assignments) > 300", NAMES).holds(many)
    with pytest.raises(ExpressionFailed, match="301 members"):
        compile_expression("assignments.exists(a, a.role == 'x')", NAMES).holds(many)


@pytest.mark.parametrize(
    "text",
    [
        '["aaaa"]' + ".map(x, x + x)" * 60,
        "assignments.map(a, assignments.map(b, assignments))",
        "(" + "+".join(["assignments"] * 16) + ").all(a, (" + "+".join(["assignments"] * 8) + ").all(b, true))",
        "assignments.map(a, assignments.map(b, employment.position))",
        "+".join(["employment.position"] * 45),
        "assignments.all(a, assignments.all(b, "
        + " && ".join(['employment.position.matches("(?!y)x")'] * 10) + "))",
    ],
)  # fmt: skip
def test_what_grows_without_end_is_refused_before_it_runs(text: str) -> None:
    many = {"assignments": [{"role": "x"}] * 300, "employment": {"position": "x" * 500_000}}
    with pytest.raises(ExpressionFailed, match="too long, or make too much"):
        compile_expression(text, NAMES).evaluate(many)


def test_patterns_have_a_time_together() -> None:
    """Each of them ends within its own limit; 300 of them would take 15 seconds."""
    slow = 'assignments.exists(a, a.role.matches("(?=x)(x+x+)+$"))'
    with pytest.raises(ExpressionFailed):
        compile_expression(slow, NAMES).holds({"assignments": [{"role": "x" * 40 + "y"}] * 300})


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ('assignments.map(a, a.role + "!")', ["x!"] * 300),
        ('assignments.map(a, a.role).filter(r, r == "x")[0]', "x"),
        ("size(assignments.map(a, a.role) + assignments.map(a, a.role))", 600),
        ('[assignments[0].role, "y"].map(each, each + each)', ["xx", "yy"]),
    ],
)
def test_what_grows_a_little_is_made(text: str, made: object) -> None:
    assert compile_expression(text, NAMES).evaluate({"assignments": [{"role": "x"}] * 300}) == made


@given(st.text(alphabet="aunit.e()[]'\"\\ &|<>=!1,{}:?", max_size=60))
def test_any_text_is_either_an_expression_or_refused(text: str) -> None:
    try:
        compile_expression(text, NAMES).evaluate(VALUES)
    except (ExpressionRejected, ExpressionFailed) as refused:
        assert refused.problem
