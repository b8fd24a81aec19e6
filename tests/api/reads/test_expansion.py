"""Short documents that ask for more than anything could walk are refused before anything walks them."""

import threading

import pytest
from graphql import GraphQLError, get_introspection_query, parse

from api.model.refused import Rejected
from api.reads.bounded_cache import Kept
from api.reads.expansion import MOST_FIELDS, MOST_PAIRS, SpreadsItself, check_expansion
from api.reads.question import SCHEMA, question_of
from api.reads.schema_cost import MOST, schema_cost
from api.reads.selection import MOST_ROOTS, MOST_SELECTED, Document, VariableValues, select


def chain(link: str, last: str, length: int = 25) -> str:
    """A document in which each fragment has the next one by ``link``."""
    fragments = [f"fragment F{n} on Unit {{ {link.replace('NEXT', f'...F{n + 1}')} }}" for n in range(length)]
    return f"{{ units {{ nodes {{ ...F0 }} }} }} {' '.join(fragments)} fragment F{length} on Unit {{ {last} }}"


@pytest.mark.parametrize(
    "document",
    [
        chain("NEXT NEXT", "name"),
        chain("NEXT NEXT", "name @include(if: false)"),
        chain("a: parent { NEXT } b: parent { NEXT }", "name"),
        chain("... { NEXT } ... on Unit { NEXT }", "name"),
        chain("NEXT NEXT", "name") + " fragment Unused on Unit { ...F0 }",
        "{ units { nodes { " + "name " * 2000 + "} } }",
        "{ units { nodes { " + "parent { name } " * 2000 + "} } }",
    ],
    ids=["doubled", "skipped", "aliased", "inline", "unused", "repeated", "repeated_objects"],
)
def test_what_grows_beyond_bounds_is_refused(document: str) -> None:
    with pytest.raises(Rejected) as refused:
        question_of(document, None)
    (error,) = refused.value.errors
    assert error.extensions == {"code": "over_limit"}


NESTED = {
    "list": ("{ units(filter: {uuids: DEEP}) { totalCount } }", "[", "]"),
    "object": ("{ units(filter: DEEP) { totalCount } }", "{a: ", "}"),
    "default": ("query($a: [ID!] = DEEP) { units(filter: {uuids: $a}) { totalCount } }", "[", "]"),
    "directive": ("{ units @include(if: DEEP) { totalCount } }", "[", "]"),
    "type": ("query($a: DEEP) { units { totalCount } }", "[", "]"),
    "selections": ("{ units { nodes { DEEP } } }", "parent { ", "}"),
    "inline": ("{ units { nodes { DEEP } } }", "... { ", "}"),
    "mutation": ('mutation { createUnit(name: DEEP, reason: "x") { uuid } }', "[", "]"),
    "of the schema": ("{ __type(name: DEEP) { name } }", "[", "]"),
}
FILLED = {"type": "ID", "selections": "uuid", "inline": "uuid", "object": "1"}


@pytest.mark.parametrize("depth", [101, 250, 1_000, 5_000])
@pytest.mark.parametrize("kind", NESTED)
def test_what_is_nested_deep_is_refused_in_words(kind: str, depth: int) -> None:
    """Whatever stack is left: the walks over a document call themselves at each level."""
    document, opening, closing = NESTED[kind]
    deep = opening * depth + (FILLED.get(kind) or "") + closing * depth
    with pytest.raises(Rejected) as refused:
        question_of(document.replace("DEEP", deep), None)
    (error,) = refused.value.errors
    assert "nested" in error.message


@pytest.mark.parametrize("length", [101, 400, 1_500])
def test_fragments_that_lead_to_fragments_are_nested_too(length: int) -> None:
    with pytest.raises(Rejected, match="nested"):
        question_of(chain("NEXT", "name", length), None)
    assert question_of(chain("NEXT", "name", 90), None).root_fields == {"units"}


@pytest.mark.parametrize("length", [1, 12, 25])
def test_what_leads_back_to_itself_is_named(length: int) -> None:
    every = [f"...F{n}" for n in range(length + 1)]
    knot = [f"fragment F{n} on Unit {{ name {' '.join(every)} }}" for n in range(length + 1)]
    document = "{ units { nodes { ...F0 } } } " + " ".join(knot)
    with pytest.raises(SpreadsItself):
        check_expansion(parse(document))
    with pytest.raises(Rejected, match="within itself"):
        question_of(document, None)


def test_fields_of_an_interface_are_counted_for_each_of_its_types() -> None:
    """Each is compiled: 57,000 bytes were 100,000 fields."""
    asked = question_of(
        "{ changes { nodes { thing { " + " ".join(f"a{n}: label b{n}: uuid" for n in range(2_400)) + " } } } }", None
    )
    with pytest.raises(GraphQLError, match=f"more than {MOST_SELECTED} fields"):
        select(asked.operation, Document(SCHEMA, asked.fragments, VariableValues({}, {})))


@pytest.mark.parametrize("root", ["units { totalCount }", "me { name }", "__typename", '__type(name: "Unit") { name }'])
def test_fields_at_the_top_are_counted(root: str) -> None:
    """Each is a query of Neo4j, even if it is planned once for all of them."""
    asked = question_of("{ " + " ".join(f"a{n}: {root}" for n in range(MOST_ROOTS + 1)) + " }", None)
    with pytest.raises(GraphQLError, match=f"{MOST_ROOTS + 1} fields at the top"):
        select(asked.operation, Document(SCHEMA, asked.fragments, VariableValues({}, {})))


def test_fields_are_counted_where_they_are_spread() -> None:
    assert check_expansion(parse(chain("NEXT NEXT", "name", 3))) < MOST_FIELDS
    assert question_of(chain("a: parent { NEXT } b: parent { NEXT }", "name", 3), None).fields < MOST_PAIRS
    assert question_of("{ units { nodes { ...A } } } fragment A on Unit { name }", None).root_fields == {"units"}


def test_the_schema_can_be_asked_for_whole() -> None:
    whole = get_introspection_query(True, True, True, True, True, True)
    assert 0 < schema_cost(question_of(whole, None), VariableValues({}, {})) < MOST / 3


def test_the_schema_many_times_over_is_counted() -> None:
    fields = "types { fields { type { fields { name } } } }"
    many = "{" + " ".join(f"a{n}: __schema {{ {fields} }}" for n in range(100)) + "}"
    once = schema_cost(question_of(f"{{ __schema {{ {fields} }} }}", None), VariableValues({}, {}))
    assert schema_cost(question_of(many, None), VariableValues({}, {})) == 100 * once > MOST


def test_what_is_kept_is_bounded_by_bytes() -> None:
    kept: Kept[str, str] = Kept(100)
    for each in "abcde":
        kept.put(each, each.upper(), 30)
    assert [kept.get(each) for each in "abcde"] == [None, None, "C", "D", "E"]
    kept.get("c")
    kept.put("f", "F", 60)
    assert (kept.get("c"), kept.get("d"), kept.get("f"), kept.bytes) == ("C", None, "F", 90)
    kept.put("too large", "", 101)
    assert (kept.get("too large"), kept.bytes) == (None, 90)
    kept.put("f", "F", 10)
    assert kept.bytes == 40


def test_what_is_kept_may_be_asked_for_while_a_thread_puts_something_in() -> None:
    """Documents are parsed in a thread of their own: what goes at that moment is not missed."""
    kept: Kept[object, str] = Kept(100)

    class Asked:
        meanwhile: threading.Thread | None = None
        looks = 0

        def __hash__(self) -> int:
            self.looks += 1
            if self.meanwhile is not None and self.looks == 2:
                self.meanwhile.start()
                self.meanwhile.join(0.2)  # it waits for us, or has put it in by then
            return 1

    key = Asked()
    kept.put(key, "asked for", 60)
    kept.put("later", "l", 30)
    key.meanwhile, key.looks = threading.Thread(target=kept.put, args=("other", "o", 60)), 0
    assert kept.get(key) == "asked for"
    key.meanwhile.join()
    assert (kept.get(key), kept.get("other"), kept.bytes) == (None, "o", 60)
