"""Refusals for want of a right also say who can give it: the nearest administrator.

What is missing is said where the right is checked (``extensions.roles``), which asks nothing of the graph.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic

import neo4j
from graphql import GraphQLError
from neo4j.exceptions import Neo4jError

from api.access.administrators import administrators_of, who_can_give
from api.access.rights import Access
from api.availability import CLOSED, in_thread

REMEMBERED = 60.0
"""Seconds: a caller who is refused again and again asks the graph nothing."""
_MOST_KNOWN = 1_000
_OF_A_TOKEN = "; ask operations for a token that has it"


@dataclass(slots=True)
class Refusals:
    """``driver``: looks administrators up."""

    driver: neo4j.Driver
    _known: dict[str, tuple[float, list[str]]] = field(default_factory=dict)

    async def told(self, access: Access, errors: Sequence[GraphQLError]) -> list[GraphQLError]:
        """The errors; those for want of a right with who can give it. ``extensions.givers``: their names."""
        if not any(map(_lacks_right, errors)):
            return [*errors]
        names = await self._administrators(access)
        end = who_can_give(names) or ("" if access.person else _OF_A_TOKEN)
        return [_ended(each, end, names) if _lacks_right(each) else each for each in errors]

    async def _administrators(self, access: Access) -> list[str]:
        looked, names = self._known.get(access.name, (-REMEMBERED, []))
        if monotonic() - looked < REMEMBERED:
            return names
        try:
            names = await in_thread(administrators_of, self.driver, access)
        except (*CLOSED, Neo4jError):
            return []  # the refusal stands without it
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[access.name] = (monotonic(), names)
        return names


def _lacks_right(error: GraphQLError) -> bool:
    """It is for want of a system role; a refusal that depends on a place has named who can give it there."""
    extensions = error.extensions or {}
    return extensions.get("code") == "forbidden" and "roles" in extensions and "units" not in extensions


def _ended(error: GraphQLError, end: str, names: Sequence[str]) -> GraphQLError:
    return GraphQLError(
        f"{error.message}{end}",
        error.nodes,
        error.source,
        error.positions,
        error.path,
        error.original_error,
        {**(error.extensions or {}), "givers": [*names]},
    )
