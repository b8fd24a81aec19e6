"""The size of a document with its fragments filled in, counted before anything walks it.

A few hundred bytes can select millions of fields: each fragment may spread another one twice. Counting takes time in
proportion to the document's length, since each fragment is counted once. Later walks over the fields are bounded then.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    ListTypeNode,
    ListValueNode,
    Node,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

MOST_FIELDS = 10_000
"""At most this many fields in a document, counting a fragment's once for each place where it is spread."""
DEEPEST = 100
"""At most this many levels of brackets in a document, with a fragment's at each place where it is spread: later walks
call themselves at each level. Clients stay far below; the schema's own query has about 25."""
MOST_PAIRS = 50_000
"""At most this many pairs of fields with the same name within one object: validation compares each pair."""


class SpreadsItself(Exception):
    """A fragment leads back to itself; nothing about the document can be counted."""


@dataclass(slots=True)
class _Counting:
    """Counts the fields of one document; each fragment once."""

    fragments: Mapping[str, FragmentDefinitionNode]
    _counted: dict[str, int | None] = field(default_factory=dict)

    def count(self, selections: SelectionSetNode) -> int:
        """Fields and spreads, including those of the fragments. Raises SpreadsItself."""
        total = 0
        for each in selections.selections:
            total += 1
            if isinstance(each, FragmentSpreadNode):
                total += self._fragment(each.name.value)
                continue
            inner = each.selection_set  # type: ignore[attr-defined]  # the two other kinds have one
            total += 0 if inner is None else self.count(inner)
        return total

    def _fragment(self, name: str) -> int:
        if name not in self._counted:
            self._counted[name] = None
            fragment = self.fragments.get(name)
            self._counted[name] = 0 if fragment is None else self.count(fragment.selection_set)
        count = self._counted[name]
        if count is None:
            raise SpreadsItself(name)
        return count


def check_expansion(document: DocumentNode) -> int:
    """The number of fields in the document. Raises GraphQLError (over_limit) for one that is too large or nested;
    SpreadsItself."""
    check_nesting(document)
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    counting = _Counting(fragments)
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    sets = [each.selection_set for each in (*operations, *fragments.values())]  # unused fragments are validated too
    total = sum(map(counting.count, sets))
    if total > MOST_FIELDS:
        raise GraphQLError(
            f"The document selects {total} fields, counting fragments wherever they are used; "
            f"{MOST_FIELDS} are allowed. Split it into several queries.",
            extensions={"code": "over_limit"},
        )
    pairs = sum(_pairs([each], fragments) for each in sets)
    if pairs > MOST_PAIRS:
        raise GraphQLError(
            "The document selects the same fields of the same things over and over. Select each once.",
            extensions={"code": "over_limit"},
        )
    return total


def check_nesting(document: DocumentNode) -> None:
    """Raises GraphQLError (over_limit) for a document that is nested too deep: selections, fragments, and the values of
    arguments. Validation rejects a fragment that leads back to itself."""
    deepest: dict[str, int] = {}
    spread: dict[str, list[tuple[int, str]]] = {}
    starts = []
    for each in document.definitions:
        name = f"...{each.name.value}" if isinstance(each, FragmentDefinitionNode) else ""
        depth, spreads = _brackets(each)
        deepest[name] = max(depth, deepest.get(name, 0))
        spread.setdefault(name, []).extend(spreads)
        starts.append(name)
    longest: dict[str, int] = {}
    waiting = [(name, False) for name in starts]
    entered: set[str] = set()
    while waiting:
        name, is_left = waiting.pop()
        if is_left:
            inner = [depth + longest.get(other, 0) for depth, other in spread[name]]
            longest[name] = max([deepest[name], *inner])
            if longest[name] > DEEPEST:
                raise GraphQLError(
                    f"The document is nested {longest[name]} levels deep; {DEEPEST} are allowed. Give lists and "
                    "objects as the values of variables, and spread fragments side by side.",
                    extensions={"code": "over_limit"},
                )
        elif name not in entered:
            entered.add(name)
            waiting.append((name, True))
            waiting += [(other, False) for _, other in spread[name] if other in spread]


def _brackets(definition: Node) -> tuple[int, list[tuple[int, str]]]:
    """(the levels of brackets in a definition; each fragment that it spreads, and the level)."""
    deepest = 0
    spreads: list[tuple[int, str]] = []
    waiting = [(definition, 0)]
    while waiting:
        node, depth = waiting.pop()
        deepest = max(deepest, depth)
        if isinstance(node, FragmentSpreadNode):
            spreads.append((depth, f"...{node.name.value}"))
        for key in node.keys:
            inner = getattr(node, key, None)
            for each in inner if isinstance(inner, list | tuple) else (inner,):
                if isinstance(each, Node) and key != "loc":
                    waiting.append((each, depth + isinstance(each, _BRACKETS)))
    return deepest, spreads


_BRACKETS = (SelectionSetNode, ListValueNode, ObjectValueNode, ListTypeNode)


def _pairs(sets: list[SelectionSetNode], fragments: Mapping[str, FragmentDefinitionNode]) -> int:
    """Pairs of fields with the same name in these selections of one object, and below."""
    named: dict[str, list[FieldNode]] = {}
    for each in sets:
        for node in _fields(each, fragments):
            named.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
    total = 0
    for nodes in named.values():
        total += len(nodes) * (len(nodes) - 1) // 2
        inner = [node.selection_set for node in nodes if node.selection_set is not None]
        if total > MOST_PAIRS:
            return total
        if inner:
            total += _pairs(inner, fragments)
    return total


def _fields(selections: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]) -> Iterator[FieldNode]:
    """The fields of one object, including those in fragments."""
    for each in selections.selections:
        if isinstance(each, FieldNode):
            yield each
        elif isinstance(each, FragmentSpreadNode):
            if each.name.value in fragments:
                yield from _fields(fragments[each.name.value].selection_set, fragments)
        else:
            yield from _fields(each.selection_set, fragments)  # type: ignore[attr-defined]
