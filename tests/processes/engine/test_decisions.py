"""Decision tables."""

import pytest

from processes.engine.errors import DefinitionRejected
from tests.processes.engine.drawn import END, START, again, begin, done, flow, one, read, script, user

RULE = (
    '<businessRuleTask id="rule"><extensionElements><reconnect:decision name="gate"/></extensionElements>'
    "</businessRuleTask>"
)


def table(
    rules: list[tuple[list[str], list[str]]], policy: str = "UNIQUE", inputs: tuple[str, ...] = ("decision", "days")
) -> bytes:
    """A DMN document with one table, whose outputs are ``level`` and ``note``."""

    def cell(kind: str, text: str) -> str:
        return f"<{kind}><text><![CDATA[{text}]]></text></{kind}>"

    rows = "".join(
        f"<rule>{''.join(cell('inputEntry', each) for each in conditions)}"
        f"{''.join(cell('outputEntry', each) for each in results)}</rule>"
        for conditions, results in rules
    )
    columns = "".join(f"<input>{cell('inputExpression', each)}</input>" for each in inputs)
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="urn:t">'
        f'<decision id="gate"><decisionTable hitPolicy="{policy}">{columns}<output name="level"/><output name="note"/>'
        f"{rows}</decisionTable></decision></definitions>"
    ).encode()


def outcome(content: bytes, decision: object, days: object) -> dict[str, object] | str:
    """What the table sets, or the incident's text."""
    definition = read(
        START, user("ask"), RULE, script("after", "x = level"), user("see", "answer"), END,
        flow("start", "ask", "rule", "after", "see", "end"), more={"gate.dmn": content},
    )  # fmt: skip
    case = done(definition, again(definition, begin(definition)), "ask", decision=decision, days=days)
    if case.incidents:
        assert case.incidents[0].element == "rule"
        return case.incidents[0].text
    data = one(case, "see").data
    return {"level": data["level"], "note": data["note"]}


TABLE = [
    (['"yes"', "< 14"], ['"short"', "days + 1"]),
    (['"yes"', ">= 14"], ['"long"', "null"]),
    (['in ["no", "never"]', "-"], ["unit", '""']),
]


@pytest.mark.parametrize(
    ("decision", "days", "expected"),
    [
        ("yes", 3, {"level": "short", "note": 4}),
        ("yes", 14, {"level": "long", "note": None}),
        ("never", 3, {"level": "nursing", "note": ""}),
        ("perhaps", 3, "no rule of gate fits"),
    ],
)
def test_the_rule_that_fits_decides(decision: str, days: int, expected: object) -> None:
    assert outcome(table(TABLE), decision, days) == expected


OVERLAPPING = [(["-", "> 1"], ['"a"', "1"]), (["-", "> 2"], ['"b"', "2"])]


@pytest.mark.parametrize(
    ("policy", "days", "expected"),
    [
        ("UNIQUE", 2, {"level": "a", "note": 1}),
        ("UNIQUE", 3, "rules 1, 2 of gate fit, and only one may"),
        ("FIRST", 3, {"level": "a", "note": 1}),
        ("COLLECT", 3, {"level": ["a", "b"], "note": [1, 2]}),
        ("COLLECT", 0, {"level": [], "note": []}),
    ],
)
def test_the_hit_policy_says_what_happens_when_several_fit(policy: str, days: int, expected: object) -> None:
    assert outcome(table(OVERLAPPING, policy), "yes", days) == expected


def test_a_value_that_does_not_suit_a_cell_is_an_incident() -> None:
    assert "> (1)" in str(outcome(table(OVERLAPPING), "yes", "a text"))


@pytest.mark.parametrize(
    "content",
    [
        table([(["1) || (true", "-"], ['"a"', "1"])]),  # no cell closes the bracket that it stands in
        table([(["-", "__import__('os').getpid()"], ['"a"', "1"])]),
        table([(["-", "< [x for x in days]"], ['"a"', "1"])]),
        table([(["-", "-"], ["open('x')", "1"])]),
        table([(["-", "-"], ["level.__class__", "1"])]),
        table([(["-", "-"], ['"a"', "1"])], inputs=("decision", "eval('1')")),
        table([(["-"], ['"a"', "1"])]),
        table([(["-", "-"], ['"a"', "1"])], "RULE ORDER"),
        table([(["-", "-"], ['"a"', "1"])] * 1_001),
        table([(["-", "-"], ['"a"', "1"])]).replace(b"decisionTable", b"literalExpression"),
        table([(["-", "-"], ['"a"', "1"])]).replace(b'name="level"', b'name="a b"'),
        table([(["-", "-"], ['"a"', "1"])]).replace(b"gate", b"ask"),
    ],
)
def test_a_table_that_is_not_ours_is_refused(content: bytes) -> None:
    with pytest.raises(DefinitionRejected) as refused:
        outcome(content, "yes", 1)
    assert {each.document for each in refused.value.faults} >= {"gate.dmn"}
