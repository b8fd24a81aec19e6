"""The rights matrix: each type and each mutation × each system role."""

import pytest
from graphql import GraphQLError, GraphQLInputObjectType, GraphQLObjectType

from api.access.field_groups import whole_roles
from api.access.places import PLACES
from api.access.readers import STORED
from api.access.rights import FIELDS, READ, ROLES, WHERE, WRITE, Access
from api.access.roles import PERSON
from api.model.types import PLURALS, RECORD_LISTS, TYPES
from api.reads.question import SCHEMA
from tests.api.serving import Served

# Types that are only the form of an answer; states and links' periods, which are reached through their thing alone.
FORMS = {
    "Query",
    "Mutation",
    "Subscription",
    "PageInfo",
    "Written",
    "Decided",
    "DecidedAtTarget",
    "Ended",
    "Marked",
    "Erased",
    "Refreshed",
    "StartedRun",
    "PlanDecided",
    "LoginCode",
    "LoginUnlocked",
    "CaseStarted",
    "ProcessDeployed",
    "IncidentDecided",
    "CaseEnded",
    "MessageDelivered",
    "CasesMoved",
    "TemplateChanged",
    "AutomaticStartsSwitched",
    "CaseStays",
    "TaskChanged",
    "Delegated",
}


@pytest.mark.whole
def test_every_type_of_the_schema_is_in_the_table() -> None:
    named = {
        name
        for name, type_ in SCHEMA.type_map.items()
        if isinstance(type_, GraphQLObjectType) and not name.startswith("__")
    }
    forms = FORMS | {name for name in named if name.endswith(("Connection", "Edge", "State", "Period"))}
    assert named - forms == set(READ) - forms  # an answer may be named like a form, such as a computed list's pages
    assert set(READ) <= named


@pytest.mark.whole
def test_every_stored_type_has_a_place() -> None:
    assert set(PLACES) == set(STORED)


@pytest.mark.whole
def test_every_mutation_is_in_the_table() -> None:
    assert SCHEMA.mutation_type is not None
    assert set(SCHEMA.mutation_type.fields) == set(WRITE) == set(WHERE)


def test_every_role_of_the_table_exists_and_each_can_do_something() -> None:
    named = {role for roles in (*READ.values(), *WRITE.values(), *FIELDS.values()) for role in whole_roles(roles)}
    assert named == {*ROLES, PERSON}


@pytest.mark.parametrize("role", ROLES)
def test_reading_over_http_follows_the_table(small_service: Served, role: str) -> None:
    for name, type_ in {**PLURALS, **RECORD_LISTS}.items():
        field = TYPES[type_].key
        answer = small_service.ask(f"{{ {name}(first: 1) {{ nodes {{ {field} }} }} }}", role)
        if role in READ[type_]:
            assert "errors" not in answer, (name, answer)
        else:
            assert answer["errors"][0]["extensions"]["code"] == "forbidden", name


@pytest.mark.parametrize("role", ROLES)
def test_a_type_that_may_not_be_read_is_not_reached_through_another(small_service: Served, role: str) -> None:
    for path in ("changes { number }", "sources { source }"):
        answer = small_service.ask(f"{{ units(first: 1) {{ nodes {{ {path} }} }} }}", role)
        allowed = role in READ["Change" if "changes" in path else "SourceRecord"]
        assert ("errors" not in answer) == allowed


@pytest.mark.parametrize("role", ROLES)
def test_writing_follows_the_table(role: str) -> None:
    access = Access("somebody", frozenset({role}))
    for mutation, roles in WRITE.items():
        if role in roles:
            access.require_write(mutation)
        else:
            with pytest.raises(GraphQLError, match=mutation):
                access.require_write(mutation)


def test_writing_over_http_asks_the_table(small_service: Served) -> None:
    answer = small_service.ask('mutation { createPerson(name: "A", reason: "b") { uuid } }', "reader")
    assert answer["errors"][0]["extensions"]["code"] == "forbidden"
    assert "data" in small_service.ask('mutation { createPerson(name: "A", reason: "b") { uuid } }', "hr")


def test_a_cpr_number_needs_its_right_and_each_reading_is_kept(small_service: Served) -> None:
    ask = "{ persons(first: 10) { nodes { uuid cpr } } }"
    refused = small_service.ask(ask, "hr", "reader")
    assert refused["errors"][0]["extensions"]["code"] == "forbidden"
    read = small_service.data(ask, "reader", "cpr")["persons"]["nodes"]
    assert sorted(each["cpr"] for each in read) == ["0202575002", "0303575003", "1101575001"]
    rows, _, _ = small_service.driver.execute_query("MATCH (r:CprReading) RETURN r.by AS by, r.persons AS persons")
    assert len(rows) == 1
    assert sorted(rows[0]["persons"]) == sorted(each["uuid"] for each in read)
    assert rows[0]["by"].startswith("test reader cpr")


def test_to_give_a_cpr_number_is_to_read_it(small_service: Served) -> None:
    """Whoever may ask whose a number is can go through all numbers: it needs the right, and each is kept."""
    give = """
        mutation($cpr: String) { createPerson(name: "Dan Prøve", cpr: $cpr, reason: "council") { uuid } }"""
    for number in ("1101575001", "0505575005", "no number"):
        (error,) = small_service.ask(give, "hr", cpr=number)["errors"]
        assert error["extensions"]["code"] == "forbidden"
    rows, _, _ = small_service.driver.execute_query("MATCH (r:CprReading) RETURN count(r) AS readings")
    assert rows[0]["readings"] == 0

    (known,) = small_service.ask(give, "hr", "cpr", cpr="110157-5001")["errors"]
    assert known["extensions"]["code"] == "same_person"
    alma = small_service.data('{ person(key: "p1") { uuid } }')["person"]["uuid"]
    assert known["extensions"]["things"] == [{"kind": "Person", "uuid": alma}]
    assert small_service.ask(give, "hr", "cpr", cpr="0505575005")["data"]["createPerson"]["uuid"]
    for number in ("", "٠٥٠٥٥٧٥٠٠٥", "05055750"):
        assert small_service.ask(give, "hr", "cpr", cpr=number)["errors"][0]["extensions"]["code"] == "wrong_value"
    rows, _, _ = small_service.driver.execute_query(
        "MATCH (r:CprReading) RETURN r.by AS by, r.persons AS persons ORDER BY r.at"
    )
    assert [row["persons"] for row in rows] == [[alma], []]
    assert all(row["by"].startswith("test hr cpr") for row in rows)


def test_no_list_is_searched_by_cpr_number() -> None:
    """Every argument and input field whose name speaks of a CPR number; each must ask for the right, as createPerson
    does."""
    asked = [
        f"{type_.name}.{field}.{argument}"
        for type_ in SCHEMA.type_map.values()
        if isinstance(type_, GraphQLObjectType)
        for field, told in type_.fields.items()
        for argument in told.args
    ]
    asked += [
        f"{type_.name}.{field}"
        for type_ in SCHEMA.type_map.values()
        if isinstance(type_, GraphQLInputObjectType)
        for field in type_.fields
    ]
    assert [each for each in asked if "cpr" in each.rpartition(".")[2].lower()] == ["Mutation.createPerson.cpr"]


def test_a_home_address_needs_its_right(small_service: Served) -> None:
    ask = "{ persons(first: 1) { nodes { street privatePhone } } }"
    assert small_service.ask(ask, "reader")["errors"][0]["extensions"]["code"] == "forbidden"
    assert "errors" not in small_service.ask(ask, "hr")
