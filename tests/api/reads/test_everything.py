"""Every field of every type is asked for on today, on another day and over a period, and below another on today.

Of each thing that it leads to, the UUID is asked for. The periods of links are asked for by themselves.
"""

from collections.abc import Callable, Iterator, Sequence

import pytest
from graphql import GraphQLField, GraphQLObjectType, get_named_type, is_abstract_type, is_leaf_type, is_object_type

from api.reads.fields import Periods
from api.reads.question import SCHEMA
from api.reads.types import PLURALS, TYPES
from tests.api.reads.asking import Asking

pytestmark = pytest.mark.slow

QUERY = SCHEMA.query_type
assert QUERY is not None
LISTS = sorted(name for name, each in QUERY.fields.items() if get_named_type(each.type).name.endswith("Connection"))
RECORDS = [name for name in LISTS if "at" not in QUERY.fields[name].args]  # they are not of a day
WHEN = {"today": "", "another day": 'at: "2026-03-15"', "a period": 'period: {from: "2026-01-01", to: "2026-09-01"}'}


AT_ONCE = 4
"""Links in one statement: Neo4j plans each link longer the more there are."""
ALWAYS = frozenset({"uuid", "totalCount", "from", "to"})
Wanted = Callable[[str, str, int], bool]  # by type, field, and how many levels may come below


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
    fields = wanted_fields(type_, levels, wanted)
    return " ".join(of_field(name, each, levels, wanted) for name, each in fields.items()) or "__typename"


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


def of_kind(name: str, when: str, left_out: Callable[[str, str], bool] = lambda of, field: False) -> Iterator[str]:
    """What is asked for of each thing of a list, a few links at a time. ``left_out``: of these fields of these types
    nothing."""
    kind = get_named_type(QUERY.fields[name].type).fields["nodes"]  # type: ignore[union-attr]
    type_ = get_named_type(kind.type)
    without = "nearestManager" if when.startswith("period") else ""  # that is of a day

    def wanted(of: str, field: str, levels: int) -> bool:
        is_wanted = field != without and not is_periods(of, field) and not left_out(of, field)
        return is_wanted and (bool(levels) or field in ALWAYS)

    if is_abstract_type(type_):
        yield selection(type_, 1, wanted)
        return
    assert is_object_type(type_)
    values, links = [], []
    for field, each in wanted_fields(type_, 1, wanted).items():
        (values if is_value(type_.name, field) else links).append(of_field(field, each, 1, wanted))
    yield " ".join(values)
    for start in range(0, len(links), AT_ONCE):
        yield " ".join(links[start : start + AT_ONCE])


@pytest.mark.parametrize(
    ("name", "when"),
    [pytest.param(name, WHEN[when], id=f"{name}-{when}") for name in LISTS for when in WHEN if name not in RECORDS]
    + [pytest.param(name, "", id=name) for name in RECORDS],
)
def test_every_field(asking: Asking, name: str, when: str) -> None:
    arguments = ", ".join(each for each in (when, "first: 5") if each)
    for each in of_kind(name, when):
        wanted = f"totalCount pageInfo {{ hasNextPage endCursor }} nodes {{ {each} }}"
        page = asking.data(f"{{ {name}({arguments}) {{ {wanted} }} }}")
        assert len(page[name]["nodes"]) == min(5, page[name]["totalCount"])


def leads_to(field: GraphQLField, kind: str) -> bool:
    named = get_named_type(field.type)
    return kind in {named.name, *(each.name for each in possible(named))}


def possible(type_: object) -> Sequence[GraphQLObjectType]:
    return SCHEMA.get_possible_types(type_) if is_abstract_type(type_) else ()


@pytest.mark.parametrize("kind", PLURALS.values())
def test_every_field_below_another(asking: Asking, kind: str) -> None:
    name, link = next(
        (name, link)
        for name, of in PLURALS.items()
        for link, field in SCHEMA.type_map[of].fields.items()  # type: ignore[attr-defined]
        if leads_to(field, kind) and not is_periods(of, link)
    )

    def wanted(of: str, field: str, levels: int) -> bool:
        return field in ALWAYS or (bool(levels) and not is_periods(of, field))

    asked = selection(SCHEMA.type_map[kind], 1, wanted)
    page = asking.data(f"{{ {name}(first: 5) {{ nodes {{ {link} {{ ... on {kind} {{ {asked} }} }} }} }} }}")[name]
    assert all(link in each for each in page["nodes"])


@pytest.mark.parametrize("when", WHEN.values(), ids=WHEN)
@pytest.mark.parametrize("name", PLURALS)
def test_every_field_of_the_periods_of_links(asking: Asking, name: str, when: str) -> None:
    kind = PLURALS[name]
    periods = {each.name for each in TYPES[kind].fields.values() if isinstance(each, Periods)}

    def wanted(of: str, field: str, levels: int) -> bool:
        return field in periods | {"uuid"} if of == kind else bool(levels) or field in ALWAYS

    asked = selection(SCHEMA.type_map[kind], 1, wanted)
    arguments = ", ".join(each for each in (when, "first: 5") if each)
    page = asking.data(f"{{ {name}({arguments}) {{ totalCount nodes {{ {asked} }} }} }}")[name]
    assert len(page["nodes"]) == min(5, page["totalCount"])
    assert all(set(each) == periods | {"uuid"} for each in page["nodes"])
