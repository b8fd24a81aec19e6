"""What the parts of the check find: faults, and what they have compiled on the way."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from graph.expressions import Expression, ExpressionRejected, Names, compile_expression
from processes.engine import extensions
from processes.engine.decisions import Decision
from processes.engine.diagram import Diagrams, Node
from processes.engine.errors import Fault
from processes.engine.known import Known
from processes.engine.scripts import Script
from processes.engine.timers import Timer


@dataclass(slots=True)
class Checked:
    """What was compiled, by its text as the diagram has it."""

    names: Names
    expressions: dict[str, Expression] = field(default_factory=dict)
    timers: dict[tuple[str, str], Timer] = field(default_factory=dict)
    scripts: dict[str, Script] = field(default_factory=dict)
    decisions: dict[str, Decision] = field(default_factory=dict)
    of_triggers: dict[str, Expression] = field(default_factory=dict)


@dataclass(slots=True)
class Findings:
    """``process``: the one that cases run. ``faults`` and ``checked`` grow while the parts of the check run."""

    diagrams: Diagrams
    process: str
    known: Known
    faults: list[Fault]
    checked: Checked
    messages: Collection[str] = field(init=False)
    """Ids of the messages that the documents have; ``errors``: of the errors."""
    errors: Collection[str] = field(init=False)

    def __post_init__(self) -> None:
        self.messages, self.errors = self.diagrams.messages(), self.diagrams.errors()

    def add(self, document: str, id: str, rule: str, text: str) -> None:
        self.faults.append(Fault(document, id, rule, text))

    def add_to(self, node: Node, rule: str, text: str) -> None:
        self.add(node.document, node.id, rule, text)

    def compile(self, document: str, id: str, text: str, names: Names | None = None) -> None:
        """Compile an expression. ``names``: what it may use, if not every variable of the definition."""
        try:
            compile_expression(text, self.checked.names if names is None else names)
            self.checked.expressions[text] = compile_expression(text, self.checked.names)
        except ExpressionRejected as wrong:
            written = next((f"; write it without {each}" for each in ("${", "#{", "=") if text.startswith(each)), "")
            self.add(document, id, "expression", f"{wrong}{written}")

    def compile_of_trigger(self, node: Node, text: str) -> None:
        """Compile an expression that looks at what has happened."""
        try:
            self.checked.of_triggers[text] = compile_expression(text, self.known.happened)
        except ExpressionRejected as wrong:
            self.add_to(node, "expression", str(wrong))

    def check_named(self, node: Node, kind: str, possible: Collection[str]) -> None:
        """Require that a node names a form, service or decision that there is."""
        name = extensions.attribute(node.element, kind, "name")
        if not name:
            self.add_to(node, f"missing_{kind}", f"the {node.type} names no {kind}")
        elif name not in possible:
            self.add_to(node, f"missing_{kind}", f"there is no {kind} {name!r}{there_is(possible)}")


def there_is(names: Iterable[str]) -> str:
    """What there is, for the text of a fault; at most 20."""
    found = sorted(names)
    more = f" and {len(found) - 20} more" if len(found) > 20 else ""
    return f"; there is: {', '.join(found[:20])}{more}" if found else ""
