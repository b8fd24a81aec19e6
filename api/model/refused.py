"""Refusals of a field: which field of the query caused one, and where it is in the answer.

A root field that is refused is null in the answer, and the others are answered (docs/api.md).
"""

from graphql import FieldNode, GraphQLError

from api.named_arguments import extensions_of, in_argument
from graph.errors import GraphError
from processes.engine.errors import ProcessError

Refusal = GraphQLError | GraphError | ProcessError
REFUSALS = (GraphQLError, GraphError, ProcessError)
"""What refuses a field. Any other error ends the whole query."""


class Rejected(Exception):
    """The query itself is refused: it does not parse, does not fit the schema, or is too large."""

    def __init__(self, *errors: GraphQLError) -> None:
        super().__init__("; ".join(each.message for each in errors))
        self.errors = errors


def in_field(error: Refusal, node: FieldNode | None) -> GraphQLError:
    """The refusal, with the field that caused it. A field further in, where it was found already, stays."""
    if isinstance(error, GraphQLError):
        if error.nodes or node is None:
            return error
        return GraphQLError(error.message, node, path=error.path, extensions=error.extensions)
    argument = error.argument if isinstance(error, GraphError) else ""
    text, extensions = in_argument(str(error), extensions_of(error), argument)
    return GraphQLError(text, node, extensions=extensions)


def at_root(error: Refusal, node: FieldNode | None, key: str) -> GraphQLError:
    """The refusal of the root field that has this key in the answer."""
    found = in_field(error, node)
    return GraphQLError(found.message, found.nodes, path=[key], extensions=found.extensions)
