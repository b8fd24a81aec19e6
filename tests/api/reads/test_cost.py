"""What a question costs is counted from what the graph holds, told, and paid from the token's budget."""

import asyncio
import threading
from dataclasses import replace

import httpx
import neo4j
import pytest

from api.access.budget import MOST_STREAMS, MOST_STREAMS_OF_ALL, Account, Budgets, Spent, Stream
from api.access.tokens import create
from api.availability import Availability
from api.http.app import create_app
from api.http.service import Service
from api.model.types import TYPES
from api.reads import question, reader
from api.reads.compiler import Compiler
from api.reads.lengths import Lengths, _degrees, _of_tree, _places, _statement, measured
from api.reads.limits import Limits
from api.reads.question import SCHEMA, question_of
from api.reads.selection import Document, VariableValues, select
from graph.connection import connect_async
from graph.cpr.keyring import Keyring
from graph.time import today
from reconnect.embedded import Addresses
from reconnect.settings.tree import ApiSettings
from tests.api.reads.asking import Asking


def cost(document: str, lengths: Lengths) -> int:
    question = question_of(document, None)
    roots = select(question.operation, Document(SCHEMA, question.fragments, VariableValues({}, {})))
    return Compiler(frozenset({"private", "cpr"}), today(), True).plan(roots).cost({}, lengths)


@pytest.fixture(scope="module")
def lengths(asking: Asking) -> Lengths:
    return asking.runner.run(measured(asking.reader.reading))


def test_lists_over_the_same_relationship_are_measured_once(asking: Asking, lengths: Lengths) -> None:
    """Neo4j plans each length, while the first question waits."""
    fields = dict(_degrees(TYPES["Person"].fields.values()))
    assert len(_places(fields.values())) < len(fields)
    assert _statement("Person", _places(fields.values())).count("-[:HAS]->") == 1
    assert all(("Person", name) in lengths.lists for name in fields)
    assert lengths.lists["Person", "employments"] == lengths.lists["Person", "employmentsPeriods"]


def test_a_page_costs_what_there_is_and_no_more_than_is_asked_for(asking: Asking, lengths: Lengths) -> None:
    units = asking.data("{ units { totalCount } }")["units"]["totalCount"]
    assert lengths.counts["Unit"] >= units
    whole = cost("{ units(first: 100000) { nodes { uuid name } } }", lengths)
    assert whole == 1 + 3 * lengths.counts["Unit"]
    assert cost("{ units(first: 2) { nodes { uuid name } } }", lengths) == 7
    assert cost('{ units(filter: {uuids: ["a", "b"]}) { nodes { uuid name } } }', lengths) == 7


def test_what_is_walked_from_many_costs_as_much_as_large_ones_hold() -> None:
    """Whoever goes up from an employment and down again comes down from the top, not from any unit."""
    edges = [(f"leaf {n}", "root") for n in range(99)]
    up, down = _of_tree(edges)
    assert (round(up.mean, 2), round(down.mean, 2), round(down.met)) == (0.99, 0.99, 99)


@pytest.mark.parametrize(
    "dear",
    [
        "{ employments(first: 5000) { nodes { unit { ancestors { descendants { uuid } } } } } }",
        "{"
        + " ".join(
            f"a{n}: employments(first: 5000) {{ nodes {{ unit {{ employments {{ uuid }} }} }} }}" for n in range(9)
        )
        + "}",
        "{ roles { nodes { assignments { role { assignments { role { assignments { uuid } } } } } } } }",
    ],
    ids=["up_and_down", "many_lists", "back_and_forth"],
)
def test_dear_questions_are_seen_in_a_large_graph(dear: str) -> None:
    from api.reads.lengths import Length

    large = Lengths(
        {"Employment": 50_000, "Unit": 1_500, "Role": 10},
        {
            ("Unit", "ancestors"): Length(4, 4.5),
            ("Unit", "descendants"): Length(4, 560),
            ("Unit", "employments"): Length(33, 120),
            ("Role", "assignments"): Length(300, 1_500),
        },
    )
    assert cost(dear, large) > Limits().cost


def test_a_budget_fills_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account(600)
    assert account.spend(500)["remaining"] == 100
    with pytest.raises(Spent) as spent:
        account.spend(300)
    assert 15 <= spent.value.wait <= 20
    assert spent.value.error.extensions is not None
    assert spent.value.error.extensions["code"] == "over_budget"
    assert "first" in spent.value.error.message
    account._counted -= 30
    assert account.spend(300)["limit"] == 600


def test_the_answer_tells_its_cost_and_what_is_left(asking: Asking, graph: neo4j.Driver, addresses: Addresses) -> None:
    token = create(graph, "spends much", ["reader"])

    async def ask() -> list[httpx.Response]:
        reading = connect_async(addresses.bolt_uri, addresses.user, addresses.password)
        service = Service(graph, reading, Keyring.generate(), limits=replace(Limits(), budget=100_000))
        transport = httpx.ASGITransport(create_app(service))
        headers = {"Authorization": f"Bearer {token}"}
        async with reading, httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:

            async def post(query: str) -> httpx.Response:
                return await client.post("/graphql", json={"query": query})

            first = await post("{ units(first: 2) { nodes { name } } }")
            again = await post("{ units(first: 2) { nodes { name } } }")
            schema = await post("{ __schema { queryType { name } } }")
            many = [await post(f"{{ a{n}: units(first: 2) {{ nodes {{ name }} }} }}") for n in range(6)]
            return [first, again, schema, many[-1]]

    first, again, schema, refused = asyncio.run(ask())
    told = [each.json()["extensions"]["cost"] for each in (first, again, schema)]
    assert told[0]["requested"] > told[1]["requested"] == 5  # the first time it is planned
    assert told[0]["limit"] == 100_000
    assert told[2]["remaining"] < told[1]["remaining"] + 10_000
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert refused.json()["errors"][0]["extensions"]["code"] == "over_budget"


def test_who_can_not_pay_for_planning_pays_for_it_the_next_time(asking: Asking) -> None:
    """A refusal plans nothing, so the same question is not a known one afterwards."""
    question = question_of("{ units(first: 2) { nodes { called: name } } }", None)
    account = Account(9_000)
    for _ in range(2):
        with pytest.raises(Spent):
            asking.runner.run(asking.reader.answer(question, None, frozenset(), "tests", account))


def test_refused_documents_are_paid_for(graph: neo4j.Driver, addresses: Addresses) -> None:
    """They are parsed and validated each time: who sends nothing else must not hold up the others for nothing."""
    token = create(graph, "asks in vain", ["reader"])
    unknown = "{ " + " ".join(f"nothing{n}" for n in range(2_000)) + " }"

    async def ask() -> list[httpx.Response]:
        reading = connect_async(addresses.bolt_uri, addresses.user, addresses.password)
        service = Service(graph, reading, Keyring.generate(), limits=replace(Limits(), budget=100_000))
        transport = httpx.ASGITransport(create_app(service))
        headers = {"Authorization": f"Bearer {token}"}
        async with reading, httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
            return [await client.post("/graphql", json={"query": unknown}) for _ in range(3)]

    answers = asyncio.run(ask())
    assert answers[0].status_code == 200 and "data" not in answers[0].json()
    assert answers[-1].status_code == 429
    assert answers[-1].json()["errors"][0]["extensions"]["code"] == "over_budget"
    assert int(answers[-1].headers["retry-after"]) > 1


def test_the_budget_is_a_setting() -> None:
    assert ApiSettings().budget == Limits().budget


def test_lengths_that_cannot_be_measured_are_not_asked_for_again_by_each_question(
    asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[object] = []

    async def fails(reading: object) -> Lengths:
        tried.append(reading)
        raise OSError

    monkeypatch.setattr(reader, "measured", fails)
    failing = replace(asking, reader=replace(asking.reader, availability=Availability(asking.reader.reading)))
    for _ in range(5):
        assert failing.data("{ units { totalCount } }")
    assert len(tried) == 1
    monkeypatch.setattr(reader, "_AFTER_FAILURE", 0.0)
    failing.reader._lasting = 0.0
    assert failing.data("{ units { totalCount } }")
    assert len(tried) == 2


def test_all_tokens_together_receive_only_so_many_large_answers() -> None:
    """Each token may have eight: a client with many tokens would take every connection to Neo4j."""
    budgets = Budgets(1_000_000)
    taken = [Stream(budgets.of(f"token {place // MOST_STREAMS}")) for place in range(MOST_STREAMS_OF_ALL)]
    for each in taken:
        each.open()
    another = Stream(budgets.of("another"))
    with pytest.raises(Spent, match="large answers are being sent"):
        another.open()
    taken[0].close()
    another.open()
    assert another.is_open


def test_long_documents_do_not_queue_without_end() -> None:
    async def ask() -> list[object]:
        held = asyncio.Event()
        loop = asyncio.get_running_loop()
        gate = threading.Event()
        waiting = [asyncio.ensure_future(question.in_turn(gate.wait)) for _ in range(question._MOST_WAITING)]
        await asyncio.sleep(0)
        loop.call_soon(held.set)
        await held.wait()
        with pytest.raises(Spent) as refused:
            await question.in_turn(lambda: None)
        gate.set()
        await asyncio.gather(*waiting)
        await question.in_turn(lambda: None)
        return [refused.value.error.extensions, refused.value.wait]

    assert asyncio.run(ask()) == [{"code": "busy"}, 5]
