"""Every field of every type is asked for on today; below another, on another day and over a period every value, and of
the links one of each shape of statement (``tests.api.reads.shapes``).

Of each thing that it leads to, the UUID is asked for. The periods of links are asked for by themselves.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cache

import pytest
from graphql import GraphQLField, GraphQLObjectType, get_named_type, is_abstract_type, is_leaf_type, is_object_type

from api.model.fields import Periods
from api.model.types import PLURALS, TYPES
from api.reads.question import SCHEMA
from tests.api.reads.asking import EVERY_RIGHT, Asking
from tests.api.reads.shapes import Link, one_of_each

pytestmark = pytest.mark.slow

QUERY = SCHEMA.query_type
assert QUERY is not None
LISTS = sorted(
    name
    for name, each in QUERY.fields.items()
    if get_named_type(each.type).name.endswith("Connection") and not name.endswith("Connection")
)
"""Of the graph's own kinds; what is computed has a list beside its pages, and tests of its own."""
RECORDS = [name for name in LISTS if "at" not in QUERY.fields[name].args]  # they are not of a day
WHEN = {"today": "", "another day": 'at: "2026-03-15"', "a period": 'period: {from: "2026-01-01", to: "2026-09-01"}'}
AT_ONCE = 16
"""Links in one statement: Neo4j plans sixteen in three quarters of the time of four times four."""
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


def _fields(
    name: str, when: str, left_out: Callable[[str, str], bool] | None = None
) -> tuple[list[str], dict[str, str]]:
    """What is asked for of each thing of a list: its values, and by name its links."""
    type_ = of_list(name)
    without = "nearestManager" if when.startswith("period") else ""  # that is of a day

    def wanted(of: str, field: str, levels: int) -> bool:
        if field == without or is_periods(of, field) or (left_out is not None and left_out(of, field)):
            return False
        return bool(levels) or field in ALWAYS

    if is_abstract_type(type_):
        return [selection(type_, 1, wanted)], {}
    assert is_object_type(type_)
    asked = {field: of_field(field, each, 1, wanted) for field, each in wanted_fields(type_, 1, wanted).items()}
    links = {field: each for field, each in asked.items() if not is_value(type_.name, field)}
    return [each for field, each in asked.items() if field not in links], links


def of_list(name: str) -> object:
    """The type of a list's things."""
    kind = get_named_type(QUERY.fields[name].type).fields["nodes"]  # type: ignore[union-attr]
    return get_named_type(kind.type)


def of_kind(
    name: str,
    when: str,
    left_out: Callable[[str, str], bool] | None = None,
    links: Collection[Link] | None = None,
) -> Iterator[str]:
    """What is asked for of each thing of a list, some links at a time. ``left_out``: of these fields of these types
    nothing. ``links``: of the links these only; None = all."""
    values, found = _fields(name, when, left_out)
    yield " ".join(values)
    asked = [each for field, each in found.items() if links is None or (name, field) in links]
    for start in range(0, len(asked), AT_ONCE):
        yield " ".join(asked[start : start + AT_ONCE])


def question(name: str, when: str, nodes: str, first: int = 5) -> str:
    arguments = ", ".join(each for each in (when, f"first: {first}") if each)
    return f"{{ {name}({arguments}) {{ totalCount pageInfo {{ hasNextPage endCursor }} nodes {{ {nodes} }} }} }}"


def every_link() -> dict[str, list[tuple[Link, str]]]:
    """Of each day: the links of all lists, and the question for each."""
    return {
        when: [
            ((name, field), question(name, day, each))
            for name in LISTS
            if name not in RECORDS
            for field, each in _fields(name, day)[1].items()
        ]
        for when, day in WHEN.items()
    }


@cache
def _links() -> dict[str, set[Link]]:
    return one_of_each(every_link(), EVERY_RIGHT)


@pytest.mark.parametrize(
    ("name", "when"),
    [pytest.param(name, when, id=f"{name}-{when}") for name in LISTS for when in WHEN if name not in RECORDS],
)
def test_every_field(asking: Asking, name: str, when: str) -> None:
    for each in of_kind(name, WHEN[when], links=_links()[when]):
        page = asking.data(question(name, WHEN[when], each))
        assert len(page[name]["nodes"]) == min(5, page[name]["totalCount"])


@pytest.mark.parametrize("name", RECORDS)
def test_every_field_of_records(asking: Asking, name: str) -> None:
    for each in of_kind(name, ""):
        page = asking.data(question(name, "", each))
        assert len(page[name]["nodes"]) == min(5, page[name]["totalCount"])


def test_other_days_have_links_of_every_shape() -> None:
    """On today each, on other days more than a handful and fewer than half."""
    today, *others = _links().values()
    assert len(today) > 500 and others
    for each in others:
        assert 20 < len(each) < len(today) / 2


def leads_to(field: GraphQLField, kind: str) -> bool:
    named = get_named_type(field.type)
    return kind in {named.name, *(each.name for each in possible(named))}


def possible(type_: object) -> Sequence[GraphQLObjectType]:
    return SCHEMA.get_possible_types(type_) if is_abstract_type(type_) else ()


def _above(kind: str) -> tuple[str, str]:
    """A list, and a link of its things that leads to the kind."""
    return next(
        (name, link)
        for name, of in PLURALS.items()
        for link, field in SCHEMA.type_map[of].fields.items()  # type: ignore[attr-defined]
        if leads_to(field, kind) and not is_periods(of, link)
    )


def _of_each(kind: str) -> dict[str, str]:
    """What is asked for of each thing of a kind, by its fields."""

    def wanted(of: str, field: str, levels: int) -> bool:
        return field in ALWAYS or (bool(levels) and not is_periods(of, field))

    type_ = SCHEMA.type_map[kind]
    assert is_object_type(type_)
    return {name: of_field(name, field, 1, wanted) for name, field in wanted_fields(type_, 1, wanted).items()}


def _below(kind: str, asked: Sequence[str]) -> str:
    name, link = _above(kind)
    return f"{{ {name}(first: 5) {{ nodes {{ {link} {{ ... on {kind} {{ {' '.join(asked)} }} }} }} }} }}"


@cache
def _links_below() -> set[Link]:
    """Kinds and their links, one of each shape of statement below another."""
    links = [
        ((kind, field), _below(kind, [each]))
        for kind in PLURALS.values()
        for field, each in _of_each(kind).items()
        if not is_value(kind, field)
    ]
    return one_of_each({"today": links}, EVERY_RIGHT, apart=lambda link: "")["today"]


def test_links_below_another_have_many_shapes() -> None:
    kinds = {kind for kind, _ in _links_below()}
    assert len(kinds) > 10 and len(_links_below()) > 50


@pytest.mark.parametrize("kind", PLURALS.values())
def test_every_field_below_another(asking: Asking, kind: str) -> None:
    fields = _of_each(kind).items()
    asked = [each for field, each in fields if is_value(kind, field) or (kind, field) in _links_below()]
    name, link = _above(kind)
    page = asking.data(_below(kind, asked))[name]
    assert all(link in each for each in page["nodes"])


def _of_periods(name: str) -> dict[str, str]:
    """The periods of links of each thing of a list, by their names."""
    kind = PLURALS[name]

    def wanted(of: str, field: str, levels: int) -> bool:
        return bool(levels) or field in ALWAYS

    fields = {each.name for each in TYPES[kind].fields.values() if isinstance(each, Periods)}
    type_ = SCHEMA.type_map[kind]
    assert is_object_type(type_)
    return {field: of_field(field, each, 1, wanted) for field, each in type_.fields.items() if field in fields}


def _asks_for_periods(asking: Asking, name: str, when: str, periods: dict[str, str]) -> None:
    page = asking.data(question(name, when, " ".join(["uuid", *periods.values()])))[name]
    assert len(page["nodes"]) == min(5, page["totalCount"])
    assert all(set(each) == {"uuid", *periods} for each in page["nodes"])


@pytest.mark.parametrize("name", PLURALS)
def test_every_field_of_the_periods_of_links(asking: Asking, name: str) -> None:
    _asks_for_periods(asking, name, "", _of_periods(name))


@cache
def _periods() -> dict[str, set[Link]]:
    links = {
        when: [
            ((name, field), question(name, day, each)) for name in PLURALS for field, each in _of_periods(name).items()
        ]
        for when, day in WHEN.items()
    }
    return one_of_each(links, EVERY_RIGHT)


@pytest.mark.parametrize("when", [each for each in WHEN if each != "today"])
def test_periods_of_links_of_every_shape_on_other_days(asking: Asking, when: str) -> None:
    assert _periods()[when]
    for name in PLURALS:
        chosen = {field: each for field, each in _of_periods(name).items() if (name, field) in _periods()[when]}
        if chosen:
            _asks_for_periods(asking, name, WHEN[when], chosen)
