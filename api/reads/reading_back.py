"""What a mutation has changed, read in the same request: ``thing`` of a payload.

While the mutation runs, the field only notes what was changed, and is null. Afterwards it is asked for as a read like
any other, with the same rights, cost and limits, and put in its place. The change itself is made by then: what can't
be read becomes an error beside it.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any

import orjson
from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    GraphQLError,
    NamedTypeNode,
    NameNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableDefinitionNode,
    VariableNode,
)

from api.access.budget import Spent
from api.context import ReadBack
from api.model.refused import Rejected
from api.reads.question import Question
from api.reads.root_fields import RootField

Read = Callable[[Question, Mapping[str, Any] | None], Awaitable[bytes | AsyncIterator[bytes]]]
_UUID = "__uuid"  # a variable of our own: names of clients' own rarely begin so


async def put_in(
    data: Any, changed: Sequence[ReadBack], read: Read, variables: Mapping[str, Any] | None
) -> list[GraphQLError]:
    """Read what was changed into the mutation's ``data``. What could not be read."""
    errors = []
    questions: dict[tuple[int, ...], Question] = {}
    for each in changed:
        # The entries of a list are asked about by one question, so that it is compiled once.
        nodes = tuple(map(id, each.nodes))
        if nodes not in questions:
            questions[nodes] = _question(each)
        try:
            answer = await read(questions[nodes], {**(variables or {}), _UUID: each.uuid})
            pieces = answer if isinstance(answer, bytes) else b"".join([piece async for piece in answer])
            body = orjson.loads(pieces)
            refused = body.get("errors")
            if refused:
                errors.append(_not_read(each, refused[0]["message"], refused[0]["extensions"]))
                continue
            found = body["data"]["thing"]
        except Rejected as rejected:
            errors.append(_not_read(each, rejected.errors[0].message, rejected.errors[0].extensions))
            continue
        except Spent as spent:
            errors.append(_not_read(each, spent.error.message, spent.error.extensions))
            continue
        at: Any = data
        for step in each.path[:-1]:
            at = at[step]
        at[each.path[-1]] = None if found is None else found["thing"]
    return errors


def _not_read(back: ReadBack, why: str, extensions: Mapping[str, Any] | None) -> GraphQLError:
    text = f"The change was made, but what was changed can't be read here: {why}"
    return GraphQLError(text, back.nodes, path=list(back.path), extensions=dict(extensions or {}))


def _question(back: ReadBack) -> Question:
    """``{ thing(uuid: …, at: …) { thing { as in the mutation } } }``; the mutation was validated with it."""
    selections = tuple(
        selection for node in back.nodes if node.selection_set for selection in node.selection_set.selections
    )
    inner = FieldNode(
        name=NameNode(value="thing"), arguments=(), directives=(), selection_set=SelectionSetNode(selections=selections)
    )
    variable = VariableNode(name=NameNode(value=_UUID))
    uuid = ArgumentNode(name=NameNode(value="uuid"), value=variable)
    given = VariableDefinitionNode(
        variable=variable, type=NonNullTypeNode(type=NamedTypeNode(name=NameNode(value="ID"))), directives=()
    )
    root = FieldNode(
        name=NameNode(value="thing"),
        arguments=(uuid, *(back.nodes[0].arguments or ())),
        directives=(),
        selection_set=SelectionSetNode(selections=(inner,)),
    )
    operation = OperationDefinitionNode(
        operation=OperationType.QUERY,
        variable_definitions=(*(back.operation.variable_definitions or ()), given),
        directives=(),
        selection_set=SelectionSetNode(selections=(root,)),
    )
    document = DocumentNode(definitions=(operation, *back.fragments.values()))
    asked = RootField("thing", "thing", root)
    return Question(document, operation, back.fragments, (asked,), frozenset(), 0, 0)
