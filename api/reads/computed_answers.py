"""The answers of computed fields as Cypher: plain values as they are, things of the graph by their uuids."""

from collections.abc import Callable, Mapping

from api.computed.types import ANSWER_TYPES, AnswerType, Part, Plain, Thing
from api.reads.compilation import Compilation, row_of
from api.reads.selection import Selected, read

ThingOf = Callable[[Thing, Selected, str], str]
"""Makes the expression of a thing: its field in the answer, what is selected of it, the expression of its uuid."""


def answer_row(
    type_: AnswerType, selected: Mapping[str, Selected], answer: str, thing_of: ThingOf, compilation: Compilation
) -> str:
    """The values that are selected of an answer. ``answer``: the variable that holds it, as a map."""
    return row_of(_field(each, type_, answer, thing_of, compilation) for each in read(selected))


def _field(selected: Selected, type_: AnswerType, answer: str, thing_of: ThingOf, compilation: Compilation) -> str:
    if selected.name == "__typename":
        return f"'{type_.name}'"
    field = type_.fields[selected.name]
    if isinstance(field, Plain) and field.name == "steps" and compilation.scope is not None:
        return "null"  # it tells of units above that may not be read
    if isinstance(field, Plain):
        return f"{answer}.`{field.name}`"
    if isinstance(field, Part):
        inner = compilation.new_name("part")
        part_type, fields = ANSWER_TYPES[field.to], selected.children[field.to]
        row = answer_row(part_type, fields, inner, thing_of, compilation)
        if part_type.name == "NearestHolder" and compilation.scope is not None:
            holder = compilation.new_name("holder")
            may = compilation.inside(("Person",), holder)
            known = f"EXISTS {{ MATCH ({holder}:Person {{uuid: {inner}.person}}) WHERE {may or 'true'} }}"
            return f"COLLECT {{ UNWIND {answer}.{field.name} AS {inner} WITH * WHERE {known} RETURN {row} }}"
        if field.many and _is_plain(part_type, fields):  # Neo4j plans no subquery for it
            return f"[{inner} IN coalesce({answer}.{field.name}, []) | {row}]"
        if field.many:
            return f"COLLECT {{ UNWIND {answer}.{field.name} AS {inner} RETURN {row} }}"
        part = f"WITH {answer}.{field.name} AS {inner} WHERE {inner} IS NOT NULL"
        return f"head(COLLECT {{ {part} RETURN {row} }})"
    if field.many:
        step = compilation.new_name("step")
        thing = thing_of(field, selected, step)
        if compilation.scope is not None:  # what the caller may not read is left out
            found = compilation.new_name("found")
            thing = f"{thing} AS {found}"
            kept = f"WITH {thing} WHERE {found} IS NOT NULL RETURN {found}"
            return f"COLLECT {{ UNWIND {answer}.{field.name} AS {step} {kept} }}"
        return f"COLLECT {{ UNWIND {answer}.{field.name} AS {step} RETURN {thing} }}"
    return thing_of(field, selected, f"{answer}.{field.name}")


def _is_plain(type_: AnswerType, selected: Mapping[str, Selected]) -> bool:
    """Only plain values are selected of an answer, or lists of plain parts, and no thing of the graph."""
    return all(
        each.name == "__typename" or _takes_no_subquery(type_.fields[each.name], each) for each in read(selected)
    )


def _takes_no_subquery(field: Plain | Part | Thing, selected: Selected) -> bool:
    if isinstance(field, Part):
        return field.many and _is_plain(ANSWER_TYPES[field.to], selected.children[field.to])
    return isinstance(field, Plain)
