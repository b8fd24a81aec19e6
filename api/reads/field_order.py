"""The fields of an answer, in the order in which they are selected, as GraphQL promises.

A row comes from Neo4j as the list of its values (``api.reads.objects``): here they get their names. A large answer has
hundreds of thousands of objects, so each query gets a Python expression of its own that makes all objects of a block,
in a third of the time that a function for each field takes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.model.cursor_seal import CursorSeal
from api.reads.selection import Selected, read, sources

_DEEPEST = 20
"""Objects within each other in one expression: Python's parser takes no more than 200 brackets."""
_SEALED = "sealed"
Naming = Callable[[Sequence[Any]], list[Any]]
Children = Mapping[str, Mapping[str, Selected]]


def naming(children: Children, seal: CursorSeal) -> Naming:
    """Makes an object from each row; None stays None. ``children``: its fields, by the type that it may be. ``seal``:
    that of the cursors in it."""
    expression = _Expression({"__builtins__": {}, _SEALED: seal.sealed})
    thing = expression.thing(children, "row")
    named: Naming = expression.function("rows", f"[None if row is None else {thing} for row in rows]")
    return named


def _is_cursor(type_: str, field: str) -> bool:
    return (type_.endswith("Edge") and field == "cursor") or (
        type_ == "PageInfo" and field in ("startCursor", "endCursor")
    )


@dataclass(slots=True)
class _Expression:
    """Nothing of a request is in it but the names of fields, each as the literal of a text.

    ``scope``: what it refers to.
    """

    scope: dict[str, Any]
    _names: int = 0

    def function(self, parameter: str, text: str) -> Any:
        return eval(compile(f"lambda {parameter}: {text}", "<names of an answer>", "eval"), self.scope)

    def thing(self, children: Children, row: str, depth: int = 0) -> str:
        """An object from the variable ``row``; if it may be of several types, the row begins with the type's name."""
        if len(children) == 1:
            ((type_, fields),) = children.items()
            if depth < _DEEPEST:
                return self._object(type_, fields, row, 0, depth + 1)
            by_itself = self._new()
            self.scope[by_itself] = self.function("row", self._object(type_, fields, "row", 0, 0))
            return f"{by_itself}({row})"
        by_type = self._new()
        self.scope[by_type] = {
            type_: self.function("row", self._object(type_, fields, "row", 1, 0)) for type_, fields in children.items()
        }
        return f"{by_type}[{row}[0]]({row})"

    def _object(self, type_: str, fields: Mapping[str, Selected], row: str, before: int, depth: int) -> str:
        """``before``: the number of values before those of the fields. ``depth``: of objects within each other."""
        place_of = {each.key: place for place, each in enumerate(read(fields), before)}
        values = (
            f"{key!r}: {self._value(type_, each, f'{row}[{place_of[source]}]', depth)}"
            for (key, each), source in zip(fields.items(), sources(fields).values(), strict=True)
        )
        return f"{{{', '.join(values)}}}"

    def _value(self, type_: str, selected: Selected, value: str, depth: int) -> str:
        if not selected.children:
            return f"{_SEALED}({value})" if _is_cursor(type_, selected.name) else value
        row = self._new()
        thing = self.thing(selected.children, row, depth)
        if not selected.many:
            return f"None if ({row} := {value}) is None else {thing}"
        return f"None if {value} is None else [None if {row} is None else {thing} for {row} in {value}]"

    def _new(self) -> str:
        self._names += 1
        return f"each{self._names}"
