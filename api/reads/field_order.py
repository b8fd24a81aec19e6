"""The fields of an answer in the order in which they are asked for, as GraphQL promises; Neo4j's maps have none."""

from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any

from api.reads.selection import MARK, Selected, sources

Ordering = Callable[[Any], Any]


def ordering(children: Mapping[str, Mapping[str, Selected]]) -> Ordering:
    """Puts a value into order: a map of one of these types, a list of them, or None."""
    types = [_of_map(fields) for fields in children.values()]
    one = types[0] if len(types) == 1 else _of_union(children, types)

    def order(value: Any) -> Any:
        if isinstance(value, list):
            return [one(each) if each is not None else None for each in value]
        return None if value is None else one(value)

    return order


def _of_union(children: Mapping[str, Mapping[str, Selected]], types: list[Ordering]) -> Ordering:
    """By the type that a map names, where fields alone don't tell (``selection.MARK``); else by its fields."""
    if any(MARK in fields for fields in children.values()):
        by_type = dict(zip(children, types, strict=True))
        return lambda value: by_type[value[MARK]](value)
    by_fields: dict[frozenset[str], Ordering] = {}
    for fields, type_ in zip(children.values(), types, strict=True):
        by_fields.setdefault(frozenset(sources(fields).values()), type_)
    return lambda value: by_fields[frozenset(value)](value)


def _of_map(fields: Mapping[str, Selected]) -> Ordering:
    keys = tuple(each for each in fields if each != MARK)
    asked = sources(fields)
    read = [asked[each] for each in keys]
    inner = [(place, ordering(fields[key].children)) for place, key in enumerate(keys) if fields[key].children]
    if len(keys) < 2 and not inner and MARK not in fields:
        return lambda value: value
    get: Callable[[Any], Any] = itemgetter(*read) if len(keys) > 1 else lambda value: [value[key] for key in read]
    if not inner:
        return lambda value: dict(zip(keys, get(value), strict=True))

    def order(value: Any) -> Any:
        values = list(get(value))
        for place, of_inner in inner:
            values[place] = of_inner(values[place])
        return dict(zip(keys, values, strict=True))

    return order
