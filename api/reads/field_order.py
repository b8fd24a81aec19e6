"""The fields of an answer, in the order in which they are selected, as GraphQL promises.

A row comes from Neo4j as the list of its values (``api.reads.objects``): here they get their names.
"""

from collections.abc import Callable, Mapping
from typing import Any

from api.reads.selection import Selected, read, sources

Naming = Callable[[Any], Any]
Children = Mapping[str, Mapping[str, Selected]]


def naming(children: Children) -> Callable[[list[Any]], list[Any]]:
    """Makes an object from each row. ``children``: its fields, by the type that it may be."""
    one = _of_types(children)
    return lambda rows: [None if row is None else one(row) for row in rows]


def _of_types(children: Children) -> Naming:
    if len(children) == 1:
        (fields,) = children.values()
        return _of_fields(fields, 0)
    by_type = {type_: _of_fields(fields, 1) for type_, fields in children.items()}
    return lambda row: by_type[row[0]](row)


def _of_fields(fields: Mapping[str, Selected], before: int) -> Naming:
    """``before``: the number of values before those of the fields."""
    keys = tuple(fields)
    place_of = {each.key: place for place, each in enumerate(read(fields), before)}
    places = [place_of[source] for source in sources(fields).values()]
    are_all = not before and places == list(range(len(place_of)))
    inner = [(place, _of_field(each)) for place, each in enumerate(fields.values()) if each.children]

    def named(row: list[Any]) -> dict[str, Any]:
        values = row if are_all else [row[place] for place in places]
        if inner:
            values = list(values)  # a field with several names in the answer is one and the same list
            for place, of_field in inner:
                values[place] = of_field(values[place])
        return dict(zip(keys, values, strict=True))

    return named


def _of_field(selected: Selected) -> Naming:
    if selected.many:
        several = naming(selected.children)
        return lambda rows: None if rows is None else several(rows)
    one = _of_types(selected.children)
    return lambda row: None if row is None else one(row)
