"""Operations that graphql-core executes: queries about the schema, and mutations."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from functools import partial
from typing import Any

import structlog
from graphql import ExecutionResult, FieldNode, GraphQLError, execute_sync, value_from_ast_untyped

from api.access.budget import Account
from api.availability import Availability, Away, OutOfTime, Patience
from api.context import Context
from api.model.refused import Rejected
from api.named_arguments import argument_with, in_argument
from api.reads.limits import Limits
from api.reads.previewed import previewed
from api.reads.question import SCHEMA, Question, coerced, in_turn
from api.reads.reading_back import Read, put_in
from api.reads.schema_cost import checked_schema_cost
from api.reads.selection import Document, Selected, select
from api.reads.together import made_together
from api.requests.request_body import Asked
from api.schema import schema

MOST_MUTATIONS = 100
"""At most this many changes in one request. They are made one after the other, each by itself unless together."""
MOST_ENTRIES = 1_000
"""At most this many entries in the lists among the arguments of a request: each is looked up, written and read back."""
A_CHANGE = 1_000
"""Cost of a change, or of an entry, in fields."""
_log = structlog.get_logger("api")
_TOO_LONG = "The preview has taken too long. Nothing was changed."
_UNKNOWN = (
    "The graph has not confirmed whether the change was made, or how many of several. Read the changed things before "
    "you try again."
)


async def executed(
    question: Question,
    asked: Asked,
    context: Context,
    availability: Availability,
    limits: Limits,
    account: Account,
    read: Read,
) -> tuple[Any, Mapping[str, Any]]:
    """(the result, the cost paid). Raises Rejected for too large a request; Spent; Away if nothing was begun."""
    if question.is_about_schema:
        paid = account.spend(await in_turn(partial(checked_schema_cost, question, asked.variables or {})))
        return await in_turn(partial(_of_schema, question, asked)), paid
    if question.fields > 10 * MOST_MUTATIONS or len(changes := _changes(question, asked)) > MOST_MUTATIONS:
        raise _too_many(f"A request makes {MOST_MUTATIONS} changes at most; make the others in further requests.")
    entries = sum(_entries(each.arguments) for each in changes)
    if entries > MOST_ENTRIES:
        raise _too_many(
            f"The lists among the arguments have {entries} entries; {MOST_ENTRIES} are allowed in a request. Make the "
            "other changes in further requests."
        )
    if availability.trouble is not None:
        raise Away
    paid = account.spend((len(changes) + entries) * A_CHANGE)
    if asked.preview is not None:
        try:
            return await Patience(availability, limits.seconds).wait(lambda: previewed(asked, context, _changed)), paid
        except OutOfTime as error:
            raise Rejected(GraphQLError(_TOO_LONG, extensions={"code": "unavailable"})) from error
    names = [each.name for each in changes]
    making = made_together(asked, context, names, _changed) if asked.together else _changed(asked, context)
    work = asyncio.create_task(making)
    try:
        result = await Patience(availability, limits.seconds).wait(lambda: asyncio.shield(work))
    except (Away, OutOfTime) as error:
        # It goes on in its thread, if Neo4j does. The change log has the result.
        work.add_done_callback(_forgotten)
        raise Rejected(GraphQLError(_UNKNOWN, extensions={"code": "unavailable", "retry": "never"})) from error
    errors = await put_in(result.data, context.changed, read, asked.variables)
    if errors:
        result.errors = [*(result.errors or ()), *errors]
    return result, paid


def _changes(question: Question, asked: Asked) -> Sequence[Selected]:
    """The changes in the request: one fragment may contain many. Raises Rejected."""
    try:
        document = Document(SCHEMA, question.fragments, coerced(question, asked.variables))
        return tuple(select(question.operation, document).values())
    except GraphQLError as error:
        raise Rejected(error) from error


def _entries(value: Any) -> int:
    """The number of entries in the lists within a value."""
    if is_dataclass(value) and not isinstance(value, type):
        value = vars(value)
    if isinstance(value, Mapping):
        return sum(map(_entries, value.values()))
    return len(value) + sum(map(_entries, value)) if isinstance(value, list | tuple) else 0


def _too_many(text: str) -> Rejected:
    return Rejected(GraphQLError(text, extensions={"code": "over_limit"}))


def _forgotten(work: "asyncio.Task[Any]") -> None:
    """The client has its answer by now, so a failure is only logged."""
    if not work.cancelled() and (error := work.exception()) is not None:
        _log.warning("change_failed_later", error=type(error).__name__)


async def _changed(asked: Asked, context: Context) -> Any:
    result = await schema.execute(
        asked.query,
        None if asked.variables is None else dict(asked.variables),
        context_value=context,
        operation_name=asked.operation,
    )
    if result.errors:
        result.errors = [_in_argument(each, asked.variables or {}) for each in result.errors]
    return result


def _in_argument(error: GraphQLError, variables: Mapping[str, Any]) -> GraphQLError:
    """The error, with the argument that has the name that it is about."""
    extensions = error.extensions or {}
    field = error.nodes[0] if error.nodes else None
    if extensions.get("value") is None or not isinstance(field, FieldNode):
        return error
    given = {each.name.value: value_from_ast_untyped(each.value, dict(variables)) for each in field.arguments or ()}
    text, more = in_argument(error.message, extensions, argument_with(extensions["value"], given))
    return GraphQLError(text, error.nodes, path=error.path, extensions=more)


def _of_schema(question: Question, asked: Asked) -> ExecutionResult:
    result = execute_sync(
        SCHEMA, question.document, variable_values=dict(asked.variables or {}), operation_name=asked.operation
    )
    assert isinstance(result, ExecutionResult)
    return result
