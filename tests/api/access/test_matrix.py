"""The rights matrix: each type with its fields, each root field and each mutation × each system role, held everywhere
and held in a part of the organisation. The decisions are in rights_matrix.yaml; whatever is new lacks one, and fails.

That a part is kept to, in each list, field and mutation, is tried with things inside and outside in
tests/api/reads/test_within_units.py, test_daily_work_in_part.py and tests/api/mutations/test_in_part.py.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import neo4j
import pytest
import yaml
from graphql import GraphQLError, GraphQLObjectType

from api.access.field_groups import FIELD_GROUPS, limited_to, whole_roles
from api.access.places import PLACES
from api.access.rights import FIELDS, LIMITED_FIELDS, READ, ROLES, WRITE, Access
from api.access.roles import PERSON
from api.availability import Availability
from api.callers.gate import Gate
from api.computed.types import FIELDS as COMPUTED
from api.model.fields import Value
from api.model.types import PLURALS, RECORD_LISTS, TYPES
from api.reads.compiler import Compiler
from api.reads.question import SCHEMA, coerced, question_of
from api.reads.selection import Document, select
from graph.time import today

DECIDED: dict[str, dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "rights_matrix.yaml").read_text(encoding="utf-8")
)
_ANY = "00000000-0000-4000-8000-000000000000"
_GATE = Gate(cast(neo4j.AsyncDriver, None), cast(Availability, None))
"""It asks the graph nothing to check a question."""
_GIVEN = {
    "ExceptionEffect!": "GIVE",
    "Date!": '"2026-01-01"',
    "Kind!": "Unit",
    "RunKind!": "IMPORT",
    "[String!]!": '["x"]',
}


def everywhere(*roles: str) -> Access:
    return Access("somebody", frozenset(roles))


def within(*roles: str) -> Access:
    return Access("somebody", frozenset(roles), None, dict.fromkeys(roles, frozenset({_ANY})))


def of_type(name: str) -> dict[str, set[str]]:
    """Its fields, by the right that they need."""
    type_ = SCHEMA.type_map[name]
    assert isinstance(type_, GraphQLObjectType)
    found: dict[str, set[str]] = {}
    for field in type_.fields:
        known = TYPES[name].fields.get(field) if name in TYPES else None
        right = (known.group or known.right) if isinstance(known, Value) else "open"
        found.setdefault(right, set()).add(field)
    return found


def objects() -> Iterator[str]:
    roots = {each.name for each in (SCHEMA.query_type, SCHEMA.mutation_type, SCHEMA.subscription_type) if each}
    for name, type_ in SCHEMA.type_map.items():
        if isinstance(type_, GraphQLObjectType) and not name.startswith("__") and name not in roots:
            yield name


@pytest.mark.whole
def test_everything_has_a_decision() -> None:
    assert set(objects()) == set(DECIDED["types"]) | set(DECIDED["forms"])
    for name in objects():
        decided = DECIDED["types"].get(name, {}).get("fields") or DECIDED["forms"][name]
        assert of_type(name) == {right: set(fields) for right, fields in decided.items()}, name
    assert SCHEMA.mutation_type is not None and SCHEMA.query_type is not None
    assert set(SCHEMA.mutation_type.fields) == set(DECIDED["mutations"])
    assert set(COMPUTED) == set(DECIDED["asked"])
    lists = {*PLURALS, *RECORD_LISTS}
    assert {each for each in SCHEMA.query_type.fields if each not in lists | set(COMPUTED)} == {
        "node", "tree", *(name for name in SCHEMA.query_type.fields if _is_single(name)),
    }  # fmt: skip
    assert DECIDED["rights"].keys() == FIELDS.keys()
    assert all(set(roles) == set(whole_roles(FIELDS[right])) for right, roles in DECIDED["rights"].items())


def _is_single(name: str) -> bool:
    """``person`` and its like, of a kind that has a list."""
    assert SCHEMA.query_type is not None
    return {"uuid", "key"} <= set(SCHEMA.query_type.fields[name].args)


@pytest.mark.whole
def test_everything_lies_where_it_was_decided() -> None:
    for name, decided in DECIDED["types"].items():
        place = PLACES.get(name)
        told = "answer" if place is None else place if isinstance(place, str) else "part"
        assert decided["place"] == told, name


def passes(access: Access, query: str) -> bool:
    refused = _GATE.forbidden(access, question_of(query, None))
    for error in refused.values():
        assert (error.extensions or {})["code"] == "forbidden"
        assert (error.extensions or {})["roles"], "a refusal says what is missing"
    return not refused


@pytest.mark.parametrize("role", ROLES)
def test_each_list_is_read_by_whom_it_was_decided(role: str) -> None:
    for name, type_ in {**PLURALS, **RECORD_LISTS}.items():
        decided, query = DECIDED["types"][type_], f"{{ {name}(first: 1) {{ nodes {{ {TYPES[type_].key} }} }} }}"
        may = role in decided["roles"]
        assert passes(everywhere(role), query) == may, name
        assert passes(within(role), query) == (may and decided["place"] != "whole"), name
    for name, decided in DECIDED["types"].items():
        assert everywhere(role).may_read(name) == (role in decided["roles"]) == (role in READ[name]), name


def _rule(name: str) -> str:
    """A question of a computed root field."""
    given = ", ".join(
        f"{each}: {_GIVEN.get(argument.type, chr(34) + 'x' + chr(34))}"
        for each, argument in COMPUTED[name].arguments.items()
        if argument.type.endswith("!")
    )
    return f"{{ {name}{f'({given})' if given else ''} {{ __typename }} }}"


@pytest.mark.parametrize("role", ROLES)
def test_each_rule_is_asked_by_whom_it_was_decided(role: str) -> None:
    for name, decided in DECIDED["asked"].items():
        query, may = _rule(name), role in decided["roles"]
        assert passes(everywhere(role), query) == may, name
        assert passes(within(role), query) == (may and decided["place"] == "part"), name


@pytest.mark.parametrize("role", ROLES)
def test_each_mutation_is_made_by_whom_it_was_decided(role: str) -> None:
    for name, decided in DECIDED["mutations"].items():
        may = role in decided["roles"]
        for access, expected in (
            (everywhere(role), may),
            (within(role), may and decided["place"] in ("part", "own")),
        ):
            assert access.may_write(name) == expected, name
            if not expected:
                with pytest.raises(GraphQLError, match=name) as refused:
                    access.require_write(name)
                assert (refused.value.extensions or {})["roles"] == whole_roles(WRITE[name] - {PERSON})


@pytest.mark.parametrize("group", FIELD_GROUPS)
def test_a_role_that_is_limited_to_field_groups_does_what_was_decided(group: str) -> None:
    grouped = {type_: name for name, types in DECIDED["groups"].items() for type_ in types}
    for role in ROLES:
        access = Access("somebody", limited_to(role, {group}))
        for name, type_ in {**PLURALS, **RECORD_LISTS}.items():
            is_shown = type_ not in DECIDED["ungrouped"] and grouped.get(type_, group) == group
            may = is_shown and role in DECIDED["types"][type_]["roles"]
            query = f"{{ {name}(first: 1) {{ nodes {{ {TYPES[type_].key} }} }} }}"
            assert passes(access, query) == may, (role, name)
        for name, decided in DECIDED["asked"].items():
            may = decided.get("identity", False) and role in decided["roles"]
            assert passes(access, _rule(name)) == may, (role, name)
        for name, decided in DECIDED["mutations"].items():
            assert access.may_write(name) == decided.get("identity", False), (role, name)


@pytest.mark.parametrize("role", ROLES)
def test_each_field_with_a_right_of_its_own_is_read_by_whom_it_was_decided(role: str) -> None:
    """``role`` comes to a reader of everything, so the type itself is no obstacle."""
    for type_, path in OWN.items():
        for right, fields in of_type(type_).items():
            if right in ("open", *LIMITED_FIELDS):
                continue
            for field in fields:
                root = type_.removesuffix("State").lower()
                query = f'{{ {root}(uuid: "{_ANY}") {{ {path.format(field)} }} }}'
                may = role in DECIDED["rights"][right]
                whole = Access("somebody", frozenset({"reader", role}))
                part = Access("somebody", frozenset({"reader", role}), None, {role: frozenset({_ANY})})
                assert (compiled(whole, query) is not None) == may, (field, "everywhere")
                text = compiled(part, query)
                assert (text is not None) == may, (field, "in a part")
                assert text is None or "CASE WHEN" in text, "only where the thing lies in the part"


OWN = {
    "Person": "{}",
    "PersonState": "history {{ {} }}",
    "Employment": "{}",
    "EmploymentState": "history {{ {} }}",
}
"""Types with such fields, and how these are asked for below their thing."""


@pytest.mark.whole
def test_every_type_with_such_fields_is_asked_for() -> None:
    assert {name for name in objects() if set(of_type(name)) - {"open", *LIMITED_FIELDS}} == set(OWN)


def compiled(access: Access, query: str) -> str | None:
    """The statement; None where it is refused for want of a right."""
    question = question_of(query, None)
    roots = select(question.operation, Document(SCHEMA, question.fragments, coerced(question, None)))
    compiler = Compiler(access.fields(), today(), True, scope=access.scope)
    plan = compiler.plan(roots)
    for error in plan.refused.values():
        assert (error.extensions or {})["code"] == "forbidden"
        return None
    (statement,) = plan.statements
    return str(statement.text)
