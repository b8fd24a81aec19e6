"""The size of an answer about the schema, counted on the schema itself before anything is executed."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from graphql import GraphQLError, GraphQLObjectType, get_named_type, get_nullable_type, is_list_type, is_object_type
from graphql.execution.values import VariableValues
from graphql.type import SchemaMetaFieldDef, TypeMetaFieldDef

from api.model.refused import Rejected
from api.reads.question import SCHEMA, Question, coerced
from api.reads.selection import Document, Selected, select

MOST = 500_000
"""At most this many fields in an answer about the schema. The whole schema, as tools read it, has about a tenth of
them."""
_INFO: Any = SimpleNamespace(schema=SCHEMA)
"""The parts of an execution that the schema's own resolvers use."""


def checked_schema_cost(question: Question, variables: Mapping[str, Any]) -> int:
    """The number of fields in the answer. Raises Rejected: bad_variables, over_limit."""
    given = coerced(question, variables)
    try:
        cost = schema_cost(question, given)
    except GraphQLError as error:
        raise Rejected(error) from error
    if cost > MOST:
        raise Rejected(
            GraphQLError(
                f"The answer about the schema has {cost} fields; {MOST} are allowed. Select each part once.",
                extensions={"code": "over_limit"},
            )
        )
    return cost


def schema_cost(question: Question, given: VariableValues) -> int:
    """The number of fields in the answer, according to the schema."""
    counted: dict[tuple[int, int], int] = {}
    total = 0
    for root in select(question.operation, Document(SCHEMA, question.fragments, given)).values():
        if root.name == "__schema":
            total += _count(root, SchemaMetaFieldDef.type, SCHEMA, counted)
        elif root.name == "__type":
            total += _count(root, TypeMetaFieldDef.type, SCHEMA.get_type(root.arguments["name"]), counted)
    return total


def _count(selected: Selected, type_: Any, thing: Any, counted: dict[tuple[int, int], int]) -> int:
    """The fields of ``selected`` if its value is ``thing``; each part of the schema is counted once."""
    if thing is None or not selected.children:
        return 1
    type_ = get_nullable_type(type_)
    if is_list_type(type_):
        return 1 + sum(_count(selected, type_.of_type, each, counted) for each in thing)
    # Fields and arguments come as pairs of name and definition, made anew each time.
    key = (id(selected), id(thing[1] if isinstance(thing, tuple) else thing))
    if key not in counted:
        parent = get_named_type(type_)
        assert isinstance(parent, GraphQLObjectType)
        total = 1
        for each in selected.children[parent.name].values():
            definition = parent.fields.get(each.name)
            if definition is None or not is_object_type(get_named_type(definition.type)):
                total += 1
                continue
            assert definition.resolve is not None
            value = definition.resolve(thing, _INFO, **each.arguments)
            total += _count(each, definition.type, value, counted)
        counted[key] = total
    return counted[key]
