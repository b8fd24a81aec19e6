"""Persons joined and split by hand: one uuid survives, nothing is lost, and the next imports find the survivor."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import neo4j
import pytest

from graph.change_log import Origin
from graph.corrections.distinct_persons import distinct_persons, mark_as_different, unmark_as_different
from graph.corrections.joining import Joining
from graph.corrections.possible_duplicates import note_same, possible_duplicates, spelled
from graph.cpr.keyring import Keyring
from graph.errors import ChangeRejected, Unknown
from graph.identity.lookup import find
from graph.statements.precedence import MANUAL, SourceOrder
from graph.statements.statement import DatedLink, DatedValue, Ref, Statement
from graph.time import Period
from graph.writing.graph_writer import GraphWriter
from importers.pipeline.import_run import run_import
from tests.graph.organisation import DAY, START, OneTransaction, Stating, employment, person, small, told, unit
from tests.graph.snapshot import change_numbers, last_write, snapshot

WHY = Origin(MANUAL, user="hanne", reason="the same, says payroll")
NUMBER, REPLACEMENT, OTHER = "1101575001", "7101575008", "0202575002"


@dataclass
class Organisation:
    """Payroll knows Alma twice: as p1 and, under a replacement number, as p4 with the employment e4."""

    driver: neo4j.Driver
    ring: Keyring
    payroll: list[Statement]

    @property
    def joining(self) -> Joining:
        driver: Any = OneTransaction(self.driver)
        return Joining(driver, self.ring, SourceOrder())

    def uuid(self, name: str, kind: str = "Person") -> str:
        with self.driver.session() as session:
            return find(session, kind, name).uuid

    def read(self, *statements: Statement, source: str = "sd", whole: bool = True) -> None:
        told = statements or tuple(self.payroll)
        assert run_import(self.driver, Stating(*told, name=source, whole=whole), self.ring).problems == []

    def persons(self) -> dict[str, list[str]]:
        """Today's persons: uuid → numbers of their employments and logins of their accounts."""
        rows, _, _ = self.driver.execute_query(
            """
            MATCH (p:Person {active: true})
            RETURN p.uuid AS uuid, COLLECT {
                MATCH (p)-[:HAS|OWNS]->(e) RETURN coalesce(e.number, e.login) AS name ORDER BY name
            } AS has
            """
        )
        return {row["uuid"]: row["has"] for row in rows}

    def by_number(self, cpr: str) -> str | None:
        graph_writer = GraphWriter(self.driver, self.ring)
        graph_writer.index.learn_cprs([self.ring.hash(cpr)])
        return graph_writer.index.person(self.ring.hash(cpr))

    def log(self, uuid: str) -> list[tuple[Any, ...]]:
        rows, _, _ = self.driver.execute_query(
            """
            MATCH (c:Change {uuid: $uuid})
            RETURN c.operation AS what, c.user AS user, c.reason AS why, c.after AS after
            ORDER BY c.number
            """,
            uuid=uuid,
        )
        return [tuple(row.values()) for row in rows]


@pytest.fixture
def twice(clean_graph: neo4j.Driver) -> Iterator[Organisation]:
    ring = Keyring.generate()
    payroll = [*small(), person("p4", "Alma  TESTRUP", REPLACEMENT), employment("e4", "p4", "south")]
    made = Organisation(clean_graph, ring, payroll)
    made.read()
    directory = [account("al1", NUMBER, ring), account("al4", REPLACEMENT, ring)]
    made.read(
        *directory, Statement("Person", "x4", None, {"mobile": told("44")}, cpr=REPLACEMENT), source="active_directory"
    )
    yield made
    numbers = change_numbers(clean_graph)
    assert numbers == list(range(1, len(numbers) + 1)), "the log has no gaps"


def account(login: str, cpr: str, ring: Keyring) -> Statement:
    owner = (DatedLink(Period(START), Ref("Person", ring.hash(cpr), "cpr")),)
    return Statement("Account", login, values={"login": told(login)}, links={"owner": owner})


def test_everything_of_the_other_moves_to_the_survivor(twice: Organisation) -> None:
    keep, other = twice.uuid("p1"), twice.uuid("p4")
    twice.joining.join(keep, other, WHY)
    assert twice.persons()[keep] == ["al1", "al4", "e1", "e4"]
    assert other not in twice.persons()
    assert twice.by_number(NUMBER) == twice.by_number(REPLACEMENT) == keep
    with twice.driver.session() as session:
        assert find(session, "Person", other).uuid == find(session, "Person", "p4").uuid == keep


def test_the_log_of_both_tells_of_it(twice: Organisation) -> None:
    keep, other = twice.uuid("p1"), twice.uuid("p4")
    twice.joining.join(keep, other, WHY)
    (*_, ours), (first, *_, theirs) = twice.log(keep), twice.log(other)
    assert ours[:3] == theirs[:3] == ("joined", "hanne", "the same, says payroll")
    assert first[0] == "created", "what was known of the other is still told"
    assert other in ours[3] and keep in theirs[3]
    assert [each[0] for each in twice.log(twice.uuid("e4", "Employment"))] == ["created", "changed"]


def test_the_next_readings_find_the_survivor_and_write_nothing(twice: Organisation) -> None:
    keep = twice.uuid("p1")
    twice.joining.join(keep, twice.uuid("p4"), WHY)
    before = last_write(twice.driver)
    twice.read()
    assert last_write(twice.driver) == before
    changed = [*small(), person("p4", "Alma T.", REPLACEMENT), employment("e4", "p4", "north")]
    twice.read(*changed, employment("e5", "p4", "south"))
    twice.read(account("al5", REPLACEMENT, twice.ring), source="school_ad")
    new = Statement("Person", "new key", None, {"mobile": told("5")}, cpr=REPLACEMENT)
    twice.read(new, source="facts", whole=False)
    assert twice.persons()[keep] == ["al1", "al4", "al5", "e1", "e4", "e5"]
    assert len(twice.persons()) == 3
    rows, _, _ = twice.driver.execute_query("MATCH (p:Person {uuid: $uuid}) RETURN p.cpr_hash AS hash", uuid=keep)
    assert rows[0]["hash"] == twice.ring.hash(NUMBER), "the replacement number does not come back"


@pytest.mark.parametrize("gone", ["p1", "p4"])
def test_the_survivor_exists_as_long_as_payroll_tells_either(twice: Organisation, gone: str) -> None:
    keep = twice.uuid("p1")
    twice.joining.join(keep, twice.uuid("p4"), WHY)
    left = [each for each in twice.payroll if each.key not in (gone, {"p1": "e1", "p4": "e4"}[gone])]
    twice.read(*left)
    assert keep in twice.persons()
    twice.read(*(each for each in left if each.key not in ("p1", "p4", "e1", "e4")))
    assert keep not in twice.persons()


def test_a_number_of_the_register_outranks_a_replacement(twice: Organisation) -> None:
    keep, other = twice.uuid("p4"), twice.uuid("p1")
    twice.joining.join(keep, other, WHY)
    assert _own_hash(twice, keep) == twice.ring.hash(NUMBER)
    assert twice.by_number(REPLACEMENT) == keep
    twice.joining.split(keep, WHY, into=other)
    assert (_own_hash(twice, keep), _own_hash(twice, other)) == (twice.ring.hash(REPLACEMENT), twice.ring.hash(NUMBER))


def _own_hash(organisation: Organisation, uuid: str) -> str:
    rows, _, _ = organisation.driver.execute_query("MATCH (p:Person {uuid: $uuid}) RETURN p.cpr_hash AS h", uuid=uuid)
    found: str = rows[0]["h"]
    return found


def test_undone_a_join_leaves_all_as_it_was(twice: Organisation) -> None:
    keep, other = twice.uuid("p1"), twice.uuid("p4")
    by_hand(twice, keep, "name", "Alma")
    by_hand(twice, other, "name", "Alma the second")
    by_hand(twice, other, "mobile", "55")
    link_by_hand(twice, other)
    before = snapshot(twice.driver)
    numbers = former_numbers(twice.driver)
    twice.joining.join(keep, other, WHY)
    assert shown(twice, keep) == ("Alma", "55"), "what was told by hand of the survivor outranks, the other's is added"
    assert twice.joining.split(keep, replace(WHY, reason="a mistake"), into=other).uuid == other
    assert snapshot(twice.driver) == before
    assert former_numbers(twice.driver) == numbers == []
    assert (twice.by_number(NUMBER), twice.by_number(REPLACEMENT)) == (keep, other)
    assert [each[0] for each in twice.log(other)][-2:] == ["joined", "split"]
    mark = last_write(twice.driver)
    twice.read()
    assert last_write(twice.driver) == mark
    assert [
        each.persons for each in possible_duplicates(twice.driver, twice.ring)
    ] == []  # the names told by hand differ


def by_hand(organisation: Organisation, uuid: str, name: str, value: str) -> None:
    def edit(kept: Statement) -> Statement:
        return replace(kept, values={**kept.values, name: (DatedValue(Period(), value),)})

    GraphWriter(organisation.driver, organisation.ring).amend(
        "Person", uuid, edit, Origin(MANUAL, user="x", reason="y")
    )


def link_by_hand(organisation: Organisation, person_: str) -> None:
    """An assignment that was given by hand to the person, by uuid."""
    graph_writer = GraphWriter(organisation.driver, organisation.ring)
    links = {"holder": (DatedLink(Period(), Ref("Person", person_, "uuid")),)}
    graph_writer.amend("Assignment", None, lambda kept: replace(kept, exists=(Period(),), links=links), WHY)


def former_numbers(driver: neo4j.Driver) -> list[Any]:
    rows, _, _ = driver.execute_query("MATCH (f:FormerCpr) RETURN f.hash AS hash")
    return [row["hash"] for row in rows]


def shown(organisation: Organisation, uuid: str) -> tuple[str, str]:
    rows, _, _ = organisation.driver.execute_query(
        "MATCH (p:Person {uuid: $uuid}) RETURN p.name AS name, p.mobile AS mobile", uuid=uuid
    )
    return rows[0]["name"], rows[0]["mobile"]


def test_what_was_told_of_the_old_uuid_is_told_of_the_survivor(twice: Organisation) -> None:
    keep, other = twice.uuid("p1"), twice.uuid("p4")
    twice.joining.join(keep, other, WHY)
    by_hand(twice, other, "mobile", "99")
    link_by_hand(twice, other)
    assert shown(twice, keep)[1] == "99"
    rows, _, _ = twice.driver.execute_query("MATCH (p:Person)-[:HOLDS]->(:Assignment) RETURN p.uuid AS uuid")
    assert [row["uuid"] for row in rows] == [keep]


def test_a_chain_of_joins_leads_to_the_last_and_is_undone_from_the_end(twice: Organisation) -> None:
    first, second, third = twice.uuid("p4"), twice.uuid("p1"), twice.uuid("p2")
    twice.joining.join(second, first, WHY)
    twice.joining.join(third, second, WHY)
    assert {twice.by_number(each) for each in (NUMBER, REPLACEMENT, OTHER)} == {third}
    with twice.driver.session() as session:
        assert find(session, "Person", first).uuid == third
    twice.joining.split(third, WHY, into=second)
    assert (twice.by_number(REPLACEMENT), twice.by_number(OTHER)) == (second, third)
    twice.joining.split(second, WHY, into=first)
    assert [twice.by_number(each) for each in (REPLACEMENT, NUMBER, OTHER)] == [first, second, third]
    assert twice.persons()[first] == ["al4", "e4"]


def test_one_who_is_two_is_split_by_records(clean_graph: neo4j.Driver) -> None:
    """A directory's account was put on the wrong person: it becomes a person of its own, with what points to it."""
    ring = Keyring.generate()
    made = Organisation(clean_graph, ring, small())
    made.read()
    wrong = Statement("Person", "guid", (Period(START),), {"mobile": told("7")}, cpr=NUMBER)
    mine = Statement(
        "Account",
        "login",
        values={"login": told("login")},
        links={"owner": (DatedLink(Period(), Ref("Person", "guid")),)},
    )
    made.read(wrong, mine, source="active_directory")
    keep = made.uuid("p1")
    assert made.persons()[keep] == ["e1", "login"]
    new = made.joining.split(keep, WHY, ["active_directory|Person|guid"]).uuid
    assert made.persons()[new] == ["login"] and made.persons()[keep] == ["e1"]
    assert made.by_number(NUMBER) == keep
    mark = last_write(clean_graph)
    made.read(wrong, mine, source="active_directory")
    assert last_write(clean_graph) == mark
    assert [each[0] for each in made.log(new)] == ["split"]


def test_a_number_goes_with_the_records_that_are_kept_under_it(clean_graph: neo4j.Driver) -> None:
    """Sources that know a person by number keep the record under the number's hash (``Known.person_key``)."""
    ring = Keyring.generate()
    one, two = ring.hash(NUMBER), ring.hash(OTHER)
    payroll = [*small()[:3], person(one, "A", NUMBER), person(two, "B", OTHER), employment("e1", two, "north")]
    made = Organisation(clean_graph, ring, payroll)
    made.read()
    keep, other = made.uuid(one), made.uuid(two)
    made.joining.join(keep, other, WHY)
    new = made.joining.split(keep, WHY, [f"sd|Person|{two}"]).uuid
    assert (made.by_number(NUMBER), made.by_number(OTHER)) == (keep, new)
    assert made.persons() == {keep: [], new: ["e1"]}


def test_what_can_not_be_joined_or_split_is_refused_and_nothing_written(twice: Organisation) -> None:
    keep, other = twice.uuid("p1"), twice.uuid("p4")
    by_hand(twice, keep, "mobile", "1")
    mark = last_write(twice.driver)
    joining = twice.joining
    for refused, code in (
        (lambda: joining.join(keep, keep, WHY), "same_person"),
        (lambda: joining.split(keep, WHY, into=other), "not_joined"),
        (lambda: joining.split(keep, WHY, []), "nothing_to_split"),
        (lambda: joining.split(keep, WHY, [f"manual|Person|{keep}"]), "by_hand"),
    ):
        with pytest.raises(ChangeRejected) as error:
            refused()
        assert error.value.code == code
    for unknown in (lambda: joining.join(keep, "nobody", WHY), lambda: joining.split(keep, WHY, ["sd|Person|p2"])):
        with pytest.raises(Unknown):
            unknown()
    assert last_write(twice.driver) == mark


def test_what_a_source_tells_is_suspected_once_whatever_day_the_copies_show(twice: Organisation) -> None:
    keep, other = sorted((twice.uuid("p1"), twice.uuid("p4")))
    note_same(twice.driver, "cpr", [(other, keep)])
    # The other way round, as where one of two that are joined by now was told of.
    twice.driver.execute_query(
        "MATCH (a:Person {uuid: $a}), (b:Person {uuid: $b}) CREATE (a)-[:MAY_BE {source: 'cpr'}]->(b)", a=other, b=keep
    )
    twice.driver.execute_query("MATCH (p:Person) SET p.active = false")
    (suspicion,) = possible_duplicates(twice.driver, twice.ring)
    assert (suspicion.persons, "by cpr" in str(suspicion)) == ((keep, other), True)


def test_who_was_decided_to_be_two_is_suspected_and_joined_no_more(twice: Organisation) -> None:
    keep, other = twice.uuid("p1"), twice.uuid("p4")
    (suspicion,) = possible_duplicates(twice.driver, twice.ring)
    assert suspicion.persons == tuple(sorted((keep, other)))
    mark_as_different(twice.driver, [other, keep], WHY)
    assert list(possible_duplicates(twice.driver, twice.ring)) == []
    (decided,) = distinct_persons(twice.driver)
    assert (decided.persons, decided.user) == (suspicion.persons, "hanne")
    with pytest.raises(ChangeRejected, match="undo that first"):
        twice.joining.join(keep, other, WHY)
    unmark_as_different(twice.driver, [keep, other], WHY)
    assert len(list(possible_duplicates(twice.driver, twice.ring))) == 1
    assert [each[0] for each in twice.log(keep)][-2:] == ["marked different", "unmarked different"]
    with pytest.raises(Unknown):
        unmark_as_different(twice.driver, [keep, other], WHY)
    with pytest.raises(ChangeRejected):
        mark_as_different(twice.driver, [keep], WHY)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anne-Marie Sørensen", "anne marie  SOERENSEN"),
        ("René Ågård", "Rene Aagaard"),
        ("Zoë Æble", "Zoe Aeble"),
    ],
)
def test_a_name_is_compared_as_it_sounds(one: str, other: str) -> None:
    assert spelled(one) == spelled(other)


def test_different_names_stay_different() -> None:
    assert spelled("Anne Hansen") != spelled("Anna Hansen")


@pytest.mark.parametrize("at", ["writing Unit", "writing Person"])
def test_an_import_that_runs_meanwhile_loses_nothing(twice: Organisation, at: str) -> None:
    """It has matched keys before the join, and matches again: nothing comes back under the old uuid."""
    keep, other = twice.uuid("p1"), twice.uuid("p4")
    joined: list[str] = []

    def progress(what: str, done: int, total: int) -> None:
        if what == at and not joined:
            joined.append(twice.joining.join(keep, other, WHY).uuid)

    changed = [
        *small(),
        unit("west", "root"),
        person("p4", "Alma T.", REPLACEMENT),
        employment("e4", "p4", "north"),
        employment("e9", "p4", "north"),
    ]
    report = run_import(twice.driver, Stating(*changed, day=DAY), twice.ring, progress=progress)
    assert joined == [keep] and report.problems == []
    assert twice.persons()[keep] == ["al1", "al4", "e1", "e4", "e9"]
    rows, _, _ = twice.driver.execute_query("MATCH (r:SourceRecord) WHERE COUNT { (r)-[:TELLS]->() } <> 1 RETURN r.id")
    assert rows == []
    mark = last_write(twice.driver)
    run_import(twice.driver, Stating(*changed, day=DAY), twice.ring)
    assert last_write(twice.driver) == mark


def test_what_is_erased_of_the_survivor_is_erased_of_the_joined(twice: Organisation) -> None:
    """A protected address must not be found in any log (cpr.md §7), also not under the old uuid."""
    keep, other = twice.uuid("p1"), twice.uuid("p4")
    home = Statement("Person", "home", None, {"street": told("Secret Road 1")}, cpr=REPLACEMENT)
    twice.read(home, source="facts", whole=False)
    twice.joining.join(keep, other, WHY)
    assert any("Secret Road" in str(each) for each in twice.log(other))
    protected = Statement("Person", "c", None, {}, cpr=NUMBER, erased=frozenset({"street"}))
    GraphWriter(twice.driver, twice.ring).state("cpr", [protected], Origin("cpr"))
    assert not any("Secret Road" in str(each) for uuid in (keep, other) for each in twice.log(uuid))
