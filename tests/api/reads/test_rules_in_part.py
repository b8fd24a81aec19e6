"""What rules answer to a caller of a part of the organisation: nothing that lies outside, in UUIDs or in words."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import neo4j
import pytest

from api.access import tokens
from api.access.held import subtree
from api.access.rights import Access
from api.access.roles import ROLES
from api.computed import person_reads
from api.computed.types import FIELDS
from api.model.deprecated import STRING_AS_ID
from graph.time import today
from tests.api.reads.asking import Asking
from tests.emptied import empty
from tests.graph.questions.rights.imported import imported
from tests.graph.questions.rights.town import TOWN

pytestmark = pytest.mark.slow
_OUTSIDE = ("Solbjerg", "Borgerservice", "Kantine", "Bo Lund", "Carl Holm", "Mads Top")
_RIGHT = "right { ... on JobFunctionRole { key } } subject { ... on Employment { title } } because why { text }"
_WHO = "holders { person { name } } levelUnit { name } steps path { name } reason"


def town() -> dict[str, Any]:
    """With a mayor's office above the part, and Eva, who works in the part and outside it."""
    content = deepcopy(TOWN)
    content["persons"] += [{"id": "mads", "name": "Mads Top"}, {"id": "eva", "name": "Eva Ny"}]
    content["employments"] += [
        {"id": "e_mads", "person": "mads", "title": "Direktør", "units": [{"unit": "town"}]},
        {"id": "e_eva", "person": "eva", "title": "Inde", "units": [{"unit": "job"}], "type": "monthly_full"},
        {"id": "e_out", "person": "eva", "title": "Ude", "units": [{"unit": "citizen"}], "type": "monthly_full"},
    ]
    content["assignments"].append(
        {"id": "a_mads", "holder": {"employment": "e_mads"}, "role": "manager", "for": [{"unit": "town"}]}
    )
    return content


@pytest.fixture(scope="module")
def graph(driver: neo4j.Driver, tmp_path_factory: pytest.TempPathFactory) -> neo4j.Driver:
    empty(driver)
    assert imported(driver, town(), tmp_path_factory.mktemp("town")).problems == []
    return driver


@pytest.fixture(scope="module")
def part(asking: Asking) -> Asking:
    """Every role, in Center for Arbejde and below."""
    center = asking.data('{ unit(key: "center") { uuid } }')["unit"]["uuid"]
    units = asking.runner.run(subtree(asking.reader.reading, [center]))
    return replace(asking, access=Access("nord", frozenset(ROLES), None, dict.fromkeys(ROLES, units)))


def told(part: Asking, question: str) -> Any:
    """The answer, which names nothing outside."""
    text = part.text(f"{{ {question} }}").decode()
    assert [name for name in _OUTSIDE if name in text] == []
    (answer,) = part.data(f"{{ {question} }}").values()
    return answer


def everywhere(asking: Asking) -> Asking:
    return replace(asking, access=Access("all", frozenset(ROLES)))


def test_the_walk_to_a_holder_ends_where_the_part_ends(part: Asking) -> None:
    question = f'nearest(role: "manager", unit: "job") {{ {_WHO} }}'
    assert everywhere(part).data(f"{{ {question} }}")["nearest"]["holders"] == [{"person": {"name": "Mads Top"}}]
    path = [{"name": "Jobcenter"}, {"name": "Center for Arbejde"}]
    nothing = {"holders": [], "levelUnit": None, "steps": None, "path": path, "reason": "outside"}
    assert told(part, question) == nothing
    assert told(part, f'nearestManager(person: "anna") {{ {_WHO} }}') == [nothing]
    found = told(part, f'nearestManager(person: "eva") {{ employment {{ ... on Employment {{ title }} }} {_WHO} }}')
    assert found == [{"employment": {"title": "Inde"}, **nothing}]
    every = told(part, f"nearestManagers {{ employment {{ ... on Employment {{ title }} }} {_WHO} }}")
    assert sorted(each["employment"]["title"] for each in every) == ["Inde", "Sagsbehandler"]
    listed = told(part, f"employments(first: 10) {{ nodes {{ nearestManager {{ {_WHO} }} }} }}")["nodes"]
    assert listed == [{"nearestManager": nothing}] * 2
    here = told(part, f'nearest(role: "case_worker", unit: "job") {{ {_WHO} }}')
    assert here["holders"] == [{"person": {"name": "Anna Berg"}}]
    assert (here["steps"], here["reason"]) == (0, None)


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ('nearest(role: "manager", unit: "town")', "unknown_unit"),
        ('nearestManager(person: "carl")', "unknown_person"),
        ('nearestManager(employment: "e_carl")', "unknown_employment"),
        ('nearestManager(employment: "e_out")', "unknown_employment"),
        ('nearestManagers(below: "town")', "unknown_unit"),
        ('rights(person: "bo")', "unknown_person"),
        ('rights(employment: "e_out")', "unknown_employment"),
        ('rightsOver(employment: "e_out", from: "2026-01-01")', "unknown_employment"),
        ('rightHolders(right: "everyone", unit: "canteen")', "unknown_unit"),
        ('whyNot(person: "bo", right: "everyone")', "unknown_person"),
        ('whyNot(person: "eva", right: "everyone")', "forbidden"),
        ('peopleChanges(units: ["town"])', "unknown_unit"),
        ('changeDays(unit: "town", from: "2026-01-01", to: "2027-01-01")', "unknown_unit"),
    ],
)
def test_what_lies_outside_is_as_if_it_were_not_there(part: Asking, question: str, code: str) -> None:
    assert part.code(f"{{ {question} {{ __typename }} }}") == code
    if code != "forbidden":
        everywhere(part).data(f"{{ {question} {{ __typename }} }}")


def test_rights_are_told_as_far_as_they_are_held_in_the_part(part: Asking) -> None:
    anna = told(part, f'rights(person: "anna", at: "2026-06-15") {{ held {{ {_RIGHT} }} omitted {{ text }} }}')
    assert sorted(each["right"]["key"] for each in anna["held"]) == ["everyone", "sapa_case_worker"]
    eva = told(part, f'rights(person: "eva") {{ held {{ {_RIGHT} }} }}')["held"]
    assert [each["subject"]["title"] for each in eva] == ["Inde"]
    over = told(part, f'rightsOver(person: "eva", from: "2026-06-01") {{ rights {{ held {{ {_RIGHT} }} }} }}')
    assert {each["subject"]["title"] for days in over for each in days["rights"]["held"]} == {"Inde"}

    def holders(asking: Asking, more: str = "") -> list[str]:
        question = f'rightHolders(right: "everyone"{more}) {{ subject {{ ... on Employment {{ title }} }} because }}'
        answer = told(asking, question) if asking is part else asking.data(f"{{ {question} }}")["rightHolders"]
        return sorted(each["subject"]["title"] for each in answer)

    assert holders(everywhere(part)) == ["Inde", "Sagsbehandler", "Ude"]
    assert holders(part) == holders(part, ', unit: "center"') == ["Inde", "Sagsbehandler"]
    assert len(holders(part, ", first: 1")) == 1
    members = 'rightMembers(rights: ["everyone"]) { subjects { ... on Employment { title } } }'
    assert [sorted(each["title"] for each in one["subjects"]) for one in told(part, members)] == [holders(part)]


def test_why_not_names_no_place_outside(part: Asking) -> None:
    (held,) = told(part, 'whyNot(person: "anna", right: "everyone") { step text remedy grant { title } }')
    assert held["step"] == "HELD"
    assert "you may not read" in held["text"]
    (other,) = told(part, 'whyNot(person: "anna", right: "sapa_case_worker", at: "2026-06-15") { step text }')
    assert other["text"] == "the person has Sagsbehandler i SAPA"


def test_days_of_change_count_what_may_be_read(part: Asking) -> None:
    question = 'changeDays(unit: "center", from: "2019-01-01", to: "2027-01-01") { day counts { kind things } }'
    assert told(part, question) == everywhere(part).data(f"{{ {question} }}")["changeDays"]


def test_people_who_come_and_go_are_those_of_the_part(part: Asking) -> None:
    """Eva has worked in the part and outside it, always so far."""
    eva = part.data('{ person(key: "eva") { uuid } }')["person"]["uuid"]
    absent = "MATCH (:Person {uuid: $eva})-[:STATE]->(state) SET state.absent = $absent"
    part.reader.driver.execute_query(absent, eva=eva, absent=True)
    question = "peopleChanges { day what person { name } tie { ... on Employment { title } } unit { name } }"
    away = {"day": None, "what": "AWAY", "person": {"name": "Eva Ny"}, "unit": {"name": "Jobcenter"}}
    assert told(part, question) == [{**away, "tie": {"title": "Inde"}}]
    every = everywhere(part).data(f"{{ {question} }}")["peopleChanges"]
    assert sorted(each["tie"]["title"] for each in every) == ["Inde", "Ude"]
    assert told(part, "peopleChanges(days: 1, first: 1) { what }") == [{"what": "AWAY"}]
    assert part.code("{ peopleChanges(days: 0) { what } }") == "wrong_value"
    pages = """query($after: String) { peopleChangesConnection(first: 1, after: $after) {
        totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        nodes { what tie { ... on Employment { title } } } edges { cursor node { what } } } }"""
    mine = part.data(pages)["peopleChangesConnection"]
    assert (mine["totalCount"], mine["nodes"]) == (1, [{"what": "AWAY", "tie": {"title": "Inde"}}])
    (first, second) = (everywhere(part).data(pages)["peopleChangesConnection"] for _ in range(2))
    assert first == second and first["edges"][0]["node"] == {"what": "AWAY"}
    info = first["pageInfo"]
    assert (first["totalCount"], info["hasNextPage"], info["hasPreviousPage"]) == (2, True, False)
    assert info["startCursor"] == info["endCursor"] == first["edges"][0]["cursor"]
    assert "peopleChanges" not in info["endCursor"], "it is sealed"
    last = everywhere(part).data(pages, {"after": info["endCursor"]})["peopleChangesConnection"]
    titles = [each["tie"]["title"] for page in (first, last) for each in page["nodes"]]
    assert sorted(titles) == ["Inde", "Ude"]
    assert (last["pageInfo"]["hasNextPage"], last["pageInfo"]["hasPreviousPage"]) == (False, True)
    assert part.code(pages, {"after": "1"}) == "bad_cursor"
    others = "query($after: String) { sessionsConnection(after: $after) { totalCount } }"
    assert everywhere(part).code(others, {"after": info["endCursor"]}) == "bad_cursor", "of another list"
    beyond = everywhere(part).data(pages, {"after": last["pageInfo"]["endCursor"]})["peopleChangesConnection"]
    assert (beyond["nodes"], beyond["pageInfo"]["endCursor"], beyond["totalCount"]) == ([], None, 2)
    part.reader.driver.execute_query(absent, eva=eva, absent=None)


@pytest.fixture
def added(graph: neo4j.Driver) -> Iterator[None]:
    """Three answers or more of each list that is in pages, also of one moment and one key."""
    rows, _, _ = graph.execute_query(
        "MATCH (r:SourceRecord {source: 'facts'})-[:TELLS]->(n) RETURN r.key AS key, n.uuid AS uuid"
    )
    moment = datetime.now(UTC) - timedelta(minutes=1)
    graph.execute_query(
        """
        MATCH (anna:Person {uuid: $of.anna}), (bo:Person {uuid: $of.bo}), (carl:Person {uuid: $of.carl}),
            (dora:Person {uuid: $of.dora}), (unit:Unit {uuid: $of.job})
        CREATE (role:Role {uuid: 'keeper', key: 'keeper', added: true})
        FOREACH (each IN [anna, bo, carl] |
            CREATE (each)-[:IS_NOT {user: 'x', reason: 'y', at: $now, added: true}]->(dora))
        CREATE (bo)-[:MAY_BE {source: 'cpr', at: $now, added: true}]->(carl)
        FOREACH (each IN [bo, carl] | CREATE (anna)-[:MAY_BE {source: 'cpr', at: $now, added: true}]->(each))
        FOREACH (key IN ['one', 'two', 'three'] |
            CREATE (:DeprecatedUse {token: key, field: $old, first: $day, last: $day, days: 1, added: true}),
                (:PersonRead {at: $now, by: 'person:x', operation: key, groups: [], persons: [], added: true}),
                (:LoginSession {index: key, started: $now, used: $now, ends: $now + duration('PT1H'), added: true}),
                (:Ambiguity {id: key, source: 'facts', kind: 'Person', key: 'same', candidates: [], added: true}),
                (:Plan {id: key, name: 'same', day: $day, reason: '', state: 'draft', authors: [], changes: '[]',
                    changed: $now, added: true}),
                (:PlannedAccount {uuid: 'planned ' + key, key: key, from: $day, login: key, added: true})
                    -[:STATE {from: $day}]->(:PlannedAccountState {login: key, added: true}),
                (anna)-[:HAS {from: $day}]->(tie:Employment {uuid: 'tie ' + key, from: $day, added: true}),
                (tie)-[:STATE {from: $day}]->(:EmploymentState {added: true}),
                (tie)-[:IN {from: $day}]->(unit))
        WITH role
        UNWIND ['job', 'citizen', 'canteen'] AS key
        MATCH (unit:Unit {uuid: $of[key]})
        CREATE (a:Assignment {uuid: 'kept ' + key, added: true})-[:FOR {from: $past}]->(unit),
            (a)-[:STATE {from: $past, to: $ended}]->(:AssignmentState {added: true}), (a)-[:OF {from: $past}]->(role)
        """,
        of={row["key"]: row["uuid"] for row in rows},
        now=moment,
        old=STRING_AS_ID,
        day=today() + timedelta(days=3),
        past=date(2020, 1, 1),
        ended=today() - timedelta(days=1),
    )
    for name in ("one", "two", "three"):
        tokens.create(graph, f"added {name}", ["reader"])
    graph.execute_query("MATCH (t:Token) WHERE t.name STARTS WITH 'added ' SET t.added = true")
    yield
    graph.execute_query("MATCH ()-[r {added: true}]->() DELETE r")
    graph.execute_query("MATCH (n {added: true}) DETACH DELETE n")


_IN_PAGES = {
    "changeDays": ('unit: "town", from: "2020-01-01", to: "2029-01-01"', "day"),
    "comingAccountChanges": ("", "day what account { uuid }"),
    "deprecatedUses": ("", "token field"),
    "differentPersons": ("", "at persons { uuid }"),
    "peopleChanges": ("", "day what unit { uuid }"),
    "personReads": ("", "at operation"),
    "plans": ("", "id name"),
    "possibleDuplicates": ("", "persons { uuid } why"),
    "rightHolders": ('right: "everyone"', "subject { ... on Employment { title } } because"),
    "rightsReview": ("", "finding title text"),
    "sessions": ("", "id"),
    "tokens": ("", "name"),
    "unmatched": ("", "key kind decide"),
    "unmatchedPositions": ("", "code title employments"),
    "vacancies": ("", "unit { uuid } since"),
}
_OF_OTHERS = {"adoptable", "colleagues", "processGaps", "taskFaults"}
"""They need a target, a person who asks, a process, or cases."""


def test_pages_have_what_the_list_has(asking: Asking, added: None) -> None:
    assert _IN_PAGES.keys() | _OF_OTHERS == {name for name, field in FIELDS.items() if field.pages is not None}
    asker = everywhere(asking)
    for name, (arguments, selected) in _IN_PAGES.items():
        whole = asker.data(f"{{ {name}{f'({arguments})' if arguments else ''} {{ {selected} }} }}")[name]
        assert len(whole) > 2, name
        text = f"""query($after: String) {{ {name}Connection({arguments} first: 2, after: $after) {{
            totalCount pageInfo {{ hasNextPage hasPreviousPage endCursor }} nodes {{ {selected} }} }} }}"""
        found: list[Any] = []
        after, more = None, True
        while more:
            page = asker.data(text, {"after": after})[f"{name}Connection"]
            more, after = page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]
            assert (page["totalCount"], page["pageInfo"]["hasPreviousPage"]) == (len(whole), bool(found)), name
            found += page["nodes"]
            assert more == (len(found) < len(whole)), name
        assert sorted(map(str, found)) == sorted(map(str, whole)), name


def test_pages_of_reads_go_on_beyond_what_is_counted(
    asking: Asking, added: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log of reads is not worked out as a whole: it has no number then, and its last page is still its end."""
    monkeypatch.setattr(person_reads, "LARGEST", 2)
    text = """query($after: String) { personReadsConnection(first: 2, after: $after, from: "0001-01-01") {
        totalCount pageInfo { hasNextPage endCursor } nodes { operation } } }"""
    first = everywhere(asking).data(text)["personReadsConnection"]
    after = first["pageInfo"]["endCursor"]
    last = everywhere(asking).data(text, {"after": after})["personReadsConnection"]
    assert [(each["totalCount"], each["pageInfo"]["hasNextPage"]) for each in (first, last)] == [
        (None, True), (None, False),
    ]  # fmt: skip
    assert sorted(each["operation"] for page in (first, last) for each in page["nodes"]) == ["one", "three", "two"]
