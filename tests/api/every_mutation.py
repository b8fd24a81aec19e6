"""Every mutation of the schema, asked with a text that must be found nowhere afterwards."""

from collections.abc import Iterator
from typing import Any

import orjson
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    get_named_type,
    is_list_type,
    is_non_null_type,
)

from api.reads.question import SCHEMA

NUMBERS = (
    "0101901234", "010190-1234", "010190 1234", "0101 90 1234", "01 01 90 1234", "01 01 90-1234", "010190 - 1234",
    "01.01.90-1234", "010190\N{EN DASH}1234", "010190\N{NO-BREAK SPACE}1234", "0101901 234", "0101 90  1234",
    "0 1 0 1 9 0 1 2 3 4",
)  # fmt: skip
"""A CPR number as people write it."""

SECRET = "Hemmeligvej 13"


def asked(text: str) -> Iterator[dict[str, Any]]:
    """Bodies of requests: each mutation with the text as variables, as literals, under a name made of it, and wrong."""
    assert SCHEMA.mutation_type is not None
    for name, field in SCHEMA.mutation_type.fields.items():
        given = {each: _value(argument.type, text) for each, argument in field.args.items()}
        given |= {"kind": _Word("Person"), "property": "name"} if "property" in given else {}
        declared = ", ".join(f"${each}: {argument.type}" for each, argument in field.args.items())
        passed = ", ".join(f"{each}: ${each}" for each in field.args)
        written = ", ".join(f"{each}: {_literal(value)}" for each, value in given.items())
        inner = _selected(field)
        yield {"query": f"mutation({declared}) {{ {name}({passed}) {inner} }}", "variables": given}
        yield {"query": f"mutation {{ {_name_of(text)}: {name}({written}) {inner} }}"}
        yield {
            "query": f"mutation({declared}) {{ {name}({passed}) {inner} }}",
            "variables": {each: [text] for each in given},
        }
        yield {"query": f'mutation {{ {name}({written}, {_name_of(text)}: "{text}") {inner} "{text}"'}


class _Word(str):
    """A value of an enum: written without quotes in a document."""


def _value(type_: Any, text: str) -> Any:
    if is_non_null_type(type_):
        return _value(type_.of_type, text)
    if is_list_type(type_):
        return [_value(type_.of_type, text)]
    if isinstance(type_, GraphQLInputObjectType):
        return {name: _value(each.type, text) for name, each in type_.fields.items()}
    if isinstance(get_named_type(type_), GraphQLEnumType):
        return _Word(next(iter(get_named_type(type_).values)))
    return {"Int": 99, "Boolean": True, "Date": "2026-03-01"}.get(get_named_type(type_).name, text)


def _literal(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_literal(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    return value if isinstance(value, _Word) else orjson.dumps(value).decode()


def _selected(field: GraphQLField) -> str:
    fields = getattr(get_named_type(field.type), "fields", {})
    return f"{{ {next(iter(fields))} }}" if fields else ""


def _name_of(text: str) -> str:
    """The text as a name in GraphQL may be."""
    return "_" + "".join(each if each.isascii() and each.isalnum() else "_" for each in text)
