"""Letters: documents that cases have made, kept with the case, and deleted with it or with a person whom they name."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from uuid import uuid4

import neo4j

from graph.connection import Run
from graph.retry import NEXT
from graph.time import copenhagen_now, stored_moment
from processes.services import Call, ServiceFailed
from processes.templates import DANISH, LONGEST_SUBJECT, LONGEST_TEXT, Language


@dataclass(frozen=True, slots=True)
class Letter:
    """``element``: the step that has made it; ``title``: what the step is called."""

    id: str
    element: str
    title: str
    language: Language
    subject: str
    text: str
    made: datetime


def letters_of(run: Run, case: str) -> list[Letter]:
    """The letters of a case, in the order in which they were made."""
    rows = run.run(
        "MATCH (l:Letter)-[:OF_CASE]->(:Case {id: $case}) RETURN l ORDER BY l.made, l.element, l.id", case=case
    )
    return [_letter(row["l"]) for row in rows]


def write(driver: neo4j.Driver, call: Call) -> str:
    """Keep the letter that a case makes; the same work again finds the letter that it has made. Its id.

    Raises ServiceFailed.
    """
    subject, text = (_text_of(call, *each) for each in (("subject", LONGEST_SUBJECT), ("text", LONGEST_TEXT)))
    rows, _, _ = driver.execute_query(
        """
        MATCH (c:Case {id: $case})
        MERGE (l:Letter {key: $key, element: $element})-[:OF_CASE]->(c)
        ON CREATE SET l += $values
        RETURN l.id AS id
        """,
        case=call.case,
        key=call.key,
        element=call.element,
        values={
            "id": str(uuid4()), "title": call.title, "subject": subject, "text": text,
            "language": call.arguments.get("language") or DANISH, "persons": list(call.persons),
            "made": (call.at or copenhagen_now()).astimezone(UTC),
        },
    )  # fmt: skip
    return str(rows[0]["id"])


def _text_of(call: Call, name: str, longest: int) -> str:
    """Raises ServiceFailed."""
    found = call.arguments[name]
    if not isinstance(found, str) or not found.strip():
        raise ServiceFailed(f"{name}: {found!r} is not a text", NEXT)
    if len(found) > longest:
        raise ServiceFailed(f"{name}: it has {len(found)} characters; at most {longest} are allowed", NEXT)
    return found


def _letter(node: Mapping[str, Any]) -> Letter:
    return Letter(
        node["id"],
        node["element"],
        node["title"],
        cast(Language, node["language"]),
        node["subject"],
        node["text"],
        stored_moment(node["made"]),
    )
