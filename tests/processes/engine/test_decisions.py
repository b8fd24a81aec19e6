"""Decision tables."""

import pytest

from processes.engine.definition import read_definition
from processes.engine.errors import DefinitionRejected
from tests.processes.engine.drawn import (
    END,
    KNOWN,
    START,
    again,
    begin,
    done,
    flow,
    one,
    process,
    read,
    script,
    user,
)

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
        ("UNIQUE", 0, "no rule of gate fits"),
        ("FIRST", 3, {"level": "a", "note": 1}),
        ("FIRST", 0, "no rule of gate fits"),
        ("COLLECT", 3, {"level": ["a", "b"], "note": [1, 2]}),
        ("COLLECT", 0, {"level": [], "note": []}),
        ("RULE ORDER", 3, {"level": ["a", "b"], "note": [1, 2]}),
        ("RULE ORDER", 0, {"level": [], "note": []}),
        ("ANY", 2, {"level": "a", "note": 1}),
        ("ANY", 3, "rules 1, 2 of gate fit, and say different things"),
        ("ANY", 0, "no rule of gate fits"),
    ],
)
def test_the_hit_policy_says_what_happens_when_several_fit(policy: str, days: int, expected: object) -> None:
    assert outcome(table(OVERLAPPING, policy), "yes", days) == expected


def with_defaults(content: bytes, *defaults: str) -> bytes:
    """The table with a default for each output, in order."""
    for name, default in zip(("level", "note"), defaults, strict=False):
        entry = f"<defaultOutputEntry><text>{default}</text></defaultOutputEntry>"
        content = content.replace(
            f'<output name="{name}"/>'.encode(), f'<output name="{name}">{entry}</output>'.encode()
        )
    return content


def test_of_an_any_table_several_rules_may_fit_if_they_say_the_same() -> None:
    same = [(["-", "> 1"], ['"a"', "days"]), (["-", "> 2"], ['"a"', "3"])]
    assert outcome(table(same, "ANY"), "yes", 3) == {"level": "a", "note": 3}


def one_output(aggregation: str, *results: str) -> bytes:
    """A COLLECT table whose only output, ``level``, is added up; its rules fit for more than 0, 1, 2 … days."""
    rules = [(["-", f"> {number}"], [each]) for number, each in enumerate(results)]
    return table(rules, f'COLLECT" aggregation="{aggregation}').replace(b'<output name="note"/>', b"")


@pytest.mark.parametrize(
    ("aggregation", "days", "expected"),
    [
        ("SUM", 3, 6), ("SUM", 1, 3), ("SUM", 0, 0), ("MIN", 3, 1), ("MAX", 3, 3), ("MIN", 0, None), ("COUNT", 3, 3),
        ("COUNT", 0, 0),
    ],
)  # fmt: skip
def test_a_list_of_one_output_is_added_up(aggregation: str, days: int, expected: object) -> None:
    definition = read(
        START, user("ask"), RULE, script("after", "x = level"), user("see", "answer"), END,
        flow("start", "ask", "rule", "after", "see", "end"), more={"gate.dmn": one_output(aggregation, "3", "1", "2")},
    )  # fmt: skip
    case = done(definition, again(definition, begin(definition)), "ask", decision="yes", days=days)
    assert one(case, "see").data["level"] == expected


def test_what_is_no_number_is_not_added_up() -> None:
    assert "are not all numbers" in str(outcome(one_output("SUM", "1", '"a"'), "yes", 3))


@pytest.mark.parametrize("policy", ["UNIQUE", "FIRST", "ANY"])
def test_where_no_rule_fits_the_outputs_have_their_defaults(policy: str) -> None:
    content = with_defaults(table(OVERLAPPING, policy), '"none"', "days + 10")
    assert outcome(content, "yes", 0) == {"level": "none", "note": 10}
    assert outcome(content, "yes", 2) == {"level": "a", "note": 1}


@pytest.mark.parametrize("policy", ["PRIORITY", "OUTPUT ORDER", "SUM", "", 'FIRST" aggregation="SUM'])
def test_another_hit_policy_is_refused(policy: str) -> None:
    assert refusals(table(OVERLAPPING, policy)) == {("gate", "unsupported")}


def refusals(content: bytes, text: str = "") -> set[tuple[str, str]]:
    with pytest.raises(DefinitionRejected) as refused:
        outcome(content, "yes", 1)
    assert any(text in each.text for each in refused.value.faults), refused.value.faults
    return {(each.element, each.rule) for each in refused.value.faults}


PLAIN = table([(["-", "-"], ['"a"', "1"])])
CAMUNDA = 'xmlns:camunda="http://camunda.org/schema/1.0/dmn" '
NOT_CARRIED_OUT = {
    "inputValues": PLAIN.replace(
        b"</inputExpression>", b'</inputExpression><inputValues><text>"yes"</text></inputValues>'
    ),
    "outputValues": PLAIN.replace(
        b'<output name="level"/>', b'<output name="level"><outputValues><text>"a"</text></outputValues></output>'
    ),
    "requiredDecision": PLAIN.replace(
        b"<decisionTable",
        b'<informationRequirement id="r"><requiredDecision href="#x"/></informationRequirement><decisionTable',
    ),
    "knowledgeRequirement": PLAIN.replace(
        b"<decisionTable", b'<knowledgeRequirement><requiredKnowledge href="#x"/></knowledgeRequirement><decisionTable'
    ),
    "businessKnowledgeModel": PLAIN.replace(b"</definitions>", b'<businessKnowledgeModel id="k"/></definitions>'),
    "itemDefinition": PLAIN.replace(b"</definitions>", b'<itemDefinition name="t"/></definitions>'),
    "import": PLAIN.replace(b"<decision id", b'<import namespace="n" importType="t"/><decision id'),
    "importedValues": PLAIN.replace(b"</text></inputExpression>", b"</text><importedValues/></inputExpression>"),
    "not set": PLAIN.replace(b"<decisionTable", b'<variable name="result"/><decisionTable'),
    "inputVariable": PLAIN.replace(b'xmlns="', CAMUNDA.encode() + b'xmlns="').replace(
        b"<input>", b'<input camunda:inputVariable="x">', 1
    ),
    "properties": PLAIN.replace(
        b"<decisionTable",
        f"<extensionElements><camunda:properties {CAMUNDA}/></extensionElements><decisionTable".encode(),
    ),
    "only CEL": PLAIN.replace(b"<inputEntry>", b'<inputEntry expressionLanguage="feel">'),
    "it is in https": PLAIN.replace(
        b'name="d"', b'name="d" expressionLanguage="https://www.omg.org/spec/DMN/20191111/FEEL/"'
    ),
    "aggregation": PLAIN.replace(b'hitPolicy="UNIQUE"', b'hitPolicy="COLLECT" aggregation="SUM"'),
    "isComposite": PLAIN.replace(b"<rule>", b'<rule isComposite="true">'),
    "twice": PLAIN.replace(b"</text></outputEntry>", b"</text><text>2</text></outputEntry>"),
    "stated twice": PLAIN.replace(b'name="note"', b'name="level"'),
    "no rule": table([]),
    "rule 1 gives no note": table([(["-", "-"], ['"a"', ""])]),
    "no output": PLAIN.replace(b'<output name="level"/><output name="note"/>', b"").replace(
        b"outputEntry", b"annotationEntry"
    ),
    "or none": with_defaults(PLAIN, '"none"'),
    "an empty list": with_defaults(table(OVERLAPPING, "COLLECT"), '"none"', "1"),
    "defaultOutputEntry: ": with_defaults(PLAIN, "some day", "1"),
}


@pytest.mark.parametrize("what", NOT_CARRIED_OUT)
def test_what_is_not_carried_out_is_refused_by_its_name(what: str) -> None:
    assert refusals(NOT_CARRIED_OUT[what], what)


def test_what_is_drawn_or_written_for_people_is_no_fault() -> None:
    """As Camunda Modeler and dmn-js write it, with what the decision needs to know drawn beside it."""
    content = PLAIN.replace(
        b'name="d"',
        b'name="d" exporter="Camunda Modeler" exporterVersion="5.20.0" '
        b'xmlns:modeler="http://camunda.org/schema/modeler/1.0" modeler:executionPlatform="Camunda Cloud" '
        b'xmlns:biodi="http://bpmn.io/schema/dmn/biodi/2.0" '
        b'xmlns:dmndi="https://www.omg.org/spec/DMN/20191111/DMNDI/"',
    )
    content = content.replace(b"<input>", b'<input id="i" label="Svar" biodi:width="192">', 1)
    content = content.replace(
        b"<decisionTable",
        b'<description>Hvem</description><question>Hvor?</question><variable name="gate" />'
        b'<informationRequirement id="q"><requiredInput href="#data"/></informationRequirement>'
        b'<authorityRequirement><requiredAuthority href="#law"/></authorityRequirement><decisionTable',
    ).replace(b'<decision id="gate"', b'<decision id="gate" name="gate"')
    content = content.replace(b"</rule>", b"<annotationEntry><text>aftalt</text></annotationEntry></rule>")
    content = content.replace(b"<rule>", b'<annotation name="Note"/><rule id="r"><description>x</description>', 1)
    content = content.replace(
        b"</definitions>", b'<inputData id="data"><variable name="whatever"/></inputData><knowledgeSource id="law"/>'
        b'<textAnnotation id="t"><text>x</text></textAnnotation><dmndi:DMNDI><dmndi:DMNDiagram/></dmndi:DMNDI>'
        b"</definitions>",
    )  # fmt: skip
    content = content.replace(b"</inputExpression>", b"</inputExpression><inputValues><text/></inputValues>", 1)
    assert outcome(content, "yes", 1) == {"level": "a", "note": 1}


def test_a_table_that_is_deployed_is_read_as_it_was_deployed() -> None:
    """What has only been refused since then: an older table with another engine's default still decides."""
    content = with_defaults(NOT_CARRIED_OUT["inputValues"], "some day", "1")
    documents = {"main.bpmn": process(START, RULE, END, flow("start", "rule", "end")), "gate.dmn": content}
    documents["gate.dmn"] = content.replace(b"decision]", b"unit]").replace(b"days]", b"unit]")
    definition = read_definition("main", documents, KNOWN, deployed=True)
    assert begin(definition).data["level"] == "a"


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
