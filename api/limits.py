"""How much one question may ask: depth, cost and time. Each refusal says what to do."""

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import GraphQLError

from api.compiler import PAGE
from api.readable import TYPES, Way
from api.selection import Selected

LIST = 10  # what a nested list is taken to hold, where no first says otherwise


@dataclass(frozen=True, slots=True)
class Limits:
    """``depth``: fields within fields. ``cost``: fields that the answer may hold, estimated. ``seconds``: a query's."""

    depth: int = 12
    cost: int = 5_000_000
    seconds: float = 60


def check(roots: Mapping[str, Selected], limits: Limits) -> None:
    """Raises GraphQLError (code over_limit) for a question that asks too much."""
    deepest = max((_depth(each) for each in roots.values()), default=0)
    if deepest > limits.depth:
        raise GraphQLError(
            f"The question is {deepest} fields deep; {limits.depth} are allowed. Ask in two steps, "
            "or use descendants or ancestors instead of children of children.",
            extensions={"code": "over_limit"},
        )
    cost = sum(_cost(each) for each in roots.values())
    if cost > limits.cost:
        raise GraphQLError(
            f"The answer may hold {cost} fields; {limits.cost} are allowed. Ask for fewer at a time (first, after), "
            "or give first to the lists inside.",
            extensions={"code": "over_limit"},
        )


def _depth(selected: Selected) -> int:
    inner = [each for group in selected.children.values() for each in group.values()]
    return 1 + max((_depth(each) for each in inner), default=0)


def _cost(selected: Selected, type_: str | None = None) -> int:
    count = 1
    found = TYPES[type_].fields.get(selected.name) if type_ in TYPES else None
    first = selected.arguments.get("first")
    if isinstance(found, Way) and found.many:
        count = first or LIST
    elif found is None and any(name.endswith("Connection") for name in selected.children):
        count = first or PAGE
    inner = sum(_cost(each, name) for name, group in selected.children.items() for each in group.values())
    return count * (1 + inner)
