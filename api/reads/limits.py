"""How much one question may ask: depth, cost and time. Each refusal says what to do."""

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import GraphQLError

from api.reads.selection import Selected, sources

LARGEST_PAGE = 100_000  # it is streamed; the cost limit stops what would be too dear
DEEPEST_TREE = 100


@dataclass(frozen=True, slots=True)
class Limits:
    """``depth``: fields within fields. ``parts``: fields of a question that have fields of their own: each is a part of
    the statement, and Neo4j plans it whatever it finds, for as long as that takes. ``cost``: fields that the answer is
    expected to hold (``api.reads.cost``). ``budget``: fields that a token may ask for in a minute. ``seconds``: that a
    question may wait for Neo4j."""

    depth: int = 12
    parts: int = 300
    cost: int = 5_000_000
    budget: int = 60_000_000
    seconds: float = 60


def check_depth(roots: Mapping[str, Selected], limits: Limits) -> None:
    """Raises GraphQLError (over_limit) for a question that is nested too deep."""
    deepest = max((_depth(each) for each in roots.values()), default=0)
    if deepest > limits.depth:
        raise GraphQLError(
            f"The question is {deepest} fields deep; {limits.depth} are allowed. Ask in two steps, "
            "or use descendants or ancestors instead of children of children.",
            extensions={"code": "over_limit"},
        )


def check_parts(count: int, limits: Limits) -> None:
    """Raises GraphQLError (over_limit) for a question that asks for too many things beside each other."""
    if count > limits.parts:
        raise GraphQLError(
            f"The question has {count} fields with fields of their own; {limits.parts} are allowed. Ask for some of "
            "them in another question, or for many of a kind in one list with a filter.",
            extensions={"code": "over_limit"},
        )


def parts_of(selected: Selected) -> int:
    """It, if it has fields of its own, and the fields below it that have."""
    # The same under different names is planned once.
    inner = [group[key] for group in selected.children.values() for key in set(sources(group).values())]
    return bool(inner) + sum(map(parts_of, inner))


def check_cost(cost: int, limits: Limits) -> None:
    """Raises GraphQLError (over_limit) for a question whose answer may be too large."""
    if cost > limits.cost:
        raise GraphQLError(
            f"The answer is expected to hold {cost} fields; {limits.cost} are allowed. Ask for fewer at a time (first, "
            "after), or give first to the lists inside.",
            extensions={"code": "over_limit"},
        )


def some(first: int) -> int:
    """``first``, as it is. Raises GraphQLError (over_limit) where it is too small or too large."""
    if not 0 < first <= LARGEST_PAGE:
        raise GraphQLError(
            f"first: ask for 1 to {LARGEST_PAGE} at a time, and go on with after", extensions={"code": "over_limit"}
        )
    return first


def one_more(first: int) -> int:
    """``first`` and one, by which it is seen whether there are more. Raises as ``some``."""
    return some(first) + 1


def levels(depth: int) -> int:
    """``depth`` of a tree, as it is. Raises GraphQLError (over_limit) where it is too small or too large."""
    if not 0 < depth <= DEEPEST_TREE:
        raise GraphQLError(f"depth: 1 to {DEEPEST_TREE} levels", extensions={"code": "over_limit"})
    return depth


def _depth(selected: Selected) -> int:
    inner = [each for group in selected.children.values() for each in group.values()]
    # edges { node } is as deep as nodes.
    return (selected.name != "edges") + max((_depth(each) for each in inner), default=0)
