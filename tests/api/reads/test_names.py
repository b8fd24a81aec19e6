"""Names: the Danish order, search by words, and what is asked for by a name that nobody knows."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import neo4j
import pytest
from graphql.execution.values import VariableValues

from api.access.rights import Access
from api.reads.compiler import Compiler
from api.reads.question import SCHEMA, question_of
from api.reads.selection import Document, select
from graph.collation import in_cypher, sort_key, words
from graph.cpr.keyring import Keyring
from graph.migrations import sort_keys
from graph.statements.statement import Statement
from graph.time import today
from importers.pipeline.import_run import run_import
from reconnect.embedded import Addresses
from reconnect.settings.tree import Settings
from reconnect.targets import objects
from tests.api.reads.asking import Asking, closed, open_asking
from tests.emptied import empty
from tests.graph.organisation import Stating, person, unit

ORDERED = (
    "Aksel Esben Gregersen", "André Bak", "Anna-Sofie Høj", "Bo", "Müller Hans", "Zenia Bæk", "zita Aa", "Æbe", "Ærø",
    "østen", "Øster", "Aabenraa", "Ågård", "Åse", "aase B",
)  # fmt: skip
UNKNOWN = "00000000-0000-4000-8000-000000000000"
RING = Keyring.generate()


def statements() -> list[Statement]:
    people = [person(f"p{place * 7 % 15}", name) for place, name in enumerate(ORDERED)]
    places = [unit("root"), *(unit(name, "root") for name in ("zoo", "ålborg", "ærø")), unit("deep", "zoo")]
    return [*places, *people, *(unit(each, "deep") for each in ("b", "a"))]


@pytest.fixture(scope="module")
def asking(driver: neo4j.Driver, addresses: Addresses) -> Iterator[Asking]:
    empty(driver)
    run_import(driver, Stating(*statements()), RING)
    opened = open_asking(addresses.bolt_uri, addresses.user, addresses.password, driver, RING)
    opened.reader = replace(opened.reader, targets=objects(Settings().targets))
    yield opened
    closed(opened)


def listed(asking: Asking, arguments: str) -> list[str]:
    found = asking.data(f"{{ persons({arguments}) {{ nodes {{ name }} }} }}")["persons"]["nodes"]
    return [each["name"] for each in found]


DAYS = ["", f', at: "{today() + timedelta(days=30)}"', ', period: {from: "2021-01-01"}']


@pytest.mark.parametrize("day", DAYS)
def test_names_are_in_the_danish_order_and_pages_go_on(asking: Asking, day: str) -> None:
    assert listed(asking, f"order: NAME{day}") == list(ORDERED)
    page = "query($after: String) { persons(first: 4, after: $after, order: NAME%s) { nodes { name } pageInfo { "
    page = page % day + "endCursor hasNextPage } } }"
    seen: list[str] = []
    after = None
    while True:
        told = asking.data(page, {"after": after})["persons"]
        seen += [each["name"] for each in told["nodes"]]
        after = told["pageInfo"]["endCursor"]
        if not told["pageInfo"]["hasNextPage"]:
            break
    assert seen == list(ORDERED)


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("aksel gregersen", ["Aksel Esben Gregersen"]),
        ("GREG AKS", ["Aksel Esben Gregersen"]),
        ("regersen", []),
        ("sofie", ["Anna-Sofie Høj"]),
        ("andre", ["André Bak"]),
        ("å", ["zita Aa", "Aabenraa", "Ågård", "Åse", "aase B"]),
        ("AASE", ["Åse", "aase B"]),
        ("ø", ["østen", "Øster"]),
        ("muller", []),
        ("myller", ["Müller Hans"]),
    ],
)
def test_people_are_found_by_words_while_one_types(asking: Asking, text: str, found: list[str], day: str) -> None:
    assert listed(asking, f'filter: {{search: "{text}"}}, order: NAME{day}') == found


def test_the_tree_is_in_the_danish_order_to_any_depth(asking: Asking) -> None:
    ask = "query($d: Int, $r: String) { tree(depth: $d, root: $r) { depth unit { name } } }"
    for at, root in ((1, None), (2, None), (3, "root"), (1, "zoo"), (None, None)):
        found = [(each["depth"], each["unit"]["name"]) for each in asking.data(ask, {"d": at, "r": root})["tree"]]
        whole = [(0, "Root"), (1, "Zoo"), (2, "Deep"), (3, "A"), (3, "B"), (1, "Ærø"), (1, "Ålborg")]
        if root == "zoo":
            whole = [(depth - 1, name) for depth, name in whole[1:5]]
        assert found == [each for each in whole if at is None or each[0] <= at], (at, root)
    below = 'query($d: Int) { unit(key: "root") { descendants(depth: $d) { name } } }'
    assert len(asking.data(below, {"d": 1})["unit"]["descendants"]) == 3
    assert len(asking.data(below, {"d": 2})["unit"]["descendants"]) == 4
    assert asking.code(below, {"d": 0}) == asking.code(ask, {"d": 101}) == "over_limit"


def test_the_key_is_the_same_in_cypher_and_what_was_there_before_gets_it(asking: Asking) -> None:
    driver = asking.reader.driver
    names = [*ORDERED, "  X--Y. z ", "{|}", "O'Brien", "ŁØÆ", ""]
    rows, _, _ = driver.execute_query(f"UNWIND $names AS name RETURN {in_cypher('name')} AS key", names=names)
    assert [row["key"] for row in rows] == [sort_key(each) for each in names]
    assert words("Anna-Sofie  HØJ") == ["anna", "sofie", "h|j"]
    shown = "MATCH (n:Unit|Person) RETURN n.uuid AS uuid, n.sort_key AS key, n.top AS top ORDER BY uuid"
    before, _, _ = driver.execute_query(shown)
    driver.execute_query("MATCH (n:Unit|Person) REMOVE n.sort_key, n.top")
    sort_keys.fill(driver)
    after, _, _ = driver.execute_query(shown)
    assert after == before
    assert [row["top"] for row in after].count(True) == 1


def test_a_list_by_name_is_read_in_the_order_of_its_index(asking: Asking) -> None:
    """However many persons there are: nothing is sorted, and as many are read as are shown."""
    question = "{ persons(first: 2, order: NAME) { nodes { name } } }"
    asked = question_of(question, None)
    roots = select(asked.operation, Document(SCHEMA, asked.fragments, VariableValues({}, {})))
    plan = Compiler(frozenset(), today(), True).plan(roots)
    (statement,) = plan.statements
    # With a handful of persons Neo4j may as well sort: the hint makes it plan as for many.
    text = statement.text.replace("MATCH (n:Person)", "MATCH (n:Person) USING INDEX n:Person(sort_key, uuid)", 1)
    summary = asking.reader.driver.execute_query(f"PROFILE {text}", statement.parameters.bind({})).summary
    operators = []
    todo = [summary.profile]
    while todo:
        each = todo.pop()
        assert each is not None
        operators.append((each["operatorType"].partition("@")[0], each["rows"]))
        todo += each.get("children", [])
    assert not {"Sort", "Top", "PartialTop", "NodeByLabelScan"} & {name for name, _ in operators}, operators
    assert max(rows for _, rows in operators) < len(ORDERED)


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ('{ persons(filter: {below: "nowhere"}) { totalCount } }', "unknown_unit"),
        ('{ units(filter: {below: "nowhere"}) { totalCount } }', "unknown_unit"),
        ('{ persons(filter: {role: "chief"}) { totalCount } }', "unknown_role"),
        ('{ employments(filter: {position: "x"}) { totalCount } }', "unknown_position"),
        ('{ units(filter: {kle: "99.99"}) { totalCount } }', "unknown_kle_node"),
        ('{ units(filter: {source: "nonsense"}) { totalCount } }', "unknown_source"),
        ('{ changes(source: "nonsense") { totalCount } }', "unknown_source"),
        ('{ badRecords(source: "nonsense") { totalCount } }', "unknown_source"),
        ('{ unmatched(source: "nonsense") { kind } }', "unknown_source"),
        ('{ disagreements(kind: Person, property: "nonsense") { provenance { property } } }', "unknown_property"),
        ('{ disagreements(kind: Person, source: "nonsense") { provenance { property } } }', "unknown_source"),
        ('{ disagreements(kind: Person, after: "nonsense") { provenance { property } } }', "bad_cursor"),
        ('{ badRecords(kind: "person") { totalCount } }', "unknown_kind"),
        ('{ ledgerEntries(target: "plan3learn") { totalCount } }', "unknown_target"),
        ('{ ledgerEntries(object: "persons") { totalCount } }', "unknown_object"),
        ('{ employments(filter: {type: "monthly"}) { totalCount } }', "unknown_type"),
        ('{ nearestManager(person: "p0", types: ["monthly"]) { answer: __typename } }', "unknown_type"),
        ('{ nearestManager(person: "p0", employment: "e0") { answer: __typename } }', "unknown_employment"),
        (f'{{ kleChanges(run: "{UNKNOWN}") {{ number }} }}', "unknown_run"),
        (f'{{ employments(filter: {{position: "{UNKNOWN}"}}) {{ totalCount }} }}', "unknown_position"),
        ('{ tree(root: "nowhere") { depth } }', "unknown_unit"),
        ('{ kleChanges(run: "nonsense") { number } }', "bad_uuid"),
        ('{ unit(uuid: "north") { name } }', "bad_uuid"),
        ('{ changes(uuid: "north") { totalCount } }', "bad_uuid"),
        ('{ cprLookups(person: "p1") { totalCount } }', "bad_uuid"),
        ('{ units(filter: {uuids: ["north"]}) { totalCount } }', "bad_uuid"),
        ('{ changes(after: "99999999999999999999") { totalCount } }', "bad_cursor"),
        ('{ changes(after: "9223372036854775808") { totalCount } }', "bad_cursor"),
        ('{ changes(after: "١٢") { totalCount } }', "bad_cursor"),
        ('{ changes(after: "²") { totalCount } }', "bad_cursor"),
        *((f'{{ {each}(after: "x") {{ totalCount }} }}', "bad_cursor") for each in (
            "runs", "badRecords", "brakes", "ledgerEntries", "ambiguities", "decisions", "cprLookups", "units")),
        ('{ units(order: NAME, after: "Nord|1") { totalCount } }', "bad_cursor"),
        ('{ units(order: NAME, after: "Nord") { totalCount } }', "bad_cursor"),
        ('{ runs(after: "YnJha2VzfHg=") { totalCount } }', "bad_cursor"),
    ],
)  # fmt: skip
def test_an_unknown_name_is_refused(asking: Asking, question: str, code: str) -> None:
    assert asking.code(question) == code


def test_who_reads_a_part_learns_of_no_types_of_employment_elsewhere(asking: Asking) -> None:
    """They are free texts of sources. One that exists elsewhere is answered as one that exists nowhere."""
    rows, _, _ = asking.reader.driver.execute_query(
        "MATCH (s:EmploymentState) WHERE s.type IS NOT NULL RETURN s.type AS type LIMIT 1"
    )
    access = Access("nord", frozenset({"reader"}), None, {"reader": frozenset({UNKNOWN})})
    limited = replace(asking, access=access)
    for type_ in (*(row["type"] for row in rows), "monthly"):
        query = "query($type: String!) { employments(filter: {type: $type}) { totalCount } }"
        found = limited.data(query, {"type": type_})
        assert found == {"employments": {"totalCount": 0}}


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("{ changes(kind: unit) { totalCount } }", "Unit"),
        ("{ runs(state: FINISHED) { totalCount } }", "RunState"),
        ("{ runs(type: IMPORTS) { totalCount } }", "IMPORT"),
        ("{ brakes(state: OPEN) { totalCount } }", "BrakeState"),
        ("{ ambiguities(kind: person) { totalCount } }", "Person"),
        ("{ unmatched(kind: person) { kind } }", "Person"),
        ("{ ledgerEntries(state: DONE) { totalCount } }", "LedgerState"),
        ('{ provenance(kind: "Person", thing: "p1") { rule } }', "Person"),
    ],
)
def test_a_value_that_is_not_of_the_enum_is_refused(asking: Asking, question: str, meant: str) -> None:
    refusal = asking.refusal(question)
    assert (refusal.extensions or {}).get("code", "bad_question") == "bad_question"
    assert meant in refusal.message


def test_the_refusal_says_what_is_allowed(asking: Asking) -> None:
    assert (
        "givenName" in asking.refusal('{ disagreements(kind: Person, property: "x") { thing { __typename } } }').message
    )
    assert "opus" in asking.refusal('{ units(filter: {source: "x"}) { totalCount } }').message


def test_known_names_are_taken_however_they_are_written(asking: Asking) -> None:
    root = asking.data('{ unit(key: "root") { uuid } }')["unit"]["uuid"]
    loud = root.upper()
    asking.reader.driver.execute_query(
        "CREATE (:Run {id: 'x', type: 'export', name: 'plan2learn', started: datetime()})"
    )
    asked = f"""{{
        unit(uuid: "{loud}") {{ name }}
        units(filter: {{uuids: ["{loud}"]}}) {{ totalCount }}
        below: units(filter: {{below: "{loud}"}}) {{ totalCount }}
        source: units(filter: {{source: "sd"}}) {{ totalCount }}
        never: units(filter: {{source: "opus"}}) {{ totalCount }}
        days: changes(source: "day-turn") {{ totalCount }}
        target: brakes(source: "plan2learn") {{ totalCount }}
        ledgerEntries(target: "plan2learn", object: "person", state: PARKED) {{ totalCount }}
        file: badRecords(kind: "File") {{ totalCount }}
        killed: runs(state: KILLED) {{ totalCount }}
        nearestManager(person: "p0", types: ["hourly"]) {{ __typename }}
        changes(uuid: "{loud}", kind: Unit, source: "sd") {{ totalCount }}
        tree(root: "{loud}", depth: 1) {{ depth }}
    }}"""
    told = asking.data(asked)
    assert told["unit"] == {"name": "Root"}
    assert [told[each]["totalCount"] for each in ("units", "below", "source", "never", "changes")] == [1, 7, 7, 0, 1]
    assert len(told["tree"]) == 4


def test_pages_of_records_go_on_by_their_cursor(asking: Asking) -> None:
    driver = asking.reader.driver
    driver.execute_query(
        """
        UNWIND [['a|b', '2026-06-02'], ['ø', '2026-06-02'], ['z', '2026-06-02'], ['old', '2026-06-01']] AS each
        CREATE (:BadRecord {id: each[0], source: 'sd', learnt: datetime(each[1])})
        """
    )
    page = "query($after: String) { badRecords(first: 1, after: $after) { nodes { id } pageInfo { endCursor } } }"
    after, seen = None, []
    for _ in range(4):
        told = asking.data(page, {"after": after})["badRecords"]
        seen += [each["id"] for each in told["nodes"]]
        after = told["pageInfo"]["endCursor"]
    assert seen == ["ø", "z", "a|b", "old"]
    assert asking.data(page, {"after": after})["badRecords"]["nodes"] == []
    driver.execute_query("MATCH (b:BadRecord) DELETE b")


def test_things_without_a_name_are_listed_in_its_order_too(asking: Asking) -> None:
    assert asking.data("{ assignments(order: NAME) { totalCount nodes { uuid } } }")["assignments"]["totalCount"] == 0
