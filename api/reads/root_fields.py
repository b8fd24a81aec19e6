"""What each root field of a document asks for: the types that its fields belong to or lead to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
    is_composite_type,
)

Types = dict[str, FieldNode]
"""Name of a type → the first field that belongs or leads to it."""
_FORMS = ("Connection", "Edge", "State")
"""What the names of types end in that are only forms of another type."""
_PERIOD = "Period"
"""What the names of types end in that tell when there was a link; to what, their own fields say."""


@dataclass(frozen=True, slots=True)
class RootField:
    """``key``: its name in the answer. ``node``: the first place that selects it. ``types``: those that it shows,
    fragments and all directives included."""

    key: str
    name: str
    node: FieldNode
    types: Types = field(default_factory=dict)


def root_fields(
    schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> tuple[RootField, ...]:
    """The root fields of a validated operation, in its order."""
    root = schema.get_root_type(operation.operation)
    assert root is not None  # validation has seen that the schema has such a root
    found: dict[str, RootField] = {}
    walk = _Walk(schema, fragments)
    for node in _fields(operation.selection_set, fragments, set()):
        key = node.alias.value if node.alias else node.name.value
        each = found.setdefault(key, RootField(key, node.name.value, node))
        for name, first in walk.of_field(node, root).items():
            each.types.setdefault(name, first)
    return tuple(found.values())


def _fields(
    selections: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode], entered: set[str]
) -> Iterator[FieldNode]:
    """The fields of a selection, and of the fragments in it."""
    for each in selections.selections:
        if isinstance(each, FieldNode):
            yield each
        elif isinstance(each, InlineFragmentNode):
            yield from _fields(each.selection_set, fragments, entered)
        elif isinstance(each, FragmentSpreadNode) and each.name.value not in entered:
            entered.add(each.name.value)
            yield from _fields(fragments[each.name.value].selection_set, fragments, entered)


@dataclass(slots=True)
class _Walk:
    """Each fragment is walked once, wherever it is spread."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    _known: dict[str, Types] = field(default_factory=dict)

    def of_field(self, node: FieldNode, parent: GraphQLCompositeType) -> Types:
        definition = self.schema.get_field(parent, node.name.value)
        if definition is None:
            return {}
        type_ = get_named_type(definition.type)
        # The parent too: a fragment, which is not a field, selects a kind of an interface. A field of the interface
        # itself is one of each of its kinds.
        several = self.schema.get_possible_types(parent) if is_abstract_type(parent) else ()
        found = {_shown(each.name): node for each in (type_, parent, *several, *self._linked(type_))}
        if node.selection_set is not None and is_composite_type(type_):
            found = {**self._of(node.selection_set, type_), **found}
        return found

    def _linked(self, type_: GraphQLNamedType) -> Iterator[GraphQLNamedType]:
        """The types of the things that periods of a link lead to. Whoever may not read these does not learn either when
        there was one."""
        if isinstance(type_, GraphQLObjectType) and type_.name.endswith(_PERIOD):
            for each in type_.fields.values():
                of = get_named_type(each.type)
                yield from self.schema.get_possible_types(of) if is_abstract_type(of) else (of,)

    def _of(self, selections: SelectionSetNode, parent: GraphQLCompositeType) -> Types:
        found: Types = {}
        for each in selections.selections:
            if isinstance(each, FieldNode):
                inner = self.of_field(each, parent)
            elif isinstance(each, InlineFragmentNode):
                condition = each.type_condition
                inner = self._of(each.selection_set, parent if condition is None else self._type(condition.name.value))
            elif isinstance(each, FragmentSpreadNode):
                inner = self._of_fragment(each.name.value)
            else:
                continue
            for name, node in inner.items():
                found.setdefault(name, node)
        return found

    def _of_fragment(self, name: str) -> Types:
        if name not in self._known:
            fragment = self.fragments[name]
            self._known[name] = self._of(fragment.selection_set, self._type(fragment.type_condition.name.value))
        return self._known[name]

    def _type(self, name: str) -> GraphQLCompositeType:
        type_ = self.schema.get_type(name)
        assert is_composite_type(type_)  # validation has seen it
        return type_


def _shown(name: str) -> str:
    """The type that a form is of."""
    for each in _FORMS:
        name = name.removesuffix(each)
    return name
