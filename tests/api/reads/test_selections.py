"""What a question may look like: aliases, fragments, directives, variables, unions, several root fields."""

import pytest

from api.reads.question import question_of
from tests.api.reads.asking import Asking

DAY = 'at: "2026-01-15"'


def test_fields_have_the_names_that_were_asked_for(asking: Asking) -> None:
    assert asking.data('{ top: unit(key: "social") { called: name known: keys } }') == {
        "top": {"called": "Social, Sundhed og Job", "known": ["social"]}
    }


def test_several_root_fields_are_answered_in_order(asking: Asking) -> None:
    data = asking.data(
        f'{{ b: unit(key: "it", {DAY}) {{ name }} a: units(first: 1) {{ totalCount }} '
        f'm: nearest(role: "manager", unit: "it", {DAY}) {{ steps }} __typename }}'
    )
    assert list(data) == ["b", "a", "m", "__typename"]
    assert data["b"] == {"name": "It og Digitalisering"}
    assert data["m"] == {"steps": 0}
    assert data["__typename"] == "Query"


def test_the_same_root_on_several_days(asking: Asking) -> None:
    """Each root field has its own day: nothing of the one leaks into the other."""
    data = asking.data(
        '{ before: unit(key: "business", at: "2026-06-30") { parent { name } } '
        'after: unit(key: "business", at: "2026-07-01") { parent { name } } '
        'never: unit(key: "business", at: "2017-01-01") { parent { name } } }'
    )
    assert data == {
        "before": {"parent": {"name": "Jobcenter"}},
        "after": {"parent": {"name": "Borgerservice"}},
        "never": None,
    }


def test_fields_come_in_the_order_in_which_they_are_asked_for(asking: Asking) -> None:
    """At every level, of fragments and unions too: pages, trees, answers of rules, objects, single fields."""
    data = asking.data(
        f"""
        query {{
          tree(root: "it", {DAY}) {{ unit {{ zeta: name uuid kle: keys alfa: name }} parent depth }}
          page: units(first: 20, {DAY}) {{
            pageInfo {{ endCursor hasNextPage }} nodes {{ ...Late uuid parent {{ uuid ...Late version }} name }}
            totalCount again: nodes {{ name uuid keys }}
          }}
          nearest(role: "manager", unit: "it", {DAY}) {{
            steps holders {{ person {{ uuid name }} assignment {{ uuid primary holder {{
              ... on Employment {{ number uuid __typename }} ... on Person {{ uuid name __typename }} }} }} }}
            levelUnit {{ name keys uuid }}
          }}
          unit(key: "it", {DAY}) {{ name ... @include(if: true) {{ keys }} name uuid employments {{ uuid number }} }}
        }}
        fragment Late on Unit {{ version keys ...Later name }}
        fragment Later on Unit {{ zeta: uuid alfa: __typename }}
        """
    )
    late = ["version", "keys", "zeta", "alfa", "name"]
    entry = data["tree"][0]
    assert [list(entry), list(entry["unit"])] == [["unit", "parent", "depth"], ["zeta", "uuid", "kle", "alfa"]]
    assert list(data["page"]) == ["pageInfo", "nodes", "totalCount", "again"]
    for node in data["page"]["nodes"]:
        assert list(node) == [*late, "uuid", "parent"]
        assert node["parent"] is None or list(node["parent"]) == ["uuid", *late]
    assert any(node["parent"] for node in data["page"]["nodes"])
    assert [list(node) for node in data["page"]["again"]] == [["name", "uuid", "keys"]] * 20
    assert list(data["nearest"]) == ["steps", "holders", "levelUnit"]
    holder = data["nearest"]["holders"][0]
    assert [list(holder), list(holder["person"])] == [["person", "assignment"], ["uuid", "name"]]
    held = holder["assignment"]
    assert list(held) == ["uuid", "primary", "holder"]
    fields = {"Employment": ["number", "uuid", "__typename"], "Person": ["uuid", "name", "__typename"]}
    assert list(held["holder"]) == fields[held["holder"]["__typename"]]
    assert list(data["nearest"]["levelUnit"]) == ["name", "keys", "uuid"]
    assert list(data["unit"]) == ["name", "keys", "uuid", "employments"]
    assert all(list(each) == ["uuid", "number"] for each in data["unit"]["employments"])


def test_members_of_a_union_have_each_their_own_form(asking: Asking) -> None:
    """The same names in another order, or with other fields within: the type tells, though nobody asked for it."""
    text = """
    {{ assignments(first: 50, {day}) {{ nodes {{ holder {{
      ... on Employment {{ {employment} }} ... on Person {{ {person} }} ... on Affiliation {{ {affiliation} }}
    }} kind: holder {{ __typename }} }} }} }}
    """
    forms = {
        "Employment": ["uuid", "unit"], "Person": ["name", "uuid"], "Affiliation": ["unit", "uuid"],
    }  # fmt: skip
    inner = {"Employment": ["name", "uuid"], "Affiliation": ["keys"]}
    asked = text.format(
        day=DAY, employment="uuid unit { name uuid }", person="name uuid", affiliation="unit { keys } uuid"
    )
    holders = [(each["kind"]["__typename"], each["holder"]) for each in asking.data(asked)["assignments"]["nodes"]]
    assert {kind for kind, _ in holders} >= {"Employment", "Affiliation"}
    for kind, holder in holders:
        assert list(holder) == forms[kind]
        if kind in inner and holder["unit"]:
            assert list(holder["unit"]) == inner[kind]


def test_fragments_and_type_names(asking: Asking) -> None:
    data = asking.data(
        f"""
        query {{ unit(key: "it", {DAY}) {{ ...Named parent {{ ...Named ... on Unit {{ keys }} }} }} }}
        fragment Named on Unit {{ name __typename }}
        """
    )
    assert data["unit"] == {
        "name": "It og Digitalisering",
        "__typename": "Unit",
        "parent": {"name": "Stab", "__typename": "Unit", "keys": ["staff"]},
    }


def test_a_field_asked_for_twice_is_merged(asking: Asking) -> None:
    data = asking.data(f'{{ unit(key: "it", {DAY}) {{ parent {{ name }} parent {{ keys }} }} }}')
    assert data == {"unit": {"parent": {"name": "Stab", "keys": ["staff"]}}}


@pytest.mark.parametrize("wanted", [True, False])
def test_include_and_skip(asking: Asking, wanted: bool) -> None:
    question = (
        'query($wanted: Boolean!) { unit(key: "it") { uuid @skip(if: $wanted) name @include(if: $wanted) '
        "... @include(if: $wanted) { keys } } }"
    )
    assert set(asking.data(question, {"wanted": wanted})["unit"]) == ({"name", "keys"} if wanted else {"uuid"})


def test_unions_answer_by_what_the_thing_is(asking: Asking) -> None:
    data = asking.data(
        f"""{{ assignments({DAY}, first: 1000) {{ nodes {{
            keys
            holder {{ __typename ... on Employment {{ person {{ keys }} }} ... on Affiliation {{ person {{ keys }} }}
                ... on Person {{ name }} }}
            responsibilities {{ ... on KleNode {{ number }} ... on Function {{ key }} ... on SystemGroup {{ title }} }}
        }} }} }}"""
    )
    found = {each["keys"][0]: each for each in data["assignments"]["nodes"]}
    assert found["a_milkyway"]["holder"] == {"__typename": "Affiliation", "person": {"keys": ["gry"]}}
    assert found["a_rep_rosa"]["holder"] == {"__typename": "Person", "name": "Rosa Blom"}
    assert found["a_pay_jytte"]["responsibilities"] == [{"key": "payroll_reporting"}]
    assert found["a_cw_leif"]["responsibilities"] == [{"number": "27.12"}]


def test_a_compiled_plan_takes_the_values_of_each_asking(asking: Asking) -> None:
    """The plan is kept by the shape of the variables; a date that is another day has the same shape."""
    question = (
        "query($key: String!, $at: Date, $first: Int) { unit(key: $key, at: $at) { children(first: $first) { keys } } }"
    )

    def children(key: str, at: str, first: int) -> list[str]:
        unit = asking.data(question, {"key": key, "at": at, "first": first})["unit"]
        return [each["keys"][0] for each in unit["children"]]

    assert set(children("staff", "2026-01-15", 9)) == {"it", "hr", "citizen"}
    assert len(children("staff", "2026-01-15", 2)) == 2
    assert set(children("jobcentre", "2026-06-30", 9)) == {"benefits", "business"}
    assert children("jobcentre", "2026-07-01", 9) == ["benefits"]


def test_operations_are_chosen_by_name(asking: Asking) -> None:
    document = 'query One { unit(key: "it") { name } } query Two { unit(key: "hr") { name } }'
    assert asking.data(document, operation="Two")["unit"]["name"] == "Løn og Personale"
    assert "operationName" in str(asking.refusal(document))


def test_what_the_schema_does_not_have_is_refused_in_graphql_s_words(asking: Asking) -> None:
    assert str(asking.refusal("{ units { nodes { nmae } } }").message) == (
        "Cannot query field 'nmae' on type 'Unit'. Did you mean 'name'?"
    )


def test_names_of_the_client_cannot_reach_the_cypher(asking: Asking) -> None:
    """A GraphQL name holds letters, digits and underscores; values are parameters."""
    evil = "x'}) MATCH (n) DETACH DELETE n //"
    assert asking.data("query($key: String!) { unit(key: $key) { name } }", {"key": evil}) == {"unit": None}
    assert asking.data("query($f: UnitFilter) { units(filter: $f) { totalCount } }", {"f": {"name": evil}}) == {
        "units": {"totalCount": 0}
    }


@pytest.mark.parametrize(
    "text",
    [
        "{ __schema { queryType { name } } units { totalCount } }",
        '{ units { totalCount } ... on Query { __type(name: "Unit") { name } } }',
        "{ units { totalCount } ...Schema } fragment Schema on Query { __schema { queryType { name } } }",
    ],
)
def test_the_schema_is_asked_about_in_a_question_of_its_own(asking: Asking, text: str) -> None:
    assert "of its own" in asking.refusal(text).message


def test_a_question_about_the_schema_is_known_in_a_fragment_too() -> None:
    text = "{ ...Schema } fragment Schema on Query { __typename __schema { queryType { name } } }"
    assert question_of(text, None).is_about_schema


def test_a_union_in_the_periods_of_a_link(asking: Asking) -> None:
    asked = """{ assignments(at: "2026-03-15", first: 1000) { nodes {
        holder { __typename } holderPeriods { __typename from holder { __typename ... on Person { name } } } } } }"""
    found = asking.data(asked)["assignments"]["nodes"]
    assert len({each["holder"]["__typename"] for each in found}) > 1
    for each in found:
        (period,) = each["holderPeriods"]
        assert period["__typename"] == "AssignmentHolderPeriod"
        assert period["holder"]["__typename"] == each["holder"]["__typename"]


def test_the_same_under_different_names_is_read_once(asking: Asking) -> None:
    """Neo4j would plan each of them."""
    twice = "a: name b: name c: parent { name } d: parent { name } e: parent { x: name } f: children(first: 1) { uuid }"
    unit = asking.data(f'{{ unit(key: "it") {{ {twice} }} }}')["unit"]
    assert list(unit) == list("abcdef")
    assert unit["a"] == unit["b"] and unit["c"] == unit["d"] == {"name": unit["e"]["x"]}
    many = " ".join(f"a{n}: name p{n}: parent {{ name }}" for n in range(1500))
    wide = asking.data(f'{{ unit(key: "it") {{ {many} }} }}')["unit"]
    assert len(wide) == 3000
    assert wide["a1499"] == unit["a"] and wide["p1499"] == unit["c"]
