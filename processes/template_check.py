"""What a template may name, and the check of a definition's templates before it is deployed.

A letter sees all variables of the case, and what everybody may read of the things that they name: ``unit.name``. A mail
leaves the house's own pages, so it sees nothing personal: no person, and no text or number that somebody has filled
in; the case itself shows them, and a mail links to it. A CPR number is in neither.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from graph.expressions import NO_MEMBERS, Names
from graph.model import KINDS as MODEL
from processes.engine import extensions
from processes.engine.definition import Definition
from processes.engine.errors import Fault
from processes.forms import Form
from processes.prefill import kinds_of, open_properties
from processes.templates import Kind, Language, Seen, Template, Written, faults_of, file_name

CASE: Final = "case"
"""What a template may name of the case itself: ``case.link``, its page; ``case.process``, its process's name."""
TODAY: Final = "today"
_OF_THE_CASE: Final[dict[str, Names]] = {CASE: {"link": NO_MEMBERS, "process": NO_MEMBERS}, TODAY: NO_MEMBERS}
_PERSONAL = frozenset({"Person"})
_CPR = ("cpr", "cpr_number", "cprNumber")
"""What somebody may call the number that no expression reads."""
_NOT_PERSONAL_FORMATS = frozenset({"date"})


def seen_by(kind: Kind, definition: Definition, forms: Mapping[str, Form]) -> Seen:
    """What templates of this kind may name in a definition."""
    kinds = kinds_of(forms)
    everything = {
        name: dict.fromkeys(open_properties(kinds[name]), NO_MEMBERS) if name in kinds else members
        for name, members in definition.checked.names.items()
    } | _OF_THE_CASE
    if kind == "letter":
        return Seen(everything, everything)
    dates = _dates(forms)
    mail = {
        name: members
        for name, members in everything.items()
        if name in _OF_THE_CASE or name in dates or (name in kinds and kinds[name] not in _PERSONAL)
    }
    return Seen(mail, everything | _forbidden(everything, kinds))


def _forbidden(names: Names, kinds: Mapping[str, str]) -> dict[str, Names]:
    """Persons with all that is known of them: whoever writes a CPR number into a mail is told that it is personal."""
    known = (*(each.name for each in MODEL["Person"].properties), *_CPR)
    of_person = dict.fromkeys(known, NO_MEMBERS)
    return {name: of_person for name in names if kinds.get(name) == "Person"}


def _dates(forms: Mapping[str, Form]) -> frozenset[str]:
    """Fields that are days in every form that has them."""
    stated: dict[str, set[str]] = {}
    for form in forms.values():
        for field, schema in form.schema["properties"].items():
            stated.setdefault(field, set()).add(str(schema.get("format", "")))
    return frozenset(field for field, formats in stated.items() if formats <= _NOT_PERSONAL_FORMATS)


def template_faults(
    definition: Definition,
    forms: Mapping[str, Form],
    templates: Mapping[str, Template],
    own: Mapping[tuple[str, Language], Written],
) -> Iterator[Fault]:
    """What is wrong with the templates of a definition, and with what the installation has written in their place
    (``own``, by template and language)."""
    used: dict[str, str] = {}
    for node in definition.nodes.values():
        named = extensions.attribute(node.element, "service", "template")
        if not named:
            continue
        used.setdefault(named, node.id)
        service = extensions.attribute(node.element, "service", "name")
        if named not in templates:
            there = ", ".join(sorted(templates)) or "none"
            text = f"there is no template {named!r}; there is: {there}"
            yield Fault(node.document, node.id, "missing_template", text)
        elif service != templates[named].kind:
            text = f"the template {named!r} is a {templates[named].kind}, and the service is {service!r}"
            yield Fault(node.document, node.id, "wrong_template", text)
    seen: dict[Kind, Any] = {kind: seen_by(kind, definition, forms) for kind in ("mail", "letter")}
    for key, template in sorted(templates.items()):
        for language, written in sorted(template.texts.items()):
            for wrong in faults_of(key, language, written, seen[template.kind]):
                document = file_name(key, language, template.kind)
                yield Fault(document, used.get(key, key), wrong.rule, f"{wrong.place}: {wrong.problem}")
    for (key, language), written in sorted(own.items()):
        if key in templates:
            for wrong in faults_of(key, language, written, seen[templates[key].kind]):
                text = f"the installation's own text of {key} ({language}), {wrong.place}: {wrong.problem}"
                yield Fault(
                    "", used.get(key, key), wrong.rule, f"{text}. Change it first, or go back to the delivered one"
                )
