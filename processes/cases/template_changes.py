"""An installation writes its own text in place of a delivered one, and goes back to it: checked as at deployment."""

from datetime import datetime

import neo4j

from graph.errors import Unknown
from processes.cases import definitions, own_texts
from processes.cases.own_texts import OwnText
from processes.engine.errors import Fault
from processes.errors import TemplateRejected
from processes.templates import LANGUAGES, Language, Written, faults_of


def save(
    driver: neo4j.Driver,
    process: str,
    template: str,
    language: str,
    written: Written | None,
    by: str,
    now: datetime,
    reason: str,
    expected: int | None = None,
) -> OwnText:
    """Keep a new version of a text, which all cases of the process send from now on; None = the delivered one again.

    ``expected``: the number of the version that was changed; 0 = the installation had none. Raises Unknown
    (unknown_process, unknown_template, unknown_language), TemplateRejected with all that is wrong, Conflict.
    """

    def work(tx: neo4j.ManagedTransaction) -> OwnText:
        version = definitions.current(tx, process)
        chosen = language_named(language)
        if template not in version.templates:
            known = sorted(version.templates)
            text = f"{process} has no template {template!r}; it has: {', '.join(known) or 'none'}"
            raise Unknown("unknown_template", text, template, known)
        kept = None if written is None else _tidied(written)
        if kept is not None:
            seen = version.seen[version.templates[template].kind]
            found = faults_of(template, chosen, kept, seen)
            faults = tuple(Fault("", each.place, each.rule, each.problem) for each in found)
            if faults:
                raise TemplateRejected(template, chosen, faults)
        return own_texts.add(tx, process, template, chosen, kept, by, now, reason, expected)

    with driver.session() as session:
        return session.execute_write(work)


def language_named(language: str) -> Language:
    """Raises Unknown (unknown_language)."""
    found = next((each for each in LANGUAGES if each == language), None)
    if found is None:
        known = list(LANGUAGES)
        text = f"language: {language!r} is not supported; supported: {', '.join(known)}"
        raise Unknown("unknown_language", text, language, known)
    return found


def _tidied(written: Written) -> Written:
    """Without the line ends of other systems, and blanks around it."""
    text = "\n".join(each.rstrip() for each in written.text.replace("\r\n", "\n").strip().split("\n"))
    return Written(written.subject.strip(), text)
