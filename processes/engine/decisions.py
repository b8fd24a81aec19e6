"""Decision tables (DMN): inputs, rules and outputs, all in CEL.

A cell of an input is empty or ``-`` (anything), an expression that the input equals (``"yes"``), or begins with an
operator: ``>= 37``, ``in ["a", "b"]``, ``!= "no"``. Hit policies: UNIQUE (one rule fits), ANY (several may, if all say
the same), FIRST (the first that fits), RULE ORDER and COLLECT (of each output, the list of what fits, in the order of
the rules). COLLECT of one output may also add the list up (SUM, MIN, MAX, COUNT). Where no rule of UNIQUE, ANY or FIRST
fits, the outputs have their defaults (``defaultOutputEntry``); without defaults it is an incident.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from graph.expressions import Expression, ExpressionRejected, Names, compile_expression
from processes.engine.errors import Fault, ValuesRejected
from processes.engine.names import is_variable
from processes.engine.values import LARGEST, check_made
from protocols.xml import local

POLICIES = ("UNIQUE", "ANY", "FIRST", "RULE ORDER", "COLLECT")
AGGREGATIONS = ("SUM", "MIN", "MAX", "COUNT")
_LISTS = ("RULE ORDER", "COLLECT")
MOST_RULES = 1_000
_OPERATOR = re.compile(r"(==|!=|<=|>=|<|>|in\b)\s*(.+)", re.DOTALL)


class DecisionFailed(ValueError):
    """A table that gives no answer for these values."""


@dataclass(frozen=True, slots=True)
class Rule:
    conditions: tuple[Expression, ...]
    results: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """A table that has been checked."""

    id: str
    policy: str
    outputs: tuple[str, ...]
    rules: tuple[Rule, ...]
    defaults: tuple[Expression, ...] = ()
    """What the outputs are where no rule fits; empty if they have no defaults."""
    aggregation: str = ""

    def evaluate(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Raises DecisionFailed if no rule fits, several of a UNIQUE table do, or those of an ANY table differ, or if
        what is to be added up are no numbers; ExpressionFailed; ValuesRejected."""
        fitting = []
        for number, rule in enumerate(self.rules, start=1):
            if all(each.holds(values) for each in rule.conditions):
                fitting.append((number, rule))
                if self.policy == "FIRST":
                    break
        if self.policy == "UNIQUE" and len(fitting) > 1:
            which = ", ".join(str(number) for number, _ in fitting)
            raise DecisionFailed(f"rules {which} of {self.id} fit, and only one may")
        results = [rule.results for _, rule in fitting]
        if self.policy not in _LISTS and not results:
            if not self.defaults:
                raise DecisionFailed(f"no rule of {self.id} fits")
            results = [self.defaults]
        rows = [[each.evaluate(values) for each in row] for row in results]
        if self.policy == "ANY" and any(row != rows[0] for row in rows):
            which = ", ".join(str(number) for number, _ in fitting)
            raise DecisionFailed(f"rules {which} of {self.id} fit, and say different things")
        made: dict[str, Any] = (
            {name: self._aggregated([row[place] for row in rows]) for place, name in enumerate(self.outputs)}
            if self.policy in _LISTS
            else dict(zip(self.outputs, rows[0], strict=True))
        )
        if sum(check_made(name, value) for name, value in made.items()) > LARGEST:
            raise ValuesRejected(self.id, f"the table {self.id} makes more than {LARGEST} bytes")
        return made

    def _aggregated(self, found: list[Any]) -> Any:
        if not self.aggregation:
            return found
        if self.aggregation == "COUNT":
            return len(found)
        if not all(isinstance(each, int | float) and not isinstance(each, bool) for each in found):
            raise DecisionFailed(f"{self.aggregation} of {self.id}: {found!r} are not all numbers"[:300])
        if self.aggregation == "SUM":
            return sum(found)
        return (min if self.aggregation == "MIN" else max)(found, default=None)


def tables(root: etree._Element) -> Iterator[etree._Element]:
    """The decisions of a DMN document."""
    return (each for each in root if isinstance(each.tag, str) and local(each) == "decision")


def outputs_of(decision: etree._Element) -> tuple[str, ...]:
    """The variables that a decision sets."""
    table = _children(decision, "decisionTable")
    return tuple(each.get("name", "") for each in _children(table[0], "output")) if len(table) == 1 else ()


def read_decision(document: str, decision: etree._Element, names: Names, faults: list[Fault]) -> Decision:
    """Read a decision; what is wrong with it is added to ``faults``."""
    reading = _Reading(document, decision.get("id", ""), names, faults)
    return reading.decision(decision)


class _Reading:
    def __init__(self, document: str, id: str, names: Names, faults: list[Fault]) -> None:
        self._document = document
        self._id = id
        self._names = names
        self._faults = faults

    def decision(self, decision: etree._Element) -> Decision:
        found = _children(decision, "decisionTable")
        if len(found) != 1:
            self._fault("no_table", "a decision has one decision table, and nothing else is evaluated")
            return Decision(self._id, "UNIQUE", (), ())
        table = found[0]
        policy = table.get("hitPolicy", "UNIQUE")
        if policy not in POLICIES:
            self._fault("unsupported", f"hit policy {policy}; supported: {', '.join(POLICIES)}")
        inputs = [_text(each) for column in _children(table, "input") for each in _children(column, "inputExpression")]
        for text in inputs:
            self._compiled(text)
        outputs = outputs_of(decision)
        aggregation = table.get("aggregation", "")
        if aggregation and (policy != "COLLECT" or aggregation not in AGGREGATIONS or len(outputs) != 1):
            text = f"aggregation {aggregation}: COLLECT of one output has one of {', '.join(AGGREGATIONS)}"
            self._fault("unsupported", text)
        for name in outputs:
            if not is_variable(name):
                self._fault("no_name", f"the output {name!r} does not name a variable")
            elif outputs.count(name) > 1:
                self._fault("no_name", f"the output {name!r} is stated twice; only the last would count")
        rows = _children(table, "rule")
        if not rows:
            self._fault("unsupported", "the table has no rule")
        if len(rows) > MOST_RULES:
            self._fault("too_large", f"the table has {len(rows)} rules; {MOST_RULES} are allowed")
            rows = []
        rules = tuple(self._rule(number, row, inputs, outputs) for number, row in enumerate(rows, start=1))
        if not outputs:
            self._fault("unsupported", "the table has no output")
        return Decision(self._id, policy, outputs, rules, self._defaults(table, policy), aggregation)

    def _defaults(self, table: etree._Element, policy: str) -> tuple[Expression, ...]:
        columns = _children(table, "output")
        stated = [_text(each) for column in columns for each in _children(column, "defaultOutputEntry")]
        stated = [each for each in stated if each]
        if not stated:
            return ()
        if policy in _LISTS:
            self._fault("unsupported", f"defaultOutputEntry: {policy} gives an empty list where no rule fits")
            return ()
        if len(stated) != len(columns):
            self._fault("unsupported", "defaultOutputEntry: all outputs have a default, or none")
            return ()
        try:
            return tuple(compile_expression(text, self._names) for text in stated)
        except ExpressionRejected as wrong:
            self._fault("unsupported", f"defaultOutputEntry: {wrong}")
            return ()

    def _rule(self, number: int, row: etree._Element, inputs: list[str], outputs: tuple[str, ...]) -> Rule:
        cells = [_text(each) for each in _children(row, "inputEntry")]
        results = [_text(each) for each in _children(row, "outputEntry")]
        if len(cells) != len(inputs) or len(results) != len(outputs):
            self._fault("no_table", f"rule {number} has not as many cells as the table has columns")
            return Rule((), ())
        conditions = [
            found
            for text, cell in zip(inputs, cells, strict=True)
            if cell not in ("", "-") and (found := self._condition(text, cell)) is not None
        ]
        for name, text in zip(outputs, results, strict=True):
            if not text:
                self._fault("expression", f"rule {number} gives no {name}; write null where it has no value")
        made = [found for text in results if text and (found := self._compiled(text)) is not None]
        return Rule(tuple(conditions), tuple(made))

    def _condition(self, text: str, cell: str) -> Expression | None:
        operated = _OPERATOR.fullmatch(cell)
        operator, right = (operated[1], operated[2]) if operated else ("==", cell)
        # Each side must be an expression by itself, so that no cell closes the bracket that it stands in.
        if self._compiled(text) is None or self._compiled(right) is None:
            return None
        return self._compiled(f"({text}) {operator} ({right})")

    def _compiled(self, text: str) -> Expression | None:
        try:
            return compile_expression(text, self._names)
        except ExpressionRejected as wrong:
            self._fault("expression", str(wrong))
            return None

    def _fault(self, rule: str, text: str) -> None:
        fault = Fault(self._document, self._id, rule, text)
        if fault not in self._faults:
            self._faults.append(fault)


def _children(element: etree._Element, name: str) -> list[etree._Element]:
    return [each for each in element if isinstance(each.tag, str) and local(each) == name]


def _text(element: etree._Element) -> str:
    """Of a cell or an input's expression, what its element ``text`` says."""
    texts = _children(element, "text")
    return (texts[0].text or "").strip() if texts else ""
