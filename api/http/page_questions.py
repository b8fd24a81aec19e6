"""The questions of the pages, asked before a person does: Neo4j plans a statement that is new to it for seconds."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date
from typing import Any

import neo4j
from graphql import (
    GraphQLEnumType,
    get_named_type,
    is_list_type,
    is_non_null_type,
    type_from_ast,
)

from api.access.rights import Access
from api.access.roles import ROLES
from api.callers.gate import Gate
from api.model.refused import Rejected
from api.reads.broken_off import CutOff
from api.reads.persons_shown import looking
from api.reads.question import SCHEMA, Question, question_for
from api.reads.reader import Reader
from graph.time import today

_ASKER = "the service itself"
_MANAGERS = frozenset({"reader"})
"""The system roles of most people who have any."""
_EXAMPLES = """
MATCH (p:Person)-[:HAS]->(:Employment {active: true})-[:IN]->(u:Unit {active: true})
RETURN u.uuid AS unit, p.uuid AS person
LIMIT 1
"""


async def ask_ahead(reader: Reader, texts: Sequence[str]) -> int:
    """Ask each question as one whose rights hold everywhere, then as a manager, who reads a part: their statements
    differ. What an asker may not read is left out, and so is what a rule refuses of an example. How many were
    answered. Raises Away.

    Nothing is asked of a graph in which nobody works, and no question that reads CPR numbers is asked: the person would
    find a reading of theirs that nobody made.
    """
    async with reader.reading.session(default_access_mode=neo4j.READ_ACCESS) as session:
        row = await (await session.run(_EXAMPLES)).single()
    if row is None:
        return 0
    everywhere = Access(_ASKER, frozenset(ROLES))
    manager = Access(_ASKER, _MANAGERS, None, dict.fromkeys(_MANAGERS, frozenset({row["unit"]})))
    answered = 0
    for access in (everywhere, manager):
        for text in texts:
            if "cpr" in looking(text).groups:
                continue
            question = await question_for(text, None)
            for uuid in (row["unit"], row["person"]):
                answered += await _is_answered(reader, question, example(question, uuid, today()), access)
    return answered


async def _is_answered(reader: Reader, question: Question, variables: Mapping[str, Any], access: Access) -> bool:
    forbidden = Gate.forbidden(access, question)
    if len(forbidden) == len(question.roots):
        return False
    try:
        answer = await reader.answer(
            question, variables, access.fields(), _ASKER, roles=access.everywhere, access=access, forbidden=forbidden
        )
        if isinstance(answer, AsyncIterator):
            async for _ in answer:
                pass
    except (Rejected, CutOff):
        return False
    return True


def example(question: Question, uuid: str, day: date) -> dict[str, Any]:
    """Values for the variables of a question. As on the pages, what may be null is null: the day, above all."""
    return {
        each.variable.name.value: _value(type_from_ast(SCHEMA, each.type), uuid, day)
        for each in question.operation.variable_definitions or ()
    }


def _value(type_: Any, uuid: str, day: date) -> Any:
    if not is_non_null_type(type_):
        return None
    if is_list_type(type_.of_type):
        return [_value(type_.of_type.of_type, uuid, day)]
    named = get_named_type(type_)
    if isinstance(named, GraphQLEnumType):
        return next(iter(named.values))
    return {"Boolean": True, "Int": 10, "Date": day.isoformat()}.get(named.name, uuid)
