"""What a service task says: which service it needs, and with what."""

from processes.engine import extensions
from processes.engine.diagram import Node
from processes.engine.findings import Findings
from processes.engine.names import is_variable


def check_service(findings: Findings, node: Node) -> None:
    findings.check_named(node, "service", findings.known.services)
    for name in ("result", "idempotency"):
        stated = extensions.attribute(node.element, "service", name)
        if stated and name == "idempotency":
            findings.compile(node.document, node.id, stated)
        elif stated and not is_variable(stated):
            findings.add_to(node, "no_name", f"the result {stated!r} does not name a variable")
    service = extensions.attribute(node.element, "service", "name")
    given = [each.get("name", "").strip() for each in extensions.ours(node.element, "argument")]
    for name in sorted({each for each in given if given.count(each) > 1}):
        findings.add_to(node, "unknown_argument", f"the argument {name!r} is given twice")
    for text in extensions.arguments(node.element).values():
        findings.compile(node.document, node.id, text)
    if service in findings.known.services:
        wanted = findings.known.services[service]
        possible = frozenset(given) if wanted.possible is None else wanted.possible
        for name in given:
            if name not in possible:
                text = f"{service} has no argument {name!r}; it has: {', '.join(sorted(possible)) or 'none'}"
                findings.add_to(node, "unknown_argument", text)
        made = wanted.of_template if extensions.attribute(node.element, "service", "template") else frozenset()
        if extensions.attribute(node.element, "service", "template") and not wanted.of_template:
            findings.add_to(node, "unknown_argument", f"{service} takes no template")
        for name in sorted(made & set(given)):
            findings.add_to(node, "unknown_argument", f"the template gives the argument {name!r}")
        for name in sorted(wanted.needed - set(given) - made):
            findings.add_to(node, "missing_argument", f"{service} needs the argument {name!r}")
