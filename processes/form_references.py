"""References within the schema of a form: each leads somewhere, and none comes back before a value is used up.

A schema that refers to itself below a property or an item ends with the value; one that does so in place never ends.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

MOST_LEVELS: Final = 100
_REFERENCES = ("$ref", "$dynamicRef")
_LISTS = ("allOf", "anyOf", "oneOf")
_SINGLE = ("not", "if", "then", "else")


def reference_fault(schema: Mapping[str, Any]) -> str:
    """What is wrong with the references of a schema of at most ``MOST_LEVELS`` levels; empty = nothing."""
    subschemas = list(_mappings(schema))
    for each in subschemas:
        if each is not schema and isinstance(each.get("$id"), str):
            return f"$id {each['$id'][:60]!r} within it; only the form itself may have one"
    resolver = Registry().resolver_with_root(DRAFT202012.create_resource(schema))
    targets: dict[int, list[Mapping[str, Any]]] = {}
    for each in subschemas:
        found = [below for below in _in_place(each) if isinstance(below, Mapping)]
        for name in _REFERENCES:
            reference = each.get(name)
            if not isinstance(reference, str):
                continue
            try:
                target = resolver.lookup(reference).contents
            except Unresolvable:
                return f"it refers to {reference[:100]}, which is not in it"
            found += [target] if isinstance(target, Mapping) else []
        targets[id(each)] = found
    circle = _on_a_circle(subschemas, targets)
    return "" if circle is None else f"{circle[:100]} refers to itself without end"


def _mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        yield value
        for each in value.values():
            yield from _mappings(each)
    elif isinstance(value, list):
        for each in value:
            yield from _mappings(each)


def _in_place(schema: Mapping[str, Any]) -> Iterator[Any]:
    """What is asked of the same value."""
    for name in _LISTS:
        yield from schema[name] if isinstance(schema.get(name), list) else ()
    for name in _SINGLE:
        yield schema.get(name)
    dependent = schema.get("dependentSchemas")
    yield from dependent.values() if isinstance(dependent, Mapping) else ()


def _on_a_circle(schemas: list[Mapping[str, Any]], targets: Mapping[int, list[Mapping[str, Any]]]) -> str | None:
    """A reference that leads back to its own schema; None if there is none."""
    done = set[int]()
    for start in schemas:
        way: list[tuple[Mapping[str, Any], Iterator[Mapping[str, Any]]]] = []
        on_way = set[int]()
        following: Mapping[str, Any] | None = start
        while following is not None or way:
            if following is not None and id(following) in on_way:
                return next((str(each[0][name]) for each in way for name in _REFERENCES if name in each[0]), "it")
            if following is not None and id(following) not in done:
                way.append((following, iter(targets.get(id(following), ()))))
                on_way.add(id(following))
            elif not way:
                break
            following = next(way[-1][1], None)
            if following is None:
                gone, _ = way.pop()
                on_way.discard(id(gone))
                done.add(id(gone))
                following = next(way[-1][1], None) if way else None
    return None
