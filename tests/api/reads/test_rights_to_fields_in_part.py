"""What fields with a right of their own hold of one part of the organisation is told to no one who has that right in
another part only, or not at all: in no field of anything, in no history, log, claim or search, on no day."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import neo4j
import pytest

from api.access.held import subtree
from api.access.rights import FIELDS, Access
from api.access.roles import ROLES
from api.model.filters import camel
from api.model.types import PLURALS
from api.mutations.edits import with_value
from graph.change_log import Origin
from graph.model import KINDS
from graph.statements.precedence import MANUAL
from graph.time import Period, today
from graph.writing.amending import Amendment
from graph.writing.graph_writer import GraphWriter
from tests.api.reads.asking import Asking
from tests.api.reads.conftest import KEYRING
from tests.api.reads.shapes import Link, leads_to, one_of_each
from tests.api.reads.test_everything import LISTS, RECORDS, WHEN, every_link, of_kind
from tests.api.reads.test_within_units import lies_in

pytestmark = pytest.mark.slow
_OWN = {
    kind: [each for each in KINDS[kind].properties if each.access not in ("open", "cpr")]
    for kind in KINDS
    if any(each.access not in ("open", "cpr") for each in KINDS[kind].properties)
}
"""Kind → its properties with a right of their own."""


def test_what_is_marked_has_rights_of_their_own() -> None:
    rights = {each.access for properties in _OWN.values() for each in properties}
    assert rights == FIELDS.keys() - {"cpr"}


@dataclass(frozen=True)
class Marked:
    """``units``: a part of the organisation. ``inside``, ``outside``: how values begin of what lies there, or not."""

    asking: Asking
    units: frozenset[str]
    inside: str = "Nordhemmeligt"
    outside: str = "Sydhemmeligt"

    def told(self, access: Access, question: str) -> bytes:
        return replace(self.asking, access=access).text(question)


@pytest.fixture(scope="module")
def marked(asking: Asking, graph: neo4j.Driver) -> Marked:
    """Each such property of each person and employment has a value by hand that tells where it lies."""
    rows, _, _ = graph.execute_query(
        """
        MATCH (u:Unit)-[:PART_OF]->(), (u)<-[:IN]-(:Employment)
        WHERE u.active
        RETURN u.uuid AS uuid, count(*) AS people ORDER BY people DESC, uuid LIMIT 1
        """
    )
    found = Marked(asking, asking.runner.run(subtree(asking.reader.reading, [rows[0]["uuid"]])))
    inside = lies_in(graph, found.units)
    writer, origin = GraphWriter(graph, KEYRING), Origin(MANUAL, user="tests", reason="A test")
    sides = set()
    for kind, properties in _OWN.items():
        rows, _, _ = graph.execute_query(
            f"MATCH (n:{kind})-[s:STATE]->() WHERE s.from <= $day AND (s.to IS NULL OR s.to > $day) "
            "RETURN DISTINCT n.uuid AS uuid ORDER BY uuid",
            day=today(),
        )
        for row in rows:
            mark = found.inside if row["uuid"] in inside else found.outside
            sides.add((kind, mark))
            for each in properties:
                value = f"{mark} {each.name}"
                writer.amend_all([Amendment(kind, row["uuid"], with_value(each.name, value, Period(today())))], origin)
    assert len(sides) == 2 * len(_OWN)
    return found


def _limited(marked: Marked, everywhere: frozenset[str], limited: frozenset[str]) -> Access:
    within: Mapping[str, frozenset[str]] = dict.fromkeys(limited, marked.units)
    return Access("somebody", everywhere | limited, None, within)


_EVERY = frozenset(ROLES)
_RIGHT = _EVERY & (FIELDS["private"] | FIELDS["pay"])
_WITHOUT = _EVERY - _RIGHT
"""Roles that have no such right."""


def _is_asked(name: str, when: str) -> bool:
    """Every list today, and those of the things that have such values on any day."""
    return when == "today" or PLURALS.get(name) in _OWN


def _questions() -> Iterator[Any]:
    for name in LISTS:
        for when in WHEN:
            if _is_asked(name, when):
                yield pytest.param(name, when, id=f"{name}-{when}")


@pytest.fixture(scope="module")
def links(marked: Marked) -> dict[str, set[Link]]:
    """Of each day, the links to ask for: one of each shape of statement, with the conditions on values in it; on today
    for each kind to which they lead."""
    mixed = _limited(marked, _WITHOUT, _RIGHT)
    asked = {
        when: [(link, each) for link, each in found if _is_asked(link[0], when)] for when, found in every_link().items()
    }
    return one_of_each(asked, mixed.fields(), mixed.scope, leads_to)


@pytest.mark.parametrize(("name", "when"), [*_questions()])
def test_no_list_tells_of_what_lies_elsewhere(
    marked: Marked, links: dict[str, set[Link]], name: str, when: str
) -> None:
    mixed = _limited(marked, _WITHOUT, _RIGHT)
    arguments = ", ".join(each for each in (WHEN[when], "first: 200") if each)
    for each in of_kind(name, WHEN[when], links=None if name in RECORDS else links[when]):
        question = f"{{ {name}({arguments}) {{ nodes {{ {each} }} }} }}"
        assert marked.outside.encode() not in marked.told(mixed, question), question


def _values(kind: str) -> str:
    return " ".join(camel(each.name) for each in _OWN[kind])


def _of_each_side(marked: Marked, graph: neo4j.Driver, kind: str) -> list[neo4j.Record]:
    """One thing inside, and two outside."""
    rows, _, _ = graph.execute_query(
        f"""
        UNWIND [[$inside, 1], [$outside, 2]] AS side
        CALL (side) {{
            MATCH (n:{kind})
            WHERE n[$name] STARTS WITH side[0]
            RETURN n.uuid AS uuid ORDER BY uuid LIMIT 2
        }}
        WITH side, collect(uuid)[..side[1]] AS uuids
        UNWIND uuids AS uuid
        RETURN uuid
        """,
        inside=marked.inside,
        outside=marked.outside,
        name=_OWN[kind][-1].name,
    )
    assert len(rows) > 1
    return rows


def _of_rules(marked: Marked, graph: neo4j.Driver) -> Iterator[str]:
    """Questions to rules whose answers have values."""
    yield "{ changeFeed(first: 10000) { values { property before { text } after { text } } } }"
    for text in (marked.outside, f"{marked.outside} street", f"{marked.outside} private_email"):
        yield f'{{ search(text: "{text}") {{ value thing {{ ... on Person {{ uuid }} }} }} }}'
    for kind in _OWN:
        yield f"{{ disagreements(kind: {kind}, first: 10000) {{ provenance {{ claims {{ value }} }} }} }}"
        for row in _of_each_side(marked, graph, kind):
            yield f'{{ provenance(kind: {kind}, thing: "{row["uuid"]}") {{ property claims {{ value }} }} }}'
            yield f"""{{ thing(uuid: "{row["uuid"]}") {{ thing {{ ... on {kind} {{
                {_values(kind)} history {{ {_values(kind)} }} sources {{ statement }} changes {{ before after }}
            }} }} }} }}"""
        yield f"{{ changes(kind: {kind}, first: 10000) {{ nodes {{ before after }} }} }}"


def test_no_rule_tells_of_what_lies_elsewhere(marked: Marked, graph: neo4j.Driver) -> None:
    """Who has the right in the part sees what lies there; who has it nowhere sees none of it, wherever it lies."""
    mixed, lacking = _limited(marked, _WITHOUT, _RIGHT), Access("somebody", _WITHOUT)
    everywhere = Access("somebody", _EVERY)
    inside, outside = marked.inside.encode(), marked.outside.encode()
    shown_inside = shown_outside = 0
    for question in _of_rules(marked, graph):
        if "search" not in question:
            shown_outside += outside in marked.told(everywhere, question)
            assert outside not in marked.told(mixed, question), question
            shown_inside += inside in marked.told(mixed, question)
            told = marked.told(lacking, question)
            assert outside not in told and inside not in told, question
        else:
            for access in (mixed, lacking):
                assert b'"search":[]' in marked.told(access, question), question
    assert shown_inside and shown_outside, "the questions ask for such values"
