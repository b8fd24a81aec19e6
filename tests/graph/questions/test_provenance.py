"""Who claims what of a thing, which of it holds, and since when it is known (``provenance``, ``learned_at``)."""

from datetime import date

import neo4j

from graph.change_log import Origin
from graph.cpr.keyring import Keyring
from graph.questions.provenance import BY_HAND, ONLY, UNION, Claims, provenance
from graph.statements.precedence import SourceOrder
from graph.statements.statement import DatedLink, DatedValue, Ref, Statement
from graph.time import Period
from graph.writing.graph_writer import GraphWriter
from tests.graph.organisation import link, person, told, unit

RING = Keyring.generate()
DAY = date(2026, 3, 2)
CPR = "0202575002"


def state(driver: neo4j.Driver, source: str, *statements: Statement) -> str:
    graph_writer = GraphWriter(driver, RING, SourceOrder())
    return graph_writer.state(source, statements, Origin(source))[0].uuid


def said(driver: neo4j.Driver, uuid: str, kind: str = "Person", day: date = DAY) -> dict[str, Claims]:
    return {each.name: each for each in provenance(driver, SourceOrder(), kind, uuid, day)}


def adding(name: str) -> Statement:
    return Statement("Person", "guid", exists=None, values={"name": told(name), "mobile": told("20304050")}, cpr=CPR)


def test_each_source_stands_with_its_word_and_the_higher_one_holds(clean_graph: neo4j.Driver) -> None:
    uuid = state(clean_graph, "sd", person("p2", "Birk Prøvesen", CPR))
    assert state(clean_graph, "active_directory", adding("Birk Hansen")) == uuid
    found = said(clean_graph, uuid)
    name = found["name"]
    assert [(each.source, each.value, each.effective) for each in name.claims] == [
        ("sd", "Birk Prøvesen", True),
        ("active_directory", "Birk Hansen", False),
    ]
    assert name.rule == "sd comes before active_directory in the order of sources for Person.name"
    assert (name.disagree, found["mobile"].disagree, found["mobile"].rule) == (True, False, ONLY)
    assert found["exists"].claims[0].value is True and found["exists"].rule == ONLY


def test_the_other_order_of_a_property_is_followed_and_told(clean_graph: neo4j.Driver) -> None:
    uuid = state(clean_graph, "sd", person("p2", "Birk Prøvesen", CPR))
    state(clean_graph, "active_directory", adding("Birk Hansen"))
    order = SourceOrder(properties={"Person.name": ("active_directory", "sd")})
    name = {each.name: each for each in provenance(clean_graph, order, "Person", uuid, DAY)}["name"]
    assert [(each.source, each.effective) for each in name.claims] == [("active_directory", True), ("sd", False)]


def test_a_value_by_hand_outranks_and_says_so(clean_graph: neo4j.Driver) -> None:
    uuid = state(clean_graph, "sd", person("p2", "Birk Prøvesen", CPR))
    graph_writer = GraphWriter(clean_graph, RING, SourceOrder())

    def edit(kept: Statement) -> Statement:
        return Statement("Person", kept.key, None, {**kept.values, "name": told("Birk P.")}, kept.links)

    graph_writer.amend("Person", uuid, edit, Origin("manual", user="hr"))
    name = said(clean_graph, uuid)["name"]
    assert (name.rule, [each.effective for each in name.claims]) == (BY_HAND, [True, False])


def test_a_value_that_did_not_change_keeps_the_moment_it_was_learnt(clean_graph: neo4j.Driver) -> None:
    uuid = state(clean_graph, "sd", person("p2", "Birk Prøvesen", CPR))
    state(clean_graph, "active_directory", adding("Birk Hansen"))
    first = said(clean_graph, uuid)
    state(clean_graph, "active_directory", adding("Birk Holm"))
    second = said(clean_graph, uuid)
    assert second["mobile"].claims[0].learnt == first["mobile"].claims[0].learnt
    was, now = (each["name"].claims[1].learnt for each in (first, second))
    assert was < now
    state(clean_graph, "active_directory", adding("Birk Holm-Hansen"))
    third = said(clean_graph, uuid)
    assert third["mobile"].claims[0].learnt == first["mobile"].claims[0].learnt
    assert third["name"].claims[1].learnt > now


def test_several_links_at_a_time_are_no_conflict_and_a_single_one_is(clean_graph: neo4j.Driver) -> None:
    state(clean_graph, "sd", unit("root"), unit("north", "root"))
    north = state(clean_graph, "sd", unit("north", "root"))
    kle = [Statement("KleNode", each, values={"number": (DatedValue(Period(), each),)}) for each in ("27", "28")]
    state(clean_graph, "facts", *kle)
    graph_writer = GraphWriter(clean_graph, RING, SourceOrder())

    def edit(kept: Statement) -> Statement:
        performs = (DatedLink(Period(), Ref("KleNode", "28", "natural")),)
        return Statement("Unit", kept.key, None, {}, {"performs": performs})

    graph_writer.amend("Unit", north, edit, Origin("manual", user="hr"))
    tagged = Statement("Unit", "u", None, {}, {"performs": (DatedLink(Period(), Ref("KleNode", "27", "natural")),)})
    tagged.about = Ref("Unit", north, "uuid")
    state(clean_graph, "facts", tagged)
    found = said(clean_graph, north, "Unit")
    assert (found["performs"].rule, found["performs"].disagree, len(found["performs"].claims)) == (UNION, False, 2)
    assert all(each.effective for each in found["performs"].claims)
    assert found["parent"].claims[0].to is not None


def test_nothing_holds_on_a_day_on_which_the_thing_is_not(clean_graph: neo4j.Driver) -> None:
    ended = Statement("Unit", "gone", (Period(date(2020, 1, 1), date(2021, 1, 1)),), {"name": told("Nedlagt")})
    ended.links = {"parent": link("Unit", "root")}
    state(clean_graph, "sd", unit("root"), ended)
    uuid = state(clean_graph, "sd", ended)
    found = said(clean_graph, uuid, "Unit")
    assert [each.effective for each in found["name"].claims] == [False]
    assert [(each.value, each.effective) for each in found["exists"].claims] == [(False, True)]
    assert [each.effective for each in found["parent"].claims] == [True], "a place in the tree outlives the unit (A14)"
