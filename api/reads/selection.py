"""The selection of a document: fields, fragments, directives and variables resolved to one tree."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_list_type,
    is_object_type,
)
from graphql.execution.values import VariableValues, get_argument_values, get_directive_values
from graphql.type import GraphQLIncludeDirective, GraphQLSkipDirective

MOST_SELECTED = 40_000
"""At most this many fields, counting a field of an interface once for each of its types: each is compiled."""
MOST_ROOTS = 500
"""At most this many fields at the top of a query: each is a query of Neo4j."""


@dataclass(slots=True)
class Selected:
    """One field of the answer. ``key``: its name there. ``children``: by the object type that it may be; several are
    those of an interface. ``many``: it is a list. ``node``: the first place in the document that selects it."""

    key: str
    name: str
    arguments: dict[str, Any]
    children: dict[str, dict[str, "Selected"]] = field(default_factory=dict)
    many: bool = False
    node: FieldNode | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Document:
    """An operation with all that its selections refer to."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: VariableValues
    _counted: list[int] = field(default_factory=lambda: [0])

    def count(self, fields: int) -> None:
        """Raises GraphQLError (over_limit) when there are more than ``MOST_SELECTED`` in all."""
        self._counted[0] += fields
        if self._counted[0] > MOST_SELECTED:
            raise GraphQLError(
                f"The query selects more than {MOST_SELECTED} fields, counting those of an interface once for each "
                "type that it may be. Select in fragments on the types that you need, or split the query.",
                extensions={"code": "over_limit"},
            )


def sources(fields: Mapping[str, Selected]) -> dict[str, str]:
    """Key → key of the first field with the same selection: it is read once, whatever its names in the answer."""
    first: dict[Hashable, str] = {}
    return {key: first.setdefault(_asks_for(each), key) for key, each in fields.items()}


def read(fields: Mapping[str, Selected]) -> list[Selected]:
    """The fields that are read, each once, in the order of the query."""
    keys = set(sources(fields).values())
    return [each for key, each in fields.items() if key in keys]


def _asks_for(selected: Selected) -> Hashable:
    """Equal for fields with equal answers: everything but the field's own key."""
    inner = tuple(
        (type_, tuple((key, _asks_for(each)) for key, each in group.items()))
        for type_, group in selected.children.items()
    )
    return selected.name, repr(selected.arguments), inner


def select(operation: OperationDefinitionNode, document: Document) -> dict[str, Selected]:
    """The root fields of a validated operation. Raises GraphQLError (over_limit) for too many fields."""
    root = document.schema.get_root_type(operation.operation)
    assert root is not None  # validation has seen that the schema has such a root
    grouped: dict[str, list[FieldNode]] = {}
    _collect(root, operation.selection_set, document, grouped)
    if len(grouped) > MOST_ROOTS:
        raise GraphQLError(
            f"The query has {len(grouped)} fields at the top; {MOST_ROOTS} are allowed. Read many of a kind in one "
            "list with a filter, or split the query.",
            extensions={"code": "over_limit"},
        )
    return _fields(root, [operation.selection_set], document)


def _fields(parent: GraphQLObjectType, sets: Sequence[SelectionSetNode], document: Document) -> dict[str, Selected]:
    grouped: dict[str, list[FieldNode]] = {}
    for each in sets:
        _collect(parent, each, document, grouped)
    document.count(len(grouped))
    found: dict[str, Selected] = {}
    for key, nodes in grouped.items():
        node = nodes[0]
        name = node.name.value
        if name == "__typename":
            found[key] = Selected(key, name, {}, node=node)
            continue
        definition = document.schema.get_field(parent, name)
        assert definition is not None  # validation has seen it
        selected = Selected(key, name, get_argument_values(definition, node, document.variables), node=node)
        inner = [each.selection_set for each in nodes if each.selection_set is not None]
        selected.many = is_list_type(get_nullable_type(definition.type))
        type_ = get_named_type(definition.type)
        if is_object_type(type_):
            selected.children[type_.name] = _fields(type_, inner, document)
        elif is_abstract_type(type_):
            for possible in document.schema.get_possible_types(type_):
                selected.children[possible.name] = _fields(possible, inner, document)
        found[key] = selected
    return found


def _collect(
    parent: GraphQLObjectType, selections: SelectionSetNode, document: Document, into: dict[str, list[FieldNode]]
) -> None:
    for node in selections.selections:
        if not _included(node, document):
            continue
        if isinstance(node, FieldNode):
            into.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
        elif isinstance(node, FragmentSpreadNode):
            fragment = document.fragments[node.name.value]
            if _applies(fragment.type_condition.name.value, parent, document):
                _collect(parent, fragment.selection_set, document, into)
        elif isinstance(node, InlineFragmentNode) and (
            node.type_condition is None or _applies(node.type_condition.name.value, parent, document)
        ):
            _collect(parent, node.selection_set, document, into)


def _included(node: Any, document: Document) -> bool:
    skip = get_directive_values(GraphQLSkipDirective, node, document.variables)
    if skip and skip["if"]:
        return False
    include = get_directive_values(GraphQLIncludeDirective, node, document.variables)
    return not include or bool(include["if"])


def _applies(condition: str, parent: GraphQLObjectType, document: Document) -> bool:
    if condition == parent.name:
        return True
    type_ = document.schema.get_type(condition)
    return is_abstract_type(type_) and document.schema.is_sub_type(type_, parent)
