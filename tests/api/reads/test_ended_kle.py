"""One question: which units, assignments, substitutions and rules use what of KLE has ended (kle.md §6.9, §7)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import neo4j
import pytest

from graph.change_log import Origin
from graph.cpr.keyring import Keyring
from graph.statements.statement import DatedLink, DatedValue, Ref, Statement
from graph.time import Period
from graph.writing.graph_writer import GraphWriter
from reconnect.embedded import Addresses
from tests.api.reads.asking import Asking, closed, open_asking

RING = Keyring.generate()
END, DAY = date(2026, 8, 1), date(2026, 11, 24)
ALWAYS = Period()


def node(number: str, end: date | None = None, to: str = "") -> Statement:
    links = {"replaced_by": tuple(DatedLink(Period(end or END), Ref("KleNode", each)) for each in to.split())}
    if len(number) > 2:
        links["parent"] = (DatedLink(ALWAYS, Ref("KleNode", number[:-3])),)
    return Statement(
        "KleNode", number, exists=(Period(end=end),), values={"number": (DatedValue(ALWAYS, number),)}, links=links
    )


def refs(*numbers: str) -> tuple[DatedLink, ...]:
    return tuple(DatedLink(ALWAYS, Ref("KleNode", each)) for each in numbers)


NODES = (
    node("27"), node("27.12"), node("27.12.01", END, "27.12.02"), node("27.12.02", END, "27.12.03"), node("27.12.03"),
    node("27.12.04", END, "27.12.03 27.12.05"), node("27.12.05"), node("27.12.06", END),
    node("27.12.07", END, "27.12.08"), node("27.12.08", END, "27.12.07"), node("28", END),
    node("27.12.09", date(2027, 2, 1), "27.12.03"), node("27.12.10", END),
)  # fmt: skip


@pytest.fixture
def asking(clean_graph: neo4j.Driver, addresses: Addresses) -> Iterator[Asking]:
    graph_writer = GraphWriter(clean_graph, RING)
    tags = {
        "performs": refs("27.12.01", "27.12.04", "27.12.06", "27.12.07", "28", "27.12.09", "27.12.03"),
        "responsible_for": refs("27.12.06", "27.12.03"),
        "interested_in": refs("27.12.06"),
    }
    always = (DatedLink(ALWAYS, Ref("Person", "p")),)
    of = {
        "holder": always,
        "role": (DatedLink(ALWAYS, Ref("Role", "case_worker")),),
        "responsibilities": refs("27.12.06"),
    }
    told = [
        *NODES,
        Statement("Role", "case_worker", values={"key": (DatedValue(ALWAYS, "case_worker"),)}),
        Statement("Unit", "u", values={"name": (DatedValue(ALWAYS, "Pleje"),)}, links=tags),
        Statement("Unit", "v", values={"name": (DatedValue(ALWAYS, "Hjælp"),)}, links={"responsible_for":
        refs("27.12.03")}), Statement("Person", "p", values={"name": (DatedValue(ALWAYS, "Alma"),)}),
        Statement("Assignment", "a", links=of),
        Statement(
            "Substitution", "s",
            links={
                "person": always,
                "assignment": (DatedLink(ALWAYS, Ref("Assignment", "a")),),
                "scope_responsibilities": refs("27.12.06"),
            },
        ),
    ]  # fmt: skip
    graph_writer.state("facts", told, Origin("facts"))
    opened = open_asking(addresses.bolt_uri, addresses.user, addresses.password, clean_graph, RING)
    rules = {"care": ("kle:27.12.10", "system:cura"), "help": ("kle:27.12.03",)}
    opened.reader = replace(opened.reader, role_rules=rules)
    yield opened
    closed(opened)


ASK = """query($at: Date, $since: Date, $unused: Boolean) { endedKle(at: $at, since: $since, unused: $unused) {
    number node { uuid } ended cycle proposal proposed { number } living { number } successors { number }
    performedBy { name } responsibleUnits { name } interestedUnits { name }
    assignments { uuid } substitutions { uuid } roleRules } }"""


def asked(asking: Asking, **variables: object) -> dict[str, dict[str, object]]:
    return {each["number"]: each for each in asking.data(ASK, {"at": str(DAY), **variables})["endedKle"]}


def proposals(found: dict[str, dict[str, object]]) -> dict[str, object]:
    return {
        number: (each["proposal"], [to["number"] for to in each["proposed"]])  # type: ignore[attr-defined]
        for number, each in found.items()
    }


def test_what_is_used_with_proposals(asking: Asking) -> None:
    """One successor, followed through a chain; several: choose; none: the nearest living ancestor; none at all."""
    found = asked(asking)
    assert proposals(found) == {
        "27.12.01": ("SUCCESSOR", ["27.12.03"]),
        "27.12.04": ("CHOOSE", ["27.12.03", "27.12.05"]),
        "27.12.06": ("ANCESTOR", ["27.12"]),
        "27.12.07": ("ANCESTOR", ["27.12"]),
        "27.12.10": ("ANCESTOR", ["27.12"]),
        "28": ("NONE", []),
    }
    assert [number for number, each in found.items() if each["cycle"]] == ["27.12.07"]
    assert len(found["27.12.01"]["successors"]) == 1  # type: ignore[arg-type]
    assert len(found["27.12.04"]["successors"]) == 2  # type: ignore[arg-type]


def test_who_uses_it(asking: Asking) -> None:
    found = asked(asking)
    used = found["27.12.06"]
    assert [used[each] for each in ("performedBy", "responsibleUnits", "interestedUnits")] == [[{"name": "Pleje"}]] * 3
    assert len(used["assignments"]) == len(used["substitutions"]) == 1  # type: ignore[arg-type]
    assert found["27.12.10"]["roleRules"] == ["care"]


def test_other_days(asking: Asking) -> None:
    assert "27.12.09" not in asked(asking)
    assert list(asked(asking, at="2027-02-01", since="2027-01-01")) == ["27.12.09"]
    assert asked(asking, at="2026-07-31") == {}


def test_unused_ones_too(asking: Asking) -> None:
    assert set(asked(asking, unused=True)) - set(asked(asking)) == {"27.12.02", "27.12.08"}


def test_two_units_responsible_for_one_number(asking: Asking) -> None:
    found = asking.data("{ sharedKle { node { number } units { name } } }")["sharedKle"]
    assert [each["node"]["number"] for each in found] == ["27.12.03"]
    assert sorted(each["name"] for each in found[0]["units"]) == ["Hjælp", "Pleje"]
