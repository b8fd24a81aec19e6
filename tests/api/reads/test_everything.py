"""Every field of every type, and of what it leads to, is asked for on today, on another day and over a period.

What that leads to in its turn is asked for on today alone, each link once a statement, and the periods of links by
themselves: Neo4j plans each statement for as long as there are links in it.
"""

from collections.abc import Callable

import pytest
from graphql import GraphQLField, GraphQLObjectType, get_named_type, is_abstract_type, is_leaf_type, is_object_type

from api.reads.question import SCHEMA
from api.reads.types import PLURALS, TYPES, Periods
from tests.api.reads.asking import Asking

pytestmark = pytest.mark.slow

QUERY = SCHEMA.query_type
assert QUERY is not None
LISTS = sorted(name for name, each in QUERY.fields.items() if get_named_type(each.type).name.endswith("Connection"))
RECORDS = [name for name in LISTS if "at" not in QUERY.fields[name].args]  # they are not of a day
WHEN = {"today": "", "another day": 'at: "2026-03-15"', "a period": 'period: {from: "2026-01-01", to: "2026-09-01"}'}


Wanted = Callable[[str, str, int], bool]  # by type, field, and how many levels may come below


class Once:
    """Links that stand below others: each is asked for by the first way that leads to it."""

    def __init__(self) -> None:
        self._met: set[tuple[str, str]] = set()

    def is_new(self, type_: str, field: str) -> bool:
        is_new = (type_, field) not in self._met
        self._met.add((type_, field))
        return is_new


def is_periods(type_: str, field: str) -> bool:
    return type_ in TYPES and isinstance(TYPES[type_].fields[field], Periods)


def is_value(type_: str, field: str) -> bool:
    return is_leaf_type(get_named_type(SCHEMA.type_map[type_].fields[field].type))


def selection(type_: object, levels: int, wanted: Wanted) -> str:
    """All wanted fields; where objects may no longer be asked for, only their type."""
    if is_abstract_type(type_):
        inner = (
            f"... on {each.name} {{ {prefixed(each, levels, wanted)} }}" for each in SCHEMA.get_possible_types(type_)
        )
        return f"__typename {' '.join(inner)}"
    assert is_object_type(type_)
    return " ".join(of_field(name, each, levels, wanted) for name, each in wanted_fields(type_, levels, wanted).items())


def wanted_fields(type_: GraphQLObjectType, levels: int, wanted: Wanted) -> dict[str, GraphQLField]:
    return {name: each for name, each in type_.fields.items() if wanted(type_.name, name, levels)}


def prefixed(type_: GraphQLObjectType, levels: int, wanted: Wanted) -> str:
    """Under names of their own: the types of a union may use one name for values of different types."""
    fields = wanted_fields(type_, levels, wanted)
    return " ".join(f"{type_.name}_{name}: {of_field(name, each, levels, wanted)}" for name, each in fields.items())


def of_field(name: str, field: GraphQLField, levels: int, wanted: Wanted) -> str:
    named = get_named_type(field.type)
    if is_leaf_type(named):
        return name
    return f"{name} {{ {selection(named, levels - 1, wanted) if levels else '__typename'} }}"


@pytest.mark.parametrize(
    ("name", "when"),
    [pytest.param(name, WHEN[when], id=f"{name}-{when}") for name in LISTS for when in WHEN if name not in RECORDS]
    + [pytest.param(name, "", id=name) for name in RECORDS],
)
def test_every_field(asking: Asking, name: str, when: str) -> None:
    field = QUERY.fields[name]  # type: ignore[union-attr]
    kind = get_named_type(field.type).fields["nodes"]  # type: ignore[union-attr]
    without = "nearestManager" if when.startswith("period") else ""  # that is of a day
    below = Once()

    def wanted(of: str, field_name: str, levels: int) -> bool:
        if field_name == without or is_periods(of, field_name):
            return False
        return bool(levels) or is_value(of, field_name) or (not when and below.is_new(of, field_name))

    asked = selection(get_named_type(kind.type), 1, wanted)
    arguments = ", ".join(each for each in (when, "first: 5") if each)
    page = asking.data(
        f"{{ {name}({arguments}) {{ totalCount pageInfo {{ hasNextPage endCursor }} nodes {{ {asked} }} }} }}"
    )
    assert len(page[name]["nodes"]) == min(5, page[name]["totalCount"])


@pytest.mark.parametrize("when", WHEN.values(), ids=WHEN)
@pytest.mark.parametrize("name", PLURALS)
def test_every_field_of_the_periods_of_links(asking: Asking, name: str, when: str) -> None:
    kind = PLURALS[name]
    periods = {each.name for each in TYPES[kind].fields.values() if isinstance(each, Periods)}
    below = Once()

    def wanted(of: str, field: str, levels: int) -> bool:
        if of == kind:
            return field in periods | {"uuid"}
        return bool(levels) or is_value(of, field) or (not when and below.is_new(of, field))

    asked = selection(SCHEMA.type_map[kind], 1, wanted)
    arguments = ", ".join(each for each in (when, "first: 5") if each)
    page = asking.data(f"{{ {name}({arguments}) {{ totalCount nodes {{ {asked} }} }} }}")[name]
    assert len(page["nodes"]) == min(5, page["totalCount"])
    assert all(set(each) == periods | {"uuid"} for each in page["nodes"])
