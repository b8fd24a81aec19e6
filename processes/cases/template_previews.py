"""A text before it is sent: in a case, for a person, or with examples, and all that is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from graph.as_of import in_force
from graph.connection import Run
from graph.identity.lookup import surviving_match
from processes.cases import kept, rendering
from processes.cases.definitions import Version
from processes.cases.kept import CaseRow, day_of
from processes.cases.set_values import typed
from processes.cases.tasks import STARTER, Find
from processes.errors import FormRejected
from processes.prefill import kinds_of, open_properties
from processes.template_check import CASE
from processes.templates import Compiled, Language, TemplateFailed, Written, compile_template, faults_of, page

_EXAMPLE = "…"
"""What stands for the id of a case that isn't there."""


@dataclass(frozen=True, slots=True)
class Preview:
    """``language``: of the text; ``written``: as far as it can be made; ``html``: of a letter, its page."""

    language: Language
    written: Written
    faults: tuple[TemplateFailed, ...]
    html: str


def preview(
    run: Run,
    version: Version,
    template: str,
    language: Language,
    now: datetime,
    *,
    written: Written | None = None,
    case: CaseRow | None = None,
    person: str | None = None,
    values: Mapping[str, Any] | None = None,
    pages: str = "https://…",
) -> Preview:
    """What would be sent.

    ``written``: a text that isn't saved yet, instead of the one that counts. ``case``: with its values; otherwise
    with ``values`` (units and people by UUID), what ``for_person`` finds of ``person`` (a UUID), and examples for the
    rest. Raises TemplateFailed for a template that there is not, FormRejected for values beside a case, ProcessError
    for a case that can't be read.
    """
    if case is not None and values:
        raise FormRejected("values", "values: a case has its own; ask for the text in the case, or with values")
    chosen = rendering.chosen(run, version, template, language)
    text = chosen.written if written is None else written
    shown = chosen.language if written is None else language
    seen = version.seen[chosen.template.kind]
    faults = tuple(faults_of(template, shown, text, seen))
    if not faults:
        compiled = compile_template(template, shown, text, seen)
        given = {} if person is None else for_person(run, version, person, day_of(now))
        found = _values(run, version, compiled, case, given | dict(values or {}), now, pages)
        text, failed = compiled.preview(found)
        faults = tuple(failed)
    html = page(text.subject, text.text, shown) if chosen.template.kind == "letter" else ""
    return Preview(shown, text, faults, html)


def typed_values(run: Run, version: Version, given: Mapping[str, Any], find: Find) -> dict[str, Any]:
    """Values by variable as the forms of the process take them, with UUIDs for what they name.

    Raises FormRejected for a variable that the process has not, or a value that none of its forms takes.
    """
    known = version.definition.checked.names
    for name in given:
        if name not in known:
            text = f"{name}: the process has no such variable; it has: {', '.join(sorted(known))}"
            raise FormRejected(name, text)
    return {name: value if name == STARTER else typed(run, version, name, value, find) for name, value in given.items()}


def for_person(run: Run, version: Version, person: str, at: date) -> dict[str, str]:
    """Variables of a process as if a case were about this person: whoever it names is this one, with the unit and the
    position that they have had for longest."""
    row = run.run(
        f"""
        {surviving_match("Person", "$person")}
        OPTIONAL MATCH (n)-[has:HAS]->(work:Employment|Affiliation)-[in:IN]->(unit:Unit)
        WHERE {in_force("has")} AND {in_force("in")}
        OPTIONAL MATCH (work)-[as:AS]->(position:Position)
        WHERE {in_force("as")}
        RETURN unit.uuid AS unit, position.uuid AS position
        ORDER BY in.from, unit.uuid, position.uuid
        LIMIT 1
        """,
        person=person,
        at=at,
    ).single()
    of_kind = {"Person": person} | ({} if row is None else {"Unit": row["unit"], "Position": row["position"]})
    return {name: uuid for name, kind in kinds_of(version.forms).items() if (uuid := of_kind.get(kind)) is not None}


def _values(
    run: Run,
    version: Version,
    compiled: Compiled,
    case: CaseRow | None,
    given: Mapping[str, Any],
    now: datetime,
    pages: str,
) -> dict[str, Any]:
    if case is not None:
        _, engine = kept.engine_of(run, case)
        return rendering.values_of(run, version, compiled, engine.variables, case.id, now, pages)
    found = rendering.values_of(run, version, compiled, given, _EXAMPLE, now, pages)
    return {name: _example(version, name, now) for name in compiled.used - given.keys() - {CASE}} | found


def _example(version: Version, name: str, now: datetime) -> Any:
    """Something like what a case would have. Of a thing, each property stands as its name."""
    kinds = kinds_of(version.forms)
    if name in kinds:
        return {each: f"‹{name}.{each}›" for each in open_properties(kinds[name])}
    stated = (form.schema["properties"].get(name) for form in version.forms.values())
    schema: Mapping[str, Any] = next((each for each in stated if each is not None), {})
    if schema.get("format") == "date":
        return day_of(now).isoformat()
    if schema.get("enum"):
        return schema["enum"][0]
    plain = {"number": 37.0, "integer": 37, "boolean": True}
    return plain.get(str(schema.get("type")), f"‹{schema.get('title', name)}›")
