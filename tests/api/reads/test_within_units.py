"""A caller whose roles hold in a part of the organisation reads that part only: whatever is asked for, however.

What lies where is worked out here from the plain links, apart from the table that reads are made from.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import neo4j
import orjson
import pytest
from graphql import get_named_type

from api.access import rights
from api.access.held import subtree
from api.access.places import PLACES, Place
from api.access.rights import Access
from api.access.roles import ROLES
from api.model.fields import Value
from api.model.filters import Filter, snake
from api.model.filters import of_kind as filters_of
from api.model.types import PLURALS, SINGULARS, TYPES
from graph.collation import caption
from graph.errors import unknown_kind
from graph.model import KINDS
from graph.time import today
from tests.api.reads.asking import Asking
from tests.api.reads.shapes import Link, leads_to, one_of_each
from tests.api.reads.test_everything import (
    ALWAYS,
    LISTS,
    QUERY,
    RECORDS,
    WHEN,
    every_link,
    of_kind,
    question,
    selection,
)

pytestmark = pytest.mark.slow
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PLACED = [kind for kind in KINDS if isinstance(PLACES[kind], Place)]


@dataclass(frozen=True)
class Part:
    """A part of the organisation: a caller of all roles there, and the UUIDs of what lies inside and outside.
    ``texts``: values of what lies outside, and of nothing else."""

    asking: Asking
    inside: frozenset[str]
    outside: frozenset[str]
    texts: frozenset[str]

    def check(self, text: str) -> None:
        """No UUID of what lies outside is in an answer."""
        found = set(_UUID.findall(text)) & self.outside
        assert not found, found

    def check_values(self, text: str) -> None:
        """Nor is a value of it."""
        self.check(text)
        found = {each for each in self.texts if each in text}
        assert not found, found


def _links(graph: neo4j.Driver, type_: str, incoming: bool = False) -> dict[str, list[tuple[str, date | None]]]:
    rows, _, _ = graph.execute_query(
        f"MATCH (a)-[r:{type_}]->(b) RETURN a.uuid AS a, b.uuid AS b, r.to AS to, a.to AS a_to, b.to AS b_to"
    )
    found: dict[str, list[tuple[str, date | None]]] = {}
    for row in rows:
        a, b = (row["b"], row["a"]) if incoming else (row["a"], row["b"])
        end = None if row["to"] is None else row["to"].to_native()
        found.setdefault(a, []).append((b, end))
    return found


def _lasting(links: list[tuple[str, date | None]], end: date | None) -> list[str]:
    """Where links lead that are in force or to come; of what has ended, those that were there to the end."""
    return [to for to, until in links if until is None or until > today() or (end is not None and until >= end)]


def lies_in(graph: neo4j.Driver, units: frozenset[str]) -> frozenset[str]:
    """The UUIDs of all things of placed kinds that lie in these units."""
    rows, _, _ = graph.execute_query(
        "MATCH (n) WHERE n.uuid IS NOT NULL AND NOT n:Change AND any(kind IN $kinds WHERE kind IN labels(n)) "
        "RETURN head([kind IN labels(n) WHERE kind IN $kinds]) AS kind, n.uuid AS uuid, n.from AS from, n.to AS to",
        kinds=list(KINDS),
    )
    end = {row["uuid"]: None if row["to"] is None else row["to"].to_native() for row in rows}
    exists = {row["uuid"] for row in rows if row["from"] is not None}
    kind = {row["uuid"]: row["kind"] for row in rows}
    in_, for_, has, holds = (_links(graph, each) for each in ("IN", "FOR", "HAS", "HOLDS"))
    owner, used_for, of_person = _links(graph, "OWNS", True), _links(graph, "USED_FOR"), _links(graph, "OF_PERSON")
    substitutes, given_to = _links(graph, "SUBSTITUTES"), _links(graph, "GIVEN_TO")

    def here(uuid: str) -> bool:
        match kind[uuid]:
            case "Unit":
                return uuid in units
            case "Employment" | "Affiliation":
                return bool(units & set(_lasting(in_.get(uuid, []), end[uuid])))
            case "Assignment":
                return bool(units & set(_lasting(for_.get(uuid, []), end[uuid])))
            case "Person":
                holding = [*has.get(uuid, []), *holds.get(uuid, [])]
                ties = [tie for tie, until in holding if tie in _lasting([(tie, until)], end[tie])]
                places = {tie: [*in_.get(tie, []), *for_.get(tie, [])] for tie in ties}
                stays = any(
                    tie in exists and (end[tie] is None or end[tie] > today()) and (until is None or until > today())
                    for tie, until in holding
                )
                now = [place for tie in ties for place, until in places[tie] if until is None or until > today()]
                last = [] if stays else [place for tie in ties for place in _lasting(places[tie], end[tie])]
                return bool(units & {*now, *last})
            case "Substitution":
                return any(here(each) for each in _lasting(substitutes.get(uuid, []), end[uuid]))
            case "Account":
                used = _lasting(used_for.get(uuid, []), end[uuid])
                return any(here(each) for each in used or _lasting(owner.get(uuid, []), end[uuid]))
            case "RightsRequest":
                return any(here(each) for each in _lasting(given_to.get(uuid, []), end[uuid]))
            case _:
                return any(here(each) for each in _lasting(of_person.get(uuid, []), end[uuid]))

    return frozenset(each for each in kind if kind[each] in _PLACED and here(each))


@pytest.fixture(scope="module")
def part(asking: Asking, graph: neo4j.Driver) -> Part:
    """A unit in the middle of the tree, and what is below it."""
    rows, _, _ = graph.execute_query(
        """
        MATCH (u:Unit)-[:PART_OF]->(), (u)<-[:PART_OF]-(below)
        WHERE u.active
        WITH u, COUNT { (u)<-[:PART_OF*0..]-()<-[:IN]-() } AS people, COUNT { (:Employment)-[:IN]->() } AS all
        WHERE people < all / 2
        RETURN u.uuid AS uuid ORDER BY people DESC, uuid LIMIT 1
        """
    )
    units = asking.runner.run(subtree(asking.reader.reading, [rows[0]["uuid"]]))
    access = Access("nord", frozenset(ROLES), None, dict.fromkeys(ROLES, units))
    inside = lies_in(graph, units)
    everything = lies_in(graph, frozenset(_all(graph, "Unit")))
    all_ = {uuid for kind in _PLACED for uuid in _all(graph, kind)}
    assert {kind for kind in ("Unit", "Person", "Employment", "Assignment") if inside & set(_all(graph, kind))} == {
        "Unit", "Person", "Employment", "Assignment",
    }  # fmt: skip
    assert inside < everything
    outside = frozenset(all_ - inside)
    texts = _texts(graph, inside, outside)
    assert len(texts) > 3
    return Part(replace(asking, access=access), inside, outside, texts)


def _texts(graph: neo4j.Driver, inside: frozenset[str], outside: frozenset[str]) -> frozenset[str]:
    """The texts that are values of things outside, on whatever day, and of nothing that may be read."""
    rows, _, _ = graph.execute_query(
        """
        MATCH (n)
        WHERE n.uuid IS NOT NULL AND any(kind IN $kinds WHERE kind IN labels(n))
        OPTIONAL MATCH (n)-[:STATE|WAS_STATE]->(state)
        RETURN n.uuid AS uuid, properties(n) AS values, collect(properties(state)) AS states
        """,
        kinds=list(KINDS),
    )
    hidden, shown = set[str](), set[str]()
    for row in rows:
        side = hidden if row["uuid"] in outside else shown
        for values in (row["values"], *row["states"]):
            side |= {each for each in values.values() if isinstance(each, str) and len(each) > 4}
    words = {each for each in hidden if not any(letter.isdigit() for letter in each)}  # a number may be part of a day
    return frozenset(each for each in words if not any(each in other for other in shown))


def _all(graph: neo4j.Driver, kind: str) -> list[str]:
    rows, _, _ = graph.execute_query(f"MATCH (n:{kind}) RETURN n.uuid AS uuid")
    return [row["uuid"] for row in rows]


@pytest.mark.parametrize("name", [each for each in PLURALS if PLURALS[each] in _PLACED])
def test_a_list_has_what_lies_inside_and_counts_it(part: Part, graph: neo4j.Driver, name: str) -> None:
    page = part.asking.data(
        f'{{ {name}(first: 10000, period: {{from: "0001-01-01"}}) {{ totalCount nodes {{ uuid }} }} }}'
    )[name]
    rows, _, _ = graph.execute_query(f"MATCH (n:{PLURALS[name]})-[:STATE]->() RETURN DISTINCT n.uuid AS uuid")
    wanted = {row["uuid"] for row in rows} & part.inside
    assert {each["uuid"] for each in page["nodes"]} == wanted
    assert page["totalCount"] == len(wanted)


@pytest.fixture(scope="module")
def links(part: Part) -> dict[str, set[Link]]:
    """Of each day, the links to ask for: one of each shape of statement, with the conditions on places in it; on today
    for each kind to which they lead."""
    access = part.asking.access
    assert access is not None
    return one_of_each(every_link(), access.fields(), access.scope, leads_to)


def _stays_inside(part: Part, name: str, when: str, links: set[Link] | None) -> None:
    for each in of_kind(name, when, links=links):
        part.check(part.asking.text(question(name, when, each, 200)).decode())


@pytest.mark.parametrize(
    ("name", "when"),
    [pytest.param(name, when, id=f"{name}-{when}") for name in LISTS for when in WHEN if name not in RECORDS],
)
def test_no_field_of_anything_leads_outside(part: Part, links: dict[str, set[Link]], name: str, when: str) -> None:
    _stays_inside(part, name, WHEN[when], links[when])


@pytest.mark.parametrize("name", RECORDS)
def test_no_field_of_records_leads_outside(part: Part, name: str) -> None:
    _stays_inside(part, name, "", None)


@pytest.mark.parametrize("name", ["units", "persons", "employments", "assignments", "accounts"])
def test_what_was_known_before_leads_nowhere_else(part: Part, name: str) -> None:
    """Places are today's, whatever was known on the day."""

    def only_now(of: str, field: str) -> bool:
        found = TYPES[of].fields[field] if of in TYPES else None
        return field.startswith("sources") or (isinstance(found, Value) and bool(found.only_now))

    when = f'asKnownOn: "{today()}"'
    for each in of_kind(name, when, only_now):
        part.check_values(
            part.asking.text(f"{{ {name}({when}, first: 200) {{ totalCount nodes {{ {each} }} }} }}").decode()
        )


_WALKING = frozenset({"below", "role", "root"})
"""Filters that follow links, which may lead over what can't be read."""


def _given(graph: neo4j.Driver, part: Part, kind: str, filter_: Filter) -> Iterator[Any]:
    """Values for a filter: of a thing outside and of one inside, as far as there are."""
    name = filter_.name

    def values(kind: str, expression: str) -> list[Any]:
        rows, _, _ = graph.execute_query(
            f"MATCH (n:{kind}) WITH n.uuid AS uuid, {expression} AS value WHERE value IS NOT NULL RETURN uuid, value "
            "ORDER BY uuid, value"
        )
        sides = (part.outside, part.inside) if kind in _PLACED else ({row["uuid"] for row in rows},)
        return [value for side in sides for value in [row["value"] for row in rows if row["uuid"] in side][:1]]

    if name in ("uuids", "keys"):
        keys = "head(COLLECT { MATCH (r:SourceRecord)-[:TELLS]->(n) RETURN r.key ORDER BY r.key LIMIT 1 })"
        yield from ([each] for each in values(kind, "n.uuid" if name == "uuids" else keys))
    elif name in ("changedSince", "changedAfter", "source"):
        yield {"changedSince": 0, "changedAfter": "2020-01-01", "source": "facts"}[name]
    elif filter_.names in KINDS:
        yield from values(filter_.names, "n.number" if filter_.names == "KleNode" else "n.uuid")
    elif filter_.type == "Boolean":
        yield from (True, False)
    else:
        words = snake(name.removesuffix("Contains").removesuffix("Starts"))
        yield from values(kind, f"n.{caption(kind) if name == 'search' else words}")


@pytest.mark.parametrize("name", [each for each in PLURALS if PLURALS[each] in _PLACED])
def test_no_filter_reaches_outside(part: Part, graph: neo4j.Driver, name: str) -> None:
    """Whatever it is given, it chooses among what lies inside, as it does for a caller who reads everything."""
    kind = PLURALS[name]
    everywhere = replace(part.asking, access=Access("all", frozenset(ROLES)))
    for each in filters_of(kind).values():
        for value in _given(graph, part, kind, each):
            question = (
                f"query($v: {each.type}) {{ {name}(first: 10000, filter: {{{each.name}: $v}}) "
                "{ totalCount nodes { uuid } } }"
            )
            answer = orjson.loads(part.asking.text(question, {"v": value}))
            if "errors" in answer:
                (error,) = answer["errors"]
                assert error["extensions"]["code"] == unknown_kind(each.names), (each.name, value)
                assert value in part.outside
                continue
            page = answer["data"][name]
            found = {one["uuid"] for one in page["nodes"]}
            assert page["totalCount"] == len(found), (each.name, value)
            assert found <= part.inside, (each.name, value)
            if each.name not in _WALKING:
                every = everywhere.data(question, {"v": value})[name]["nodes"]
                assert found == {one["uuid"] for one in every} & part.inside, (each.name, value)


@pytest.mark.parametrize("order", ["UUID", "UUID_DESCENDING", "NAME", "NAME_DESCENDING"])
def test_from_anybody_s_cursor_the_list_goes_on_inside(part: Part, order: str) -> None:
    everywhere = replace(part.asking, access=Access("all", frozenset(ROLES)))
    whole = everywhere.data(f"{{ persons(first: 10000, order: {order}) {{ edges {{ cursor node {{ uuid }} }} }} }}")
    edges = whole["persons"]["edges"]
    inside = [each["node"]["uuid"] for each in edges if each["node"]["uuid"] in part.inside]
    question = f"""
    query($after: String) {{
      persons(first: 10000, order: {order}, after: $after) {{
        totalCount nodes {{ uuid }} pageInfo {{ hasPreviousPage startCursor }}
      }}
    }}
    """
    for place, edge in enumerate(edges):
        page = part.asking.data(question, {"after": edge["cursor"]})["persons"]
        left = [each["node"]["uuid"] for each in edges[place + 1 :] if each["node"]["uuid"] in part.inside]
        assert [each["uuid"] for each in page["nodes"]] == left
        assert page["totalCount"] == len(inside)
        assert page["pageInfo"]["hasPreviousPage"] == (len(left) < len(inside))


@pytest.mark.parametrize("kind", _PLACED)
def test_a_thing_outside_is_as_if_it_were_not_there(part: Part, graph: neo4j.Driver, kind: str) -> None:
    name = next(each for each, of in SINGULARS.items() if of == kind)
    for uuid in sorted(set(_all(graph, kind)) & part.outside)[:3]:
        assert part.asking.data(f'{{ {name}(uuid: "{uuid}") {{ uuid }} }}')[name] is None
        node = replace(part.asking, access=None).data(f'{{ {name}(uuid: "{uuid}") {{ id keys }} }}')[name]
        if node is None:
            continue
        assert part.asking.data(f'{{ node(id: "{node["id"]}") {{ id }} }}')["node"] is None
        for key in node["keys"]:
            assert (
                part.asking.data(f"query($key: String) {{ {name}(key: $key) {{ uuid }} }}", {"key": key})[name] is None
            )


def _computed(name: str) -> str:
    """All fields of a computed root field's answers, and of the things in them the UUID."""
    field = QUERY.fields[name]  # type: ignore[union-attr]

    def wanted(of: str, field: str, levels: int) -> bool:
        return of not in TYPES or field in ALWAYS

    return selection(get_named_type(field.type), 4, wanted)


def test_what_rules_answer_keeps_to_the_part(part: Part, graph: neo4j.Driver) -> None:
    def some(kind: str, inside: bool) -> list[str]:
        return sorted(uuid for uuid in _all(graph, kind) if (uuid in part.inside) == inside)[:2]

    asked = [("changeFeed", "(first: 500)"), ("me", "")]
    asked += [("search", f'(text: "{text}")') for text in ("en", "skole", "10")]
    for kind in ("Unit", "Employment", "Person"):
        asked += [("provenance", f'(kind: {kind}, thing: "{uuid}")') for uuid in some(kind, True)]
        asked += [("thing", f'(uuid: "{uuid}")') for uuid in some(kind, True)]
    for name, arguments in asked:
        part.check_values(part.asking.text(f"{{ {name}{arguments} {{ {_computed(name)} }} }}").decode())
    for uuid in some("Unit", False):
        refused = part.asking.code(f'{{ provenance(kind: Unit, thing: "{uuid}") {{ __typename }} }}')
        assert refused == "unknown_unit"
    for uuid in some("Person", False):
        assert part.asking.data(f'{{ thing(uuid: "{uuid}") {{ kind }} }}')["thing"] is None
    who = "nearestManager { steps holders { person { uuid } assignment { uuid } } levelUnit { uuid } }"
    part.check_values(part.asking.text(f"{{ employments(first: 50) {{ nodes {{ uuid {who} }} }} }}").decode())


@pytest.mark.parametrize(
    "arguments",
    ["", "order: UUID_DESCENDING", 'order: NAME, filter: {nameContains: "e"}', 'at: "2020-01-01", order: NAME'],
)
def test_pages_are_the_same_wherever_they_begin(part: Part, monkeypatch: pytest.MonkeyPatch, arguments: str) -> None:
    """At the units of a small part, or at an index of all."""
    assert part.asking.access is not None and part.asking.access.scope is not None
    pages: dict[bool, list[Any]] = {}
    for is_small, most in ((True, 10_000), (False, 0)):
        monkeypatch.setattr(rights, "SMALL", most)
        assert part.asking.access.scope.is_small == is_small
        for name in ("persons",) if "filter" in arguments else ("persons", "employments"):
            after = ""
            for _ in range(3):
                fields = "totalCount nodes { uuid } pageInfo { hasNextPage hasPreviousPage }"
                text = f"{{ {name}(first: 4, {arguments}{after}) {{ {fields} edges {{ cursor }} }} }}"
                page = part.asking.data(text)[name]
                pages.setdefault(is_small, []).append([page[each] for each in ("totalCount", "nodes", "pageInfo")])
                after = f', after: "{page["edges"][-1]["cursor"]}"' if page["edges"] else ""
    assert pages[True] == pages[False] and any(nodes for _, nodes, _ in pages[True])


def test_a_role_that_holds_everywhere_opens_nothing_of_another_that_does_not(part: Part, graph: neo4j.Driver) -> None:
    """A reader of everything who is HR of a part only."""
    access = part.asking.access
    assert access is not None
    mixed = replace(access, roles=frozenset({"reader", "hr"}), within={"hr": access.within["hr"]})
    asking = replace(part.asking, access=mixed)
    everything = asking.data("{ units { totalCount } }")["units"]["totalCount"]
    assert everything > part.asking.data("{ units { totalCount } }")["units"]["totalCount"]
    changed = asking.data("{ changeFeed(first: 10000) { uuid kind links { uuid } } }")["changeFeed"]
    assert changed
    named = {each["uuid"] for each in changed} | {link["uuid"] for each in changed for link in each["links"]}
    assert not named & part.outside
    listed = asking.data("{ changes(first: 10000) { nodes { uuid } } }")["changes"]["nodes"]
    assert {each["uuid"] for each in listed} & part.inside
    assert not {each["uuid"] for each in listed} & part.outside
    persons = asking.data("{ persons(first: 10000) { nodes { uuid street name } } }")["persons"]["nodes"]
    assert not [each for each in persons if each["street"] and each["uuid"] in part.outside]
    unit = sorted(set(_all(graph, "Unit")) & part.outside)[0]
    assert asking.code(f'{{ provenance(kind: Unit, thing: "{unit}") {{ __typename }} }}') == "unknown_unit"
