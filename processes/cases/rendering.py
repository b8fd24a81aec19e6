"""Templates with the values of a case: what is sent, in the language of its receiver.

Of the two texts that there may be, what the installation has written counts before what was delivered. A language that
neither has falls back to Danish, and the answer says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import neo4j.time

from graph.connection import Run
from graph.identity.lookup import surviving_match
from processes.cases import own_texts
from processes.cases.definitions import Version
from processes.cases.kept import day_of
from processes.prefill import kinds_of
from processes.template_check import CASE, TODAY
from processes.templates import (
    DANISH,
    LANGUAGES,
    Compiled,
    Language,
    Template,
    TemplateFailed,
    Written,
    compile_template,
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The text that counts. ``language``: the one in which it is; ``number``: of the installation's own version, 0 = it
    is the delivered one."""

    template: Template
    language: Language
    number: int
    written: Written


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text as it is sent. ``asked``: the language that was wanted; ``language``: the one that it has. ``persons``:
    UUIDs of those whom it may name."""

    template: str
    asked: Language
    language: Language
    number: int
    written: Written
    persons: tuple[str, ...] = ()

    @property
    def fell_back(self) -> bool:
        return self.asked != self.language

    @property
    def note(self) -> str:
        """For the log of the case; empty if there is nothing to say."""
        return f"in Danish: {self.template} has no text in the language {self.asked!r}" if self.fell_back else ""


def language_of(stated: object) -> Language:
    """The language that a case states for what it sends; Danish if it states none.

    Raises ValueError for one that there is not.
    """
    if stated in (None, ""):
        return DANISH
    found = next((each for each in LANGUAGES if each == stated), None)
    if found is None:
        raise ValueError(f"language: {stated!r} is not supported; supported: {', '.join(LANGUAGES)}")
    return found


def chosen(run: Run, version: Version, template: str, language: Language) -> Chosen:
    """The text that counts in this language, or else in Danish. Raises TemplateFailed, if there is no such template."""
    found = version.templates.get(template)
    if found is None:
        there = ", ".join(sorted(version.templates)) or "none"
        text = f"{version.id} has no such template; it has: {there}"
        raise TemplateFailed(template, language, "template", "missing_template", text)
    newest = own_texts.newest(run, version.process)
    for each in dict.fromkeys((language, DANISH)):
        own = newest.get((template, each))
        if own is not None and own.written is not None:
            return Chosen(found, each, own.number, own.written)
        if each in found.texts:
            return Chosen(found, each, 0, found.texts[each])
    raise TemplateFailed(template, language, "template", "no_danish", "it has no Danish text")


def rendered(
    run: Run,
    version: Version,
    template: str,
    language: Language,
    variables: Mapping[str, Any],
    case: str,
    now: datetime,
    pages: str = "",
) -> Rendered:
    """What a case sends. ``case``: its id; ``pages``: where the pages are. Raises TemplateFailed."""
    found = chosen(run, version, template, language)
    compiled = compile_template(template, found.language, found.written, version.seen[found.template.kind])
    written = compiled.render(values_of(run, version, compiled, variables, case, now, pages))
    persons = persons_in(version, {name: each for name, each in variables.items() if name in compiled.used})
    return Rendered(template, language, found.language, found.number, written, persons)


def values_of(
    run: Run,
    version: Version,
    compiled: Compiled,
    variables: Mapping[str, Any],
    case: str,
    now: datetime,
    pages: str,
) -> dict[str, Any]:
    """What a text may name, as it is today: the variables of a case, and of the things that they name what is used."""
    kinds = kinds_of(version.forms)
    values = dict(variables)
    for name in compiled.used & kinds.keys() & variables.keys():
        values[name] = _properties(run, kinds[name], variables[name])
    link = f"{pages}/cases/{case}" if pages and case else None
    return values | {CASE: {"link": link, "process": version.definition.name}, TODAY: day_of(now).isoformat()}


def persons_in(version: Version, variables: Mapping[str, Any]) -> tuple[str, ...]:
    """UUIDs of the people whom variables of a case name."""
    kinds = kinds_of(version.forms)
    named = (variables.get(name) for name, kind in kinds.items() if kind == "Person")
    several = (each if isinstance(each, list) else [each] for each in named)
    return tuple(sorted({one for each in several for one in each if isinstance(one, str) and one}))


def _properties(run: Run, kind: str, uuid: object) -> dict[str, Any] | None:
    if not isinstance(uuid, str):
        return None
    row = run.run(f"{surviving_match(kind, '$uuid')} RETURN properties(n) AS values", uuid=uuid).single()
    if row is None:
        return None
    return {
        name: value.iso_format() if isinstance(value, neo4j.time.Date | neo4j.time.DateTime) else value
        for name, value in row["values"].items()
    }
