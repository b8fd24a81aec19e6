"""Unions of types that the schema makes later (``api.schema``): each is one object, wherever it is used."""

from functools import cache
from typing import Annotated, Any, Union

import strawberry


@cache
def union_of(name: str, members: tuple[str, ...]) -> Any:
    """The union of these types, by their names."""
    # Strawberry's own way to name a union of types that are made later.
    types = tuple(Annotated[each, strawberry.lazy("api.schema")] for each in members)
    made = strawberry.union(name, description=f"One of {', '.join(members)}")
    return Annotated[Union[types], made]  # noqa: UP007 - a union of values
