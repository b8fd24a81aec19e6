"""What an installation has written in place of a delivered template: every version, with who wrote it, when and why.

The newest one counts, in all cases of the process. One without a text goes back to the delivered template.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import neo4j

from graph.connection import Run
from graph.errors import Conflict
from graph.time import stored_moment
from processes.templates import Language, Written


@dataclass(frozen=True, slots=True)
class OwnText:
    """A version. ``number``: counted for each template and language, from 1; ``written``: None = the delivered one."""

    template: str
    language: Language
    number: int
    written: Written | None
    by: str
    at: datetime
    reason: str


def history(run: Run, process: str) -> list[OwnText]:
    """All versions of a process's texts; by template and language, the newest first."""
    rows = run.run(
        "MATCH (t:ProcessText {process: $process}) RETURN t ORDER BY t.template, t.language, t.number DESC",
        process=process,
    )
    return [_text(row["t"]) for row in rows]


def newest(run: Run, process: str) -> dict[tuple[str, Language], OwnText]:
    """The version that counts, by template and language."""
    found: dict[tuple[str, Language], OwnText] = {}
    for each in history(run, process):
        found.setdefault((each.template, each.language), each)
    return found


def own_texts(run: Run, process: str) -> dict[tuple[str, Language], Written]:
    """What counts in place of the delivered templates, by template and language."""
    return {key: each.written for key, each in newest(run, process).items() if each.written is not None}


def add(
    tx: neo4j.ManagedTransaction,
    process: str,
    template: str,
    language: Language,
    written: Written | None,
    by: str,
    now: datetime,
    reason: str,
    expected: int | None,
) -> OwnText:
    """Keep a new version; the same again is none. ``expected``: the number that was changed, 0 = none yet.

    Raises Conflict, if there is another one by now. Nobody deploys the process meanwhile.
    """
    tx.run("MATCH (p:Process {id: $process}) SET p.locked = $process", process=process).consume()
    last = newest(tx, process).get((template, language))
    number = 0 if last is None else last.number
    if expected is not None and expected != number:
        by_whom, at = ("", None) if last is None else (last.by, last.at)
        raise Conflict(f"{template} ({language})", expected, number, by_whom, at, "written")
    if last is not None and last.written == written:
        return last
    if last is None and written is None:
        return OwnText(template, language, 0, None, "", now, "")
    made = OwnText(template, language, number + 1, written, by, now, reason)
    tx.run(
        """
        CREATE (t:ProcessText {
            id: $id, process: $process, template: $template, language: $language, number: $number,
            by: $by, at: $now, reason: $reason
        })
        SET t.subject = $subject, t.text = $text
        """,
        id=f"{process}/{template}/{language}/{made.number}",
        process=process,
        template=template,
        language=language,
        number=made.number,
        by=by,
        now=now.astimezone(UTC),
        reason=reason,
        subject=None if written is None else written.subject,
        text=None if written is None else written.text,
    ).consume()
    return made


def _text(node: Mapping[str, Any]) -> OwnText:
    subject, text = node.get("subject"), node.get("text")
    return OwnText(
        node["template"],
        cast(Language, node["language"]),
        node["number"],
        None if subject is None or text is None else Written(subject, text),
        node["by"],
        stored_moment(node["at"]),
        node["reason"],
    )
