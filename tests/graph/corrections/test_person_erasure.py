"""Erasure of a person (GDPR article 17): nothing by which the person could be found is left (architecture.md §2)."""

from dataclasses import replace
from datetime import date, timedelta

import neo4j
import pytest

from graph.change_log import Origin
from graph.corrections.joining import Joining
from graph.corrections.person_erasure import erase_person
from graph.cpr.keyring import Keyring
from graph.errors import ChangeRejected, Unknown
from graph.identity.known_keys import KnownKeys, RecordId
from graph.identity.matching import Undecided, keep_undecided
from graph.runs.brakes import keep_stopped
from graph.runs.known import GraphKnown
from graph.runs.problems import kept_problems, settle_problems
from graph.statements.precedence import SourceOrder
from graph.statements.statement import DatedLink, Problem, Ref, Statement
from graph.time import Period, today
from importers.pipeline.import_run import ImportReport, run_import
from tests.graph.organisation import START, Stating, employment, link, person, told, unit

RING = Keyring.generate()
BY = Origin("manual", user="hanne", reason="asked to be forgotten")
LEFT = date(2024, 1, 1)
CPR = "1101575001"


def ended(statement: Statement, day: date = LEFT) -> Statement:
    return replace(statement, exists=(Period(START, day),))


def held(key: str, by: str, **links: str) -> Statement:
    return Statement(
        "Assignment",
        key,
        exists=(Period(START, LEFT),),
        links={"holder": link("Employment", by), "unit": link("Unit", links["unit"])},
    )


def standing_in(key: str, of: str, who: str) -> Statement:
    links = {"person": (DatedLink(Period(), Ref("Person", who)),), "assignment": link("Assignment", of)}
    return Statement("Substitution", key, exists=(Period(START, LEFT),), links=links)


def sponsored(key: str, of: str, by: str) -> Statement:
    links = {"person": (DatedLink(Period(), Ref("Person", of)),), "unit": link("Unit", "root")}
    return Statement("Affiliation", key, exists=(Period(START),), links={**links, "sponsor": link("Employment", by)})


def account(key: str, of: str) -> Statement:
    links = {"owner": (DatedLink(Period(), Ref("Person", of)),)}
    return Statement("Account", key, values={"login": told("vilda77")}, links=links)


LEAVER = [
    person("p1", "Vilda Forsvunden", CPR),
    ended(employment("e1", "p1", "root", title="Vejmand af første grad")),
    held("a1", "e1", unit="root"),
    account("l1", "p1"),
]
STAYING = [unit("root"), person("p2", "Birk Prøvesen", "0202575002"), employment("e2", "p2", "root")]
TIES = [standing_in("s1", "a1", "p2"), sponsored("f2", "p2", "e1")]


def tell(driver: neo4j.Driver, *statements: Statement) -> ImportReport:
    return run_import(driver, Stating(*statements, whole=False), RING)


@pytest.fixture
def graph(clean_graph: neo4j.Driver) -> neo4j.Driver:
    tell(clean_graph, *STAYING, *LEAVER, *TIES)
    return clean_graph


def uuid_of(driver: neo4j.Driver, key: str) -> str:
    rows, _, _ = driver.execute_query("MATCH (:SourceRecord {key: $key})-[:TELLS]->(n) RETURN n.uuid AS uuid", key=key)
    return str(rows[0]["uuid"])


def everything(driver: neo4j.Driver) -> str:
    """All properties of all nodes and relationships, as one text."""
    nodes, _, _ = driver.execute_query("MATCH (n) RETURN labels(n) AS labels, properties(n) AS values")
    links, _, _ = driver.execute_query("MATCH ()-[r]->() RETURN properties(r) AS values")
    return repr([each.data() for each in (*nodes, *links)])


def log(driver: neo4j.Driver, uuid: str) -> list[tuple[str, str | None, str]]:
    rows, _, _ = driver.execute_query(
        "MATCH (c:Change {uuid: $uuid}) RETURN c.operation, c.reason, c.before + c.after ORDER BY c.number", uuid=uuid
    )
    return [(row[0], row[1], row[2]) for row in rows]


def sponsors(driver: neo4j.Driver) -> list[str]:
    rows, _, _ = driver.execute_query("MATCH (:Affiliation)-[:SPONSORED_BY]->(n) RETURN n.uuid AS uuid")
    return [row["uuid"] for row in rows]


PERSONAL = ("Vilda", "Forsvunden", "Vejmand", "vilda77", RING.hash(CPR), "|e1'", "|p1'", "|l1'")


def test_nothing_is_left_by_which_the_person_could_be_found(graph: neo4j.Driver) -> None:
    known = GraphKnown(graph, "opus", RING, KnownKeys(graph))
    known.remember(lambda: [("00", known.person_key(CPR).encode())])
    uuid = uuid_of(graph, "p1")
    sought = ["userName=vilda77@klit.example"]
    graph.execute_query(
        """
        CREATE (e:LedgerEntry {key: $uuid, sought: $sought, accepted: ['title=Vilda bad om det=så (hr)', 'gone=Vilda']})
        SET e += {login: $sought[0], email: $sought[0], decision: $sought[0], reason: $sought[0]}
        SET e += {hook_reason: $sought[0], hook_answer: $sought[0]}
        """,
        uuid=uuid,
        sought=sought,
    )
    before = everything(graph)
    assert [each for each in PERSONAL if each not in before] == []
    mine = {uuid_of(graph, key) for key in ("p1", "e1", "a1", "l1", "s1")}
    assert set(erase_person(graph, uuid, BY)) == mine
    after = everything(graph)
    assert [each for each in PERSONAL if each in after] == []
    rows, _, _ = graph.execute_query("MATCH (e:LedgerEntry) RETURN e.accepted AS accepted")
    assert rows[0]["accepted"] == ["title=erased", "gone=erased"], "who accepted a difference still has"
    assert [*known.recalled()] == [], "what sources remember for themselves is keyed by persons"


def test_the_log_keeps_its_entries_and_tells_of_the_erasure(graph: neo4j.Driver) -> None:
    uuid = uuid_of(graph, "p1")
    erase_person(graph, uuid, BY)
    nothing = '{"links":[],"states":[]}' * 2
    assert log(graph, uuid) == [("created", None, nothing), ("erased", "asked to be forgotten", nothing)]
    rows, _, _ = graph.execute_query("MATCH (c:Change) RETURN collect(c.number) AS numbers")
    assert sorted(rows[0]["numbers"]) == list(range(1, len(rows[0]["numbers"]) + 1)), "no gaps, and no number twice"


def test_what_is_others_stays_and_points_to_nothing(graph: neo4j.Driver) -> None:
    others = {key: uuid_of(graph, key) for key in ("root", "p2", "e2", "f2")}
    erase_person(graph, uuid_of(graph, "p1"), BY)
    assert {key: uuid_of(graph, key) for key in others} == others
    assert not tell(graph, *STAYING, TIES[1]).changes, "nothing holds of them that did not hold"
    assert sponsors(graph) == []
    tell(graph, *LEAVER[:2], TIES[1])
    assert sponsors(graph) == [uuid_of(graph, "e1")], "what is known under the key now"


def test_who_was_joined_goes_along_and_what_waits_or_was_bad_is_taken_from_the_lists(graph: neo4j.Driver) -> None:
    tell(graph, person("p3", "Vilda F. Forsvunden", "1101575028"))
    keep, joined = uuid_of(graph, "p1"), uuid_of(graph, "p3")
    Joining(graph, RING, SourceOrder()).join(keep, joined, BY)
    settle_problems(graph, "sd", "a run", [Problem("Employment", "e1", "title", "odd", "is odd")], [])
    keep_undecided(graph, [Undecided(RecordId("facts", "Person", "x"), (keep, uuid_of(graph, "p2")))])
    keep_stopped(graph, "sd", "a run", "0123456789abcdef", ["3 of 4", "Employment e1: ended", "Employment e2: ended"])
    of_accounts = [f"{keep}:ad (vifo) would close", "another:ad (anbe) would close"]
    lines = [f"{keep}:ad closes", "another:ad closes"]
    keep_stopped(graph, "rule:accounts", "a run", "fedcba9876543210", of_accounts, lines)
    assert {keep, joined} < set(erase_person(graph, keep, BY))
    assert [each for each in (*PERSONAL, RING.hash("1101575028"), "'e1'") if each in everything(graph)] == []
    assert kept_problems(graph, "sd") == {}
    rows, _, _ = graph.execute_query(
        """
        MATCH (b:Brake)
        RETURN b.summary AS left, b.lines AS lines, COUNT { (:Ambiguity) } AS waiting
        ORDER BY b.source DESC
        """
    )
    assert [(row["left"], row["lines"], row["waiting"]) for row in rows] == [
        (["3 of 4", "Employment e2: ended"], None, 0),
        (["another:ad (anbe) would close"], ["another:ad closes"], 0),
    ]


def test_what_was_asked_attested_and_done_of_the_persons_rights_goes_along(graph: neo4j.Driver) -> None:
    life = (Period(START, LEFT),)

    def of(kind: str, key: str, values: dict[str, str], **links: tuple[str, str]) -> Statement:
        stated = {name: link(*to) for name, to in links.items()}
        return Statement(kind, key, life, {name: told(each) for name, each in values.items()}, stated)

    tell(
        graph,
        of("ItSystem", "keys", {"key": "keys"}),
        of("SystemRole", "door", {"key": "door"}, system=("ItSystem", "keys")),
        of("RightsRequest", "q1", {"state": "waiting", "reason": "Vejmand af første grad"},
           gives=("SystemRole", "door"), given_to=("Employment", "e1"), requested_by=("Person", "p2")),
        of("Attestation", "t1", {"state": "open", "round": "2023"}, person=("Person", "p1")),
        of("ManualStep", "m1", {"state": "open", "action": "add", "key": "m1"},
           person=("Person", "p1"), system_role=("SystemRole", "door"), system=("ItSystem", "keys")),
        of("RightsRequest", "q2", {"state": "waiting", "reason": "Ferie"},
           gives=("SystemRole", "door"), given_to=("Employment", "e2"), requested_by=("Person", "p2")),
    )  # fmt: skip
    theirs, other = {uuid_of(graph, key) for key in ("q1", "t1", "m1")}, uuid_of(graph, "q2")
    erased = set(erase_person(graph, uuid_of(graph, "p1"), BY))
    assert theirs <= erased
    assert other not in erased
    assert "Vejmand" not in everything(graph)


def test_who_comes_back_is_a_new_person(graph: neo4j.Driver) -> None:
    before = uuid_of(graph, "p1")
    erase_person(graph, before, BY)
    tell(graph, person("p1", "Vilda Forsvunden", CPR), employment("e9", "p1", "root"))
    assert uuid_of(graph, "p1") != before


def test_a_present_or_future_employee_is_not_erased(graph: neo4j.Driver) -> None:
    with pytest.raises(ChangeRejected, match="until further notice"):
        erase_person(graph, uuid_of(graph, "p2"), BY)
    tomorrow = today() + timedelta(days=1)
    tell(graph, replace(employment("e1", "p1", "root"), exists=(Period(tomorrow, tomorrow + timedelta(days=1)),)))
    before = everything(graph)
    with pytest.raises(ChangeRejected, match=str(tomorrow + timedelta(days=1))) as refused:
        erase_person(graph, uuid_of(graph, "p1"), BY)
    assert refused.value.code == "still_here"
    assert everything(graph) == before
    with pytest.raises(Unknown):
        erase_person(graph, "nobody", BY)


def test_what_was_known_before_goes_along(graph: neo4j.Driver) -> None:
    """Superseded values and places, and an employment that was withdrawn since."""
    tell(graph, person("p1", "Vilda Forsvunden Gift", CPR), employment("e9", "p1", "root", email="vf@forsvunden.dk"))
    tell(graph, ended(employment("e1", "p1", "root", title="Vejmand af anden grad")))
    withdrawn = uuid_of(graph, "e9")
    tell(graph, replace(employment("e9", "p1", "root"), exists=()))
    assert [each for each in (*PERSONAL, "vf@forsvunden.dk") if each not in everything(graph)] == []
    assert withdrawn in erase_person(graph, uuid_of(graph, "p1"), BY)
    assert [each for each in (*PERSONAL, "vf@forsvunden.dk", "|e9'") if each in everything(graph)] == []


def test_of_whom_the_person_was_a_part_nothing_of_that_time_is_left(graph: neo4j.Driver) -> None:
    """While they were one, what was told of the one was told of the other."""
    secret = "Kun Hendes Vej"
    own = person("p3", "Vilda F. Forsvunden", "1101575028")
    tell(graph, replace(own, values={**own.values, "street": told(secret)}))
    keep, other = uuid_of(graph, "p1"), uuid_of(graph, "p3")
    joining = Joining(graph, RING, SourceOrder())
    joining.join(keep, other, BY)
    joining.split(keep, BY, into=other)
    kept = graph.execute_query("MATCH ({uuid: $uuid})-[:WAS_STATE]->(x) RETURN x.street AS street", uuid=keep).records
    assert secret in [each["street"] for each in kept]
    erase_person(graph, other, BY)
    assert secret not in everything(graph)
    assert [each[0] for each in log(graph, keep)] == ["created", "joined", "split"], "the entries stay"


def test_another_s_by_now_is_not_erased_with_whom_it_was_once_taken_for(graph: neo4j.Driver) -> None:
    moved = held("a1", "e2", unit="root")
    tell(graph, moved)
    assert uuid_of(graph, "a1") not in erase_person(graph, uuid_of(graph, "p1"), BY)
    rows, _, _ = graph.execute_query(
        "MATCH (a:Assignment)-[r]-(n:Person|Employment) RETURN type(r) AS type, n.uuid AS of"
    )
    assert [(row["type"], row["of"]) for row in rows] == [("HOLDS", uuid_of(graph, "e2"))]
