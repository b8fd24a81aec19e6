"""The limits of one query: depth, cost and time. Each refusal says what to do."""

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import GraphQLError

from api.reads.selection import Selected, sources

LARGEST_PAGE = 100_000  # it is streamed; the cost limit stops expensive queries
DEEPEST_TREE = 100


@dataclass(frozen=True, slots=True)
class Limits:
    """``depth``: fields within fields. ``parts``: fields of a query that have fields of their own: each is a part of
    the statement, which Neo4j plans however long that takes. ``cost``: expected fields of the answer
    (``api.reads.cost``). ``budget``: fields that a token may read in a minute. ``seconds``: the time that a query may
    wait for Neo4j."""

    depth: int = 12
    parts: int = 300
    cost: int = 5_000_000
    budget: int = 60_000_000
    seconds: float = 60


def check_depth(roots: Mapping[str, Selected], limits: Limits) -> None:
    """Raises GraphQLError (over_limit) for a query that is nested too deep."""
    for each in roots.values():
        deep = _depth(each)
        if deep > limits.depth:
            raise GraphQLError(
                f"{each.key} is {deep} fields deep; {limits.depth} are allowed. Split the query into two steps, "
                "or use descendants or ancestors instead of children of children.",
                each.node,
                extensions={"code": "over_limit"},
            )


def check_parts(count: int, limits: Limits) -> None:
    """Raises GraphQLError (over_limit) for a query with too many parts beside each other."""
    if count > limits.parts:
        raise GraphQLError(
            f"The query has {count} fields with fields of their own; {limits.parts} are allowed. Read some of "
            "them in another query, or many of a kind in one list with a filter.",
            extensions={"code": "over_limit"},
        )


def parts_of(selected: Selected) -> int:
    """The number of fields with fields of their own: this one, and those below."""
    # The same field under different names is planned once.
    inner = [group[key] for group in selected.children.values() for key in set(sources(group).values())]
    return bool(inner) + sum(map(parts_of, inner))


def check_cost(cost: int, limits: Limits) -> None:
    """Raises GraphQLError (over_limit) for a query whose answer may be too large."""
    if cost > limits.cost:
        raise GraphQLError(
            f"The answer is expected to have {cost} fields; {limits.cost} are allowed. Read fewer at a time (first, "
            "after), or give first to the lists inside.",
            extensions={"code": "over_limit"},
        )


def some(first: int) -> int:
    """``first``, unchanged. Raises GraphQLError (over_limit) if it is too small or too large."""
    if not 0 < first <= LARGEST_PAGE:
        raise GraphQLError(
            f"first: give 1 to {LARGEST_PAGE}, and read on with after", extensions={"code": "over_limit"}
        )
    return first


def one_more(first: int) -> int:
    """``first`` plus one, which shows whether there are more. Raises as ``some``."""
    return some(first) + 1


def levels(depth: int) -> int:
    """``depth`` of a tree, unchanged. Raises GraphQLError (over_limit) if it is too small or too large."""
    if not 0 < depth <= DEEPEST_TREE:
        raise GraphQLError(f"depth: 1 to {DEEPEST_TREE} levels", extensions={"code": "over_limit"})
    return depth


def _depth(selected: Selected) -> int:
    inner = [each for group in selected.children.values() for each in group.values()]
    # edges { node } is as deep as nodes.
    return (selected.name != "edges") + max((_depth(each) for each in inner), default=0)
