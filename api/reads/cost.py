"""The cost of a query: the expected fields of its answer, and the things that are examined for it.

It is estimated from the sizes of the graph's lists (``api.reads.lengths``), before the query runs.
"""

from collections.abc import Callable, Mapping
from typing import Any

from api.computed.types import ANSWER_TYPES, FIELDS, Part, Thing
from api.model.fields import Answered, Counted, Paged, Periods, Way
from api.model.types import PLURALS, RECORD_LISTS, SINGULARS, TYPES
from api.model.variables import Values, found
from api.reads.lengths import Lengths
from api.reads.plan import ROWS, Cost
from api.reads.selection import Selected

PAGE = 100  # things on a page without first
_FEW = 5.0  # assumed things in a list within a rule's answer
_LOOKED_AT = 1.0  # cost in fields of examining a thing for a filter, an order or a count
_A_NAME = 100.0  # cost in fields of an entry in a list among the arguments of a computed field: it is looked up
_WALKED = 10.0  # the same for a filter that follows links
_WALKING = frozenset({"below", "kle", "role", "position", "root", "keys", "source", "changedSince", "changedAfter"})
Term = Callable[[Values, Lengths, bool], float]


def cost_of(roots: Mapping[str, Selected]) -> Cost:
    """The cost in fields, given the variables' values and the sizes of the graph."""
    terms = [_root(each) for each in roots.values()]
    return lambda values, lengths: round(sum(term(values, lengths, True) for term in terms))


def _root(root: Selected) -> Term:
    if root.name in PLURALS or root.name in RECORD_LISTS:
        return _page(root)
    inner = _inside(root)
    if root.name in SINGULARS or root.name == "node":
        return inner
    if root.name == "tree":
        return lambda values, lengths, _: lengths.all("Unit") * inner(values, lengths, False)
    first = root.arguments.get("first")
    if root.name == "__typename":
        return lambda values, lengths, _: 1.0
    computed = FIELDS[root.name]
    labels = computed.looks_at
    lists = [root.arguments.get(name) for name, each in computed.arguments.items() if each.type.startswith("[")]
    if computed.is_page:
        (connection,) = root.children.values()
        inner = _sum([_inside(each) for each in connection.values() if each.name in ROWS])

    def cost(values: Values, lengths: Lengths, _: bool) -> float:
        all_ = sum(map(lengths.all, labels))
        answers = 1.0 if not labels and first is None else float(found(first, values) or min(PAGE, all_ or PAGE))
        if computed.one_each:
            answers = all_
        named = sum(len(each) for each in (found(each, values) for each in lists) if isinstance(each, list))
        return computed.costs + named * _A_NAME + all_ * _LOOKED_AT + max(0.0, answers) * inner(values, lengths, True)

    return cost


def _page(root: Selected) -> Term:
    label = TYPES[PLURALS.get(root.name) or RECORD_LISTS[root.name]].label
    (connection,) = root.children.values()
    inner = _sum([_inside(each) for each in connection.values() if each.name in ROWS])
    first = root.arguments.get("first")
    filters: Mapping[str, Any] = root.arguments.get("filter") or {}
    looks = _looks(root.arguments)
    looks += _LOOKED_AT * any(each.name == "totalCount" for each in connection.values())
    looks += _LOOKED_AT * sum(root.arguments.get(name) is not None for name in ("source", "kind", "state", "drift"))

    def cost(values: Values, lengths: Lengths, _: bool) -> float:
        held = lengths.all(label)
        count = min(held, max(0, found(first, values) or PAGE))
        for name in ("uuids", "keys"):
            wanted = found(filters.get(name), values)
            if isinstance(wanted, list):
                count = min(count, len(wanted))
        return 1 + looks * held + count * inner(values, lengths, False)

    return cost


def _inside(selected: Selected) -> Term:
    """The cost of one thing with everything selected of it; of several kinds, that of the most expensive."""
    kinds = [_sum([_field(each, type_) for each in group.values()]) for type_, group in selected.children.items()]
    return lambda values, lengths, met: 1 + max((each(values, lengths, met) for each in kinds), default=0.0)


def _field(selected: Selected, type_: str) -> Term:
    if not selected.children:
        return lambda values, lengths, met: 1.0
    found_field = TYPES[type_].fields.get(selected.name) if type_ in TYPES else None
    if isinstance(found_field, Paged):
        return _nested_page(selected, type_, found_field.way)
    if isinstance(found_field, Counted):
        return _counted(selected)
    inner = _inside(selected)
    length = _length(selected, type_)
    first = selected.arguments.get("first")
    looks = _looks(selected.arguments)

    def cost(values: Values, lengths: Lengths, met: bool) -> float:
        count = length(lengths, met)
        limit = found(first, values)
        if limit is not None:
            count = min(count, max(0, limit))
        return 1 + looks * length(lengths, met) + count * inner(values, lengths, True)

    return cost


def _nested_page(selected: Selected, type_: str, way: Way) -> Term:
    """The cost of a list within a thing, in pages: the whole list is examined for each page."""
    (connection,) = selected.children.values()
    inner = _sum([_inside(each) for each in connection.values() if each.name in ROWS])
    first = selected.arguments.get("first")
    looks = _LOOKED_AT + _looks(selected.arguments)

    def cost(values: Values, lengths: Lengths, met: bool) -> float:
        length = lengths.of(type_, way.name, met)
        count = min(length, max(0, found(first, values) or PAGE))
        return 1 + looks * length + count * inner(values, lengths, True)

    return cost


def _counted(selected: Selected) -> Term:
    """The cost of counts by type: each employment is examined."""
    inner = _inside(selected)

    def cost(values: Values, lengths: Lengths, met: bool) -> float:
        units = 1 + lengths.of("Unit", "descendants", met) if selected.arguments.get("below") else 1.0
        looked = units * (_LOOKED_AT + _LOOKED_AT * lengths.of("Unit", "employments", met))
        return 1 + looked + _FEW * inner(values, lengths, True)

    return cost


def _looks(arguments: Mapping[str, Any]) -> float:
    """The cost of a list's filter and order for each thing that is examined."""
    filters: Mapping[str, Any] = arguments.get("filter") or {}
    looks = sum(_WALKED if name in _WALKING else _LOOKED_AT for name in filters if name != "uuids")
    return looks + _LOOKED_AT * (arguments.get("order") is not None)


def _length(selected: Selected, type_: str) -> Callable[[Lengths, bool], float]:
    field = TYPES[type_].fields.get(selected.name) if type_ in TYPES else None
    if isinstance(field, Periods) or (isinstance(field, Way) and field.many):
        name = selected.name
        return lambda lengths, met: lengths.of(type_, name, met)
    if isinstance(field, Answered):
        # All of them are found at once, and kept: the cost is that of reading all employees once.
        return lambda lengths, met: 1.0
    of_answer = ANSWER_TYPES[type_].fields.get(selected.name) if type_ in ANSWER_TYPES else None
    many = isinstance(of_answer, Part | Thing) and of_answer.many
    return lambda lengths, met: _FEW if many else 1.0


def _sum(terms: list[Term]) -> Term:
    return lambda values, lengths, met: sum(term(values, lengths, met) for term in terms)
