"""The schema: all of the model is in it, and the file in the repository is it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
    get_named_type,
    is_specified_scalar_type,
)

from api.model.fields import Way
from api.model.filters import camel
from api.model.types import TYPES
from api.reads.question import SCHEMA
from api.schema import schema
from graph.model import KINDS, Kind, Link

pytestmark = pytest.mark.whole

FILE = Path(__file__).parents[3] / "schema.graphql"


def fields(name: str) -> set[str]:
    type_ = SCHEMA.get_type(name)
    assert isinstance(type_, GraphQLObjectType | GraphQLInputObjectType)
    return set(type_.fields)


def test_the_file_is_the_schema() -> None:
    """`reconnect schema` prints it."""
    assert FILE.read_text(encoding="utf-8") == schema.as_str() + "\n"


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_property_and_link_can_be_read(kind: Kind) -> None:
    assert {camel(each.name) for each in kind.properties} <= fields(kind.name)
    assert {camel(each.name) for each in kind.properties} | {"from", "to"} <= fields(kind.state)
    assert {camel(each.name) for each in kind.links} <= fields(kind.name)
    assert {f"{camel(each.name)}Periods" for each in kind.links} <= fields(kind.name)
    assert {"uuid", "version", "history", "sources", "changes", "keys"} <= fields(kind.name)


def test_every_link_that_can_be_read_tells_its_periods_and_its_properties() -> None:
    for kind in KINDS:
        ways = [each for each in TYPES[kind].fields.values() if isinstance(each, Way) and each.dated]
        assert {f"{each.name}Periods" for each in ways} <= fields(kind)
        for each in ways:
            assert {"from", "to", each.name} <= fields(f"{kind}{each.name[0].upper()}{each.name[1:]}Period")
    assert "how" in fields("EmploymentPositionPeriod") & fields("PositionEmploymentsPeriod")


BOTH_WAYS = [(kind, link) for kind in KINDS.values() for link in kind.links]


@pytest.mark.parametrize(("kind", "link"), BOTH_WAYS, ids=lambda each: each.name)
def test_every_link_can_be_read_from_its_other_end(kind: Kind, link: Link) -> None:
    for target in link.targets:
        back = [
            each
            for each in TYPES[target].fields.values()
            if isinstance(each, Way)
            and kind.name in each.to
            and f":{link.type}" in each.pattern
            and ("<-" in each.pattern) != link.incoming
        ]
        assert back, f"{target} has no way back over {link.type} to {kind.name}"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_list_and_a_single_field(kind: str) -> None:
    roots = {get_named_type(each.type).name for each in SCHEMA.query_type.fields.values()}  # type: ignore[union-attr]
    assert {kind, f"{kind}Connection"} <= roots


def _parts() -> Iterator[tuple[str, str | None]]:
    """Every type, field, argument, input field and enum value, with its description."""
    for name, type_ in SCHEMA.type_map.items():
        if name.startswith("__") or is_specified_scalar_type(type_):
            continue
        yield name, type_.description
        if isinstance(type_, GraphQLEnumType):
            yield from ((f"{name}.{each}", value.description) for each, value in type_.values.items())
        if isinstance(type_, GraphQLObjectType | GraphQLInputObjectType):
            for each, field in type_.fields.items():
                yield f"{name}.{each}", field.description
                for argument, told in getattr(field, "args", {}).items():
                    yield f"{name}.{each}({argument})", told.description


def test_everything_is_explained() -> None:
    assert [name for name, text in _parts() if not (text or "").strip()] == []
    assert [name for name, text in _parts() if ".." in (text or "")] == []
